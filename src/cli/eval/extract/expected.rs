//! What a file is known to say, from what lies beside it.

use std::path::Path;

use serde::Deserialize;

use super::mail;

/// What the name of a text ends in that lies beside its file.
const BESIDE: &str = ".expected.md";
/// The folder beside files in which their texts are.
pub(super) const FOLDER: &str = "expected_outputs";
/// What is to become of hostile files, beside them: JSON by the line.
const HOSTILE: &str = "EXPECT.jsonl";

/// What is known of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Expected {
    /// All it says.
    pub(super) text: Option<String>,
    /// In words: what is to become of it.
    pub(super) note: Option<String>,
}

#[derive(Deserialize)]
struct Hostile {
    file: String,
    expect: String,
}

impl Expected {
    pub(super) fn of(path: &Path) -> Self {
        Self {
            text: text(path),
            note: note(path),
        }
    }
}

/// Whether the file only says what another one holds.
pub(super) fn is_key(path: &Path) -> bool {
    let is_mail =
        path.extension().is_some_and(|end| end == "json") && path.with_extension("eml").is_file();
    let name = path.file_name().map(|name| name.to_string_lossy());
    is_mail || name.is_some_and(|name| name == HOSTILE || name.ends_with(BESIDE))
}

fn text(path: &Path) -> Option<String> {
    let beside = |name: &std::ffi::OsStr| {
        let text = path.with_file_name(format!("{}{BESIDE}", name.display()));
        std::fs::read_to_string(text).ok()
    };
    // Of `report.pdf`: `report.pdf.expected.md` or `report.expected.md`.
    if let Some(text) = beside(path.file_name()?).or_else(|| beside(path.file_stem()?)) {
        return Some(text);
    }
    let end = path.extension()?;
    if end == "eml" {
        let json = std::fs::read(path.with_extension("json")).ok()?;
        return mail::text(&serde_json::from_slice(&json).ok()?);
    }
    // The texts are those of the PDF files; others of the same name say other things.
    if end != "pdf" {
        return None;
    }
    let texts = path.with_file_name(FOLDER);
    let text = texts.join(path.file_stem()?).with_extension("md");
    Some(rejoined(&std::fs::read_to_string(text).ok()?))
}

fn note(path: &Path) -> Option<String> {
    let lines = std::fs::read_to_string(path.with_file_name(HOSTILE)).ok()?;
    let name = path.file_name()?.to_str()?;
    let rows = lines
        .lines()
        .filter_map(|line| serde_json::from_str::<Hostile>(line).ok());
    let mut rows = rows.filter(|row| row.file == name);
    rows.next().map(|row| row.expect)
}

/// The texts part words at the ends of lines, as the pages do; the reader joins them.
fn rejoined(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        let next = lines.peek().and_then(|next| next.chars().next());
        let goes_on = next.is_some_and(char::is_lowercase);
        match line.strip_suffix('-') {
            Some(stem) if goes_on && stem.ends_with(char::is_alphabetic) => out.push_str(stem),
            _ => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_is_found_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let put = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(&path, text).expect("a file");
            path
        };
        let page = put("a.pdf", "%PDF-1.4");
        let sheet = put("a.xlsx", "PK");
        let bomb = put("bomb.docx", "PK");
        put("expected_outputs/a.md", "a hyphen-\nated word");
        let note = put("note.rtf", "{}");
        let beside = put("note.expected.md", "a note");
        let key = put(
            "EXPECT.jsonl",
            "{\"file\": \"bomb.docx\", \"expect\": \"refuse\"}\n",
        );
        let known = |text: Option<&str>, note: Option<&str>| Expected {
            text: text.map(str::to_owned),
            note: note.map(str::to_owned),
        };
        assert_eq!(
            Expected::of(&page),
            known(Some("a hyphenated word\n"), None)
        );
        assert_eq!(Expected::of(&sheet), known(None, None));
        assert_eq!(Expected::of(&bomb), known(None, Some("refuse")));
        assert_eq!(Expected::of(&note), known(Some("a note"), None));
        assert!(is_key(&key) && is_key(&beside) && !is_key(&page));
    }
}
