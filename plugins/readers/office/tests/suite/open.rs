//! OpenDocument texts and books.

use crate::kit::{open_document, said, text, zip};
use reader_office::Problem;

#[test]
fn open_document_texts_are_read() {
    let styles = "<office:styles><style:master-page><style:header><text:p>Acme</text:p></style:header></style:master-page></office:styles>";
    let file = open_document(
        "<office:automatic-styles><text:list-style style:name='L'><text:list-level-style-number text:level='1' style:num-format='1'/></text:list-style></office:automatic-styles>\
         <office:body><office:text><text:h text:outline-level='2'>Part</text:h>\
         <text:p>One<text:s text:c='2'/>two<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>below</text:p></text:note-body></text:note></text:p>\
         <text:list text:style-name='L'><text:list-item><text:p>a</text:p></text:list-item><text:list-item><text:p>b</text:p><text:list><text:list-item><text:p>c</text:p></text:list-item></text:list></text:list-item></text:list>\
         <text:p>end<office:annotation><dc:creator>N</dc:creator><text:p>why?</text:p></office:annotation></text:p></office:text></office:body>",
        styles,
        "",
    );
    assert_eq!(
        text("a.odt", &file),
        "## Part\n\nOne two[^1]\n\n1. a\n2. b\n   - c\n\nend\n\n[^1]: below\n\nComment: why?\n\nAcme\n"
    );
}

#[test]
fn a_book_is_its_spine() {
    let container =
        "<container><rootfiles><rootfile full-path='OPS/book.opf'/></rootfiles></container>";
    let opf = "<package><metadata><dc:title>The Pump</dc:title></metadata><manifest>\
        <item id='n' href='nav.xhtml' media-type='application/xhtml+xml' properties='nav'/>\
        <item id='a' href='ch%201.xhtml' media-type='application/xhtml+xml'/>\
        <item id='b' href='two.xhtml' media-type='application/xhtml+xml'/></manifest>\
        <spine><itemref idref='n'/><itemref idref='b'/><itemref idref='a'/><itemref idref='b'/></spine></package>";
    let file = zip(&[
        ("META-INF/container.xml", container),
        ("OPS/book.opf", opf),
        (
            "OPS/nav.xhtml",
            "<nav><ol><li><a href='ch%201.xhtml#x'>Opening</a></li></ol></nav>",
        ),
        (
            "OPS/ch 1.xhtml",
            "<html><head><title>no</title></head><body><p>It &mdash; hums<sup>2</sup>.<br/>Loud</p><script>no()</script></body></html>",
        ),
        (
            "OPS/two.xhtml",
            "<body><h1>Parts</h1><ol><li>seal</li><li>ring<ul><li>steel</li></ul></li></ol><pre>a\n  b</pre>\
          <table><tr><th>x</th><th>y</th></tr><tr><td>1</td><td>2</td></tr></table></body>",
        ),
    ]);
    assert_eq!(
        text("a.epub", &file),
        "# The Pump\n\n## Parts\n\n1. seal\n2. ring\n   - steel\n\n```\na\n  b\n```\n\n| x | y |\n| --- | --- |\n| 1 | 2 |\n\n\
         ## Opening\n\nIt — hums^2.\nLoud\n"
    );
}

#[test]
fn what_has_a_password_says_so() {
    let locked = open_document("", "", "<file-entry><encryption-data/></file-entry>");
    assert_eq!(said("a.odt", &locked).err(), Some(Problem::Encrypted));
    let book = zip(&[
        ("META-INF/container.xml", "<rootfile full-path='a.opf'/>"),
        (
            "META-INF/encryption.xml",
            "<EncryptedData><CipherReference URI='a.xhtml'/></EncryptedData>",
        ),
        ("a.opf", "<package/>"),
    ]);
    assert_eq!(said("a.epub", &book).err(), Some(Problem::Encrypted));
}
