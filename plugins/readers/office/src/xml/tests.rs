use super::*;

fn said(source: &str, html: bool) -> String {
    let mut xml = if html {
        Xml::html(source)
    } else {
        Xml::new(source)
    };
    let mut out = String::new();
    while let Some(event) = xml.next().unwrap() {
        match event {
            Event::Start(tag) => out += &format!("<{}>", tag.name),
            Event::End(name) => out += &format!("</{name}>"),
            Event::Text(text) => out += &text,
        }
    }
    out
}

#[test]
fn reads_tags_texts_and_entities() {
    for (source, html, want) in [
        ("<w:p a='>'>x &amp; y</w:p>", false, "<p>x & y</p>"),
        ("<a/>b", false, "<a></a>b"),
        ("<br>b</br>", true, "<br></br>b"),
        ("&nbsp;&#65;&#x42;&bad;", false, "&nbsp;AB&bad;"),
        ("&mdash;&#0;", true, "—&#0;"),
        (
            "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            false,
            "<a>&b;</a>",
        ),
        ("<![CDATA[<b>]]><!-- <c> --><?d?>e", false, "<b>e"),
        ("3 < 4 <a", false, "3 < 4 <a>"),
        ("<![CDATA[", false, ""),
        ("<", false, "<"),
    ] {
        assert_eq!(said(source, html), want, "{source}");
    }
}

#[test]
fn finds_attributes_by_their_names() {
    let tag = Tag::new("p:sldId id=\"256\" r:id = 'rId2' w:val=\"a&lt;b\"/").unwrap();
    assert_eq!((tag.name, tag.prefix, tag.closed), ("sldId", "p", true));
    assert_eq!(tag.get("id").as_deref(), Some("256"));
    assert_eq!(tag.linked("id").as_deref(), Some("rId2"));
    assert_eq!(tag.get("val").as_deref(), Some("a<b"));
    assert_eq!(tag.get("none"), None);
}

#[test]
fn refuses_what_is_nested_too_deeply() {
    for (depth, fits) in [(DEPTH, true), (DEPTH + 1, false)] {
        let source = "<a>".repeat(depth);
        let mut xml = Xml::new(&source);
        let end = loop {
            match xml.next() {
                Ok(Some(_)) => {}
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        assert_eq!(end, fits, "{depth}");
    }
}
