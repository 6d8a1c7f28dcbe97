//! Sets of a few things that have names, as the leniencies of the protocols are.

/// What a set of named constants can do, beside the constants: `with`, `without`, `contains`,
/// `is_none`, `names`, `from_name`. For the crates of this family.
#[doc(hidden)]
#[macro_export]
macro_rules! named_set {
    ($set:ident { $($one:ident $name:literal)* }) => {
        impl $set {
            const NAMES: &'static [($set, &'static str)] = &[$(($set::$one, $name)),*];

            /// Whatever there is.
            #[must_use]
            pub fn all() -> Self {
                let all = Self::NAMES.iter();
                all.fold($set(0), |all, (one, _)| all.with(*one))
            }

            /// Both sets.
            #[must_use]
            pub const fn with(self, other: Self) -> Self {
                $set(self.0 | other.0)
            }

            /// This set without the other one.
            #[must_use]
            pub const fn without(self, other: Self) -> Self {
                $set(self.0 & !other.0)
            }

            /// Is all of `other` in it?
            pub const fn contains(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// Is nothing in it?
            pub const fn is_none(self) -> bool {
                self.0 == 0
            }

            /// The names of what is in it, for a log or an option: those of the constants in lower
            /// case, with hyphens.
            pub fn names(self) -> impl Iterator<Item = &'static str> {
                let all = Self::NAMES.iter();
                all.filter(move |(one, _)| self.contains(*one))
                    .map(|(_, name)| *name)
            }

            /// What has this [name](Self::names).
            pub fn from_name(name: &str) -> Option<Self> {
                let same = |(_, known): &&(Self, &str)| *known == name;
                Self::NAMES.iter().find(same).map(|(one, _)| *one)
            }
        }
    };
}
