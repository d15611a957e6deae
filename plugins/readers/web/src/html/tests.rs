use super::{fragment, read};
use crate::outcome::{Budget, Refusal};

fn page(text: &str) -> String {
    read(text, false, &Budget::default()).expect(text).text
}

#[test]
fn pages_become_markdown() {
    for (name, html, markdown) in [
        (
            "a title where there is no heading",
            "<title>Pump &amp; seal</title><p>One.",
            "# Pump & seal\n\nOne.",
        ),
        (
            "no title beside a heading",
            "<title>T</title><h1>Pumps</h1>a\n b<p>c",
            "# Pumps\n\na b\n\nc",
        ),
        (
            "lists",
            "<ul><li>a<ol start=3><li>b<li><p>c</p><p>d</p></ol></li><li>e</ul>f",
            "- a\n  3. b\n  4. c\n\n     d\n- e\n\nf",
        ),
        (
            "a table",
            "<table><caption>Stock</caption><tr><th>part<th>place<tr><td>a|b<td>1<br>2</table>",
            "Stock\n\n| part | place |\n| --- | --- |\n| a\\|b | 1 2 |",
        ),
        (
            "wide and high cells",
            "<table><tr><td colspan=2>a<td>b<tr><td rowspan=2>c<td>d<td>e<tr><td>f<td>g</table>",
            "| a |  | b |\n| --- | --- | --- |\n| c | d | e |\n|  | f | g |",
        ),
        (
            "a table that places",
            "<table><tr><td><h2>A</h2>b<td>c</table>",
            "## A\n\nb\n\nc",
        ),
        (
            "tables in tables",
            "<table><tr><td>x<tr><td><table><tr><td>1<td>2<tr><td>3<td>4</table></table>",
            "x\n\n| 1 | 2 |\n| --- | --- |\n| 3 | 4 |",
        ),
        (
            "code",
            "<pre><code class='hljs language-rust'>fn a() {\n    b &lt; c\n}\n</code></pre>",
            "```rust\nfn a() {\n    b < c\n}\n```",
        ),
        (
            "code with a fence",
            "<pre>```\na</pre>",
            "````\n```\na\n````",
        ),
        (
            "links, images",
            "<a href=x>one</a><a href=y>two</a> <img alt='a chart' src=z>after",
            "one two a chart after",
        ),
        (
            "what is no text",
            "a<script>b<p>c</script><style>d</style><!-- e --><template>f</template><noscript>g</noscript>h",
            "a h",
        ),
        (
            "navigation",
            "<nav><ul><li>Home</ul></nav><div role=navigation><div>x</div>y</div><main>Text</main>",
            "Text",
        ),
        ("navigation only", "<nav>Home</nav>", "Home"),
        (
            "navigation without an end",
            "<nav>Home<p>Text",
            "Home\n\nText",
        ),
        ("main in navigation", "<nav>Home<main>Text</main>", "Text"),
        (
            "hidden by style",
            "<p style='display:none'>Obey.</p><p hidden>Listen.",
            "Obey.\n\nListen.",
        ),
        (
            "quotes",
            "<blockquote><p>a<p>b</blockquote><q>c</q>",
            "> a\n\n> b\n\n“c”",
        ),
        (
            "what looks like Markdown",
            "<p># no heading<p>```",
            "\\# no heading\n\n\\```",
        ),
        ("tags that stay open", "<p>a<b>b<p title=\"x>c", "ab\n\nc"),
        (
            "signs",
            "1 < 2 && 3 > 2 <3 </> <!x> a&shy;b&nbsp;c",
            "1 < 2 && 3 > 2 <3 ab c",
        ),
        ("breaks", "a<br>b<br/><br>c", "a\nb\n\nc"),
    ] {
        assert_eq!(page(html), markdown, "{name}");
    }
}

#[test]
fn xhtml_closes_every_element() {
    let text = "<?xml version='1.0'?><!DOCTYPE html [<!ENTITY a 'b'>]><html><head><title/><script src='x'/></head>\
        <body><p>a &a; &#x62;<![CDATA[<c>]]></p></body></html>";
    let read = read(text, true, &Budget::default()).map(|read| read.text);
    assert_eq!(read.as_deref(), Ok("a &a; b<c>"));
}

#[test]
fn nothing_is_empty_and_too_much_is_refused() {
    assert_eq!(
        read("<p> <br>", false, &Budget::default()),
        Err(Refusal::Empty)
    );
    let small = Budget { text_bytes: 10 };
    assert!(matches!(
        read("<p>eleven signs", false, &small),
        Err(Refusal::Unreadable(_))
    ));
    assert_eq!(fragment("", &small), Ok(String::new()));
}

/// Whatever is nested or left open, a page ends and keeps its last words.
#[test]
fn hostile_pages_end() {
    for (open, close) in [
        ("<div>", "</div>"),
        ("<ul><li>", "</ul>"),
        ("<table><tr><td>", "</table>"),
        ("<blockquote>", ""),
        ("<b", ""),
        ("<a href=\"", ""),
        ("<title>", ""),
        ("<!-", ""),
        ("</", ""),
        ("&a", ""),
        ("<pre>", "</pre>"),
        ("<h1>", ""),
        ("<td colspan=64 rowspan=9999>", "<tr>"),
        ("<li>", ""),
    ] {
        let text = format!(
            "{}<p>bottom text{}",
            open.repeat(20_000),
            close.repeat(20_000)
        );
        let _ = read(&text, false, &Budget::default());
    }
    let deep = format!(
        "{}bottom text",
        "<div><ul><li><table><tr><td>".repeat(10_000)
    );
    assert!(page(&deep).contains("bottom text"));
}
