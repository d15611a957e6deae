//! Files that are broken at random: whatever is in them, reading ends without a panic.

use reader_web::{Budget, read};

const FILES: [(&str, &str); 6] = [
    (
        "page.html",
        "<!doctype html><html><head><meta charset=utf-8><title>T &amp; t</title><style>p{}</style></head><body>\
         <nav><a href='x'>Home</a></nav><h1>Pümps</h1><ul><li>a<ol start=4><li>b</ol></ul><table><caption>c\
         </caption><tr><th colspan=2>d<td rowspan=3>e<tr><td><table><tr><td>f</table></table>\
         <pre class=\"language-c\">g &lt; h</pre><img alt=\"i\"><![CDATA[ j ]]><!-- k --><q>l</q></body></html>",
    ),
    (
        "feed.xml",
        "<?xml version=\"1.0\"?><rss><channel><title>News</title><item><title>One &#x41;</title>\
         <description>&lt;p&gt;text</description><content:encoded><![CDATA[<h2>x</h2>]]></content:encoded></item>\
         <entry><content type='xhtml'><div><p>y</p></div></content></entry></channel></rss>",
    ),
    (
        "book.ipynb",
        "{\"cells\": [{\"cell_type\": \"code\", \"source\": [\"a\\n\", \"b\"], \"outputs\": [{\"text\": \"\\u001b[1mc\"}]},\
         {\"cell_type\": \"markdown\", \"source\": \"# d\"}], \"metadata\": {\"title\": \"e\"}}",
    ),
    (
        "text.rtf",
        "{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0\\fcharset128 A;}}{\\info{\\title T}}\\f0\\'93\\'fa\\u8364 ?\
         \\trowd\\intbl a\\cell b\\cell\\row\\pard\\par{\\*\\x y}{\\pict\\bin4 abcd}\\uc2\\u-10179 ab\\line z}",
    ),
    (
        "table.csv",
        "part;place\n\"a \"\"b\"\" ; c\";\"d\ne\"\n\u{e4};|\r\n\n;;",
    ),
    ("table.tsv", "sep=\t\na\tb\nc\td"),
];

/// Marsaglia's xorshift: the same breaks in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most.max(1) as u64) as usize
    }
}

/// A file with up to a dozen of its bytes changed, taken out, doubled or put in, and often cut off.
fn broken(whole: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for _ in 0..chance.below(12) {
        let at = chance.below(bytes.len());
        match chance.below(4) {
            0 => bytes[at] = chance.below(256) as u8,
            1 => {
                bytes.remove(at);
            }
            2 => {
                let from = chance.below(whole.len());
                let part = &whole[from..(from + chance.below(20)).min(whole.len())];
                bytes.splice(at..at, part.iter().copied());
            }
            _ => bytes.insert(at, b"<>&\\{}\"'"[chance.below(8)]),
        }
    }
    if chance.below(3) == 0 {
        bytes.truncate(chance.below(bytes.len() + 1));
    }
    bytes
}

#[test]
fn broken_files_end() {
    let budget = Budget::default();
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let mut read_well = 0;
    for (name, text) in FILES {
        for _ in 0..2000 {
            let bytes = broken(text.as_bytes(), &mut chance);
            let first = read(name, &bytes, &budget);
            read_well += usize::from(first.is_ok());
            assert_eq!(first, read(name, &bytes, &budget), "the same file twice");
        }
    }
    assert!(
        read_well > 6000,
        "only {read_well} of 12000 broken files were still read"
    );
}

/// The data that is there where this project is built; it is no part of the source.
fn docs(name: &str) -> Option<Vec<u8>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/docs/");
    let file = std::fs::read(format!("{path}{name}")).ok();
    if file.is_none() {
        eprintln!("skipped: {name} is not there");
    }
    file
}

#[test]
fn hostile_files_give_what_they_can() {
    for (name, holds, lacks) in [
        ("hostile/made/deep_divs.html", "bottom", "<div"),
        ("hostile/made/script_style.html", "Only", "NOTTEXT"),
        ("hostile/made/hidden_injection.html", "# Pasta", "<!--"),
        ("hostile/made/ragged_quotes.csv", "unterminated", "<"),
        ("hostile/made/huge_line.csv", "| --- |", "<"),
        (
            "markitdown/test_mskanji.csv",
            "\n| --- | --- | --- |\n",
            "\u{fffd}",
        ),
        ("markitdown/test_notebook.ipynb", "```python\n", "cell_type"),
    ] {
        let Some(bytes) = docs(name) else { continue };
        let read = read(name, &bytes, &Budget::default()).expect(name).text;
        assert!(read.contains(holds), "{name} lacks {holds}");
        assert!(!read.contains(lacks), "{name} holds {lacks}");
    }
}

#[test]
fn broken_files_of_others_end() {
    let mut chance = Chance(0xdead_beef_cafe_f00d);
    for name in [
        "test_blog.html",
        "test_wikipedia.html",
        "test_rss.xml",
        "test_notebook.ipynb",
        "test_mskanji.csv",
    ] {
        let Some(bytes) = docs(&format!("markitdown/{name}")) else {
            continue;
        };
        for _ in 0..100 {
            let bytes = broken(&bytes, &mut chance);
            // As what it is, and as each other kind.
            for (other, _) in FILES {
                let _ = read(other, &bytes, &Budget::default());
            }
        }
    }
}
