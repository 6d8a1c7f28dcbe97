//! Choices that follow from the input.

/// Pseudo-random numbers (xorshift): the same input gives the same choices.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice that fall as the octets say.
    pub fn of(data: &[u8]) -> Self {
        let hash = data.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
            (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3)
        });
        Dice(hash | 1)
    }

    /// A number below `bound`, which is not 0.
    pub fn roll(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    /// The input in pieces, mostly short ones; none is empty.
    pub fn cut<'d>(&mut self, mut data: &'d [u8]) -> Vec<&'d [u8]> {
        let mut pieces = Vec::new();
        while !data.is_empty() {
            let most = [1, 3, 20, 500][self.roll(4)];
            let (piece, rest) = data.split_at((1 + self.roll(most)).min(data.len()));
            pieces.push(piece);
            data = rest;
        }
        pieces
    }
}
