//! Files that mean harm: each ends, in words or with its text, and costs no more than it may.

use crate::kit::{docx, open_document, package, relations, said, text, xlsx, zip, zip_of};
use reader_office::{Budget, Problem, read};

fn unreadable(bytes: &[u8], words: &str) {
    match said("a.docx", bytes) {
        Err(Problem::Unreadable(said)) => assert!(said.contains(words), "{said}"),
        Err(other) => panic!("{words}: {other:?}"),
        Ok(document) => panic!("{words}: {} bytes were read", document.text.len()),
    }
}

#[test]
fn a_file_that_unpacks_to_too_much_is_refused() {
    let much = "x".repeat(70 << 20);
    unreadable(&docx(&much, &[]), "unpacks to far more");
    // Many parts that each are within the limit.
    let part = "y".repeat(1 << 20);
    let links: Vec<_> = (0..80)
        .map(|at| (format!("h{at}"), format!("h{at}.xml")))
        .collect();
    let body: String = links
        .iter()
        .map(|(id, _)| format!("<w:headerReference r:id='{id}'/>"))
        .collect();
    let named: Vec<_> = links
        .iter()
        .map(|(id, part)| (id.as_str(), "header", part.as_str()))
        .collect();
    let named = relations(&named);
    let paths: Vec<_> = links
        .iter()
        .map(|(_, part)| format!("word/{part}"))
        .collect();
    let mut parts = vec![("word/_rels/document.xml.rels", named.as_str())];
    parts.extend(paths.iter().map(|path| (path.as_str(), part.as_str())));
    unreadable(&docx(&body, &parts), "unpacks to far more");
}

#[test]
fn budgets_hold_on_both_sides() {
    let file = docx("<w:p><w:r><w:t>0123456789</w:t></w:r></w:p>", &[]);
    for (text_bytes, fits) in [(10, true), (9, false)] {
        let budget = Budget {
            text_bytes,
            ..Budget::default()
        };
        assert_eq!(read("a.docx", &file, budget).is_ok(), fits, "{text_bytes}");
    }
    let whole = (1..2_000)
        .find(|bytes| {
            let budget = Budget {
                unpacked_bytes: *bytes,
                ..Budget::default()
            };
            read("a.docx", &file, budget).is_ok()
        })
        .unwrap_or_default();
    assert!(whole > 100, "{whole}");
}

#[test]
fn depth_is_bounded() {
    let open = "<w:tbl><w:tr><w:tc>";
    let close = "</w:tc></w:tr></w:tbl>";
    let nested = |depth: usize| {
        let inner = "<w:p><w:r><w:t>deep</w:t></w:r></w:p>";
        docx(&(open.repeat(depth) + inner + &close.repeat(depth)), &[])
    };
    assert_eq!(text("a.docx", &nested(200)), "deep\n");
    unreadable(&nested(20_000), "nested too deeply");
    let notes = "<office:annotation><text:p>".repeat(200);
    let file = open_document(
        &format!("<office:body><office:text><text:p>{notes}"),
        "",
        "",
    );
    unreadable(&file, "nested too deeply");
}

#[test]
fn what_is_claimed_costs_nothing() {
    // A cell that says it is repeated a thousand million times.
    let cell = "<table:table-cell table:number-columns-repeated='999999999'><text:p>again</text:p></table:table-cell>";
    let row =
        format!("<table:table-row table:number-rows-repeated='999999999'>{cell}</table:table-row>");
    let sheet = format!(
        "<table:table table:name='s'>{}</table:table>",
        row.repeat(200)
    );
    let body =
        format!("<office:body><office:spreadsheet>{sheet}</office:spreadsheet></office:body>");
    let read = text("a.ods", &open_document(&body, "", ""));
    assert!(
        read.contains("again") && read.len() < 17 << 20,
        "{}",
        read.len()
    );

    // Cells that lie over all columns there could be, and one text that a million cells share.
    let span = "<w:tc><w:tcPr><w:gridSpan w:val='65535'/></w:tcPr><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc>";
    let table = format!("<w:tbl><w:tr>{}</w:tr></w:tbl>", span.repeat(10_000));
    assert!(text("a.docx", &docx(&table, &[])).len() < 1 << 20);
    let shared = format!("<sst><si><t>{}</t></si></sst>", "long ".repeat(20_000));
    let rows = "<c t='s'><v>0</v></c>".repeat(100_000);
    let file = xlsx(
        &format!("<row>{rows}</row>"),
        &[("xl/sharedStrings.xml", &shared)],
    );
    unreadable(&file, "more text than can be read");
}

