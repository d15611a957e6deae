//! Check digits. Every function takes the number without its separators, letters in upper case,
//! of the length and kinds of characters its shape has promised.

/// What a digit stands for.
pub(super) fn value(byte: u8) -> u32 {
    u32::from(byte - b'0')
}

/// The number that digits write.
pub(super) fn number(digits: &[u8]) -> u64 {
    digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + u64::from(value(*digit)))
}

/// The sum of the digits times their weights, as far as both go.
pub(super) fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    let pairs = digits.iter().zip(weights);
    pairs.map(|(digit, weight)| value(*digit) * weight).sum()
}

/// At least three different characters: nobody has 111111111, and many check digits accept it.
pub fn varied(id: &[u8]) -> bool {
    let first = id[0];
    let Some(second) = id.iter().find(|c| **c != first) else {
        return false;
    };
    id.iter().any(|c| *c != first && c != second)
}

/// Shapes without a check digit.
pub fn any(id: &[u8]) -> bool {
    varied(id)
}

/// ISO/IEC 7812-1.
pub fn luhn(id: &[u8]) -> bool {
    let places = id.iter().rev().enumerate().map(|(place, digit)| {
        let doubled = value(*digit) << (place % 2);
        if doubled > 9 { doubled - 9 } else { doubled }
    });
    places.sum::<u32>().is_multiple_of(10)
}

/// Verhoeff's scheme over the dihedral group of ten.
pub fn verhoeff(id: &[u8]) -> bool {
    const TURN: [[u8; 10]; 8] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
    ];
    // The group's product: turns below 5, mirrored turns from 5 on.
    let product = |a: u8, b: u8| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b - 5) % 5,
        (false, true) => 5 + (a - b + 5 - 5) % 5,
        (false, false) => (a + 5 - b) % 5,
    };
    let end = id
        .iter()
        .rev()
        .enumerate()
        .fold(0, |state, (place, digit)| {
            product(state, TURN[place % 8][usize::from(digit - b'0')])
        });
    end == 0
}

