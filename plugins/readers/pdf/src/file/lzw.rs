//! LZW as PDF and TIFF use it (7.4.4): codes of 9 to 12 bits, the high bit first.

const CLEAR: usize = 256;
const END: usize = 257;

/// Unpacks at most `limit` bytes. `early`: codes grow one code before they must.
pub(super) fn unpack(packed: &[u8], early: bool, limit: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::new();
    // Where in `bytes` the text of each code from 258 on begins, and how long it is.
    let mut codes: Vec<(usize, usize)> = Vec::new();
    let mut previous: Option<(usize, usize)> = None;
    let (mut bits, mut count) = (0u32, 0u32);
    let mut input = packed.iter();
    while bytes.len() < limit {
        let next = codes.len() + 258 + usize::from(early) + usize::from(previous.is_some());
        let width = match next {
            ..=511 => 9,
            512..=1023 => 10,
            1024..=2047 => 11,
            _ => 12,
        };
        while count < width {
            let Some(byte) = input.next() else {
                return bytes;
            };
            bits = (bits << 8 | u32::from(*byte)) & 0x00ff_ffff;
            count += 8;
        }
        count -= width;
        let code = (bits >> count) as usize & ((1 << width) - 1);
        if code == END {
            break;
        }
        if code == CLEAR {
            codes.clear();
            previous = None;
            continue;
        }
        let start = bytes.len();
        if code < CLEAR {
            bytes.push(code as u8);
        } else if let Some(&(from, length)) = codes.get(code - 258) {
            copy(&mut bytes, from, length);
        } else if let (Some((from, length)), true) = (previous, code - 258 == codes.len()) {
            copy(&mut bytes, from, length);
            copy(&mut bytes, from, 1);
        } else {
            break;
        }
        if let Some((from, length)) = previous
            && codes.len() < 4096 - 258
        {
            // The text of the last code and one byte more: that byte came right behind it.
            codes.push((from, length + 1));
        }
        previous = Some((start, bytes.len() - start));
    }
    bytes.truncate(limit);
    bytes
}

fn copy(bytes: &mut Vec<u8>, from: usize, length: usize) {
    for at in from..from + length {
        let byte = bytes.get(at).copied().unwrap_or_default();
        bytes.push(byte);
    }
}
