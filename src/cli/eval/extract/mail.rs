//! The text of a mail from its parts: what a reader of mail is expected to make of it.
//!
//! The parts are those that a parser of mails wrote down as JSON: headers with typed values, bodies, and
//! which of them are text and which are attached. Whatever is not there says nothing.

use serde_json::Value;

use super::markup;

/// Mails within mails.
const DEPTH: usize = 100;

/// The headers that a reader shows, with their names where it names them.
const SHOWN: [(&str, &str); 4] = [
    ("from", "From"),
    ("to", "To"),
    ("cc", "Cc"),
    ("subject", ""),
];

/// Digits of the fields of a date, in the order in which they are written.
const DATE: [(&str, usize); 8] = [
    ("year", 4),
    ("month", 2),
    ("day", 2),
    ("hour", 2),
    ("minute", 2),
    ("second", 2),
    ("tz_hour", 2),
    ("tz_minute", 2),
];

/// The subject, the people, the date, the text and the attachments of a mail; none if the value is
/// no mail.
pub(super) fn text(mail: &Value) -> Option<String> {
    mail["parts"].as_array()?;
    let mut text = String::new();
    add(mail, DEPTH, &mut text);
    Some(text)
}

fn add(mail: &Value, depth: usize, out: &mut String) {
    let headers = list(&mail["parts"][0]["headers"]);
    for header in headers {
        let name = header["name"].as_str().unwrap_or_default();
        if let Some((_, shown)) = SHOWN.iter().find(|(known, _)| *known == name) {
            line(shown, out);
            strings(&header["value"], out);
        }
        if name == "date" {
            date(&header["value"]["DateTime"], out);
        }
    }
    let body = |of: &str| {
        let parts = list(&mail[of]).iter().map(|id| said(part(mail, id)));
        parts.collect::<Vec<_>>().join("\n")
    };
    // A mail whose text is blank is read from what it shows instead.
    let (text, shown) = (body("text_body"), body("html_body"));
    line(
        if text.trim().is_empty() {
            &shown
        } else {
            &text
        },
        out,
    );
    let attached = list(&mail["attachments"]);
    if !attached.is_empty() {
        line("Attachments", out);
    }
    for id in attached {
        let part = part(mail, id);
        name(&part["headers"], out);
        line(&said(part), out);
        let inner = &part["body"]["Message"];
        if !inner.is_null() && depth > 0 {
            add(inner, depth - 1, out);
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn part<'a>(mail: &'a Value, id: &Value) -> &'a Value {
    let at = id.as_u64().and_then(|id| usize::try_from(id).ok());
    at.map_or(&Value::Null, |at| &mail["parts"][at])
}

fn said(part: &Value) -> String {
    let body = &part["body"];
    let text = body["Text"].as_str().map(str::to_owned);
    text.or_else(|| body["Html"].as_str().map(markup::text))
        .unwrap_or_default()
}

fn date(value: &Value, out: &mut String) {
    if !value.is_object() {
        return;
    }
    line("Date", out);
    for (field, digits) in DATE {
        let number = value[field].as_u64().unwrap_or_default();
        line(&format!("{number:0digits$}"), out);
    }
}

/// What an attachment is called.
fn name(headers: &Value, out: &mut String) {
    let attributes = list(headers)
        .iter()
        .flat_map(|header| list(&header["value"]["ContentType"]["attributes"]));
    let mut named = attributes.filter(|one| one["name"] == "filename" || one["name"] == "name");
    if let Some(name) = named.next_back() {
        strings(&name["value"], out);
    }
}

fn strings(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => line(text, out),
        Value::Array(all) => all.iter().for_each(|value| strings(value, out)),
        Value::Object(all) => all.values().for_each(|value| strings(value, out)),
        _ => {}
    }
}

fn line(text: &str, out: &mut String) {
    out.push_str(text);
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_mail_is_its_people_its_text_and_what_is_attached() {
        let inner = json!({
            "parts": [{ "headers": [{ "name": "subject", "value": { "Text": "Gaskets" } }],
                "body": { "Html": "<p>Drawer <b>nine</b>.</p>" } }],
            "text_body": [],
            "html_body": [0],
        });
        let mail = json!({
            "parts": [
                { "headers": [
                    { "name": "from", "value": { "Address": { "List": [{ "name": "Tom", "address": "t@example.org" }] } } },
                    { "name": "x_mailer", "value": { "Text": "unseen" } },
                    { "name": "date", "value": { "DateTime": { "year": 2024, "month": 5 } } } ] },
                { "body": { "Text": "Look at this." } },
                { "headers": [{ "name": "content_type", "value": { "ContentType": { "attributes": [
                    { "name": "name", "value": "old.eml" }] } } }],
                  "body": { "Message": inner } } ],
            "text_body": [1],
            "attachments": [2, 77],
        });
        let text = text(&mail).expect("a mail");
        let words: Vec<&str> = text.split_whitespace().collect();
        let known = "From t@example.org Tom Date 2024 05 00 00 00 00 00 00 Look at this. Attachments \
            old.eml Gaskets Drawer nine.";
        let mut known: Vec<&str> = known.split_whitespace().collect();
        let mut sorted = words.clone();
        sorted.sort_unstable();
        known.sort_unstable();
        assert_eq!(sorted, known, "{text}");
    }

    #[test]
    fn what_is_no_mail_says_nothing() {
        for value in [json!(null), json!([1]), json!({ "parts": 7 })] {
            assert_eq!(text(&value), None, "{value}");
        }
        let blank = text(&json!({ "parts": [] })).expect("a mail");
        assert_eq!(blank.trim(), "");
    }
}
