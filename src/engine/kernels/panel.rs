//! How quantised weights lie in a panel of [`LANES`] rows.
//!
//! A panel is a run of units; a unit holds one ggml block of every row: first the scales, each
//! kind for all rows side by side, then for each 32 columns the codes in planes. Byte `4 * row + j`
//! of line `s` (64 bytes) of the plane of four bits holds column `4 s + j` in its low half and
//! column `16 + 4 s + j` in its high half. The fifth bits are a 64-bit mask for every four columns,
//! one bit for each byte of a line. Line `h` of the plane of two bits holds the columns from `16 h`
//! on, four turns of four columns in one byte. Codes of eight bits need one plane of eight lines.
//! So one vector load brings four columns of all rows, and their sums need no shuffling.

use half::f16;

use super::LANES;
use crate::engine::quant::{Format, q4_k};

/// Columns that share a scale of the activations.
pub(super) const COLUMNS: usize = 32;
/// Bytes of a line: four columns of every row.
pub(super) const LINE: usize = 4 * LANES;
/// Most weights in a unit, of one row.
const MOST: usize = 256;

/// The parts of a unit, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    /// Scales and minima before the codes.
    pub(super) header: usize,
    /// Codes of 32 columns.
    pub(super) block: usize,
    /// How often 32 columns there are.
    pub(super) blocks: usize,
}

impl Unit {
    /// The unit of a quantised format. Panics on a dense one.
    pub(super) const fn of(format: Format) -> Self {
        const FOUR: usize = 4 * LINE;
        const FIVE: usize = FOUR + LINE;
        const SIX: usize = FOUR + 2 * LINE;
        const PAIR: usize = 4 * LANES;
        let (header, block, blocks) = match format {
            Format::Q8_0 => (2 * LANES, 8 * LINE, 1),
            Format::Q4_0 => (2 * LANES, FOUR, 1),
            Format::Q5_0 => (2 * LANES, FIVE, 1),
            Format::Q4_1 => (PAIR, FOUR, 1),
            Format::Q5_1 => (PAIR, FIVE, 1),
            Format::Q4_K => (PAIR + 16 * LANES, FOUR, 8),
            Format::Q5_K => (PAIR + 16 * LANES, FIVE, 8),
            Format::Q6_K => (2 * LANES + 16 * LANES, SIX, 8),
            Format::F32 | Format::F16 | Format::BF16 => panic!("dense weights have no units"),
        };
        Self {
            header,
            block,
            blocks,
        }
    }

    /// Bytes in all.
    pub(super) const fn bytes(self) -> usize {
        self.header + self.block * self.blocks
    }
}

/// The code that stands for a weight of zero, where there is no minimum.
pub(super) const fn zero(format: Format) -> u8 {
    match format {
        Format::Q8_0 => 128,
        Format::Q4_0 => 8,
        Format::Q5_0 => 16,
        Format::Q6_K => 32,
        _ => 0,
    }
}

/// Puts one ggml block into its lane of a unit, all of whose bits of that lane are zero.
pub(super) fn put(format: Format, block: &[u8], lane: usize, unit: &mut [u8]) {
    let layout = Unit::of(format);
    let (header, planes) = unit.split_at_mut(layout.header);
    put_scales(format, block, lane, header);
    let mut codes = [0_u8; MOST];
    let codes = &mut codes[..format.block()];
    format.codes(block, codes);
    for (codes, planes) in codes
        .chunks_exact(COLUMNS)
        .zip(planes.chunks_exact_mut(layout.block))
    {
        let words: [u32; 8] = std::array::from_fn(|s| word(&codes[4 * s..]));
        put_codes(format, words, lane, planes);
    }
}

