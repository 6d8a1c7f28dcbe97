//! Sets of octets: one look in a table tells whether an octet is in it.

/// A set of octets.
pub(crate) struct Octets(pub(crate) [bool; 256]);

impl Octets {
    /// Whether it holds this octet.
    #[inline]
    pub(crate) fn has(&self, octet: u8) -> bool {
        self.0.get(usize::from(octet)).copied().unwrap_or(false)
    }

    /// How many octets at the start of `of` it holds.
    #[inline]
    pub(crate) fn run(&self, of: &[u8]) -> usize {
        of.iter().position(|b| !self.has(*b)).unwrap_or(of.len())
    }
}

/// The set of all octets that a condition holds for, made when this crate is compiled.
macro_rules! octets {
    (|$octet:ident| $holds:expr) => {{
        let mut table = [false; 256];
        let mut rest: &mut [bool] = &mut table;
        let mut $octet = 0u8;
        while let [first, tail @ ..] = rest {
            *first = $holds;
            $octet = $octet.wrapping_add(1);
            rest = tail;
        }
        $crate::octets::Octets(table)
    }};
}
pub(crate) use octets;
