//! How countries write their numbers: lengths, leading digits and groups, as their numbering plans
//! and the habits of their people have them.

use super::chain::Group;

/// What a form of a number says.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Form {
    /// Nothing else is written so.
    Telling(f32),
    /// Amounts are written so, too, but then a word says of what.
    Closing,
    /// A number to call if the words around speak of one.
    Usual,
}

/// The lengths of groups, as hexadecimal digits: `3-3-4` is 0x334; 0 for a longer group.
fn lengths(groups: &[Group]) -> u32 {
    groups.iter().fold(0, |all, group| match group.len() {
        len @ 1..=9 => all << 4 | len as u32,
        _ => 0,
    })
}

/// The form of groups that are a whole number without a country's code; `digits` are theirs.
pub fn national(groups: &[Group], digits: &[u8]) -> Option<Form> {
    let lengths = lengths(groups);
    if date(groups, digits, lengths) || decimal(groups) || amount(groups, digits) {
        return None;
    }
    if let [first, rest @ ..] = groups
        && first.bracket
        && !rest.is_empty()
    {
        return bracket(first.len(), lengths, digits);
    }
    if digits[0] == b'0' {
        return trunk(groups, lengths, digits);
    }
    if american(groups, lengths, digits) {
        return Some(Form::Telling(0.85));
    }
    if groups[1..].iter().any(|group| group.bracket) {
        // Russia and its neighbours: "8 (495) 123-45-67".
        let eight = digits[0] == b'8' && matches!(lengths, 0x13322 | 0x1337 | 0x1334);
        return eight.then_some(Form::Telling(0.85));
    }
    if telling(groups, lengths, digits) {
        return Some(Form::Telling(0.8));
    }
    if closing(groups, lengths, digits) {
        return Some(Form::Closing);
    }
    usual(groups, lengths, digits).then_some(Form::Usual)
}

/// Whether only these signs part the groups.
fn parted(groups: &[Group], signs: &[u8]) -> bool {
    groups[1..].iter().all(|group| signs.contains(&group.sign))
}

/// Groups that nothing else comes in.
fn telling(groups: &[Group], lengths: u32, digits: &[u8]) -> bool {
    let signs = |signs: &[u8]| parted(groups, signs);
    // An area, then a number with a hyphen.
    let subscriber = groups.len() == 3 && groups[1].sign == b' ' && groups[2].sign == b'-';
    match lengths {
        // Turkey, Russia without its eight.
        0x3322 => matches!(digits[0], b'2'..=b'5' | b'8' | b'9'),
        0x13322 => digits[0] == b'8' && matches!(digits[1], b'3' | b'4' | b'8' | b'9'),
        // Spain, Switzerland, Poland's towns.
        0x3222 => matches!(digits[0], b'6'..=b'9') && signs(b" -"),
        0x2322 => matches!(digits[0], b'1'..=b'9') && signs(b" -"),
        // Norway's mobiles.
        0x323 => matches!(digits[0], b'4' | b'8' | b'9') && signs(b" "),
        // Denmark; with spaces any four numbers.
        0x2222 => digits[0] >= b'2' && signs(b"-"),
        // China's mobiles.
        0x344 => digits[0] == b'1' && digits[1] >= b'3',
        // Australia's and Israel's numbers that cost the caller nothing.
        0x433 => matches!(&digits[..4], b"1300" | b"1800"),
        0x1333 => matches!(&digits[..4], b"1300" | b"1700" | b"1800") && signs(b"-"),
        // Poland, Spain, Portugal, Czechia: mobiles, and with hyphens nothing else.
        0x333 => digits[0] >= b'5' && signs(b"-"),
        // Brazil, Mexico and Argentina without brackets.
        0x244 => subscriber || signs(b"-") && matches!(&digits[..2], b"11" | b"33" | b"55" | b"81"),
        0x254 => digits[2] == b'9' && (subscriber || signs(b"-")),
        _ => false,
    }
}

/// Groups that only an amount comes in, too.
fn closing(groups: &[Group], lengths: u32, digits: &[u8]) -> bool {
    let spaces = parted(groups, b" ");
    match lengths {
        // Poland, Spain, Portugal, Czechia.
        0x333 => spaces && digits[0] >= b'5' && !digits.ends_with(b"000"),
        // Mobiles of Italy, Colombia and Greece, towns of Greece.
        0x334 | 0x37 => spaces && (digits[0] == b'3' || digits.starts_with(b"69")),
        // India's mobiles.
        0x55 => parted(groups, b" -") && digits[0] >= b'6',
        // Brazil's and Chile's mobiles.
        0x254 => spaces && digits[2] == b'9',
        0x144 => spaces && digits[0] == b'9',
        // Portugal with its country's old prefix.
        0x2334 => spaces && digits[0] >= b'2',
        // Singapore, Hong Kong.
        0x44 => spaces && matches!(digits[0], b'6' | b'8' | b'9'),
        _ => false,
    }
}

