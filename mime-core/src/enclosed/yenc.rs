//! The keyword lines of yEnc (draft 1.3 of its specification): `=ybegin`, `=ypart`, `=yend`.

/// What the keyword lines of a file in yEnc say about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct YEnc {
    /// Octets of the whole file.
    pub size: u64,
    /// Octets of a line.
    pub line: Option<u64>,
    /// The number of this part, from 1, if the file is in several.
    pub part: Option<u64>,
    /// How many parts there are.
    pub total: Option<u64>,
    /// Where this part lies in the file: the first and the last octet, counted from 1.
    pub range: Option<(u64, u64)>,
    /// Octets of this part, by its last line.
    pub part_size: Option<u64>,
    /// The CRC-32 of this part.
    pub part_crc: Option<u32>,
    /// The CRC-32 of the whole file.
    pub file_crc: Option<u32>,
}

impl YEnc {
    /// Reads what follows `=ybegin `: it and the name, which is all behind `name=`.
    pub(super) fn begin(line: &[u8]) -> Option<(Self, &[u8])> {
        let at = memchr::memmem::find(line, b" name=")?;
        let (words, name) = line.split_at_checked(at + b" name=".len())?;
        let mut yenc = YEnc {
            size: number(words, b"size")?,
            ..YEnc::default()
        };
        yenc.line = number(words, b"line");
        yenc.part = number(words, b"part");
        yenc.total = number(words, b"total");
        let name = name.trim_ascii();
        let quoted = name.strip_prefix(b"\"").and_then(|n| n.strip_suffix(b"\""));
        Some((yenc, quoted.unwrap_or(name)))
    }

    /// Reads what follows `=ypart `.
    pub(super) fn part(&mut self, line: &[u8]) {
        self.range = number(line, b"begin").zip(number(line, b"end"));
    }

    /// Reads what follows `=yend `.
    pub(super) fn end(&mut self, line: &[u8]) {
        self.part_size = number(line, b"size");
        self.part_crc = hex(line, b"pcrc32");
        self.file_crc = hex(line, b"crc32");
    }

    /// Whether the file came in more than one part.
    fn is_part(&self) -> bool {
        self.part.is_some() || self.range.is_some()
    }

    /// Whether a part of this size is what all lines say.
    pub(super) fn has_size(&self, size: u64) -> bool {
        let range = self.range.map(|(first, last)| last.checked_sub(first));
        let by_range = range.map(|less_one| less_one.and_then(|n| n.checked_add(1)));
        let whole = (!self.is_part()).then_some(Some(self.size));
        let mut said = [self.part_size.map(Some), by_range, whole]
            .into_iter()
            .flatten();
        said.all(|said| said == Some(size))
    }

    /// The CRC-32 of what this part holds.
    pub(super) fn crc(&self) -> Option<u32> {
        let of_file = self.file_crc.filter(|_| !self.is_part());
        self.part_crc.or(of_file)
    }
}

/// The value of a word `name=value`.
fn value<'l>(line: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
    let mut words = line.split(|b| matches!(b, b' ' | b'\t'));
    words.find_map(|word| word.strip_prefix(name)?.strip_prefix(b"="))
}

fn number(line: &[u8], name: &[u8]) -> Option<u64> {
    let digits = str::from_utf8(value(line, name)?).ok()?;
    digits.parse().ok().filter(|_| !digits.starts_with('+'))
}

/// Eight digits; some write more zeros before them, some none.
fn hex(line: &[u8], name: &[u8]) -> Option<u32> {
    let digits = str::from_utf8(value(line, name)?).ok()?;
    let plain = digits.bytes().all(|b| b.is_ascii_hexdigit());
    u32::from_str_radix(digits, 16).ok().filter(|_| plain)
}
