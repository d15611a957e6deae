//! Fold: the spellings of one word become one.

use unicode_normalization::UnicodeNormalization;

/// A word in lower case, in composed form, without what compatibility adds (`ﬁ`, `Ａ`), without
/// the signs that Arabic and Hebrew may leave out and without an English possessive. Accents
/// stay, for stemmers go by them.
pub(super) fn lower(word: &str) -> String {
    if word.is_ascii() {
        return possessive(&word.to_ascii_lowercase()).to_owned();
    }
    let lower = word.to_lowercase();
    let lower: String = lower
        .nfkc()
        .filter(|c| !is_left_out(*c))
        .map(|c| if matches!(c, '’' | 'ʼ') { '\'' } else { c })
        .collect();
    possessive(&lower).to_owned()
}

/// A word of [`lower`] without accents, its letters of one sound in one form.
pub(super) fn bare(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let mut bare = String::with_capacity(word.len());
    for c in word.nfd().filter(|c| !is_accent(*c)).nfc() {
        match c {
            'ß' => bare.push_str("ss"),
            'æ' => bare.push_str("ae"),
            'œ' => bare.push_str("oe"),
            c => bare.push(digit(c).unwrap_or_else(|| letter(c))),
        }
    }
    bare
}

/// A word in lower case and without accents.
pub(super) fn plain(word: &str) -> String {
    bare(&lower(word))
}

/// An identifier in the form that its spellings share: `q19` of `Q-19` and of `Q_19`. Between two
/// digits something must stay, for 1-2 is not 12.
pub(super) fn whole(identifier: &str) -> String {
    let plain = plain(identifier);
    let mut whole = String::with_capacity(plain.len());
    let mut between = None;
    for c in plain.chars() {
        if matches!(c, '+' | '#' | '&') {
            whole.push(c);
        } else if !c.is_alphanumeric() {
            between.get_or_insert(c);
            continue;
        }
        let between = between.take();
        if c.is_numeric() && whole.ends_with(char::is_numeric) {
            whole.extend(between.map(|c| if is_hyphen(c) { '-' } else { c }));
        }
        if c.is_alphanumeric() {
            whole.push(c);
        }
    }
    whole
}

/// A number without what groups its thousands: `1000` of `1,000` and `1.000`. None if it has no
/// such groups.
pub(super) fn ungrouped(number: &str) -> Option<String> {
    let mark = number.chars().find(|c| !c.is_ascii_digit())?;
    let mut groups = number.split(mark);
    let first = groups.next()?.len();
    let digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let grouped = matches!(mark, ',' | '.' | '\'' | '’')
        && (1..=3).contains(&first)
        && groups.all(|group| group.len() == 3 && digits(group));
    grouped.then(|| number.replace(mark, ""))
}

/// What joins the parts of a part number, in its several shapes.
pub(super) fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '_' | '\u{2010}' | '\u{2011}' | '\u{2012}')
}

/// Accents of the European scripts.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}')
}

/// Vowel signs of Arabic and Hebrew, the stroke that stretches an Arabic word, and hyphens that
/// show only where a line ends. Marks that are letters of their script (such as in Devanagari)
/// stay.
fn is_left_out(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{0591}'..='\u{05C7}' | '\u{0610}'..='\u{061A}' | '\u{0640}'
        | '\u{064B}'..='\u{065F}' | '\u{0670}')
}

/// Letters that are written one for the other.
fn letter(c: char) -> char {
    match c {
        'ø' => 'o',
        'ł' => 'l',
        'đ' | 'ð' => 'd',
        'ı' => 'i',
        'ς' => 'σ',
        'آ' | 'أ' | 'إ' | 'ٱ' => 'ا',
        'ى' | 'ی' | 'ې' | 'ئ' => 'ي',
        'ؤ' => 'و',
        'ک' => 'ك',
        'ة' | 'ہ' | 'ۀ' | 'ە' | 'ھ' => 'ه',
        c => c,
    }
}

/// Digits of the scripts that have their own beside ours.
fn digit(c: char) -> Option<char> {
    let zeros = ['\u{0660}', '\u{06F0}', '\u{0966}', '\u{09E6}', '\u{0E50}'];
    let value = |zero: &char| (c as u32).checked_sub(*zero as u32);
    let value = zeros.iter().filter_map(value).find(|value| *value < 10)?;
    char::from_digit(value, 10)
}

fn possessive(word: &str) -> &str {
    word.strip_suffix("'s").unwrap_or(word)
}