fn word(bytes: &[u8]) -> u32 {
    u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

fn put_scales(format: Format, block: &[u8], lane: usize, header: &mut [u8]) {
    let mut half = |row: usize, from: &[u8]| {
        header[2 * (row * LANES + lane)..][..2].copy_from_slice(&from[..2]);
    };
    match format {
        Format::Q4_1 | Format::Q5_1 => {
            half(0, block);
            half(1, &block[2..]);
        }
        Format::Q4_K | Format::Q5_K => {
            half(0, block);
            half(1, &block[2..]);
            for group in 0..8 {
                let (scale, least) = q4_k::scale_and_minimum(&block[4..16], group);
                header[4 * LANES + group * LANES + lane] = scale;
                header[12 * LANES + group * LANES + lane] = least;
            }
        }
        Format::Q6_K => {
            half(0, &block[208..]);
            for group in 0..16 {
                header[2 * LANES + group * LANES + lane] = block[192 + group];
            }
        }
        _ => half(0, block),
    }
}

fn put_codes(format: Format, words: [u32; 8], lane: usize, planes: &mut [u8]) {
    let mut put = |line: usize, word: u32| {
        planes[line * LINE + 4 * lane..][..4].copy_from_slice(&word.to_le_bytes());
    };
    if format == Format::Q8_0 {
        for (line, word) in words.into_iter().enumerate() {
            put(line, word);
        }
        return;
    }
    const LOW: u32 = 0x0f0f_0f0f;
    for line in 0..4 {
        put(line, words[line] & LOW | (words[line + 4] & LOW) << 4);
    }
    match format {
        Format::Q5_0 | Format::Q5_1 | Format::Q5_K => {
            for (step, word) in words.into_iter().enumerate() {
                let bits = (0..4).fold(0, |bits, j| bits | (word >> (8 * j + 4) & 1) << j);
                let at = 4 * LINE + 8 * step + lane / 2;
                planes[at] |= u8::try_from(bits << (lane % 2 * 4)).expect("four bits");
            }
        }
        Format::Q6_K => {
            for half in 0..2 {
                let turns = &words[4 * half..][..4];
                let two = turns.iter().enumerate();
                put(
                    4 + half,
                    two.fold(0, |all, (k, word)| {
                        all | (word >> 4 & 0x0303_0303) << (2 * k)
                    }),
                );
            }
        }
        _ => {}
    }
}

/// One row's part of a unit, read back.
pub(super) struct Lane {
    /// Codes in the columns' order.
    pub(super) codes: [u8; MOST],
    /// Scale of each 16 columns.
    pub(super) scales: [f32; MOST / 16],
    /// Minimum of each 32 columns.
    pub(super) minima: [f32; MOST / COLUMNS],
}

impl Lane {
    /// Reads lane `lane` of a unit.
    pub(super) fn read(format: Format, unit: &[u8], lane: usize) -> Self {
        let layout = Unit::of(format);
        let mut read = Self {
            codes: [0; MOST],
            scales: [0.0; MOST / 16],
            minima: [0.0; MOST / COLUMNS],
        };
        let (header, planes) = unit.split_at(layout.header);
        read.get_scales(format, header, lane);
        let blocks = planes.chunks_exact(layout.block);
        for (planes, codes) in blocks.zip(read.codes.chunks_exact_mut(COLUMNS)) {
            get_codes(format, planes, lane, codes);
        }
        read
    }

    fn get_scales(&mut self, format: Format, header: &[u8], lane: usize) {
        let half = |row: usize| {
            let at = 2 * (row * LANES + lane);
            f16::from_le_bytes([header[at], header[at + 1]]).to_f32()
        };
        match format {
            Format::Q4_K | Format::Q5_K => {
                for group in 0..8 {
                    let scale = header[4 * LANES + group * LANES + lane];
                    let least = header[12 * LANES + group * LANES + lane];
                    self.scales[2 * group..][..2].fill(half(0) * f32::from(scale));
                    self.minima[group] = -(half(1) * f32::from(least));
                }
            }
            Format::Q6_K => {
                for (group, scale) in self.scales.iter_mut().enumerate() {
                    let byte = header[2 * LANES + group * LANES + lane].cast_signed();
                    *scale = half(0) * f32::from(byte);
                }
            }
            _ => {
                self.scales[..2].fill(half(0));
                if matches!(format, Format::Q4_1 | Format::Q5_1) {
                    self.minima[0] = half(1);
                }
            }
        }
    }

    /// Writes the weights to `out`, as many as a unit of `format` has.
    pub(super) fn weights(&self, format: Format, out: &mut [f32]) {
        let zero = f32::from(zero(format));
        for (i, (out, code)) in out.iter_mut().zip(self.codes).enumerate() {
            let scaled = self.scales[i / 16] * (f32::from(code) - zero);
            *out = scaled + self.minima[i / COLUMNS];
        }
    }
}

fn get_codes(format: Format, planes: &[u8], lane: usize, codes: &mut [u8]) {
    let at = |line: usize, j: usize| planes[line * LINE + 4 * lane + j];
    for (i, code) in codes.iter_mut().enumerate() {
        let (step, j) = (i / 4, i % 4);
        if format == Format::Q8_0 {
            *code = at(step, j);
            continue;
        }
        *code = at(step % 4, j) >> (step / 4 * 4) & 15;
        *code |= match format {
            Format::Q5_0 | Format::Q5_1 | Format::Q5_K => {
                let bits = planes[4 * LINE + 8 * step + lane / 2];
                (bits >> (lane % 2 * 4 + j) & 1) << 4
            }
            Format::Q6_K => (at(4 + step / 4, j) >> (step % 4 * 2) & 3) << 4,
            _ => 0,
        };
    }
}
