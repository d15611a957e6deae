//! The words that a name is made of.

const LOW: u8 = 1;
const UP: u8 = 2;
const DIGIT: u8 = 4;
/// Stands between words of a name.
const BETWEEN: u8 = 8;

static CLASS: [u8; 256] = {
    let (mut table, mut at) = ([0; 256], 0);
    while at < 256 {
        table[at] = match at as u8 {
            b'a'..=b'z' => LOW,
            b'A'..=b'Z' => UP,
            b'0'..=b'9' => DIGIT,
            b'_' | b'-' | b'.' | b' ' => BETWEEN,
            _ => 0,
        };
        at += 1;
    }
    table
};

fn class(byte: u8) -> u8 {
    CLASS[usize::from(byte)]
}

/// Stands around values.
pub fn quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '*' | '\\')
}

/// The words of the name at the end of a text, the last one first, as they are written.
pub struct Last<'a>(pub &'a str);

impl<'a> Iterator for Last<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let bytes = self.0.as_bytes();
        let mut end = bytes.len();
        while end > 0 && class(bytes[end - 1]) == BETWEEN {
            end -= 1;
        }
        let mut start = end;
        // Whether what follows is a capital, which begins a word behind a small letter.
        let mut upper = false;
        while start > 0 {
            let byte = bytes[start - 1];
            if !byte.is_ascii() {
                let c = self.0[..start].chars().next_back().unwrap_or_default();
                if !letter(c) || (upper && c.is_lowercase()) {
                    break;
                }
                upper = c.is_uppercase();
                start -= c.len_utf8();
                continue;
            }
            let class = class(byte);
            if class & (LOW | UP | DIGIT) == 0 || (upper && class != UP) {
                break;
            }
            upper = class == UP;
            start -= 1;
        }
        let word = &self.0[start..end];
        self.0 = &self.0[..start];
        (!word.is_empty()).then_some(word)
    }
}

/// Whether a character that is not ASCII is part of a word. Those of the great scripts without
/// capitals are known without a search.
fn letter(c: char) -> bool {
    matches!(c, 'ぁ'..='ゖ' | 'ァ'..='ヺ' | '一'..='鿿' | '가'..='힣') || c.is_alphanumeric()
}

/// The last stretch that can be a name, blanks within it included.
pub fn last_name(lead: &str) -> &str {
    let bytes = lead.as_bytes();
    let mut start = lead.len();
    while start > 0 {
        let byte = bytes[start - 1];
        if !byte.is_ascii() {
            let c = lead[..start].chars().next_back().unwrap_or_default();
            if !letter(c) {
                break;
            }
            start -= c.len_utf8();
        } else if class(byte) != 0 {
            start -= 1;
        } else {
            break;
        }
    }
    &lead[start..]
}

/// Whether a name begins with a word in small letters, whatever stands between its letters.
pub fn begins(name: &str, word: &str) -> bool {
    let letters = name
        .bytes()
        .filter(|byte| class(*byte) & (LOW | UP | DIGIT) != 0);
    let mut letters = letters.map(|byte| byte.to_ascii_lowercase());
    word.bytes().all(|byte| letters.next() == Some(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fall_apart_at_signs_and_capitals() {
        for (name, words) in [
            ("x = db_password2", vec!["password2", "db"]),
            ("myApiKey", vec!["Key", "Api", "my"]),
            ("AWS_SECRET", vec!["SECRET", "AWS"]),
            ("(the API key", vec!["key", "API", "the"]),
            ("MotDePasseÉté", vec!["Été", "Passe", "De", "Mot"]),
            ("我的密码", vec!["我的密码"]),
            ("a:", vec![]),
        ] {
            assert_eq!(Last(name).collect::<Vec<_>>(), words, "{name}");
        }
        assert_eq!(last_name("x = (the API key"), "the API key");
        assert!(begins("api_Key2", "apikey") && !begins("ap", "api"));
    }
}