/// Whether groups are what numbers mostly are where no one calls: a day, decimals, a version, an
/// amount in thousands, one digit over and over.
pub fn ordinary(groups: &[Group], digits: &[u8]) -> bool {
    date(groups, digits, lengths(groups))
        || decimal(groups)
        || amount(groups, digits)
        || digits.iter().all(|digit| *digit == digits[0])
}

/// `500.000`, `1.345.596`, `500 000`
fn amount(groups: &[Group], digits: &[u8]) -> bool {
    let threes = |sign: u8| {
        let mut behind = groups[1..].iter();
        behind.all(|group| group.len() == 3 && group.sign == sign)
    };
    groups.len() > 1
        && groups[0].len() <= 3
        && (threes(b'.') && (groups.len() == 2 || groups[0].len() < 3)
            || threes(b' ') && digits.ends_with(b"000"))
}

/// Decimals and versions: a dot beside a single digit that no `1` for the country is, as in
/// "0.02 / 0.10" and "9.0.2416".
fn decimal(groups: &[Group]) -> bool {
    let pairs = groups.windows(2).enumerate();
    pairs
        .filter(|(_, pair)| pair[1].sign == b'.')
        .any(|(at, pair)| pair[1].len() == 1 || pair[0].len() == 1 && (at > 0 || groups.len() < 4))
}

/// Three numbers that are a day: 2024-11-03, 3.11.2024, 03/11/24 5.
fn date(groups: &[Group], digits: &[u8], lengths: u32) -> bool {
    let year = |digits: &[u8]| matches!(digits, [b'1', b'9', ..] | [b'2', b'0', ..]);
    let joined = |groups: &[Group]| groups.iter().all(|group| group.sign != b'(');
    let begins = |shape: u32| {
        let places = 8 - shape.leading_zeros() / 4;
        let all = groups.len() as u32;
        all >= places && lengths >> (4 * (all - places)) == shape
    };
    // "2001-02", "1620-21", "1935-1936"
    let years = match lengths {
        0x42 => digits[0] == b'1' || year(digits),
        0x44 => year(digits),
        _ => false,
    };
    if years && groups[1].sign == b'-' {
        return true;
    }
    if groups.len() < 3 || !joined(&groups[1..3]) {
        return false;
    }
    begins(0x422) && year(digits)
        || begins(0x411) && year(digits)
        || begins(0x421) && year(digits)
        || begins(0x412) && year(digits)
        || begins(0x224) && year(&digits[4..])
        || begins(0x124) && year(&digits[3..])
        || begins(0x214) && year(&digits[3..])
        || begins(0x114) && year(&digits[2..])
}

/// `(555) 234-5678`, `(030) 123456`, `(64) 3591-3246`.
fn bracket(area: usize, lengths: u32, digits: &[u8]) -> Option<Form> {
    let (count, zero) = (digits.len(), digits[0] == b'0');
    let rest = lengths & !(0xf << (4 * ((31 - lengths.leading_zeros()) / 4)));
    let telling = match area {
        3 if count == 10 && exchange(digits) => matches!(rest, 0x34 | 0x7),
        2..=5 if zero && digits[1] != b'0' => (7..=12).contains(&count),
        // Brazil, Mexico, Hungary, Spain with brackets.
        2 => matches!(
            rest,
            0x44 | 0x54 | 0x8 | 0x9 | 0x34 | 0x322 | 0x333 | 0x232 | 0x223
        ),
        3 => matches!(rest, 0x33 | 0x322 | 0x7 | 0x34 | 0x43 | 0x25 | 0x223),
        _ => false,
    };
    // Hungary's towns, but a volume's pages, too.
    let closing = area == 2 && rest == 0x33 && !zero;
    match telling {
        true => Some(Form::Telling(0.8)),
        false => closing.then_some(Form::Closing),
    }
}

