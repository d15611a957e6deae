//! Comma-separated values, as far as the shared sets use them: quotes, doubled quotes, line breaks
//! within quotes.

/// The rows of a file, its header first.
pub fn rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            c => field.push(c),
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    rows
}

/// The column of that name.
pub fn column(rows: &[Vec<String>], name: &str) -> Vec<String> {
    let Some(at) = rows
        .first()
        .and_then(|header| header.iter().position(|n| n == name))
    else {
        return Vec::new();
    };
    rows[1..]
        .iter()
        .filter_map(|row| row.get(at).cloned())
        .collect()
}
