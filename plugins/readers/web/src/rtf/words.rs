//! What the control words of RTF do to the text.

/// What a word does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Does {
    Nothing,
    /// Its group is text even where it may be unknown.
    Shown,
    /// Its group is not text.
    Hide,
    /// Its group defines fonts.
    Fonts,
    /// What follows only repeats HTML.
    Doubled,
    Encoding,
    Font,
    FontPage,
    /// How many signs for old programs follow a Unicode sign.
    Fallback,
    Unicode,
    Outline,
    Put(&'static str),
    Paragraph,
    Plain,
    InTable,
    Cell,
    Row,
}

/// Groups that are no text of the document.
const HIDDEN: [&str; 49] = [
    "sn",
    "sv",
    "colortbl",
    "stylesheet",
    "info",
    "pict",
    "object",
    "objdata",
    "header",
    "headerl",
    "headerr",
    "headerf",
    "footer",
    "footerl",
    "footerr",
    "footerf",
    "fldinst",
    "listtable",
    "listoverridetable",
    "revtbl",
    "rsidtbl",
    "generator",
    "xmlnstbl",
    "themedata",
    "colorschememapping",
    "datastore",
    "latentstyles",
    "filetbl",
    "annotation",
    "atnid",
    "atnauthor",
    "atndate",
    "atnref",
    "bkmkstart",
    "bkmkend",
    "pn",
    "pntext",
    "tc",
    "xe",
    "ftnsep",
    "ftnsepc",
    "ftncn",
    "nonshppict",
    "mmathPr",
    "template",
    "passwordhash",
    "htmltag",
    "mhtmltag",
    "private",
];

/// By its name.
pub fn does(word: &str) -> Does {
    match word {
        "par" | "sect" | "page" => Does::Paragraph,
        "line" | "softline" => Does::Put("\n"),
        "tab" => Does::Put("\t"),
        "emdash" => Does::Put("—"),
        "endash" => Does::Put("–"),
        "bullet" => Does::Put("•"),
        "lquote" => Does::Put("‘"),
        "rquote" => Does::Put("’"),
        "ldblquote" => Does::Put("“"),
        "rdblquote" => Does::Put("”"),
        "emspace" | "enspace" | "qmspace" => Does::Put(" "),
        "zwj" => Does::Put("\u{200d}"),
        "zwnj" => Does::Put("\u{200c}"),
        "ansi" | "mac" | "pc" | "pca" | "ansicpg" => Does::Encoding,
        "fonttbl" => Does::Fonts,
        "f" => Does::Font,
        "fcharset" | "cpg" => Does::FontPage,
        "uc" => Does::Fallback,
        "u" => Does::Unicode,
        "outlinelevel" => Does::Outline,
        "pard" => Does::Plain,
        "intbl" => Does::InTable,
        "cell" | "nestcell" => Does::Cell,
        "row" | "nestrow" => Does::Row,
        "htmlrtf" => Does::Doubled,
        "footnote" | "shptxt" | "shprslt" | "fldrslt" | "shpinst" | "shp" | "nesttableprops" => {
            Does::Shown
        }
        word if HIDDEN.contains(&word) => Does::Hide,
        _ => Does::Nothing,
    }
}

/// The code page of a font's character set.
pub fn charset_page(number: i32) -> Option<u32> {
    Some(match number {
        0 => 1252,
        77 => 10000,
        128 => 932,
        129 => 949,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178 => 1256,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        _ => return None,
    })
}
