//! What the elements of HTML mean for a text.

/// What an element does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Element {
    /// Nothing: its text is part of the line.
    Inline,
    /// Its text stands for itself.
    Block,
    /// It and all in it is left out.
    Skipped,
    /// The same, if it is closed: links to other pages.
    Navigation,
    /// What no navigation holds.
    Main,
    Heading(u8),
    List {
        numbered: bool,
    },
    Item,
    Quote,
    Preformatted,
    Code,
    Table,
    Row,
    Cell,
    Caption,
    Link,
    Break,
    Image,
    Title,
    Cited,
}

/// By their names in small letters.
pub fn element(name: &str) -> Element {
    match name {
        "script" | "style" | "template" | "noscript" | "svg" | "iframe" | "noembed"
        | "noframes" | "button" | "select" | "datalist" | "audio" | "video" | "annotation"
        | "annotation-xml" => Element::Skipped,
        "nav" => Element::Navigation,
        "main" => Element::Main,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Element::Heading(name.as_bytes()[1] - b'0'),
        "ul" | "menu" | "dir" => Element::List { numbered: false },
        "ol" => Element::List { numbered: true },
        "li" => Element::Item,
        "blockquote" => Element::Quote,
        "pre" | "xmp" | "listing" => Element::Preformatted,
        "code" => Element::Code,
        "table" => Element::Table,
        "tr" => Element::Row,
        "td" | "th" => Element::Cell,
        "caption" => Element::Caption,
        "a" => Element::Link,
        "br" => Element::Break,
        "img" | "area" => Element::Image,
        "title" => Element::Title,
        "q" => Element::Cited,
        "address" | "article" | "aside" | "body" | "center" | "dd" | "details" | "dialog"
        | "div" | "dl" | "dt" | "fieldset" | "figcaption" | "figure" | "footer" | "form"
        | "frameset" | "head" | "header" | "hgroup" | "hr" | "html" | "legend" | "option"
        | "optgroup" | "p" | "plaintext" | "search" | "section" | "summary" | "tbody"
        | "textarea" | "tfoot" | "thead" => Element::Block,
        _ => Element::Inline,
    }
}