/// A zero first: the trunk prefix of most countries outside North America.
fn trunk(groups: &[Group], lengths: u32, digits: &[u8]) -> Option<Form> {
    let (first, count) = (groups[0].len(), digits.len());
    if lengths == 0x13322 || lengths == 0x1337 {
        // Turkey: "0 532 123 45 67".
        return matches!(digits[1], b'2'..=b'5').then_some(Form::Telling(0.8));
    }
    if lengths == 0x1333 && digits[1] == b'8' {
        // "0 800 123 456": the caller pays nothing.
        return Some(Form::Telling(0.8));
    }
    if digits[1] == b'0' || !(2..=6).contains(&first) && groups.len() > 1 {
        return None;
    }
    if groups.len() == 1 {
        let usual = (9..=11).contains(&count);
        return match mobile(digits) {
            // An id that a message begins with is surer.
            true => Some(Form::Telling(if count == 10 { 0.55 } else { 0.8 })),
            false => usual.then_some(Form::Usual),
        };
    }
    let slash = groups[1].sign == b'/';
    if slash && first >= 3 {
        return (8..=12).contains(&count).then_some(Form::Telling(0.8));
    }
    let single = |group: &Group| group.len() == 1;
    // Germany's switchboards: "030 23125-0".
    let extension = matches!(groups, [_, one, last] if last.sign == b'-' && one.len() >= 3);
    let inner = &groups[1..groups.len() - usize::from(extension)];
    let whole = inner.iter().any(single);
    let telling = match groups.len() {
        2 => (9..=11).contains(&count) && groups[1].len() >= 5 && groups[1].sign != b'.',
        // A single digit parts an area off, as in Hungary's capital.
        _ => (8..=12).contains(&count) && (!whole || lengths >> 8 == 0x21 || lengths == 0x2134),
    };
    match telling {
        true => Some(Form::Telling(0.8)),
        false => (8..=12).contains(&count).then_some(Form::Usual),
    }
}

/// A mobile's number in one piece behind its zero: ten digits in France, Australia and many more,
/// eleven in the United Kingdom, Germany, India, Nigeria and others. Books have ten digits, too.
fn mobile(digits: &[u8]) -> bool {
    match digits.len() {
        10 => matches!(digits[1], b'4'..=b'7') && !book(digits),
        11 => matches!(digits[1..], [b'1', b'5'..=b'7', ..] | [b'7'..=b'9', ..]),
        _ => false,
    }
}

/// ISBN-10's check digit.
fn book(digits: &[u8]) -> bool {
    let places = (1..=10).rev().zip(digits);
    let sum: u32 = places
        .map(|(place, digit)| place * u32::from(digit - b'0'))
        .sum();
    sum.is_multiple_of(11)
}

/// North America: `555-234-5678`, `1.555.234.5678`; with spaces alone if the area is one.
fn american(groups: &[Group], lengths: u32, digits: &[u8]) -> bool {
    let (groups, digits) = match lengths {
        0x334 => (groups, digits),
        0x1334 if digits[0] == b'1' => (&groups[1..], &digits[1..]),
        _ => return false,
    };
    let (one, two) = (groups[1].sign, groups[2].sign);
    let strict = one == b' ' && !groups[0].bracket;
    // With two hyphens or dots nothing else has these groups, whoever may give such numbers out.
    let drawn = one == two && matches!(one, b'-' | b'.') && !groups[0].bracket;
    (exchange(digits) || drawn && digits[0] != b'0')
        // A year in brackets ends a reference: "381-397 (1950)".
        && !groups[1..].iter().any(|group| group.bracket && group.len() == 4)
        && (one != b'/' && two != b'/')
        && (!strict || two == b'-' || area(&digits[..3]))
}

/// Area and exchange begin with 2 to 9.
fn exchange(digits: &[u8]) -> bool {
    digits[0] >= b'2' && digits[3] >= b'2'
}

/// No round number, nothing reserved, and no exchange that serves the network.
fn area(digits: &[u8]) -> bool {
    digits[1] != b'9' && digits[1..] != *b"00" && digits[1..] != *b"11" && digits[1..] != *b"50"
}

/// Groups that subscribers' numbers come in, and other numbers too.
fn usual(groups: &[Group], lengths: u32, digits: &[u8]) -> bool {
    let years = |digits: &[u8]| matches!(digits, [b'1', b'9', ..] | [b'2', b'0', ..]);
    match lengths {
        0x333 | 0x323 | 0x2222 | 0x34 | 0x3222 | 0x2322 | 0x322 | 0x1333 | 0x12222 => {
            digits[0] >= b'2' || digits.len() > 9
        }
        0x44 => digits[0] >= b'2' && !(years(digits) && years(&digits[4..])),
        0x55 => digits[0] >= b'6',
        0x244 | 0x234 | 0x334 | 0x343 | 0x344 | 0x37 | 0x2334 | 0x433 | 0x423 | 0x432 => true,
        // Cyprus, Tunisia.
        0x26 => matches!(digits[0], b'2' | b'9'),
        0x233 => digits[0] >= b'2' && parted(groups, b" -"),
        // In one piece nine, ten or eleven digits, a mobile's, North America's or China's.
        0x9 => digits[0] >= b'5',
        0 => match digits.len() {
            10 => digits[0] >= b'2',
            11 => digits[0] == b'1' && digits[1] >= b'3',
            _ => false,
        },
        _ => false,
    }
}
