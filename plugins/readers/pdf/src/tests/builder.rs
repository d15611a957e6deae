//! Builds PDF files.

/// A file that grows object by object; the number of an object is its place, from 1.
#[derive(Default)]
pub(super) struct Builder {
    bytes: Vec<u8>,
    offsets: Vec<usize>,
}

impl Builder {
    pub(super) fn new() -> Builder {
        Builder {
            bytes: b"%PDF-1.7\n".to_vec(),
            offsets: Vec::new(),
        }
    }

    pub(super) fn object(&mut self, body: &str) -> &mut Builder {
        self.raw(body.as_bytes())
    }

    pub(super) fn stream(&mut self, entries: &str, data: &[u8]) -> &mut Builder {
        let mut body = format!("<<{entries}/Length {}>>\nstream\n", data.len()).into_bytes();
        body.extend_from_slice(data);
        body.extend_from_slice(b"\nendstream");
        self.raw(&body)
    }

    fn raw(&mut self, body: &[u8]) -> &mut Builder {
        self.offsets.push(self.bytes.len());
        let head = format!("{} 0 obj\n", self.offsets.len());
        self.bytes.extend_from_slice(head.as_bytes());
        self.bytes.extend_from_slice(body);
        self.bytes.extend_from_slice(b"\nendobj\n");
        self
    }

    /// With a table that is right. The first object is the catalog.
    pub(super) fn finish(&self, trailer: &str) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        let start = bytes.len();
        let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", self.offsets.len() + 1);
        for offset in &self.offsets {
            table += &format!("{offset:010} 00000 n \n");
        }
        table += &format!(
            "trailer\n<</Size {}/Root 1 0 R{trailer}>>\n",
            self.offsets.len() + 1
        );
        table += &format!("startxref\n{start}\n%%EOF\n");
        bytes.extend_from_slice(table.as_bytes());
        bytes
    }
}

/// A file whose pages draw this, with Helvetica as `F1` and bold as `F2`.
pub(super) fn pages(contents: &[&str]) -> Builder {
    let mut builder = Builder::new();
    let first = 6;
    let kids: Vec<String> = (0..contents.len())
        .map(|at| format!("{} 0 R", first + 2 * at))
        .collect();
    builder.object("<</Type/Catalog/Pages 2 0 R>>");
    builder.object(&format!(
        "<</Type/Pages/Kids[{}]/Count {}/Resources 5 0 R>>",
        kids.join(" "),
        contents.len()
    ));
    builder.object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>");
    builder.object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold>>");
    builder.object("<</Font<</F1 3 0 R/F2 4 0 R>>>>");
    for (at, content) in contents.iter().enumerate() {
        let number = first + 2 * at + 1;
        builder.object(&format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents {number} 0 R>>"
        ));
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(content.as_bytes(), 6);
        builder.stream("/Filter/FlateDecode", &packed);
    }
    builder
}

/// One line of text at a place.
pub(super) fn at(x: i32, y: i32, text: &str) -> String {
    format!("BT /F1 10 Tf {x} {y} Td ({text}) Tj ET\n")
}
