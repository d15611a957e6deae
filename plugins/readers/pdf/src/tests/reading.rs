//! What is drawn is read, in the order of reading.

use super::builder::{Builder, at, pages};
use super::open;
use crate::Trouble;

fn text_of(content: &str) -> String {
    match open(&pages(&[content]).finish("")) {
        Ok(text) => text.text,
        Err(trouble) => format!("{trouble:?}"),
    }
}

#[test]
fn every_way_to_show_text_is_read() {
    for (content, expected) in [
        (
            "BT /F1 10 Tf 50 700 Td (Good morning) Tj ET",
            "Good morning\n",
        ),
        (
            "BT /F1 10 Tf 50 700 Td [(Go)20(od)-400(morn)] TJ ET",
            "Good morn\n",
        ),
        (
            "BT /F1 10 Tf 12 TL 50 700 Td (one) Tj (two) ' T* (three) Tj ET",
            "one\ntwo\nthree\n",
        ),
        (
            "BT /F1 10 Tf 12 TL 50 700 Td (one) Tj 1 0 (two) \" ET",
            "one\ntwo\n",
        ),
        (
            "BT /F1 10 Tf 50 700 TD (one) Tj 0 -12 TD (two) Tj T* (three) Tj ET",
            "one\ntwo\nthree\n",
        ),
        ("BT /F1 1 Tf 10 0 0 10 50 700 Tm (scaled) Tj ET", "scaled\n"),
        ("BT /F1 10 Tf 3 Tc 50 700 Td (wide) Tj ET", "wide\n"),
        (
            "BT /F1 10 Tf 50 700 Td (caf\\351 \\226 5 \\200) Tj ET",
            "café – 5 €\n",
        ),
        ("BT /F1 10 Tf 50 700 Td <48 65 6C 6C 6F> Tj ET", "Hello\n"),
        ("BT /F1 10 Tf 50 700 Td (a \\(b\\) c) Tj ET", "a (b) c\n"),
        (
            "BT /F1 10 Tf 50 700 Td (before) Tj ET BI /W 1 /H 1 ID \u{1}EI\u{2} x EI\nBT /F1 10 Tf 90 700 Td (after) Tj ET",
            "before after\n",
        ),
    ] {
        assert_eq!(text_of(content), expected, "{content}");
    }
}

#[test]
fn text_that_people_do_not_see_is_kept_for_the_guards() {
    let white = "1 1 1 rg BT /F1 10 Tf 50 680 Td (white words) Tj ET ";
    let unseen = "BT 3 Tr /F1 10 Tf 50 660 Td (unseen words) Tj ET ";
    let tiny = "BT /F1 0.01 Tf 50 640 Td (tiny words) Tj ET ";
    let outside = "BT /F1 10 Tf 50 -900 Td (words beside the paper) Tj ET ";
    let text = text_of(&[&at(50, 700, "seen"), white, unseen, tiny, outside].concat());
    for words in [
        "seen",
        "white words",
        "unseen words",
        "tiny",
        "words beside the paper",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
}

#[test]
fn columns_are_read_one_after_the_other() {
    let mut content = at(
        50,
        760,
        "A title that reaches over both of the columns of this page",
    );
    for row in 0..8 {
        content += &at(
            50,
            700 - 12 * row,
            &format!("Left row {row} has words enough for it"),
        );
        content += &at(
            320,
            700 - 12 * row,
            &format!("Right row {row} has words enough too"),
        );
    }
    let text = text_of(&content);
    let place = |words: &str| {
        text.find(words)
            .unwrap_or_else(|| panic!("{words} in {text}"))
    };
    assert!(place("A title") < place("Left row 0"));
    assert!(place("Left row 7") < place("Right row 0"), "{text}");
    assert!(!text.contains('|'), "{text}");
}

#[test]
fn the_rows_of_a_table_are_read_across() {
    let mut content = String::new();
    for (row, (name, count, price)) in [
        ("Item", "Count", "Price"),
        ("Nails", "200", "4.10"),
        ("A | B", "", "9.00"),
    ]
    .into_iter()
    .enumerate()
    {
        let y = 700 - 14 * row as i32;
        content += &[at(50, y, name), at(200, y, count), at(300, y, price)].concat();
    }
    assert_eq!(
        text_of(&content),
        "| Item | Count | Price |\n| --- | --- | --- |\n| Nails | 200 | 4.10 |\n| A \\| B | | 9.00 |\n"
    );
}

#[test]
fn words_parted_at_the_end_of_a_line_are_joined() {
    let lines = [
        "The agree-",
        "ment is a well-known",
        "paper, a well-",
        "known one. See 3-",
        "4 and A-",
        "B.",
    ];
    let content: String = (0..)
        .zip(lines)
        .map(|(row, line)| at(50, 700 - 12 * row, line))
        .collect();
    let expected =
        "The agreement\nis a well-known\npaper, a well-known\none. See 3-\n4 and A-\nB.\n";
    assert_eq!(text_of(&content), expected);
}

#[test]
fn headings_stand_out_by_size_and_paragraphs_are_parted() {
    let mut content = "BT /F1 18 Tf 50 760 Td (Big words) Tj ET ".to_owned();
    for y in [730, 718, 706, 680, 668] {
        content += &at(50, y, "Running text of the usual size goes on for a while.");
    }
    let line = "Running text of the usual size goes on for a while.\n";
    assert_eq!(
        text_of(&content),
        format!("# Big words\n\n{}\n{}", line.repeat(3), line.repeat(2))
    );
}

#[test]
fn turned_pages_read_like_others() {
    let content = "BT /F1 10 Tf 0 1 -1 0 100 50 Tm (first turned line) Tj 0 -12 Td (second turned line) Tj ET";
    assert_eq!(text_of(content), "first turned line\nsecond turned line\n");
}

#[test]
fn words_drawn_twice_are_read_once() {
    let content = [at(50, 700, "shadow word"), at(51, 700, "shadow word")].concat();
    assert_eq!(text_of(&content), "shadow word\n");
}

#[test]
fn pages_say_where_they_begin_and_share_their_foot() {
    let page = |number: usize| {
        let body = at(
            50,
            700,
            &format!("Page content {}", ["alpha", "beta", "gamma"][number]),
        );
        body + &at(50, 40, &format!("Confidential {}", number + 1))
    };
    let contents = [page(0), page(1), page(2)];
    let contents: Vec<&str> = contents.iter().map(String::as_str).collect();
    let text = open(&pages(&contents).finish("")).expect("text");
    assert_eq!(text.text.matches("Confidential").count(), 1);
    let starts: Vec<&str> = text
        .pages
        .iter()
        .map(|(_, start)| &text.text[*start..][..14])
        .collect();
    assert_eq!(
        starts,
        ["Page content a", "Page content b", "Page content g"]
    );
    let numbers: Vec<u32> = text.pages.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [1, 2, 3]);
}

