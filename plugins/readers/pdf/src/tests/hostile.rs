//! Whatever is in a file: reading it ends, and never panics.

use super::builder::{Builder, at, pages};
use super::open;
use crate::{Limits, Trouble, read};

/// The numbers of xorshift64 (Marsaglia 2003), from a fixed seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

fn samples() -> Vec<Vec<u8>> {
    let mut packed = Builder::new();
    packed.object("<</Type/Catalog/Pages 2 0 R>>");
    packed.object("<</Type/Pages/Kids[3 0 R]/Count 1>>");
    packed.object(
        "<</Type/Page/Contents[4 0 R 4 0 R]/Resources<</Font<</C 5 0 R/T 7 0 R>>>>/Annots[8 0 R]>>",
    );
    packed.stream(
        "/Filter[/ASCIIHexDecode]",
        b"42 54 20 2F 43 20 31 30 20 54 66 20 3C 30 30 30 31 3E 20 54 6A 20 45 54>",
    );
    packed.object("<</Type/Font/Subtype/Type0/Encoding/Identity-H/DescendantFonts[<</DW 500/W[1[600]2 9 700]>>]/ToUnicode 6 0 R>>");
    packed.stream("", b"begincodespacerange <0000> <ffff> endcodespacerange beginbfrange <0001> <0009> <0041> endbfrange");
    packed.object("<</Type/Font/Subtype/Type3/FontMatrix[0.01 0 0 0.01 0 0]/FirstChar 0/Widths[50 50]/Encoding<</Differences[0/a/b]>>>>");
    packed.object("<</Subtype/Widget/Rect[0 0 9 9]/AP<</N 9 0 R>>>>");
    packed.stream(
        "/Subtype/Form/BBox[0 0 9 9]/Matrix[0 1 -1 0 0 0]",
        b"BT (x) Tj ET",
    );
    let table: String = (0..6)
        .map(|row| {
            [
                at(50, 700 - 12 * row, "left words"),
                at(250, 700 - 12 * row, "right words"),
            ]
            .concat()
        })
        .collect();
    vec![
        pages(&[&table, &at(9, 9, "second page")]).finish(""),
        packed.finish(""),
    ]
}

#[test]
fn damage_of_any_kind_does_no_harm() {
    let samples = samples();
    for sample in &samples {
        assert!(open(sample).is_ok(), "the samples themselves are good");
    }
    let mut random = Random(0x005e_ed0f_badf_11e5);
    for round in 0..3000 {
        let mut bytes = samples[round % samples.len()].clone();
        for _ in 0..1 + random.below(12) {
            let place = random.below(bytes.len());
            match random.below(5) {
                0 => bytes[place] = random.below(256) as u8,
                1 => bytes[place] ^= 1 << random.below(8),
                2 => bytes.truncate(place.max(16)),
                3 => {
                    let from = random.below(bytes.len());
                    let part = bytes[from..(from + 40).min(bytes.len())].to_vec();
                    bytes.splice(place..place, part);
                }
                _ => {
                    // Numbers are what lengths, offsets and widths are made of.
                    let digit = bytes.iter().skip(place).position(u8::is_ascii_digit);
                    if let Some(at) = digit {
                        bytes[place + at] = b"0199-."[random.below(6)];
                    }
                }
            }
        }
        let first = open(&bytes);
        assert_eq!(
            first,
            open(&bytes),
            "round {round}: the same file, the same text"
        );
        if let Ok(text) = first {
            let sound = |start: usize| text.text.is_char_boundary(start);
            assert!(
                text.pages.iter().all(|(_, start)| sound(*start)),
                "round {round}"
            );
            assert!(text.pages.is_sorted(), "round {round}");
        }
    }
}

