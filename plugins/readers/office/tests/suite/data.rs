//! Files of others, where they are there: what must come out of them.

use std::path::{Path, PathBuf};

use crate::kit::text;
use reader_office::{Budget, EXTENSIONS, read};

fn folder(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../../shared/data/docs")
        .join(name);
    let other = Path::new("/work/shared/data/docs").join(name);
    let found = [path, other].into_iter().find(|path| path.is_dir());
    if found.is_none() {
        eprintln!("skipped: no folder docs/{name}");
    }
    found
}

#[test]
fn what_is_said_in_a_file_is_found() {
    let Some(folder) = folder("") else { return };
    for (file, wanted) in [
        ("markitdown/test.docx", "# Introduction"),
        ("markitdown/test_with_comment.docx", "Comment: "),
        ("markitdown/test.pptx", "## A table to test parsing:"),
        ("markitdown/test.xlsx", "| Alpha | Beta | Gamma | Delta |"),
        ("markitdown/test.xls", "| Alpha | Beta | Gamma | Delta |"),
        ("markitdown/test.epub", "## Chapter 2: More Content"),
        ("calamine/date.xlsx", "| 2021-01-02 | 16 |"),
        ("calamine/date.xlsb", "| 2021-01-02 | 16 |"),
        ("calamine/pass_protected.xlsx", "Encrypted"),
        ("calamine/pass_protected.xlsb", "Encrypted"),
        ("calamine/pass_protected.ods", "Encrypted"),
        ("hostile/made/billion_laughs.docx", "&l9;"),
        (
            "hostile/made/hidden_white_text_injection.docx",
            "Ignore all previous",
        ),
        (
            "hostile/made/vanish_text_injection.docx",
            "Ignore all previous",
        ),
        ("hostile/made/xxe_file.docx", "before &x; after"),
        ("hostile/made/zip_slip.docx", "visible text"),
        ("hostile/made/zip_bomb_60MB.docx", "unpacks to far more"),
        (
            "hostile/made/not_a_docx.docx",
            "ends in .docx but is a picture",
        ),
    ] {
        let bytes = std::fs::read(folder.join(file)).expect("a file of the folder");
        let said = text(file, &bytes);
        assert!(said.contains(wanted), "{file}: {said:.300}");
    }
}

#[test]
fn every_file_ends_in_words() {
    let folders = [
        "markitdown",
        "python-docx",
        "calamine",
        "hostile/made",
        "hostile/poi",
    ];
    for folder in folders.into_iter().filter_map(folder) {
        let files = std::fs::read_dir(&folder)
            .expect("the folder is there")
            .flatten();
        for path in files.map(|entry| entry.path()) {
            let end = path
                .extension()
                .and_then(|end| end.to_str())
                .unwrap_or_default();
            if EXTENSIONS.contains(&end) {
                let bytes = std::fs::read(&path).expect("a file of the folder");
                let name = path.to_string_lossy();
                let once = read(&name, &bytes, Budget::default());
                assert_eq!(once, read(&name, &bytes, Budget::default()));
            }
        }
    }
}
