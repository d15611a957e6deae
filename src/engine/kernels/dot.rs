//! Products of one vector of bytes with many: what a search by meaning is made of.
//!
//! Sums are of integers, so every machine finds the same.
#![allow(unsafe_code, reason = "calls a function compiled for the CPU at hand")]

/// The sums of products of `question` with each of the `rows`, which follow one another and are as
/// long as it; each byte stands for an `i8`. Sums fit as long as a row has less than 130,000
/// components.
pub fn byte_products(question: &[i8], rows: &[u8], sums: &mut Vec<i32>) {
    sums.clear();
    if question.is_empty() {
        return;
    }
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the CPU has what the function was compiled for.
        unsafe { products_avx2(question, rows, sums) };
        return;
    }
    products(question, rows, sums);
}

/// The same code, in which the compiler may use wider registers.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn products_avx2(question: &[i8], rows: &[u8], sums: &mut Vec<i32>) {
    products(question, rows, sums);
}

#[inline(always)]
fn products(question: &[i8], rows: &[u8], sums: &mut Vec<i32>) {
    let rows = rows.chunks_exact(question.len());
    sums.extend(rows.map(|row| {
        let pairs = question.iter().zip(row);
        let products = pairs.map(|(a, b)| i32::from(i16::from(*a) * i16::from(b.cast_signed())));
        products.sum::<i32>()
    }));
}

#[cfg(test)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{RngExt, SeedableRng};

    use super::*;

    #[test]
    fn sums_are_those_of_the_definition() {
        let mut rng = StdRng::seed_from_u64(1);
        for length in [1usize, 7, 16, 33, 384] {
            let question: Vec<i8> = (0..length).map(|_| rng.random()).collect();
            let rows: Vec<u8> = (0..5 * length).map(|_| rng.random()).collect();
            let expected: Vec<i32> = rows
                .chunks(length)
                .map(|row| {
                    let pairs = question.iter().zip(row);
                    pairs
                        .map(|(a, b)| i32::from(*a) * i32::from(b.cast_signed()))
                        .sum()
                })
                .collect();
            let mut sums = vec![9];
            byte_products(&question, &rows, &mut sums);
            assert_eq!(sums, expected, "{length}");
        }
        let mut sums = vec![9];
        byte_products(&[-128; 3], &[128; 4], &mut sums);
        assert_eq!(sums, [3 * 128 * 128], "what is left over is no row");
        byte_products(&[], &[1, 2], &mut sums);
        assert!(sums.is_empty());
    }
}
