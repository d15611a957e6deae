//! The documents beside the repository, where they are.

use std::path::{Path, PathBuf};

use super::open;
use crate::Trouble;

fn documents() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data/docs");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

#[test]
fn documents_that_real_programs_made_are_read() {
    let Some(folder) = documents() else { return };
    for (file, words) in [
        ("markitdown/test.pdf", "# 1 Introduction"),
        (
            "markitdown/SPARSE-2024-INV-1234_borderless_table.pdf",
            "| SKU-4563 | D-22 | | 156 | | CRITICAL |",
        ),
        ("py-pdf/015-arabic/habibi.pdf", "حَبيبي"),
        (
            "py-pdf/026-latex-multicolumn/multicolumn.pdf",
            "# Two-Column Document",
        ),
        (
            "py-pdf/025-attachment/with-attachment.pdf",
            "Lorem ipsum dolor",
        ),
        (
            "hostile/made/white_text_injection.pdf",
            "Ignore all previous instructions",
        ),
        ("hostile/made/truncated.pdf", "Truncated but readable text"),
    ] {
        let Ok(bytes) = std::fs::read(folder.join(file)) else {
            eprintln!("skipped: {file} is not there");
            continue;
        };
        match open(&bytes) {
            Ok(text) => assert!(text.text.contains(words), "{file}: {}", text.text),
            Err(trouble) => panic!("{file}: {trouble:?}"),
        }
    }
}

#[test]
fn documents_that_cannot_be_read_say_why() {
    let Some(folder) = documents() else { return };
    for (file, why) in [
        (
            "markitdown/MEDRPT-2024-PAT-3847_medical_report_scan.pdf",
            "OCR",
        ),
        ("hostile/made/flate_bomb_40MB.pdf", "unpacks"),
        (
            "py-pdf/005-libreoffice-writer-password/libreoffice-writer-password.pdf",
            "Encrypted",
        ),
        ("hostile/made/empty.pdf", "Empty"),
        ("hostile/made/pages_cycle.pdf", "Empty"),
    ] {
        let Ok(bytes) = std::fs::read(folder.join(file)) else {
            eprintln!("skipped: {file} is not there");
            continue;
        };
        let said = match open(&bytes) {
            Err(Trouble::Unreadable(words)) => words,
            other => format!("{other:?}"),
        };
        assert!(said.contains(why), "{file}: {said}");
    }
}
