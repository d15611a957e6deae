//! Predictors (7.4.4.4): rows are stored as differences to the row above or the sample before.

use crate::syntax::Dict;

/// The bytes as they were before the differences were taken.
pub(super) fn undo(bytes: Vec<u8>, parameters: &Dict) -> Vec<u8> {
    let setting = |name, otherwise| {
        let value = parameters.get(name).int().unwrap_or(otherwise);
        usize::try_from(value).unwrap_or(0)
    };
    let predictor = setting("Predictor", 1);
    let sample_bits =
        setting("Colors", 1).clamp(1, 32) * setting("BitsPerComponent", 8).clamp(1, 16);
    let row = (setting("Columns", 1).clamp(1, 1 << 20) * sample_bits).div_ceil(8);
    let row = row.min(bytes.len().max(1));
    let sample = sample_bits.div_ceil(8);
    match predictor {
        10.. => png(&bytes, row, sample),
        2 if sample_bits.is_multiple_of(8) => tiff(bytes, row, sample),
        _ => bytes,
    }
}

fn tiff(mut bytes: Vec<u8>, row: usize, sample: usize) -> Vec<u8> {
    for line in bytes.chunks_mut(row) {
        for at in sample..line.len() {
            let left = line.get(at - sample).copied().unwrap_or_default();
            if let Some(byte) = line.get_mut(at) {
                *byte = byte.wrapping_add(left);
            }
        }
    }
    bytes
}

fn png(bytes: &[u8], row: usize, sample: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let (mut above, mut current) = (vec![0u8; row], vec![0u8; row]);
    for line in bytes.chunks(row + 1) {
        let Some((&kind, line)) = line.split_first() else {
            break;
        };
        for (at, &byte) in line.iter().enumerate() {
            let of = |line: &[u8], at: Option<usize>| {
                at.and_then(|at| line.get(at).copied()).unwrap_or_default()
            };
            let before = at.checked_sub(sample);
            let (left, up, corner) = (
                of(&current, before),
                of(&above, Some(at)),
                of(&above, before),
            );
            let guess = match kind {
                1 => left,
                2 => up,
                3 => ((u16::from(left) + u16::from(up)) / 2) as u8,
                4 => paeth(left, up, corner),
                _ => 0,
            };
            if let Some(value) = current.get_mut(at) {
                *value = byte.wrapping_add(guess);
            }
        }
        out.extend_from_slice(current.get(..line.len()).unwrap_or_default());
        std::mem::swap(&mut above, &mut current);
    }
    out
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(up) - i16::from(corner);
    let off = |value: u8| (estimate - i16::from(value)).abs();
    if off(left) <= off(up) && off(left) <= off(corner) {
        left
    } else if off(up) <= off(corner) {
        up
    } else {
        corner
    }
}
