//! Where a file has more of something than is read it says so: no text ends without a word.

use crate::kit::{docx, package, relations, said, text, xlsx, zip};
use reader_office::Problem;

fn refused(bytes: &[u8], words: &str) {
    match said("a", bytes) {
        Err(Problem::Unreadable(said)) => assert!(said.contains(words), "{said}"),
        other => panic!("{words}: {:?}", other.map(|document| document.text.len())),
    }
}

/// A workbook with so many sheets, all of them the same part.
fn sheets(count: usize) -> Vec<u8> {
    let named: String = (0..count)
        .map(|at| format!(r#"<sheet name="S{at}" sheetId="{at}" r:id="rId1"/>"#))
        .collect();
    let book = format!("<workbook><sheets>{named}</sheets></workbook>");
    let links = relations(&[("rId1", "worksheet", "worksheets/sheet1.xml")]);
    let sheet =
        "<worksheet><sheetData><row r='1'><c r='A1'><v>7</v></c></row></sheetData></worksheet>";
    package(
        "spreadsheetml.sheet",
        "xl/workbook.xml",
        &[
            ("xl/workbook.xml", &book),
            ("xl/_rels/workbook.xml.rels", &links),
            ("xl/worksheets/sheet1.xml", sheet),
        ],
    )
}

/// A presentation with so many slides, all of them the same part.
fn slides(count: usize) -> Vec<u8> {
    let listed = r#"<p:sldId r:id="rId1"/>"#.repeat(count);
    let main = format!("<p:presentation><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>");
    let links = relations(&[("rId1", "slide", "slides/slide1.xml")]);
    let slide = "<p:sld><p:sp><p:txBody><a:p><a:r><a:t>Nine bar.</a:t></a:r></a:p></p:txBody></p:sp></p:sld>";
    package(
        "presentationml.presentation",
        "ppt/presentation.xml",
        &[
            ("ppt/presentation.xml", &main),
            ("ppt/_rels/presentation.xml.rels", &links),
            ("ppt/slides/slide1.xml", slide),
        ],
    )
}

/// A book with so many chapters.
fn chapters(count: usize) -> Vec<u8> {
    let container =
        "<container><rootfiles><rootfile full-path='book.opf'/></rootfiles></container>";
    let items: String = (0..count)
        .map(|at| {
            format!("<item id='c{at}' href='c{at}.xhtml' media-type='application/xhtml+xml'/>")
        })
        .collect();
    let spine: String = (0..count)
        .map(|at| format!("<itemref idref='c{at}'/>"))
        .collect();
    let opf = format!("<package><manifest>{items}</manifest><spine>{spine}</spine></package>");
    zip(&[
        ("mimetype", "application/epub+zip"),
        ("META-INF/container.xml", container),
        ("book.opf", &opf),
        ("c0.xhtml", "<html><body><p>Nine bar.</p></body></html>"),
    ])
}

#[test]
fn more_than_is_read_is_refused_in_words_and_not_one_less() {
    for (what, most, make) in [
        ("1024 sheets", 1_024, sheets as fn(usize) -> Vec<u8>),
        ("5000 slides", 5_000, slides),
        ("10000 chapters", 10_000, chapters),
    ] {
        assert!(
            said("a", &make(most)).is_ok(),
            "{what}: {:?}",
            said("a", &make(most))
        );
        refused(&make(most + 1), what);
    }
}

#[test]
fn headers_and_notes_have_an_end_that_is_told() {
    let header = "<w:headerReference r:id='h'/>";
    let paragraph = "<w:p><w:r><w:t>Nine bar.</w:t></w:r></w:p>";
    let with = |marks: String| docx(&(paragraph.to_owned() + &marks), &[]);
    assert!(said("a", &with(header.repeat(1_000))).is_ok());
    refused(&with(header.repeat(1_001)), "1000 headers");
    // Each of its own: the same over and over would be refused for how small it packs.
    let note = |id: usize| format!("<w:footnoteReference w:id='{id}'/>");
    refused(&with((0..100_001).map(note).collect()), "100000 notes");
}

#[test]
fn a_chart_says_how_much_of_it_is_not_shown() {
    let points: String = (0..1_003)
        .map(|at| format!("<c:pt idx='{at}'><c:v>{at}</c:v></c:pt>"))
        .collect();
    let chart =
        format!("<c:chart><c:ser><c:val><c:numRef>{points}</c:numRef></c:val></c:ser></c:chart>");
    let slide = "<p:sld><p:graphicFrame><c:chart r:id='rId1'/></p:graphicFrame></p:sld>";
    let bytes = package(
        "presentationml.presentation",
        "ppt/presentation.xml",
        &[
            (
                "ppt/presentation.xml",
                "<p:presentation><p:sldIdLst><p:sldId r:id='rId1'/></p:sldIdLst></p:presentation>",
            ),
            (
                "ppt/_rels/presentation.xml.rels",
                &relations(&[("rId1", "slide", "slides/slide1.xml")]),
            ),
            ("ppt/slides/slide1.xml", slide),
            (
                "ppt/slides/_rels/slide1.xml.rels",
                &relations(&[("rId1", "chart", "../charts/chart1.xml")]),
            ),
            ("ppt/charts/chart1.xml", &chart),
        ],
    );
    let text = text("a.pptx", &bytes);
    assert!(text.contains("999"), "{text}");
    assert!(text.contains("3 more points of this chart"), "{text}");
}

/// A bit that the disk turned must not come out as another number, or as nothing.
#[test]
fn a_part_that_is_not_what_its_sum_says_is_damage() {
    let good = xlsx("<row r='1'><c r='A1'><v>417</v></c></row>", &[]);
    assert!(text("a.xlsx", &good).contains("417"));
    let name = b"xl/worksheets/sheet1.xml";
    let at = good
        .windows(name.len())
        .rposition(|part| part == name)
        .expect("its place in the directory");
    let mut bad = good.clone();
    // The sum stands 30 bytes before the name in the directory.
    bad[at - 30] ^= 1;
    refused(&bad, "damaged");
    // One that is not given proves nothing.
    bad[at - 30..at - 26].fill(0);
    assert!(text("a.xlsx", &bad).contains("417"));
}
