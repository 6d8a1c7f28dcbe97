//! Owned forms: what a field says, decoded, to be kept. Plain data without lifetimes.

pub(crate) mod address;
pub(crate) mod field;
pub(crate) mod trace;
pub(crate) mod value;

/// Structures with public fields and stable serialised names.
macro_rules! owned {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }
    )*};
}
use owned;
