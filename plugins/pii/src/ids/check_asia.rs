//! Check digits of numbers of Asia, Africa and the Pacific; see [`super::check`].

use super::check::{luhn, month_day, number, value, varied, verhoeff, weighted};

/// Aadhaar: Verhoeff; none begins with 0 or 1 or reads the same backwards.
pub fn in_aadhaar(id: &[u8]) -> bool {
    id[0] >= b'2' && !id.iter().eq(id.iter().rev()) && verhoeff(id)
}

/// PAN: the fourth letter says what the holder is.
pub fn in_pan(id: &[u8]) -> bool {
    b"ABCEFGHJLPT".contains(&id[3])
}

/// GSTIN: a state, a PAN, and a check character in base 36.
pub fn in_gstin(id: &[u8]) -> bool {
    const SIGNS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let sum: u32 = id[..14]
        .iter()
        .zip([1, 2].into_iter().cycle())
        .map(|(c, weight)| {
            let product = weight
                * match c {
                    b'0'..=b'9' => value(*c),
                    _ => u32::from(c - b'A') + 10,
                };
            product / 36 + product % 36
        })
        .sum();
    (1..=38).contains(&number(&id[..2])) && SIGNS[((36 - sum % 36) % 36) as usize] == id[14]
}

/// Indian passports: no zero behind the letter.
pub fn in_passport(id: &[u8]) -> bool {
    id[1] != b'0' && !matches!(id[0], b'Q' | b'X') && varied(id)
}

/// Australia's tax file number.
pub fn au_tfn(id: &[u8]) -> bool {
    varied(id) && weighted(id, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11)
}

/// Australia's business number: 89 divides it after one is taken from the first digit.
pub fn au_abn(id: &[u8]) -> bool {
    let weights = [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19];
    id[0] != b'0' && varied(id) && (weighted(id, &weights) - 10).is_multiple_of(89)
}

/// Australia's company number.
pub fn au_acn(id: &[u8]) -> bool {
    let rest = weighted(id, &[8, 7, 6, 5, 4, 3, 2, 1]) % 10;
    id.iter().any(|c| *c != b'0') && (10 - rest) % 10 == value(id[8])
}

/// Australia's health insurance.
pub fn au_medicare(id: &[u8]) -> bool {
    matches!(id[0], b'2'..=b'6') && weighted(id, &[1, 3, 7, 9, 1, 3, 7, 9]) % 10 == value(id[8])
}

/// Singapore's residents (S, T) and foreigners (F, G, M).
pub fn sg_nric(id: &[u8]) -> bool {
    let offset = match id[0] {
        b'T' | b'G' => 4,
        b'M' => 3,
        _ => 0,
    };
    let sum = weighted(&id[1..], &[2, 7, 6, 5, 4, 3, 2]) + offset;
    let at = (sum % 11) as usize;
    match id[0] {
        b'S' | b'T' => b"JZIHGFEDCBA"[at] == id[8],
        b'F' | b'G' => b"XWUTRQPNMLK"[at] == id[8],
        b'M' => b"KLJNPQRTUWX"[10 - at] == id[8],
        _ => false,
    }
}

/// Korea's residents: date, sex and century; the check digit was dropped in 2020.
pub fn kr_rrn(id: &[u8]) -> bool {
    month_day(number(&id[2..4]), number(&id[4..6])) && varied(id)
}

/// The same with its check digit.
pub fn kr_rrn_checked(id: &[u8]) -> bool {
    let sum = weighted(id, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]);
    let check = (11 - sum % 11) % 10;
    // Foreigners' check digit is two ahead.
    kr_rrn(id) && matches!((value(id[12]) + 10 - check) % 10, 0 | 2)
}

/// Korea's driving licences: a region from 11 to 28.
pub fn kr_driver(id: &[u8]) -> bool {
    (11..=28).contains(&number(&id[..2])) && varied(id)
}

/// Korea's passports.
pub fn kr_passport(id: &[u8]) -> bool {
    b"MSRODG".contains(&id[0])
}

/// Korea's businesses.
pub fn kr_brn(id: &[u8]) -> bool {
    let sum = weighted(id, &[1, 3, 7, 1, 3, 7, 1, 3, 5]) + value(id[8]) * 5 / 10;
    varied(id) && (10 - sum % 10) % 10 == value(id[9])
}

/// Thailand: mod 11 with weights 13 to 2, and a province.
pub fn th_tnin(id: &[u8]) -> bool {
    let sum = weighted(id, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
    let province = matches!(
        number(&id[1..3]),
        10..=27 | 31..=58 | 60..=67 | 70..=77 | 80..=86 | 90..=96
    );
    id[0] != b'0' && province && (11 - sum % 11) % 10 == value(id[12])
}

/// The Philippines: weights 9 to 2, then a branch.
pub fn ph_tin(id: &[u8]) -> bool {
    varied(id) && weighted(id, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11 == value(id[8])
}

/// Nigeria.
pub fn ng_nin(id: &[u8]) -> bool {
    varied(id) && verhoeff(id)
}

/// China: a region, a date of birth, ISO 7064 MOD 11-2.
pub fn cn_resident(id: &[u8]) -> bool {
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let check = b"10X98765432"[(weighted(&id[..17], &weights) % 11) as usize];
    matches!(number(&id[6..8]), 18..=20)
        && month_day(number(&id[10..12]), number(&id[12..14]))
        && id[17] == check
}

/// Taiwan: a city's letter, then weights 8 to 1.
pub fn tw_id(id: &[u8]) -> bool {
    const CITY: [u32; 26] = [
        10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21, 22, 35, 23, 24, 25, 26, 27, 28, 29, 32,
        30, 31, 33,
    ];
    let city = CITY[usize::from(id[0] - b'A')];
    let sum = city / 10 + city % 10 * 9 + weighted(&id[1..], &[8, 7, 6, 5, 4, 3, 2, 1, 1]);
    matches!(id[1], b'1' | b'2' | b'8' | b'9') && sum.is_multiple_of(10)
}

/// Japan's My Number.
pub fn jp_my_number(id: &[u8]) -> bool {
    let rest = weighted(id, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    let check = if rest < 2 { 0 } else { 11 - rest };
    varied(id) && check == value(id[11])
}

/// Israel.
pub fn il_id(id: &[u8]) -> bool {
    varied(id) && luhn(id)
}

/// South Africa: a date of birth, a citizenship, Luhn.
pub fn za_id(id: &[u8]) -> bool {
    month_day(number(&id[2..4]), number(&id[4..6])) && matches!(id[10], b'0'..=b'2') && luhn(id)
}
