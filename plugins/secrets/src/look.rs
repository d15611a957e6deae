//! How random a string looks.

/// Bits per character of its own distribution (Shannon).
pub fn entropy(text: &str) -> f32 {
    let mut counts = [0u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let len = text.len() as f32;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = *count as f32 / len;
            -share * share.log2()
        })
        .sum()
}

/// Whether it has letters and digits.
pub fn mixed(text: &str) -> bool {
    text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// Whether it stands for a secret instead of being one.
pub fn placeholder(text: &str) -> bool {
    const WORDS: [&str; 16] = [
        "xxxx",
        "****",
        "....",
        "your",
        "my-",
        "my_",
        "changeme",
        "placeholder",
        "redacted",
        "insert",
        "dummy",
        "sample",
        "0000000",
        "####",
        "todo",
        "abcdefgh",
    ];
    let lower = text.to_ascii_lowercase();
    let variable = |c: char| matches!(c, '$' | '<' | '{' | '%' | '[' | '(');
    lower.starts_with(variable) || WORDS.iter().any(|word| lower.contains(word))
}
