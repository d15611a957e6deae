//! Builds packages for the tests.

use reader_office::{Budget, Document, Problem, read};

/// A ZIP file of these entries, packed.
pub fn zip(entries: &[(&str, &str)]) -> Vec<u8> {
    let entries: Vec<(&str, &[u8])> = entries
        .iter()
        .map(|(name, text)| (*name, text.as_bytes()))
        .collect();
    zip_of(&entries)
}

/// A ZIP file of these entries, packed.
pub fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in entries {
        let packed = miniz_oxide::deflate::compress_to_vec(bytes, 6);
        let start = out.len() as u32;
        let mut head = Vec::new();
        for half in [20_u16, 0, 8, 0, 0] {
            head.extend(half.to_le_bytes());
        }
        for word in [crc32(bytes), packed.len() as u32, bytes.len() as u32] {
            head.extend(word.to_le_bytes());
        }
        head.extend((name.len() as u16).to_le_bytes());
        head.extend(0_u16.to_le_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&head);
        out.extend(name.as_bytes());
        out.extend(&packed);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&head);
        directory.extend([0; 10]);
        directory.extend(start.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = out.len() as u32;
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    for half in [entries.len() as u16; 2] {
        out.extend(half.to_le_bytes());
    }
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

/// CRC-32, bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32| (sum >> 1) ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 };
    let all = bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| step(sum))
    });
    !all
}

/// The list of types and the first relation of an Office package.
pub fn package(kind: &str, main: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let types = format!(
        r#"<Types><Override PartName="/{main}" ContentType="application/x.{kind}.main+xml"/></Types>"#
    );
    let relations = format!(
        r#"<Relationships><Relationship Id="rId1" Type="http://x/officeDocument" Target="{main}"/></Relationships>"#
    );
    let mut entries = vec![
        ("[Content_Types].xml", types.as_str()),
        ("_rels/.rels", &relations),
    ];
    entries.extend(more);
    zip(&entries)
}

/// Relations by id, kind and target.
pub fn relations(all: &[(&str, &str, &str)]) -> String {
    let one = |(id, kind, target): &(&str, &str, &str)| {
        format!(r#"<Relationship Id="{id}" Type="http://x/{kind}" Target="{target}"/>"#)
    };
    format!(
        "<Relationships>{}</Relationships>",
        all.iter().map(one).collect::<String>()
    )
}

pub fn said(name: &str, bytes: &[u8]) -> Result<Document, Problem> {
    read(name, bytes, Budget::default())
}

pub fn text(name: &str, bytes: &[u8]) -> String {
    match said(name, bytes) {
        Ok(document) => document.text,
        Err(problem) => format!("{problem:?}"),
    }
}

/// A document with this body and these other parts.
pub fn docx(body: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let body = format!("<w:document xmlns:w='w'><w:body>{body}</w:body></w:document>");
    let mut parts = vec![("word/document.xml", body.as_str())];
    parts.extend(more);
    package("wordprocessingml.document", "word/document.xml", &parts)
}

/// A workbook of one sheet with these rows.
pub fn xlsx(rows: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let book =
        r#"<workbook><sheets><sheet name="Stock" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    let links = relations(&[
        ("rId1", "worksheet", "worksheets/sheet1.xml"),
        ("rId2", "sharedStrings", "sharedStrings.xml"),
        ("rId3", "styles", "styles.xml"),
    ]);
    let mut parts = vec![
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", &links),
        ("xl/worksheets/sheet1.xml", &sheet),
    ];
    parts.extend(more);
    package("spreadsheetml.sheet", "xl/workbook.xml", &parts)
}

/// An OpenDocument file with this in its body.
pub fn open_document(body: &str, styles: &str, manifest: &str) -> Vec<u8> {
    let content = format!("<office:document-content>{body}</office:document-content>");
    zip(&[
        ("content.xml", &content),
        ("styles.xml", styles),
        (
            "META-INF/manifest.xml",
            &format!("<manifest>{manifest}</manifest>"),
        ),
    ])
}
