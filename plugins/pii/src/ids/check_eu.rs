//! Check digits of European numbers; see [`super::check`].

use super::check::{luhn, mod11_10, month_day, number, value, varied, weighted};

/// Germany's tax number for life: no zero first, among the first ten one digit stands two or
/// three times and none more often.
pub fn de_tax_id(id: &[u8]) -> bool {
    let mut counts = [0; 10];
    for digit in &id[..10] {
        counts[usize::from(digit - b'0')] += 1;
    }
    let repeated = counts.iter().filter(|count| **count > 1).count();
    id[0] != b'0' && repeated == 1 && counts.iter().all(|count| *count < 4) && mod11_10(id)
}

/// Weights 7, 3, 1 over digits and letters, as in a document's machine readable zone.
fn seven_three_one(head: &[u8], check: u8) -> bool {
    let sum: u32 = head
        .iter()
        .zip([7, 3, 1].into_iter().cycle())
        .map(|(c, weight)| {
            weight
                * match c {
                    b'0'..=b'9' => value(*c),
                    _ => u32::from(c - b'A') + 10,
                }
        })
        .sum();
    check.is_ascii_digit() && sum % 10 == value(check)
}

/// Letters that Germany puts into the numbers of documents.
fn de_document(id: &[u8]) -> bool {
    id[0].is_ascii_uppercase()
        && id
            .iter()
            .all(|c| c.is_ascii_digit() || b"CFGHJKLMNPRTVWXYZ".contains(c))
        && id.iter().filter(|c| c.is_ascii_digit()).count() >= 4
}

/// Identity card with its check digit, ten characters.
pub fn de_id_card(id: &[u8]) -> bool {
    de_document(&id[..9]) && seven_three_one(&id[..9], id[9])
}

/// Passport, the ninth character is the check digit.
pub fn de_passport(id: &[u8]) -> bool {
    de_document(id) && seven_three_one(&id[..8], id[8])
}

/// Serial of an identity card or passport as it is printed, without a check digit.
pub fn de_serial(id: &[u8]) -> bool {
    de_document(id)
}

/// Pension insurance: area, date of birth, initial, serial, check digit over cross sums.
pub fn de_social_security(id: &[u8]) -> bool {
    let letter = u32::from(id[8] - b'A') + 1;
    let mut digits = Vec::with_capacity(12);
    digits.extend(id[..8].iter().map(|c| value(*c)));
    digits.extend([letter / 10, letter % 10]);
    digits.extend(id[9..11].iter().map(|c| value(*c)));
    let sum: u32 = digits
        .iter()
        .zip([2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1])
        .map(|(digit, weight)| (digit * weight) / 10 + (digit * weight) % 10)
        .sum();
    month_day(number(&id[4..6]), number(&id[2..4])) && sum % 10 == value(id[11])
}

/// Health insurance: a letter as two digits, weights 1 and 2, cross sums.
pub fn de_health_insurance(id: &[u8]) -> bool {
    let letter = u32::from(id[0] - b'A') + 1;
    let head = [letter / 10, letter % 10];
    let sum: u32 = head
        .into_iter()
        .chain(id[1..9].iter().map(|c| value(*c)))
        .zip([1, 2].into_iter().cycle())
        .map(|(digit, weight)| (digit * weight) / 10 + (digit * weight) % 10)
        .sum();
    sum % 10 == value(id[9])
}

/// France: key 97 over thirteen digits, Corsica's 2A and 2B counted as 19 and 18.
pub fn fr_nir(id: &[u8]) -> bool {
    let mut digits = id.to_vec();
    match &id[5..7] {
        b"2A" => digits[5..7].copy_from_slice(b"19"),
        b"2B" => digits[5..7].copy_from_slice(b"18"),
        _ => {}
    }
    if !digits.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let month = number(&digits[3..5]);
    matches!(id[0], b'1'..=b'4' | b'7' | b'8')
        && matches!(month, 1..=12 | 20..=42 | 50..=99)
        && 97 - number(&digits[..13]) % 97 == number(&digits[13..])
}

fn es_letter(number: u64, letter: u8) -> bool {
    b"TRWAGMYFPDXBNJZSQVHLCKE"[(number % 23) as usize] == letter
}

/// Spain's citizens: the letter of the number mod 23.
pub fn es_nif(id: &[u8]) -> bool {
    varied(id) && es_letter(number(&id[..8]), id[8])
}

