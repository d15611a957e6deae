//! Matrices as a GPU takes them: row by row, floats of one format.

use half::f16;

use super::parts::by_rows;
use super::team::Team;
use crate::engine::quant::Format;

/// Writes the rows of `sources`, one below the other, to `out` as `format`, which is F16 or F32.
/// What half precision does not reach becomes its largest number.
pub(super) fn lay(
    team: &Team,
    columns: usize,
    sources: &[(Format, &[u8])],
    format: Format,
    mut out: &mut [u8],
) {
    let width = columns * format.block_bytes();
    for (source, bytes) in sources {
        let length = source.bytes_of(columns).expect("rows of whole blocks");
        let (own, others) = out.split_at_mut(bytes.len() / length * width);
        by_rows(team, own, width, 8, |row, out| {
            let mut floats = vec![0.0; columns];
            source.dequantize(&bytes[row * length..][..length], &mut floats);
            match format {
                Format::F32 => {
                    let words = out.as_chunks_mut::<4>().0.iter_mut();
                    words
                        .zip(floats)
                        .for_each(|(out, x)| *out = x.to_le_bytes());
                }
                _ => {
                    let most = f16::MAX.to_f32();
                    let half = |x: f32| f16::from_f32(x.clamp(-most, most)).to_le_bytes();
                    let words = out.as_chunks_mut::<2>().0.iter_mut();
                    words.zip(floats).for_each(|(out, x)| *out = half(x));
                }
            }
        });
        out = others;
    }
    assert!(out.len() < width.min(4), "as many rows as planned");
}
