//! Slides are pages.

use crate::kit::{open_document, package, relations, said};

#[test]
fn a_slide_is_a_page() {
    let slide = |title: &str, body: &str| {
        format!(
            "<p:sld><p:sp><p:nvSpPr><p:ph type='sldNum'/></p:nvSpPr><p:txBody><a:p><a:r><a:t>9</a:t></a:r></a:p></p:txBody></p:sp>\
             {body}<p:sp><p:nvSpPr><p:ph type='title'/></p:nvSpPr><p:txBody><a:p><a:r><a:t>{title}</a:t></a:r></a:p></p:txBody></p:sp></p:sld>"
        )
    };
    let outline = "<p:grpSp><p:sp><p:nvSpPr><p:ph idx='1'/></p:nvSpPr><p:txBody><a:p><a:r><a:t>first</a:t></a:r></a:p>\
        <a:p><a:pPr lvl='1'/><a:r><a:t>under</a:t></a:r></a:p></p:txBody></p:sp></p:grpSp>";
    let table = "<p:graphicFrame><a:tbl><a:tr><a:tc><a:txBody><a:p><a:r><a:t>a</a:t></a:r></a:p></a:txBody></a:tc>\
        <a:tc><a:txBody><a:p><a:r><a:t>b</a:t></a:r></a:p></a:txBody></a:tc></a:tr></a:tbl></p:graphicFrame>";
    let notes = "<p:notes><p:sp><p:nvSpPr><p:ph type='body'/></p:nvSpPr><p:txBody><a:p><a:pPr><a:buNone/></a:pPr><a:r><a:t>say it slowly</a:t></a:r></a:p></p:txBody></p:sp></p:notes>";
    let file = package(
        "presentationml.presentation",
        "ppt/presentation.xml",
        &[
            (
                "ppt/presentation.xml",
                "<p:presentation><p:sldId id='1' r:id='b'/><p:sldId id='2' r:id='a'/><p:sldId id='3' r:id='c'/></p:presentation>",
            ),
            (
                "ppt/_rels/presentation.xml.rels",
                &relations(&[
                    ("a", "slide", "slides/s1.xml"),
                    ("b", "slide", "slides/s2.xml"),
                    ("c", "slide", "slides/s3.xml"),
                ]),
            ),
            ("ppt/slides/s1.xml", &slide("Second", table)),
            ("ppt/slides/s2.xml", &slide("First", outline)),
            (
                "ppt/slides/s3.xml",
                &slide(
                    "",
                    "<p:sp><p:txBody><a:p><a:r><a:t>free</a:t></a:r></a:p></p:txBody></p:sp>",
                ),
            ),
            (
                "ppt/slides/_rels/s2.xml.rels",
                &relations(&[("n", "notesSlide", "../notes/n.xml")]),
            ),
            ("ppt/notes/n.xml", notes),
        ],
    );
    let document = said("a.pptx", &file).unwrap();
    let want = "## First\n\n- first\n   - under\n\n### Notes\n\nsay it slowly\n\n## Second\n\n| a | b |\n| --- | --- |\n\n## Slide 3\n\nfree\n";
    assert_eq!(document.text, want);
    let at = |title: &str| want.find(title).unwrap() as u32;
    assert_eq!(
        document.pages,
        [(1, 0), (2, at("## Second")), (3, at("## Slide 3"))]
    );
}

#[test]
fn open_document_slides_are_pages() {
    let page = |title: &str, text: &str| {
        format!(
            "<draw:page><draw:frame presentation:class='title'><draw:text-box><text:p>{title}</text:p></draw:text-box></draw:frame>\
             <draw:frame><draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame>\
             <presentation:notes><draw:frame presentation:class='page-number'><text:p>1</text:p></draw:frame><draw:frame><text:p>spoken</text:p></draw:frame></presentation:notes></draw:page>"
        )
    };
    let body = format!(
        "<office:body><office:presentation>{}{}</office:presentation></office:body>",
        page("A", "a"),
        page("", "b")
    );
    let document = said("a.odp", &open_document(&body, "", "")).unwrap();
    assert_eq!(
        document.text,
        "## A\n\na\n\n### Notes\n\nspoken\n\n## Slide 2\n\nb\n\n### Notes\n\nspoken\n"
    );
    assert_eq!(document.pages.len(), 2);
}