#[test]
fn damaged_page_descriptions_do_no_harm() {
    let words = [
        "BT",
        "ET",
        "q",
        "Q",
        "cm",
        "Tf",
        "Td",
        "TD",
        "Tm",
        "T*",
        "Tj",
        "TJ",
        "'",
        "\"",
        "Tc",
        "Tw",
        "Tz",
        "TL",
        "Ts",
        "Do",
        "BI",
        "ID",
        "EI",
        "/F1",
        "/F2",
        "(text)",
        "[(a)-300(b)]",
        "<414",
        "1e9",
        "0",
        "-1",
        "10",
        "99999999999",
        "0.00001",
        "[",
        "]",
        "<<",
        ">>",
        "(",
        ")",
        "{",
        "%",
        "1 0 0 1 50 700",
        "-1 0 0 -1 9 9",
    ];
    let mut random = Random(77);
    for _ in 0..1500 {
        let content: Vec<&str> = (0..60).map(|_| words[random.below(words.len())]).collect();
        let _ = open(&pages(&[&content.join(" ")]).finish(""));
    }
}

#[test]
fn what_leads_back_to_itself_ends() {
    for bodies in [
        [
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Type/Pages/Kids[2 0 R 2 0 R]>>",
            "null",
        ],
        ["<</Type/Catalog/Pages 2 0 R>>", "2 0 R", "null"],
        [
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Kids[3 0 R]>>",
            "<</Type/Page/Contents 3 0 R/Resources 3 0 R>>",
        ],
        [
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Kids[3 0 R]>>",
            "<</Length 3 0 R>>\nstream\nx\nendstream",
        ],
        [
            "<</Type/Catalog/Pages 2 0 R>>",
            "<</Kids[3 0 R]/Type/ObjStm/N 2/First 8/Length 4>>\nstream\n1 0 2 2\nendstream",
            "[[[",
        ],
    ] {
        let mut builder = Builder::new();
        bodies.iter().for_each(|body| {
            builder.object(body);
        });
        assert!(open(&builder.finish("")).is_err(), "{bodies:?}");
    }
}

#[test]
fn bombs_are_refused() {
    let bomb = "BT /F1 9 Tf 9 9 Td ".to_owned() + &" ".repeat(30 << 20);
    let bytes = pages(&[&bomb]).finish("");
    assert!(bytes.len() < 100_000);
    let Err(Trouble::Unreadable(words)) = open(&bytes) else {
        panic!("a bomb was read");
    };
    assert!(words.contains("unpacks"), "{words}");
    let limits = Limits {
        unpacked_bytes: 1 << 20,
        text_bytes: 20,
    };
    let long = pages(&[&at(50, 700, "more than twenty bytes of text")]).finish("");
    assert!(matches!(
        read("", &long, limits),
        Err(Trouble::Unreadable(_))
    ));
    let limits = Limits {
        text_bytes: 40,
        ..limits
    };
    assert!(read("", &long, limits).is_ok());
}

#[test]
fn forms_that_double_each_other_end() {
    let mut builder = Builder::new();
    builder.object("<</Type/Catalog/Pages 2 0 R>>");
    builder.object("<</Type/Pages/Kids[3 0 R]/Count 1>>");
    builder.object("<</Type/Page/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>");
    builder.stream("", "/X Do ".repeat(5000).as_bytes());
    for next in 6..18 {
        let entries = format!("/Subtype/Form/Resources<</XObject<</X {next} 0 R>>>>");
        builder.stream(&entries, "/X Do ".repeat(5000).as_bytes());
    }
    assert!(open(&builder.finish("")).is_err());
}

#[test]
fn a_page_full_of_letters_is_read_or_refused() {
    let scattered = |count: i32| -> String {
        (0..count)
            .map(|n| format!("1 0 0 1 {} {} Tm (a)Tj\n", n * 37 % 590, n * 91 % 830))
            .collect()
    };
    let full = format!("BT /F1 2 Tf {} ET", scattered(60_000));
    assert!(open(&pages(&[&full]).finish("")).is_ok());
    let fuller = format!("BT /F1 2 Tf ({}) Tj ET", "a".repeat(400_001));
    assert!(open(&pages(&[&fuller]).finish("")).is_err());
}
