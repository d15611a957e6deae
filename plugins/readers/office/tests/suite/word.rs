//! Word documents, part by part.

use crate::kit::{docx, relations, said, text};
use reader_office::Problem;

fn paragraph(text: &str) -> String {
    format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
}

#[test]
fn what_a_reader_sees_is_read() {
    for (name, body, want) in [
        (
            "runs, a tab, a break and a link",
            "<w:p><w:r><w:t>Pumps</w:t></w:r><w:r><w:tab/><w:t>and </w:t></w:r>\
             <w:hyperlink r:id='r9'><w:r><w:t>seals</w:t></w:r></w:hyperlink><w:r><w:br/><w:t>here</w:t></w:r></w:p>",
            "Pumps and seals\nhere\n",
        ),
        (
            "what was deleted is gone, what was put in is there",
            "<w:p><w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del></w:p>",
            "new\n",
        ),
        (
            "hidden text is text",
            "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>unseen</w:t></w:r></w:p>",
            "unseen\n",
        ),
        (
            "a field shows its result",
            "<w:p><w:r><w:instrText>PAGEREF x</w:instrText></w:r><w:r><w:t>7</w:t></w:r></w:p>",
            "7\n",
        ),
        (
            "a table with a span, a bar and two paragraphs in a cell",
            "<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val='2'/></w:tcPr><w:p><w:r><w:t>Parts</w:t></w:r></w:p></w:tc>\
             <w:tc><w:p><w:r><w:t>Place</w:t></w:r></w:p></w:tc></w:tr>\
             <w:tr><w:tc><w:p><w:r><w:t>a|b</w:t></w:r></w:p><w:p><w:r><w:t>c</w:t></w:r></w:p></w:tc>\
             <w:tc><w:p><w:r><w:t>2</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
            "| Parts | | Place |\n| --- | --- | --- |\n| a\\|b c | 2 |\n",
        ),
        (
            "a table in a table is text of its cell",
            "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc>\
             </w:tr></w:tbl></w:tc><w:tc><w:p><w:r><w:t>c</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
            "| a b | c |\n| --- | --- |\n",
        ),
        (
            "of two forms of a box one is read",
            "<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent></mc:Choice>\
             <mc:Fallback><w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent></mc:Fallback></mc:AlternateContent>\
             <w:t>beside</w:t></w:r></w:p>",
            "box\n\nbeside\n",
        ),
        (
            "a formula is one line",
            "<w:p><m:oMath><m:f><m:num><m:r><m:t>a</m:t></m:r></m:num><m:den><m:r><m:t>b</m:t></m:r></m:den></m:f></m:oMath></w:p>",
            "(a)/(b)\n",
        ),
        (
            "text that looks like Markdown stays text",
            "<w:p><w:r><w:t># no heading</w:t></w:r></w:p><w:p><w:r><w:t>```</w:t></w:r></w:p>",
            "\\# no heading\n\n\\```\n",
        ),
        ("an empty document", "<w:p/>", "Empty"),
    ] {
        assert_eq!(text("a.docx", &docx(body, &[])), want, "{name}");
    }
}

#[test]
fn headings_follow_the_outline_in_any_language() {
    let styles = "<w:styles><w:style w:styleId='berschrift2'><w:name w:val='heading 2'/></w:style>\
        <w:style w:styleId='Own'><w:name w:val='Own'/><w:basedOn w:val='berschrift2'/></w:style>\
        <w:style w:styleId='Lvl'><w:name w:val='Kapitel'/><w:pPr><w:outlineLvl w:val='0'/></w:pPr></w:style>\
        <w:style w:styleId='Ring'><w:name w:val='ring'/><w:basedOn w:val='Ring'/></w:style></w:styles>";
    let styled = |style: &str| {
        format!(
            "<w:p><w:pPr><w:pStyle w:val='{style}'/></w:pPr><w:r><w:t>{style}</w:t></w:r></w:p>"
        )
    };
    let body: String = ["Lvl", "berschrift2", "Own", "Ring", "Heading3"]
        .map(styled)
        .concat();
    let direct = "<w:p><w:pPr><w:outlineLvl w:val='3'/></w:pPr><w:r><w:t>direct</w:t></w:r></w:p>";
    let links = relations(&[("s", "styles", "styles.xml")]);
    let file = docx(
        &(body + direct),
        &[
            ("word/styles.xml", styles),
            ("word/_rels/document.xml.rels", &links),
        ],
    );
    assert_eq!(
        text("a.docx", &file),
        "# Lvl\n\n## berschrift2\n\n## Own\n\nRing\n\n### Heading3\n\n#### direct\n"
    );
}