/// Spain's foreigners: X, Y, Z count as 0, 1, 2.
pub fn es_nie(id: &[u8]) -> bool {
    matches!(id[0], b'X'..=b'Z')
        && es_letter(
            u64::from(id[0] - b'X') * 10_000_000 + number(&id[1..8]),
            id[8],
        )
}

/// Italy's codice fiscale, with letters in place of digits where two people would share one.
pub fn it_fiscal_code(id: &[u8]) -> bool {
    const ODD: [u32; 26] = [
        1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24,
        23,
    ];
    let digit = |c: u8| c.is_ascii_digit() || b"LMNPQRSTUV".contains(&c);
    let numeric = [6, 7, 9, 10, 12, 13, 14].iter().all(|at| digit(id[*at]));
    let place = |c: u8| match c {
        b'0'..=b'9' => usize::from(c - b'0'),
        _ => usize::from(c - b'A'),
    };
    let sum: u32 = (0..15)
        .map(|at| match at % 2 {
            0 => ODD[place(id[at])],
            _ => place(id[at]) as u32,
        })
        .sum();
    numeric && b"ABCDEHLMPRST".contains(&id[8]) && sum % 26 == u32::from(id[15] - b'A')
}

/// Italy's VAT number.
pub fn it_vat(id: &[u8]) -> bool {
    varied(id) && luhn(id)
}

/// Italy's driving licences: two letters, seven digits and a letter, or the series U1.
pub fn it_driver(id: &[u8]) -> bool {
    let digits = id[2..9].iter().all(u8::is_ascii_digit);
    let new = &id[..2] == b"U1" && id[2..9].iter().all(|c| !b"AEIOU".contains(c));
    let old = id[..2].iter().all(u8::is_ascii_uppercase) && digits;
    id[9].is_ascii_uppercase() && (new || old)
}

/// The Netherlands: the test of eleven, the last digit counted against.
pub fn nl_bsn(id: &[u8]) -> bool {
    let sum = weighted(&id[..8], &[9, 8, 7, 6, 5, 4, 3, 2]) + 11 * 9;
    varied(id) && (sum - value(id[8])).is_multiple_of(11)
}

/// Belgium: 97 less the rest of nine digits, behind a 2 for those born from 2000 on.
pub fn be_national(id: &[u8]) -> bool {
    let (head, check) = (number(&id[..9]), number(&id[9..]));
    let month = number(&id[2..4]) % 20;
    let date = month <= 12 && number(&id[4..6]) <= 31;
    date && varied(id) && (97 - head % 97 == check || 97 - (2_000_000_000 + head) % 97 == check)
}

/// Poland's population register: 1, 3, 7, 9; the century is in the month.
pub fn pl_pesel(id: &[u8]) -> bool {
    let sum = weighted(id, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]);
    month_day(number(&id[2..4]) % 20, number(&id[4..6])) && sum.is_multiple_of(10)
}