#[test]
fn entities_and_paths_lead_nowhere() {
    let laughs = "<!DOCTYPE d [<!ENTITY a 'ha'><!ENTITY b '&a;&a;'><!ENTITY f SYSTEM 'file:///etc/passwd'>]>\
        <w:document><w:p><w:r><w:t>before &b;&f; after</w:t></w:r></w:p></w:document>";
    let file = package(
        "wordprocessingml",
        "word/document.xml",
        &[
            ("word/document.xml", laughs),
            ("../../etc/passwd", "root"),
            ("/etc/passwd", "root"),
        ],
    );
    assert_eq!(text("a.docx", &file), "before &b;&f; after\n");
}

/// Numbers that look random and are the same each time (xorshift64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }

    fn hurt(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len());
            match self.below(4) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, self.below(256) as u8),
                2 if !bytes.is_empty() => drop(bytes.remove(at)),
                _ => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = self.below(256) as u8;
                    }
                }
            }
        }
    }
}

/// A small old workbook: a compound file with one stream of records.
fn xls() -> Vec<u8> {
    let mut stream = Vec::new();
    let mut record = |kind: u16, body: &[u8]| {
        stream.extend(kind.to_le_bytes());
        stream.extend((body.len() as u16).to_le_bytes());
        stream.extend(body);
    };
    record(0x0809, &[0, 6, 5, 0]);
    record(0x0085, &[52, 0, 0, 0, 0, 0, 2, 0, b'S', b'1']);
    record(0x00fc, &[1, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, b'w', b'o']);
    record(0x003c, &[1, b'r', 0, b'd', 0]);
    record(0x000a, &[]);
    record(0x0809, &[0, 6, 0x10, 0]);
    record(0x00fd, &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    record(0x027e, &[0, 0, 1, 0, 0, 0, 0x32, 0, 0, 0]);
    record(
        0x00bd,
        &[1, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 10, 0, 0, 0, 1, 0],
    );
    record(0x000a, &[]);
    compound("Workbook", &stream)
}

/// A compound file of this one stream: the table, the folder, and the stream's sectors.
fn compound(name: &str, stream: &[u8]) -> Vec<u8> {
    let sectors = stream.len().div_ceil(512).max(8);
    let mut file = vec![0; 512];
    file[..8].copy_from_slice(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
    file[30] = 9;
    file[32] = 6;
    file[44] = 1;
    file[48] = 1;
    file[57] = 16;
    for at in [60, 68] {
        file[at..at + 4].copy_from_slice(&0xffff_fffe_u32.to_le_bytes());
    }
    file[76..512].fill(0xff);
    file[76..80].fill(0);
    let mut table = vec![0xffff_fffd_u32, 0xffff_fffe];
    table.extend((0..sectors as u32 - 1).map(|at| at + 3));
    table.push(0xffff_fffe);
    table.resize(128, 0xffff_ffff);
    file.extend(table.iter().flat_map(|sector| sector.to_le_bytes()));
    for (name, kind, start, size) in [
        ("Root Entry", 5, 0xffff_fffe, 0),
        (name, 2, 2, sectors as u32 * 512),
    ] {
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let length = entry.len() as u16 + 2;
        entry.resize(64, 0);
        entry.extend(length.to_le_bytes());
        entry.push(kind);
        entry.resize(116, 0);
        entry.extend(u32::to_le_bytes(start));
        entry.extend(u32::to_le_bytes(size));
        entry.resize(128, 0);
        file.extend(entry);
    }
    file.resize(512 * 3, 0);
    file.extend(stream);
    file.resize(512 * (3 + sectors), 0);
    file
}

#[test]
fn old_workbooks_are_read_and_locked_packages_known() {
    assert_eq!(
        text("a.xls", &xls()),
        "## S1\n\n| word | 12 |\n| --- | --- |\n| 1 | 2 |\n"
    );
    let locked = compound("EncryptedPackage", b"x");
    assert_eq!(said("a.docx", &locked).err(), Some(Problem::Encrypted));
    unreadable(&compound("WordDocument", b"x"), "Save it as .docx");
}

fn samples() -> Vec<Vec<u8>> {
    let body = "<w:p><w:pPr><w:numPr><w:numId w:val='1'/></w:numPr></w:pPr><w:r><w:t>a &amp; b</w:t></w:r></w:p>\
        <w:tbl><w:tr><w:tc><w:p><w:r><w:t>c</w:t></w:r></w:p></w:tc></w:tr></w:tbl>";
    let rows = "<row r='1'><c r='A1' s='1'><v>45351.5</v></c><c r='B1' t='s'><v>0</v></c></row>";
    let styles = "<styleSheet><numFmts><numFmt numFmtId='170' formatCode='[$€-1]0.0%;d'/></numFmts><cellXfs><xf/><xf numFmtId='170'/></cellXfs></styleSheet>";
    let slides = [
        (
            "ppt/presentation.xml",
            "<p:presentation><p:sldId r:id='a'/></p:presentation>",
        ),
        (
            "ppt/_rels/presentation.xml.rels",
            &relations(&[("a", "slide", "s.xml")]),
        ),
        (
            "ppt/s.xml",
            "<p:sld><p:sp><p:ph type='title'/><a:p><a:r><a:t>t</a:t></a:r></a:p></p:sp></p:sld>",
        ),
    ];
    let list = "<office:body><office:text><text:list><text:list-item><text:p>a<text:s text:c='3'/></text:p></text:list-item></text:list></office:text></office:body>";
    let table = "<office:body><office:spreadsheet><table:table><table:table-row><table:table-cell office:value-type='time' office:time-value='PT1H2M3S'/></table:table-row></table:table></office:spreadsheet></office:body>";
    vec![
        docx(body, &[]),
        xlsx(
            rows,
            &[
                ("xl/sharedStrings.xml", "<sst><si><t>_x0041_</t></si></sst>"),
                ("xl/styles.xml", styles),
            ],
        ),
        package("presentationml", "ppt/presentation.xml", &slides),
        open_document(list, "", ""),
        open_document(table, "", ""),
        zip(&[
            ("META-INF/container.xml", "<rootfile full-path='a.opf'/>"),
            (
                "a.opf",
                "<package><item id='a' href='a.html'/><itemref idref='a'/></package>",
            ),
            (
                "a.html",
                "<h1>a</h1><ol><li>b<table><tr><td>c</table>&nbsp;<pre>d",
            ),
        ]),
        xls(),
        xlsb(),
    ]
}

fn xlsb() -> Vec<u8> {
    let wide = |text: &str| {
        let mut out = (text.len() as u32).to_le_bytes().to_vec();
        out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        out
    };
    let record = |kind: &[u8], body: &[u8]| [kind, &[body.len() as u8], body].concat();
    let book = record(&[0x9c, 1], &[vec![0; 8], wide("r"), wide("S1")].concat());
    let cell = |column: u8, value: &[u8]| [&[column, 0, 0, 0, 0, 0, 0, 0], value].concat();
    let sheet = [
        record(&[0], &[0; 8]),
        record(&[6], &cell(0, &wide("word"))),
        record(&[2], &cell(1, &[0x32, 0, 0, 0])),
        record(&[4], &cell(2, &[1])),
    ]
    .concat();
    let links = relations(&[("r", "worksheet", "s.bin")]);
    zip_of(&[
        (
            "_rels/.rels",
            relations(&[("m", "officeDocument", "xl/workbook.bin")]).as_bytes(),
        ),
        ("xl/workbook.bin", &book),
        ("xl/_rels/workbook.bin.rels", links.as_bytes()),
        ("xl/s.bin", &sheet),
    ])
}

#[test]
fn a_binary_workbook_is_read() {
    assert_eq!(
        text("a.xlsb", &xlsb()),
        "## S1\n\n| word | 12 | TRUE |\n| --- | --- | --- |\n"
    );
}

#[test]
fn files_that_are_hurt_at_random_end_in_words() {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for (index, sample) in samples().into_iter().enumerate() {
        assert!(
            said("a", &sample).is_ok(),
            "sample {index}: {:?}",
            said("a", &sample)
        );
        for _ in 0..2_000 {
            let mut hurt = sample.clone();
            dice.hurt(&mut hurt);
            let once = said("a", &hurt);
            if let Ok(document) = &once {
                assert!(
                    document
                        .pages
                        .iter()
                        .all(|(_, start)| document.text.is_char_boundary(*start as usize))
                );
            }
            assert_eq!(once, said("a", &hurt), "the same input, the same output");
        }
    }
}

#[test]
fn parts_that_are_hurt_within_a_whole_package_end_in_words() {
    let mut dice = Dice(0x0123_4567_89ab_cdef);
    let body = "<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val='2'/></w:tcPr><w:p><w:r><w:t>a &amp; b</w:t><w:sym w:char='F0A7'/></w:r></w:p></w:tc></w:tr></w:tbl>";
    let rows = "<row r='1'><c r='A1' s='1'><v>45351.5</v></c><c r='AB2' t='inlineStr'><is><t>_x0041_</t></is></c></row>";
    let cells = "<table:table table:name='s'><table:table-row table:number-rows-repeated='3'><table:table-cell table:number-columns-repeated='2'><text:p>x</text:p></table:table-cell></table:table-row></table:table>";
    for round in 0..2_000 {
        let mut part = [body, rows, cells][round % 3].as_bytes().to_vec();
        dice.hurt(&mut part);
        let part = String::from_utf8_lossy(&part);
        let file = match round % 3 {
            0 => docx(&part, &[]),
            1 => xlsx(&part, &[]),
            _ => open_document(&format!("<office:body><office:spreadsheet>{part}"), "", ""),
        };
        assert_eq!(
            said("a", &file),
            said("a", &file),
            "the same input, the same output"
        );
    }
}
