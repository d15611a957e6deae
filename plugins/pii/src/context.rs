//! What stands around a span.

/// The character before `at`.
pub fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

/// The character from `at` on.
pub fn after(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

/// Whether a number at `start..end` stands alone: not inside a word, a longer number, a decimal
/// or a chain of numbers such as a serial or a version.
pub fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let joint = |c: char| matches!(c, '-' | '.' | '/' | ',' | ':');
    if before(text, start).is_some_and(word) || after(text, end).is_some_and(word) {
        return false;
    }
    let mut left = text[..start].chars().rev();
    if left.next().is_some_and(joint) && left.next().is_some_and(|c| c.is_ascii_digit()) {
        return false;
    }
    let mut right = text[end..].chars();
    !(right.next().is_some_and(joint) && right.next().is_some_and(|c| c.is_ascii_digit()))
}

/// The last `bytes` of the text before `at`, of its line and of the one before if that ends in a
/// colon, for a look at what a number is called.
pub fn lead(text: &str, at: usize, bytes: usize) -> &str {
    let mut start = at.saturating_sub(bytes);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    let lead = &text[start..at];
    let Some(line) = lead.rfind('\n') else {
        return lead;
    };
    if !lead[..line].trim_end().ends_with(':') {
        return &lead[line + 1..];
    }
    let above = lead[..line].trim_end();
    &lead[above.rfind('\n').map_or(0, |line| line + 1)..]
}

/// Whether the last thing a text names before a number is one of `names`, at most `gap` characters
/// and no other number behind it. Names are in lower case; a star at the end of one stands for
/// any letters.
pub fn called(lead: &str, names: &[&str], gap: usize) -> bool {
    let lead = lead.to_lowercase();
    names.iter().any(|name| {
        let stem = name.trim_end_matches('*');
        lead.match_indices(stem).any(|(at, _)| {
            let rest = &lead[at + stem.len()..];
            let rest = match stem.len() < name.len() {
                true => rest.trim_start_matches(char::is_alphabetic),
                false => rest,
            };
            !lead[..at].ends_with(char::is_alphanumeric)
                && !rest.starts_with(char::is_alphanumeric)
                && rest.chars().count() <= gap
                && digits(rest) == 0
        })
    })
}

/// How many digits are in it.
pub fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}
