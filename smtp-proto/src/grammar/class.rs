//! Classes of octets, looked up in one table.

/// Octets that may stand in one place of the grammar. Octets above 127 are in a class wherever RFC
/// 6531 has UTF-8; [`text`](super::text) checks that they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Class(u8);

impl Class {
    /// RFC 5322 section 3.2.3.
    pub(crate) const ATEXT: Self = Class(1);
    /// Plain octets of a quoted string (RFC 5321 section 4.1.2).
    pub(crate) const QTEXT: Self = Class(1 << 1);
    /// Letters, digits, hyphens: of a domain's label.
    pub(crate) const LABEL: Self = Class(1 << 2);
    /// Of an address literal, between the square brackets (RFC 5321 section 4.1.3).
    pub(crate) const DCONTENT: Self = Class(1 << 3);
    /// Of a keyword, its first octet aside: ASCII letters, digits, hyphens.
    pub(crate) const KEYWORD: Self = Class(1 << 4);
    /// Of a parameter's value (RFC 5321 section 4.1.2).
    pub(crate) const VALUE: Self = Class(1 << 5);
    /// Of a name in EHLO: those of a keyword, underscores and dots.
    pub(crate) const HELLO: Self = Class(1 << 6);
    /// ASCII without controls and space.
    pub(crate) const VISIBLE: Self = Class(1 << 7);

    /// Is the octet in it?
    #[inline]
    pub(crate) fn has(self, octet: u8) -> bool {
        CLASSES
            .get(usize::from(octet))
            .is_some_and(|classes| classes & self.0 != 0)
    }

    /// Are all of them?
    #[inline]
    pub(crate) fn has_all(self, octets: &[u8]) -> bool {
        octets.iter().all(|octet| self.has(*octet))
    }

    /// The octets of it at the front, and what stands behind them.
    #[inline]
    pub(crate) fn split(self, octets: &[u8]) -> (&[u8], &[u8]) {
        let end = octets.iter().position(|octet| !self.has(*octet));
        octets
            .split_at_checked(end.unwrap_or(octets.len()))
            .unwrap_or((octets, &[]))
    }
}

static CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let mut rest: &mut [u8] = &mut table;
    let mut octet = 0u8;
    while let [first, tail @ ..] = rest {
        *first = classes(octet);
        octet = octet.wrapping_add(1);
        rest = tail;
    }
    table
};

const fn classes(octet: u8) -> u8 {
    let word = octet.is_ascii_alphanumeric();
    let keyword = word || octet == b'-';
    let visible = matches!(octet, b'!'..=b'~');
    let beyond = octet >= 0x80;
    let special = matches!(
        octet,
        b'"' | b'(' | b')' | b',' | b'.' | b':' | b';' | b'<' | b'>' | b'@' | b'[' | b'\\' | b']'
    );
    let mut all = 0;
    let each = [
        (Class::ATEXT, (visible && !special) || beyond),
        (
            Class::QTEXT,
            (visible && !matches!(octet, b'"' | b'\\')) || octet == b' ' || beyond,
        ),
        (Class::LABEL, keyword || beyond),
        (
            Class::DCONTENT,
            visible && !matches!(octet, b'[' | b'\\' | b']'),
        ),
        (Class::KEYWORD, keyword),
        (Class::VALUE, (visible && octet != b'=') || beyond),
        (Class::HELLO, keyword || matches!(octet, b'_' | b'.')),
        (Class::VISIBLE, visible),
    ];
    let mut rest: &[(Class, bool)] = &each;
    while let [(class, within), tail @ ..] = rest {
        if *within {
            all |= class.0;
        }
        rest = tail;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_those_of_the_rfcs() {
        let of = |class: Class| -> String {
            (0..=127u8)
                .filter(|octet| class.has(*octet))
                .filter(|octet| !octet.is_ascii_alphanumeric())
                .map(char::from)
                .collect()
        };
        assert_eq!(of(Class::ATEXT), "!#$%&'*+-/=?^_`{|}~");
        assert_eq!(of(Class::QTEXT), " !#$%&'()*+,-./:;<=>?@[]^_`{|}~");
        assert_eq!(of(Class::LABEL), "-");
        assert_eq!(of(Class::DCONTENT), "!\"#$%&'()*+,-./:;<=>?@^_`{|}~");
        assert_eq!(of(Class::KEYWORD), "-");
        assert_eq!(of(Class::VALUE), "!\"#$%&'()*+,-./:;<>?@[\\]^_`{|}~");
        assert_eq!(of(Class::HELLO), "-._");
        assert_eq!(of(Class::VISIBLE).len(), 32);
        for octet in b'a'..=b'z' {
            let everywhere = (0..8).all(|bit| Class(1 << bit).has(octet));
            assert!(everywhere && Class(255).has(octet.to_ascii_uppercase()));
        }
        for octet in 128..=255u8 {
            let utf8 = [Class::ATEXT, Class::QTEXT, Class::LABEL, Class::VALUE];
            assert!(utf8.iter().all(|class| class.has(octet)));
            assert!(!Class(Class::DCONTENT.0 | Class::KEYWORD.0 | Class::VISIBLE.0).has(octet));
        }
    }

    #[test]
    fn octets_are_split_where_the_class_ends() {
        assert_eq!(
            Class::ATEXT.split(b"ab@c"),
            (b"ab".as_slice(), b"@c".as_slice())
        );
        assert_eq!(
            Class::ATEXT.split(b"ab"),
            (b"ab".as_slice(), b"".as_slice())
        );
        assert_eq!(Class::ATEXT.split(b"@"), (b"".as_slice(), b"@".as_slice()));
    }
}
