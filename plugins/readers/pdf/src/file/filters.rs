//! How streams are packed (7.4). Whatever is damaged gives what could be unpacked until there.

use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};

use super::{lzw, predictor};
use crate::budget::Budget;
use crate::syntax::{Dict, Object, is_space};

/// Filters one after the other.
const CHAIN: usize = 6;

/// One filter and its parameters.
pub(super) struct Step {
    pub(super) filter: Vec<u8>,
    pub(super) parameters: Object,
}

/// Unpacks through all steps; `None` if one of them is for pictures.
pub(super) fn unpack(packed: &[u8], steps: &[Step], budget: &Budget) -> Option<Vec<u8>> {
    if steps.len() > CHAIN {
        return None;
    }
    let mut bytes = None;
    for step in steps {
        let from = bytes.as_deref().unwrap_or(packed);
        bytes = Some(one(from, step, budget)?);
    }
    match bytes {
        Some(bytes) => Some(bytes),
        None => budget.unpack(packed.len()).then(|| packed.to_vec()),
    }
}

fn one(packed: &[u8], step: &Step, budget: &Budget) -> Option<Vec<u8>> {
    let empty = Dict::default();
    let parameters = step.parameters.dict().unwrap_or(&empty);
    let limit = budget.unpacked_left().saturating_add(1) as usize;
    let bytes = match &*step.filter {
        b"FlateDecode" | b"Fl" => flate(packed, limit),
        b"LZWDecode" | b"LZW" => {
            let early = parameters.get("EarlyChange").int() != Some(0);
            lzw::unpack(packed, early, limit)
        }
        b"ASCIIHexDecode" | b"AHx" => ascii_hex(packed),
        b"ASCII85Decode" | b"A85" => ascii_85(packed, limit),
        b"RunLengthDecode" | b"RL" => run_length(packed, limit),
        b"Crypt" => packed.to_vec(),
        _ => return None,
    };
    if !budget.unpack(bytes.len()) {
        return None;
    }
    Some(predictor::undo(bytes, parameters))
}

fn flate(packed: &[u8], limit: usize) -> Vec<u8> {
    let bytes = inflated(packed, DataFormat::Zlib, limit);
    if bytes.is_empty() && packed.len() > 2 {
        // A wrong head of two bytes is met in damaged files; what follows is good.
        return inflated(packed.get(2..).unwrap_or_default(), DataFormat::Raw, limit);
    }
    bytes
}

fn inflated(mut packed: &[u8], format: DataFormat, limit: usize) -> Vec<u8> {
    let mut state = InflateState::new_boxed(format);
    let mut bytes = Vec::new();
    let mut chunk = vec![0; 32 << 10];
    while bytes.len() < limit {
        let step = inflate(&mut state, packed, &mut chunk, MZFlush::None);
        packed = packed.get(step.bytes_consumed..).unwrap_or_default();
        bytes.extend_from_slice(chunk.get(..step.bytes_written).unwrap_or_default());
        let stuck = step.bytes_consumed == 0 && step.bytes_written == 0;
        if stuck || step.status != Ok(MZStatus::Ok) {
            break;
        }
    }
    bytes.truncate(limit);
    bytes
}

fn ascii_hex(packed: &[u8]) -> Vec<u8> {
    let digits = packed.iter().take_while(|b| **b != b'>');
    let digits: Vec<u8> = digits
        .filter_map(|b| (*b as char).to_digit(16).map(|d| d as u8))
        .collect();
    let byte = |pair: &[u8]| match pair {
        [high, low] => high << 4 | low,
        [high] => high << 4,
        _ => 0,
    };
    digits.chunks(2).map(byte).collect()
}

fn ascii_85(packed: &[u8], limit: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut group, mut count) = (0u32, 0usize);
    for &byte in packed.iter().filter(|b| !is_space(**b)) {
        match byte {
            b'z' if count == 0 => bytes.extend([0; 4]),
            b'!'..=b'u' => {
                group = group.wrapping_mul(85).wrapping_add(u32::from(byte - b'!'));
                count += 1;
                if count == 5 {
                    bytes.extend(group.to_be_bytes());
                    (group, count) = (0, 0);
                }
            }
            _ => break,
        }
        if bytes.len() > limit {
            break;
        }
    }
    if count > 1 {
        for _ in count..5 {
            group = group.wrapping_mul(85).wrapping_add(84);
        }
        bytes.extend(group.to_be_bytes().iter().take(count - 1));
    }
    bytes
}

fn run_length(mut packed: &[u8], limit: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some((&length, rest)) = packed.split_first() {
        if length == 128 || bytes.len() > limit {
            break;
        }
        if length < 128 {
            let end = (usize::from(length) + 1).min(rest.len());
            bytes.extend_from_slice(rest.get(..end).unwrap_or_default());
            packed = rest.get(end..).unwrap_or_default();
        } else {
            let Some((&value, rest)) = rest.split_first() else {
                break;
            };
            bytes.resize(bytes.len() + 257 - usize::from(length), value);
            packed = rest;
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Limits;

    fn unpacked(filter: &str, packed: &[u8]) -> Option<Vec<u8>> {
        let step = Step {
            filter: filter.as_bytes().to_vec(),
            parameters: Object::Null,
        };
        let limits = Limits {
            unpacked_bytes: 100_000,
            text_bytes: 1000,
        };
        unpack(packed, &[step], &Budget::new(limits, packed.len()))
    }

    #[test]
    fn every_filter_gives_back_what_was_packed() {
        let zipped = miniz_oxide::deflate::compress_to_vec_zlib(b"one two two two", 6);
        for (filter, packed, expected) in [
            ("FlateDecode", zipped.as_slice(), &b"one two two two"[..]),
            ("AHx", b"48 65 6C6c 6F>", b"Hello"),
            ("ASCII85Decode", b"87cURD]i,\"Ebo80~>", b"Hello World!"),
            ("A85", b"z~>", &[0; 4]),
            (
                "RunLengthDecode",
                &[2, b'a', b'b', b'c', 254, b'x', 128],
                b"abcxxx",
            ),
            (
                "LZWDecode",
                &[0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01],
                b"-----A---B",
            ),
        ] {
            assert_eq!(
                unpacked(filter, packed).as_deref(),
                Some(expected),
                "{filter}"
            );
        }
        assert_eq!(unpacked("DCTDecode", b"picture"), None);
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let bomb = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; 3_000_000], 6);
        assert_eq!(unpacked("FlateDecode", &bomb), None);
    }

    #[test]
    fn a_damaged_stream_gives_its_beginning() {
        let text: Vec<u8> = (0..5000u32)
            .flat_map(|n| n.to_string().into_bytes())
            .collect();
        let mut packed = miniz_oxide::deflate::compress_to_vec_zlib(&text, 6);
        packed.truncate(packed.len() / 2);
        let unpacked = unpacked("FlateDecode", &packed).expect("the beginning");
        assert!(unpacked.len() > 1000 && text.starts_with(&unpacked));
    }
}
