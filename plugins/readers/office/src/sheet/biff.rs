//! What the binary workbooks, old and new, have in common.

/// A number packed into 30 bits ([MS-XLS] 2.5.122).
pub(super) fn rk(packed: u32) -> f64 {
    let value = match packed & 2 {
        0 => f64::from_bits(u64::from(packed & !3) << 32),
        _ => f64::from((packed as i32) >> 2),
    };
    if packed & 1 != 0 {
        value / 100.0
    } else {
        value
    }
}

/// What a cell shows that could not be calculated.
pub(super) fn error(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0f => "#VALUE!",
        0x17 => "#REF!",
        0x1d => "#NAME?",
        0x24 => "#NUM!",
        _ => "#N/A",
    }
}

pub(super) fn truth(byte: u8) -> &'static str {
    if byte == 0 { "FALSE" } else { "TRUE" }
}

#[cfg(test)]
mod tests {
    use super::rk;

    #[test]
    fn packed_numbers_are_read() {
        for (packed, want) in [
            (0x3ff0_0000, 1.0),
            (0x3ff0_0001, 0.01),
            (12 << 2 | 2, 12.0),
            (1_234 << 2 | 3, 12.34),
            ((-5_i32 << 2) as u32 | 2, -5.0),
        ] {
            assert_eq!(rk(packed), want);
        }
    }
}
