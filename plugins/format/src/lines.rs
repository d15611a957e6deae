//! Which lines are code: fences, under every reading that a renderer may have.
//!
//! Whether an indented fence belongs to a list item, which ends it, and whether a line with a tag
//! begins a block of HTML, in which fences mean nothing, takes a whole parser to say; whether
//! formulas are read and how far a fence may be indented, each renderer decides. Sixteen readings
//! are kept instead; only what is code in all of them counts as code.

/// A fence's character and length.
type Fence = (u8, usize);

/// What the lines so far have opened.
#[derive(Clone, Default)]
pub struct Lines {
    /// Bit 0: indented fences open nothing; bit 1: blocks of HTML hide fences; bit 2: formulas do;
    /// bit 3: a line may be indented as far as it likes.
    readings: [Option<Fence>; 16],
    /// Whether a formula is open in a reading.
    formulas: [bool; 16],
    html: bool,
    /// The line begins with `|`, and the one before did.
    row: bool,
    row_before: bool,
}

/// What a line begins with.
pub enum Start {
    /// Too little is seen.
    More,
    /// A fence: its signs and blanks before, and the line, its end left out, are so long.
    Fence {
        signs: usize,
        length: usize,
    },
    /// A fence whose line does not end: its first character is so far in.
    Endless(usize),
    Other,
}

impl Lines {
    /// Whether this is code in every reading.
    pub fn code(&self) -> bool {
        self.readings.iter().all(Option::is_some)
    }

    /// Whether this may stand in a block of HTML.
    pub fn html(&self) -> bool {
        self.html
    }

    /// Takes in whether a tag begins a line, apart from what lists and quotes put before it.
    pub fn tag(&mut self, begins: bool) {
        self.html |= begins;
    }

    /// A line begins with a letter or a digit.
    pub fn words(&mut self) {
        self.table(false);
    }

    /// A line ends.
    pub fn ends(&mut self, blank: bool) {
        self.html &= !blank;
    }

    /// Takes in the beginning of a line; `limit` bytes are looked at.
    pub fn begin(&mut self, line: &[u8], done: bool, limit: usize) -> Start {
        let blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
        let indent = line.iter().take(limit).take_while(blank).count();
        let deep = indent > 3 || line[..indent].contains(&b'\t');
        let rest = &line[indent..];
        let Some(first) = rest.first() else {
            return if done || indent >= limit {
                Start::Other
            } else {
                Start::More
            };
        };
        let fence = indent < limit && matches!(first, b'`' | b'~');
        if !fence {
            // A formula that ends on its line hides no other.
            let seen = line.len().min(limit);
            let end = line[..seen]
                .iter()
                .position(|byte| matches!(byte, b'\n' | b'\r'));
            if *first == b'$' && !deep && end.is_none() && seen < limit && !done {
                return Start::More;
            }
            let words = &rest[..end.unwrap_or(seen).saturating_sub(indent)];
            if words.iter().filter(|byte| **byte == b'$').count() > 3 {
                self.table(false);
                return Start::Other;
            }
            self.plain(if deep { b"" } else { rest });
            return Start::Other;
        }
        let run = rest.iter().take_while(|byte| *byte == first).count();
        let end = line
            .iter()
            .take(limit)
            .position(|byte| matches!(byte, b'\n' | b'\r'));
        if run < 3 && (run < rest.len() || done) {
            self.plain(b"");
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
                _ if deep && reading & 8 == 0 => {}
                Some((sign, length)) if sign == *first && run >= length && bare => {
                    *state = None;
                    any = true;
                }
                None if opens
                    && (indent == 0 || reading & 1 == 0)
                    && !(self.html && reading & 2 != 0)
                    && !self.formulas[reading] =>
                {
                    *state = Some((*first, run));
                    any = true;
                }
                _ => {}
            }
        }
        self.table(false);
        if any {
            Start::Fence {
                signs: indent + run,
                length: end,
            }
        } else {
            Start::Other
        }
    }

    fn plain(&mut self, rest: &[u8]) {
        if rest.starts_with(b"$$") {
            let fences = self.readings.iter().zip(&mut self.formulas);
            for (reading, (fence, formula)) in fences.enumerate() {
                *formula ^= reading & 4 != 0 && fence.is_none();
            }
        }
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
