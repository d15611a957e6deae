//! Which lines are code: fences, under every reading that a renderer may have.
//!
//! Whether an indented fence belongs to a list item, which ends it, and whether a line with a tag
//! begins a block of HTML, in which fences mean nothing, takes a whole parser to say. Four
//! readings are kept instead; only what is code in all of them counts as code.

/// A fence's character and length.
type Fence = (u8, usize);

/// What the lines so far have opened.
#[derive(Clone, Default)]
pub struct Lines {
    /// Bit 0: indented fences open nothing; bit 1: blocks of HTML hide fences.
    readings: [Option<Fence>; 4],
    html: bool,
    /// The line begins with `|`, and the one before did.
    row: bool,
    row_before: bool,
}

/// What a line begins with.
pub enum Start {
    /// Too little is seen.
    More,
    /// A fence: the line is so long, its end left out.
    Fence(usize),
    /// A fence whose line does not end: its first character is so far in.
    Endless(usize),
    Other,
}

impl Lines {
    /// Whether this is code in every reading.
    pub fn code(&self) -> bool {
        self.readings.iter().all(Option::is_some)
    }

    /// Takes in the beginning of a line; `limit` bytes are looked at.
    pub fn begin(&mut self, line: &[u8], done: bool, limit: usize) -> Start {
        let indent = line
            .iter()
            .take(4)
            .take_while(|byte| **byte == b' ')
            .count();
        let rest = &line[indent..];
        let Some(first) = rest.first() else {
            return if done { Start::Other } else { Start::More };
        };
        let fence = indent <= 3 && matches!(first, b'`' | b'~');
        if !fence {
            if *first == b'<' && rest.len() < 2 && !done {
                return Start::More;
            }
            self.plain(indent, rest);
            return Start::Other;
        }
        let run = rest.iter().take_while(|byte| *byte == first).count();
        let end = line
            .iter()
            .take(limit)
            .position(|byte| matches!(byte, b'\n' | b'\r'));
        if run < 3 && (run < rest.len() || done) {
            self.plain(indent, rest);
            return Start::Other;
        }
        let end = match end {
            Some(end) => end,
            None if line.len() >= limit => return Start::Endless(indent),
            None if done => line.len(),
            None => return Start::More,
        };
        let info = &line[indent + run..end];
        let bare = info.iter().all(|byte| matches!(byte, b' ' | b'\t'));
        let opens = *first == b'~' || !info.contains(&b'`');
        let mut any = false;
        for (reading, state) in self.readings.iter_mut().enumerate() {
            match *state {
                Some((sign, length)) if sign == *first && run >= length && bare => {
                    *state = None;
                    any = true;
                }
                None if opens
                    && (indent == 0 || reading & 1 == 0)
                    && !(self.html && reading & 2 != 0) =>
                {
                    *state = Some((*first, run));
                    any = true;
                }
                _ => {}
            }
        }
        self.table(false);
        if any { Start::Fence(end) } else { Start::Other }
    }

    fn plain(&mut self, indent: usize, rest: &[u8]) {
        let blank = matches!(rest.first(), Some(b'\n' | b'\r'));
        let tag = rest
            .get(1)
            .is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'/');
        self.html = !blank && (self.html || (indent <= 3 && rest[0] == b'<' && tag));
        self.table(rest.first() == Some(&b'|'));
    }

    fn table(&mut self, row: bool) {
        self.row_before = std::mem::replace(&mut self.row, row);
    }

    /// What closes what is open at the end of `text`, whose last line is `line`.
    pub fn closing(&self, text_ends_line: bool, last: Option<u8>) -> Option<String> {
        if let Some((sign, length)) = self.readings[0] {
            let fence = String::from(char::from(sign)).repeat(length);
            return Some(if text_ends_line {
                fence
            } else {
                format!("\n{fence}")
            });
        }
        let open = self.row && self.row_before && !text_ends_line && last != Some(b'|');
        open.then(|| " |".to_owned())
    }
}
