//! Country codes and how long numbers behind them are.

/// Whether digits are a country code and as many behind it as its subscribers have; `parted`: with
/// a sign or space within, or behind a plus.
pub fn number(digits: &[u8], parted: bool) -> bool {
    let Ok(written) = std::str::from_utf8(digits) else {
        return false;
    };
    // A bracket may hold the trunk's zero besides.
    let least = if parted { 8 } else { 11 };
    (least..=15).contains(&digits.len())
        && known(written)
        && (!written.starts_with('1') || digits.len() == 11)
}

/// Whether the digits begin with a country code of E.164.
fn known(digits: &str) -> bool {
    const TWO: [u8; 45] = [
        20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55,
        56, 57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98, 7,
    ];
    let number = |len: usize| digits.get(..len).and_then(|head| head.parse::<u16>().ok());
    if matches!(number(1), Some(1 | 7)) || number(2).is_some_and(|n| TWO.contains(&(n as u8))) {
        return true;
    }
    matches!(
        number(3),
        Some(
            211..=213
            | 216
            | 218
            | 220..=269
            | 290
            | 291
            | 297..=299
            | 350..=359
            | 370..=389
            | 420
            | 421
            | 423
            | 500..=509
            | 590..=599
            | 670..=692
            | 800
            | 808
            | 850..=856
            | 870
            | 880
            | 886
            | 960..=968
            | 970..=979
            | 992..=998,
        )
    )
}
