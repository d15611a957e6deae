use super::read;
use crate::outcome::{Budget, Refusal};

#[test]
fn documents_become_markdown() {
    for (name, rtf, text) in [
        (
            "paragraphs",
            r"{\rtf1\ansi One\b  two\b0 .\par Three\line four}",
            "One two.\n\nThree\nfour",
        ),
        (
            "signs",
            r"{\rtf1\ansi\'e4\u8364 ?\u-10179?\u-8704?\~\{x\}\emdash\uc2\u228\'61\'65 b}",
            "ä€😀 {x}—ä b",
        ),
        (
            "code pages",
            r"{\rtf1\ansicpg1251{\fonttbl{\f0\fcharset204 A;}{\f1\fcharset128 B;}}\f0\'cf\'f0 \f1\'93\'fa}",
            "Пр 日",
        ),
        (
            "what is not seen",
            r"{\rtf1{\info{\title T}}{\*\unknown u}{\pict\pngblip 89504e47}{\header h}{\*\shpinst{\shptxt s}}t\bin3 }}}.}",
            "st.",
        ),
        (
            "fields",
            r#"{\rtf1{\field{\*\fldinst HYPERLINK "x"}{\fldrslt the link}}!}"#,
            "the link!",
        ),
        (
            "a table",
            r"{\rtf1 Before\par\trowd\cellx1\cellx2\pard\intbl a\cell b|c\cell\row\intbl 1\cell 2\par 3\cell\row\pard After}",
            "Before\n\n| a | b\\|c |\n| --- | --- |\n| 1 | 2 3 |\n\nAfter",
        ),
        (
            "headings",
            r"{\rtf1{\pard\outlinelevel0 Title\par}\pard # text\par}",
            "# Title\n\n\\# text",
        ),
        ("hidden text stays", r"{\rtf1 a{\v obey}}", "aobey"),
        (
            "HTML in RTF",
            r"{\rtf1\fromhtml1{\*\htmltag64 <p>}\htmlrtf x\htmlrtf0 a\par b}",
            "a\n\nb",
        ),
        ("no end", r"{\rtf1{\b a{\i b\'", "ab?"),
    ] {
        let read = read(rtf.as_bytes(), &Budget::default()).map(|read| read.text);
        assert_eq!(read.as_deref(), Ok(text), "{name}");
    }
}

#[test]
fn hostile_documents_end() {
    let budget = Budget::default();
    let deep = format!(
        "{{\\rtf1 {}deep{}",
        "{\\b ".repeat(300_000),
        "}".repeat(300_000)
    );
    assert_eq!(
        read(deep.as_bytes(), &budget)
            .map(|read| read.text)
            .as_deref(),
        Ok("deep")
    );
    for part in [
        "\\cell",
        "\\u-1",
        "\\bin99999999999 ",
        "\\row",
        "\\f9",
        "\\'",
        "\\*",
        "{\\fonttbl",
    ] {
        let _ = read(
            format!("{{\\rtf1 {}", part.repeat(100_000)).as_bytes(),
            &budget,
        );
    }
    assert!(matches!(read(b"PK", &budget), Err(Refusal::Unreadable(_))));
    assert_eq!(read(b"{\\rtf1 }", &budget), Err(Refusal::Empty));
}
