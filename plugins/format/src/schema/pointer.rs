//! Places within a value: JSON pointers (RFC 6901), read and written.

use crate::json::{Kind, Tape};

/// Bytes of a place as it is shown.
const SHOWN: usize = 200;

/// The place that `#/a/b` means, in a schema.
pub fn resolve(tape: Tape<'_>, reference: &str) -> Option<u32> {
    let path = unescaped(reference.strip_prefix('#')?)?;
    if path.is_empty() {
        return Some(0);
    }
    let mut node = 0;
    for part in path.strip_prefix('/')?.split('/') {
        let part = part.replace("~1", "/").replace("~0", "~");
        node = match tape.kind(node) {
            Kind::Object => {
                let named = |(key, _): &(u32, u32)| tape.string(*key) == part.as_str();
                tape.members(node).find(named)?.1
            }
            Kind::Array => tape.items(node).nth(part.parse().ok()?)?,
            _ => return None,
        };
    }
    Some(node)
}

/// A fragment of an address without `%` escapes.
fn unescaped(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(after.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &after[2..];
    }
    String::from_utf8(bytes).ok()
}

/// A place in a schema, whose words are those of the people who run the box.
pub fn place(tape: Tape<'_>, node: u32) -> String {
    walk(tape, node, None, |_| true)
}

/// A place in an answer, of which only `names` may be said.
pub fn path(names: &[String], tape: Tape<'_>, node: u32, child: Option<&str>) -> String {
    let known = |name: &str| {
        names
            .binary_search_by(|known| known.as_str().cmp(name))
            .is_ok()
    };
    walk(tape, node, child, known)
}

fn walk(tape: Tape<'_>, node: u32, child: Option<&str>, known: impl Fn(&str) -> bool) -> String {
    let mut out = String::new();
    let name = |out: &mut String, name: &str| {
        let plain = !name.chars().any(char::is_control);
        if plain && known(name) {
            *out += &format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        } else {
            out.push_str("/*");
        }
    };
    let mut at = 0;
    while at != node {
        let holds = |child: u32| (child..tape.node(child).next).contains(&node);
        if tape.kind(at) == Kind::Object {
            let mut members = tape.members(at);
            let Some((key, value)) = members.find(|(key, value)| *key == node || holds(*value))
            else {
                break;
            };
            name(&mut out, &tape.string(key));
            at = if key == node { key } else { value };
        } else {
            let mut items = tape.items(at).enumerate();
            let Some((index, item)) = items.find(|(_, item)| holds(*item)) else {
                break;
            };
            out += &format!("/{index}");
            at = item;
        }
    }
    if let Some(child) = child {
        name(&mut out, child);
    }
    if out.is_empty() {
        return "the top".to_owned();
    }
    if out.len() > SHOWN {
        out.truncate(out.floor_char_boundary(SHOWN));
        out.push('…');
    }
    out
}