#[test]
fn lists_have_their_numbers() {
    let numbering = "<w:numbering><w:abstractNum w:abstractNumId='1'>\
        <w:lvl w:ilvl='0'><w:start w:val='1'/><w:numFmt w:val='decimal'/><w:lvlText w:val='%1.'/></w:lvl>\
        <w:lvl w:ilvl='1'><w:numFmt w:val='bullet'/><w:lvlText w:val='o'/></w:lvl>\
        <w:lvl w:ilvl='2'><w:numFmt w:val='lowerLetter'/><w:lvlText w:val='(%3)'/></w:lvl></w:abstractNum>\
        <w:num w:numId='4'><w:abstractNumId w:val='1'/></w:num></w:numbering>";
    let item = |level: u8, text: &str| {
        format!(
            "<w:p><w:pPr><w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='4'/></w:numPr></w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"
        )
    };
    let body =
        item(0, "one") + &item(1, "dot") + &item(2, "letter") + &item(0, "two") + &paragraph("end");
    let links = relations(&[("n", "numbering", "numbering.xml")]);
    let file = docx(
        &body,
        &[
            ("word/numbering.xml", numbering),
            ("word/_rels/document.xml.rels", &links),
        ],
    );
    assert_eq!(
        text("a.docx", &file),
        "1. one\n   - dot\n      - (a) letter\n2. two\n\nend\n"
    );
}

#[test]
fn what_stands_outside_the_body_comes_after_it_once() {
    let body = "<w:p><w:r><w:t>Body</w:t><w:footnoteReference w:id='2'/></w:r><w:r><w:endnoteReference w:id='2'/></w:r></w:p>\
        <w:p><w:pPr><w:sectPr><w:headerReference r:id='h1'/></w:sectPr></w:pPr></w:p>\
        <w:sectPr><w:headerReference r:id='h2'/><w:footerReference r:id='f'/></w:sectPr>";
    let links = relations(&[
        ("a", "footnotes", "footnotes.xml"),
        ("b", "endnotes", "endnotes.xml"),
        ("c", "comments", "comments.xml"),
        ("h1", "header", "header1.xml"),
        ("h2", "header", "header2.xml"),
        ("f", "footer", "footer.xml"),
    ]);
    let header = format!("<w:hdr>{}</w:hdr>", paragraph("Acme"));
    let footer = format!("<w:ftr>{}</w:ftr>", paragraph("3 / 7"));
    let notes = format!(
        "<w:footnotes><w:footnote w:type='separator' w:id='0'>{}</w:footnote><w:footnote w:id='2'>{}</w:footnote></w:footnotes>",
        paragraph("no"),
        paragraph("below")
    );
    let ends = format!(
        "<w:endnotes><w:endnote w:id='2'>{}</w:endnote></w:endnotes>",
        paragraph("at the end")
    );
    let comments = format!(
        "<w:comments><w:comment w:id='1' w:author='Nobody'>{}</w:comment></w:comments>",
        paragraph("sure?")
    );
    let file = docx(
        body,
        &[
            ("word/_rels/document.xml.rels", &links),
            ("word/header1.xml", &header),
            ("word/header2.xml", &header),
            ("word/footer.xml", &footer),
            ("word/footnotes.xml", &notes),
            ("word/endnotes.xml", &ends),
            ("word/comments.xml", &comments),
        ],
    );
    assert_eq!(
        text("a.docx", &file),
        "Body[^1][^2]\n\n[^1]: below\n\n[^2]: at the end\n\nComment: sure?\n\nAcme\n"
    );
}

#[test]
fn entities_of_the_file_stay_as_they_are_written() {
    let bytes = docx("<w:p><w:r><w:t>&x;&amp;&#65;</w:t></w:r></w:p>", &[]);
    assert_eq!(text("a.docx", &bytes), "&x;&A\n");
    let pages = said("a.docx", &bytes).map(|document| document.pages);
    assert_eq!(pages, Ok(Vec::new()));
}

#[test]
fn what_is_no_document_is_said_in_words() {
    for (name, bytes, words) in [
        (
            "plan.docx",
            b"\x89PNG\r\n".to_vec(),
            "ends in .docx but is a picture",
        ),
        (
            "plan.docx",
            b"%PDF-1.7".to_vec(),
            "ends in .docx but is a PDF file",
        ),
        ("plan", b"hello".to_vec(), "This file is not one that Word"),
        (
            "plan.docx",
            crate::kit::zip(&[("a.txt", "a")]),
            "is a ZIP archive",
        ),
        ("plan.docx", b"PK\x03\x04 cut".to_vec(), "damaged"),
    ] {
        match said(name, &bytes) {
            Err(Problem::Unreadable(said)) => assert!(said.contains(words), "{said}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(said("a.docx", b"").err(), Some(Problem::Empty));
}
