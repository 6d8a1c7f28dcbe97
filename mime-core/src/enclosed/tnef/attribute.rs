//! The attributes that a TNEF file is made of (MS-OXTNEF section 2.1.3).

/// Numbers of attributes: the lower half of what stands in the file.
pub(super) mod id {
    pub(crate) const SUBJECT: u16 = 0x8004;
    pub(crate) const MESSAGE_CLASS: u16 = 0x8008;
    pub(crate) const BODY: u16 = 0x800c;
    pub(crate) const ATTACHMENT_DATA: u16 = 0x800f;
    pub(crate) const ATTACHMENT_TITLE: u16 = 0x8010;
    pub(crate) const ATTACHMENT_BEGINS: u16 = 0x9002;
    pub(crate) const MESSAGE_PROPERTIES: u16 = 0x9003;
    pub(crate) const ATTACHMENT_PROPERTIES: u16 = 0x9005;
    pub(crate) const OEM_CODEPAGE: u16 = 0x9007;
}

const OF_MESSAGE: u8 = 1;
const OF_ATTACHMENT: u8 = 2;
/// Level, number and length before the data; a checksum of two octets behind them.
const HEAD: usize = 9;

/// One attribute of a [`Tnef`](crate::Tnef).
#[derive(Clone, Copy, Debug)]
pub struct TnefAttribute<'a> {
    level: u8,
    id: u32,
    data: &'a [u8],
    /// `None` if the file ends before it.
    checksum: Option<u16>,
}

impl<'a> TnefAttribute<'a> {
    /// Its number: what it is in the lower half, what form it has in the upper one.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Whether it belongs to an attachment, not to the message.
    pub fn is_of_attachment(&self) -> bool {
        self.level == OF_ATTACHMENT
    }

    /// Its octets.
    pub fn data(&self) -> &'a [u8] {
        self.data
    }

    /// Whether it is whole and its checksum fits.
    pub fn is_intact(&self) -> bool {
        // Blocks small enough that their sums fit.
        let blocks = self.data.chunks(1 << 16);
        let sum = |block: &[u8]| block.iter().map(|octet| u32::from(*octet)).sum::<u32>();
        let all = blocks.fold(0, |all: u32, block| all.wrapping_add(sum(block)));
        self.checksum == Some(all as u16)
    }

    pub(super) fn is(&self, id: u16) -> bool {
        self.id as u16 == id
    }
}

/// An iterator of attributes: see [`Tnef::attributes`](crate::Tnef::attributes).
#[derive(Clone, Copy, Debug)]
pub struct TnefAttributes<'a> {
    rest: &'a [u8],
}

impl<'a> TnefAttributes<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        TnefAttributes { rest }
    }

    /// Whether nothing is left behind the last attribute.
    pub(super) fn is_whole(mut self) -> bool {
        while self.next().is_some() {}
        self.rest.is_empty()
    }

    /// Those before the octets that `after` begins with.
    pub(super) fn before(&self, after: &Self) -> Self {
        let len = self.rest.len().saturating_sub(after.rest.len());
        TnefAttributes::new(self.rest.get(..len).unwrap_or(&[]))
    }
}

impl<'a> Iterator for TnefAttributes<'a> {
    type Item = TnefAttribute<'a>;

    fn next(&mut self) -> Option<TnefAttribute<'a>> {
        let (head, rest) = self.rest.split_first_chunk::<HEAD>()?;
        let [level, a, b, c, d, len @ ..] = *head;
        if !matches!(level, OF_MESSAGE | OF_ATTACHMENT) {
            return None;
        }
        let len = u32::from_le_bytes(len) as usize;
        let (data, rest) = rest.split_at_checked(len).unwrap_or((rest, &[]));
        let (checksum, rest) = match rest.split_first_chunk() {
            Some((checksum, rest)) if data.len() == len => {
                (Some(u16::from_le_bytes(*checksum)), rest)
            }
            _ => (None, &[][..]),
        };
        self.rest = rest;
        Some(TnefAttribute {
            level,
            id: u32::from_le_bytes([a, b, c, d]),
            data,
            checksum,
        })
    }
}