/// ISO 7064 MOD 11,10, the check digit last.
pub fn mod11_10(id: &[u8]) -> bool {
    let (last, head) = (value(id[id.len() - 1]), &id[..id.len() - 1]);
    let product = head.iter().fold(10, |product, digit| {
        let sum = (value(*digit) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == last
}

/// Whether `yymmdd` or `ddmmyy` digits may be a month and a day.
pub(super) fn month_day(month: u64, day: u64) -> bool {
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// Social security: areas, groups and serials that are given out.
pub fn us_ssn(id: &[u8]) -> bool {
    let (area, group, serial) = (number(&id[..3]), number(&id[3..5]), number(&id[5..]));
    area != 0 && area != 666 && area < 900 && group != 0 && serial != 0 && varied(id)
        // Printed on specimens and in advertisements.
        && !matches!(number(id), 78_051_120 | 123_456_789 | 987_654_321)
}

/// Individual taxpayers: 9xx with the groups of the IRS.
pub fn us_itin(id: &[u8]) -> bool {
    id[0] == b'9' && matches!(number(&id[3..5]), 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

/// Health care providers: Luhn behind the prefix 80840, whose digits add 24.
pub fn us_npi(id: &[u8]) -> bool {
    let whole: Vec<u8> = b"80840".iter().chain(id).copied().collect();
    matches!(id[0], b'1' | b'2') && varied(id) && luhn(&whole)
}

/// Routing numbers of banks: 3, 7, 1 and the districts of the Federal Reserve.
pub fn us_routing(id: &[u8]) -> bool {
    let district = matches!(number(&id[..2]), 0..=12 | 21..=32 | 61..=72 | 80);
    district && varied(id) && weighted(id, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
}

/// Medicare beneficiaries: no letters that look like digits.
pub fn us_mbi(id: &[u8]) -> bool {
    id[0] != b'0' && !id.iter().any(|c| b"SLOIBZ".contains(c)) && id[1].is_ascii_uppercase()
}

/// Prescribers (DEA): the registrant's kind, then twice every second digit.
pub fn us_dea(id: &[u8]) -> bool {
    let digits = &id[2..];
    let sum = weighted(&digits[..6], &[1, 2, 1, 2, 1, 2]);
    b"ABCDEFGHJKLMPRSTUX".contains(&id[0]) && sum % 10 == value(digits[6])
}

/// Social insurance; no province gives out 0 and 8.
pub fn ca_sin(id: &[u8]) -> bool {
    !matches!(id[0], b'0' | b'8') && varied(id) && luhn(id)
}

/// Brazil's persons and companies: two digits mod 11 over all that stands before each.
fn two_digits(id: &[u8], weights: fn(usize) -> u32) -> bool {
    let digit = |len: usize| {
        let sum: u32 = (0..len).map(|at| value(id[at]) * weights(len - at)).sum();
        match sum % 11 {
            0 | 1 => 0,
            rest => 11 - rest,
        }
    };
    let len = id.len();
    varied(id) && digit(len - 2) == value(id[len - 2]) && digit(len - 1) == value(id[len - 1])
}

/// Persons.
pub fn br_cpf(id: &[u8]) -> bool {
    two_digits(id, |place| u32::try_from(place).unwrap_or(0) + 1)
}

/// Companies.
pub fn br_cnpj(id: &[u8]) -> bool {
    two_digits(id, |place| u32::try_from((place - 1) % 8).unwrap_or(0) + 2)
}

/// Argentina's tax number.
pub fn ar_cuit(id: &[u8]) -> bool {
    let rest = weighted(id, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    matches!(number(&id[..2]), 20 | 23 | 24 | 27 | 30 | 33 | 34)
        && (11 - rest) % 11 == value(id[10])
}

/// Chile's RUT: 2 to 7 from the right, `K` for ten.
pub fn cl_rut(id: &[u8]) -> bool {
    let (last, head) = (id[id.len() - 1], &id[..id.len() - 1]);
    if !head.iter().all(u8::is_ascii_digit) || !varied(id) {
        return false;
    }
    let places = head.iter().rev().zip([2, 3, 4, 5, 6, 7, 2, 3]);
    let sum: u32 = places.map(|(digit, weight)| value(*digit) * weight).sum();
    match 11 - sum % 11 {
        11 => last == b'0',
        10 => last == b'K',
        rest => last.is_ascii_digit() && value(last) == rest,
    }
}

/// Mexico's population register: base 37 weights from 18 down.
pub fn mx_curp(id: &[u8]) -> bool {
    let letter = |c: u8| match c {
        b'0'..=b'9' => value(c),
        b'A'..=b'N' => u32::from(c - b'A') + 10,
        // Ñ takes the place between.
        _ => u32::from(c - b'A') + 11,
    };
    let sum: u32 = (0..17u32)
        .zip(id)
        .map(|(at, c)| letter(*c) * (18 - at))
        .sum();
    month_day(number(&id[6..8]), number(&id[8..10]))
        && matches!(id[10], b'H' | b'M' | b'X')
        && (10 - sum % 10) % 10 == value(id[17])
}

/// Health service: mod 11 with weights 10 to 2.
pub fn uk_nhs(id: &[u8]) -> bool {
    let rest = 11 - weighted(id, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    varied(id) && rest != 10 && rest % 11 == value(id[9])
}

/// National insurance: prefixes that are given out.
pub fn uk_nino(id: &[u8]) -> bool {
    !b"DFIQUV".contains(&id[0])
        && !b"DFIOQUV".contains(&id[1])
        && !matches!(
            &id[..2],
            b"BG" | b"GB" | b"KN" | b"NK" | b"NT" | b"TN" | b"ZZ"
        )
        && matches!(id[8], b'A'..=b'D')
}

/// Driver numbers: five of the surname, filled up with 9, then the date of birth in disguise.
pub fn uk_driver(id: &[u8]) -> bool {
    let name = &id[..5];
    let letters = name.iter().take_while(|c| c.is_ascii_uppercase()).count();
    let digits = id[5..11].iter().all(u8::is_ascii_digit);
    if letters == 0 || name[letters..].iter().any(|c| *c != b'9') || !digits {
        return false;
    }
    let (month, day) = (number(&id[6..8]), number(&id[8..10]));
    matches!(month, 1..=12 | 51..=62)
        && (1..=31).contains(&day)
        && id[11].is_ascii_uppercase()
        && (id[12].is_ascii_uppercase() || id[12] == b'9')
        && id[14..].iter().all(u8::is_ascii_uppercase)
}

/// Documents of no one country's shape: at least five digits, and not all the same.
pub fn passport(id: &[u8]) -> bool {
    varied(id) && id.iter().filter(|c| c.is_ascii_digit()).count() >= 5
}
