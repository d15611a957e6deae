//! Whether a run of letters and digits is text in base64 or hexadecimal. What chance makes of such
//! digits, as in names that services give, is hardly ever all signs that people write.

/// Whether what it says is text.
pub fn speaks(run: &str) -> bool {
    let bytes = run.as_bytes();
    bytes.iter().all(u8::is_ascii_hexdigit) && (0..2).any(|from| is_text(&bytes[from..], 4))
        || (0..4).any(|from| is_text(&bytes[from..], 6))
}

/// Whether its digits, of so many bits each, are nearly all signs that people write.
fn is_text(digits: &[u8], bits: u32) -> bool {
    let (mut held, mut left, mut all, mut signs) = (0_u32, 0, 0, 0);
    for digit in digits {
        held = held << bits | value(*digit, bits);
        left += bits;
        if left >= 8 {
            left -= 8;
            let byte = (held >> left) as u8;
            all += 1;
            signs += u32::from(matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t'));
        }
    }
    signs * 8 >= all * 7
}

fn value(digit: u8, bits: u32) -> u32 {
    let from = |first: u8, at: u8| u32::from(digit - first + at);
    match digit {
        b'0'..=b'9' if bits == 4 => from(b'0', 0),
        b'a'..=b'f' if bits == 4 => from(b'a', 10),
        b'A'..=b'F' if bits == 4 => from(b'A', 10),
        b'A'..=b'Z' => from(b'A', 0),
        b'a'..=b'z' => from(b'a', 26),
        b'0'..=b'9' => from(b'0', 52),
        b'+' | b'-' => 62,
        _ => 63,
    }
}

#[cfg(test)]
mod tests {
    use sdk::testing::Random;

    use super::speaks;

    #[test]
    fn text_is_told_from_names_that_services_give() {
        for run in [
            "VGhlIHBhc3N3b3JkIGlzIHN3b3JkZmlzaCAx",
            "xVGhlIHBhc3N3b3JkIGlzIHN3b3JkZmlzaCAx",
            "UGFzc3dvcnQ6IEjDvGhuZXJzdXBwZSAyMDI0",
            "5468652070617373776f726420697320313233",
        ] {
            assert!(speaks(run), "{run}");
        }
        let mut random = Random(3);
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
        let (mut base64, mut hex) = (0, 0);
        for _ in 0..20_000 {
            let name = |random: &mut Random, signs: &[u8]| -> String {
                (0..30)
                    .map(|_| char::from(signs[random.below(signs.len())]))
                    .collect()
            };
            base64 += u32::from(speaks(&name(&mut random, digits)));
            hex += u32::from(speaks(&name(&mut random, b"0123456789abcdef")));
        }
        assert_eq!((base64, hex), (0, 0));
        assert!(!speaks("five_takeaways_from_the_summit_in_may"));
    }
}