#[test]
fn fonts_with_maps_of_their_own_are_read() {
    let mut builder = Builder::new();
    builder.object("<</Type/Catalog/Pages 2 0 R>>");
    builder.object("<</Type/Pages/Kids[3 0 R]/Count 1>>");
    builder.object(
        "<</Type/Page/Contents 4 0 R/Resources<</Font<</C 5 0 R/D 8 0 R>>/XObject<</X 9 0 R>>>>>>",
    );
    builder.stream("", b"BT /C 10 Tf 50 700 Td <000100020003> Tj /D 10 Tf ( x\x01y\x02) Tj ET q 1 0 0 1 0 -100 cm /X Do Q");
    builder.object(
        "<</Type/Font/Subtype/Type0/Encoding/Identity-H/DescendantFonts[6 0 R]/ToUnicode 7 0 R>>",
    );
    builder.object("<</Type/Font/Subtype/CIDFontType2/DW 500/W[1[600 600]3 3 600]>>");
    builder.stream(
        "",
        b"1 beginbfchar <0001> <00660069> endbfchar 1 beginbfrange <0002> <0003> <006E> endbfrange",
    );
    builder.object(
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding<</Differences[1/eacute/f_f_i]>>>>",
    );
    builder.stream(
        "/Subtype/Form/Matrix[1 0 0 1 50 700]/BBox[0 0 9 9]/Resources<</Font<</D 8 0 R>>/XObject<</X 9 0 R>>>>",
        b"BT /D 10 Tf (inside) Tj ET /X Do",
    );
    let text = open(&builder.finish("")).expect("text").text;
    assert!(text.starts_with("fino xéyffi\n\ninside\n"), "{text}");
}

#[test]
fn a_lost_table_is_rebuilt() {
    let good = pages(&[&at(50, 700, "still readable")]).finish("");
    let table = good
        .windows(5)
        .rposition(|w| w == b"xref\n")
        .expect("a table");
    let table = good[..table]
        .windows(5)
        .rposition(|w| w == b"xref\n")
        .unwrap_or(table);
    let cut = good[..table].to_vec();
    let moved = [b"%PDF-1.7\n% a line more\n", &good[9..]].concat();
    let junk = [b"From: somebody\r\n\r\n", good.as_slice()].concat();
    for (what, bytes) in [
        ("good", &good),
        ("cut", &cut),
        ("moved", &moved),
        ("junk", &junk),
    ] {
        let text = open(bytes).map(|text| text.text);
        assert_eq!(text.as_deref(), Ok("still readable\n"), "{what}");
    }
}

#[test]
fn failures_say_what_to_do() {
    let picture = {
        let mut builder = Builder::new();
        builder.object("<</Type/Catalog/Pages 2 0 R>>");
        builder.object("<</Type/Pages/Kids[3 0 R]/Count 1>>");
        builder.object("<</Type/Page/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>");
        builder.stream("", b"/I Do");
        builder.stream(
            "/Subtype/Image/Width 1/Height 1/Filter/DCTDecode",
            b"\xff\xd8",
        );
        builder.finish("")
    };
    let locked = pages(&[&at(50, 700, "secret")]).finish(
        "/ID[(x)(x)]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O(01234567890123456789012345678901)/U(01234567890123456789012345678901)>>",
    );
    for (bytes, words) in [
        (picture, "OCR"),
        (
            b"PK\x03\x04 something else".to_vec(),
            "called a PDF but is none",
        ),
        (b"%PDF-1.4\nnothing".to_vec(), "damaged"),
    ] {
        let Err(Trouble::Unreadable(said)) = open(&bytes) else {
            panic!("{words}");
        };
        assert!(said.contains(words), "{said}");
    }
    assert_eq!(open(&locked), Err(Trouble::Encrypted));
    assert_eq!(open(b""), Err(Trouble::Empty));
    assert_eq!(open(&pages(&[""]).finish("")), Err(Trouble::Empty));
}