/// Poland's tax number.
pub fn pl_nip(id: &[u8]) -> bool {
    varied(id) && weighted(id, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == value(id[9])
}

/// Poland's identity card: three letters and six digits, the first of which checks.
pub fn pl_id_card(id: &[u8]) -> bool {
    let letters: u32 = id[..3]
        .iter()
        .zip([7, 3, 1])
        .map(|(c, weight)| (u32::from(c - b'A') + 10) * weight)
        .sum();
    (letters + weighted(&id[4..], &[7, 3, 1, 7, 3])) % 10 == value(id[3])
}

/// Sweden's people, with or without the century; 60 is added to the day of those without one.
pub fn se_person(id: &[u8]) -> bool {
    let short = &id[id.len() - 10..];
    let day = number(&short[4..6]);
    let century = id.len() == 10 || matches!(&id[..2], b"18" | b"19" | b"20");
    century
        && (1..=12).contains(&number(&short[2..4]))
        && matches!(day, 1..=31 | 61..=91)
        && luhn(short)
}

/// Sweden's organisations: the third digit is at least 2.
pub fn se_organisation(id: &[u8]) -> bool {
    id[2] >= b'2' && varied(id) && luhn(id)
}

/// Finland: the date and the serial mod 31. The sign between says the century and is left out
/// where it is no letter.
pub fn fi_person(id: &[u8]) -> bool {
    let (date, rest) = (&id[..6], &id[id.len() - 4..]);
    let century = id.len() == 10 || matches!(id[6], b'A'..=b'F' | b'U'..=b'Y');
    if !rest[..3].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let check = (number(date) * 1000 + number(&rest[..3])) % 31;
    century
        && month_day(number(&date[2..4]), number(&date[..2]))
        && b"0123456789ABCDEFHJKLMNPRSTUVWXY"[check as usize] == rest[3]
}

/// Denmark: a date and, until 2007, mod 11.
pub fn dk_cpr(id: &[u8]) -> bool {
    month_day(number(&id[2..4]), number(&id[..2])) && varied(id)
}

/// Norway: a date and two check digits.
pub fn no_person(id: &[u8]) -> bool {
    let (day, month) = (number(&id[..2]) % 40, number(&id[2..4]) % 40);
    let first = (11 - weighted(id, &[3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11) % 11;
    let second = (11 - weighted(id, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
    month_day(month, day) && first == value(id[9]) && second == value(id[10])
}

/// Switzerland: 756 and an EAN-13.
pub fn ch_ahv(id: &[u8]) -> bool {
    let sum = weighted(id, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]);
    &id[..3] == b"756" && varied(id) && sum.is_multiple_of(10)
}

/// Austria's social insurance: the fourth digit checks the others.
pub fn at_social(id: &[u8]) -> bool {
    let sum = weighted(id, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11;
    month_day(number(&id[6..8]), number(&id[4..6])) && id[0] != b'0' && sum == value(id[3])
}

/// Portugal's tax number.
pub fn pt_nif(id: &[u8]) -> bool {
    let rest = weighted(id, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    let check = if rest < 2 { 0 } else { 11 - rest };
    matches!(id[0], b'1' | b'2' | b'3' | b'5' | b'6' | b'8' | b'9')
        && varied(id)
        && check == value(id[8])
}

/// Ireland's PPS: a letter mod 23, with a second one in newer numbers.
pub fn ie_pps(id: &[u8]) -> bool {
    let second = id.get(8).map_or(0, |c| match c {
        b'W' => 0,
        _ => u32::from(c - b'A') + 1,
    });
    let sum = weighted(id, &[8, 7, 6, 5, 4, 3, 2]) + 9 * second;
    varied(id)
        && id.get(8).is_none_or(|c| matches!(c, b'A'..=b'I' | b'W'))
        && b"WABCDEFGHIJKLMNOPQRSTUV"[(sum % 23) as usize] == id[7]
}

/// Czechia and Slovakia: the whole is a multiple of eleven; women's months count from 51.
pub fn cz_birth_number(id: &[u8]) -> bool {
    let month = number(&id[2..4]) % 50;
    let month = if month > 20 { month - 20 } else { month };
    month_day(month, number(&id[4..6])) && number(id).is_multiple_of(11)
}

/// Romania.
pub fn ro_cnp(id: &[u8]) -> bool {
    let rest = weighted(id, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
    matches!(id[0], b'1'..=b'8')
        && month_day(number(&id[3..5]), number(&id[5..7]))
        && (if rest == 10 { 1 } else { rest }) == value(id[12])
}

/// Bulgaria.
pub fn bg_egn(id: &[u8]) -> bool {
    let rest = weighted(id, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10;
    month_day(number(&id[2..4]) % 20, number(&id[4..6])) && rest == value(id[9])
}

/// Estonia and Lithuania.
pub fn baltic_person(id: &[u8]) -> bool {
    let first = weighted(id, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
    let second = weighted(id, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11 % 10;
    let check = if first < 10 { first } else { second };
    matches!(id[0], b'1'..=b'6')
        && month_day(number(&id[3..5]), number(&id[5..7]))
        && check == value(id[10])
}

/// Greece's social insurance.
pub fn gr_amka(id: &[u8]) -> bool {
    month_day(number(&id[2..4]), number(&id[..2])) && luhn(id)
}

/// Turkey: the tenth digit from odd and even places, the eleventh from their sum.
pub fn tr_national_id(id: &[u8]) -> bool {
    let odd: u32 = (0..9).step_by(2).map(|at| value(id[at])).sum();
    let even: u32 = (1..8).step_by(2).map(|at| value(id[at])).sum();
    let tenth = (odd * 7 + 100 - even) % 10;
    let all: u32 = id[..10].iter().map(|c| value(*c)).sum();
    id[0] != b'0' && tenth == value(id[9]) && all % 10 == value(id[10])
}
