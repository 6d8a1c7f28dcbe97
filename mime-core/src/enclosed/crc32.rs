//! CRC-32 with the polynomial of Ethernet, which yEnc and compressed RTF use.

/// The CRC that yEnc gives: all bits set before and flipped after.
pub(super) fn crc32(octets: &[u8]) -> u32 {
    !update(!0, octets)
}

/// The plain remainder, from zero, as compressed RTF gives it.
pub(super) fn remainder(octets: &[u8]) -> u32 {
    update(0, octets)
}

fn update(crc: u32, octets: &[u8]) -> u32 {
    let (chunks, rest) = octets.as_chunks::<4>();
    let crc = chunks.iter().fold(crc, |crc, chunk| {
        let [a, b, c, d] = (crc ^ u32::from_le_bytes(*chunk)).to_le_bytes();
        let [t0, t1, t2, t3] = &TABLES;
        at(t3, a) ^ at(t2, b) ^ at(t1, c) ^ at(t0, d)
    });
    let [table, ..] = &TABLES;
    rest.iter().fold(crc, |crc, octet| {
        crc >> 8 ^ at(table, crc.to_le_bytes()[0] ^ octet)
    })
}

fn at(table: &[u32; 256], octet: u8) -> u32 {
    table.get(usize::from(octet)).copied().unwrap_or_default()
}

/// What an octet does to the remainder, with none to three octets behind it.
static TABLES: [[u32; 256]; 4] = [table(1), table(2), table(3), table(4)];

const fn table(octets: u32) -> [u32; 256] {
    let mut table = [0; 256];
    let mut rest: &mut [u32] = &mut table;
    let mut octet = 0u32;
    while let [first, tail @ ..] = rest {
        let mut crc = octet;
        let mut bit = 0;
        while bit < 8 * octets {
            crc = (crc >> 1) ^ (0xedb8_8320 * (crc & 1));
            bit += 1;
        }
        *first = crc;
        octet += 1;
        rest = tail;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        for (octets, crc) in [
            (&b""[..], 0),
            (b"a", 0xe8b7_be43),
            (b"123456789", 0xcbf4_3926),
        ] {
            assert_eq!(crc32(octets), crc);
        }
        // The remainder of a remainder is zero.
        let mut octets = *b"123456789....";
        let crc = remainder(b"123456789").to_le_bytes();
        octets[9..].copy_from_slice(&crc);
        assert_eq!(remainder(&octets), 0);
    }
}
