//! Whether a pair of backticks is code in every reading. A formula, an address, a title, a tag or a
//! span that began a line before may hold the first of them; then the second begins code that hides
//! nothing here. A blank line ends all doubt, for nothing within lines reaches across it.

/// What lists and quotes put before the words of a line.
const MARKS: &[u8] = b" \t>-*+.)0123456789";

/// What the paragraph so far leaves open.
#[derive(Default)]
pub struct Doubt {
    /// The byte before.
    pub before: u8,
    /// An address that stands by itself may go on.
    pub address: bool,
    sure_of_nothing: bool,
    /// The target of a link, a tag may go on; in quotes their end is not seen.
    link: bool,
    tag: bool,
    quoted: bool,
    /// Nothing but blanks, nothing but marks was seen of the line.
    blank: bool,
    marks: bool,
}

impl Doubt {
    /// A line begins.
    pub fn begins(&mut self) {
        (self.blank, self.marks) = (true, true);
    }

    /// A line ends; whether it was blank.
    pub fn ends(&mut self) -> bool {
        self.address = false;
        if self.blank {
            (self.sure_of_nothing, self.link, self.tag, self.quoted) = Default::default();
        }
        self.blank
    }

    /// Takes in what stands within a line.
    pub fn took(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let blank = matches!(byte, b' ' | b'\t');
            self.blank &= blank;
            self.marks &= MARKS.contains(byte);
            match byte {
                b'$' => self.sure_of_nothing = true,
                b' ' | b'\t' | b'<' => self.address = false,
                b'"' | b'\'' => self.quoted |= self.link || self.tag,
                b'(' => self.quoted |= self.link && self.before <= b' ',
                b')' if !self.quoted => self.link = false,
                // What a footnote says begins as a line does.
                b':' if self.before == b']' => self.marks = true,
                b'>' if !self.quoted => self.tag = false,
                _ => {}
            }
            self.before = *byte;
        }
    }

    /// Takes in letters, digits, blanks, commas and stops, where no address is open.
    pub fn words(&mut self, bytes: &[u8]) {
        if self.blank || self.marks {
            self.took(bytes);
        }
        self.before = bytes.last().copied().unwrap_or(self.before);
    }

    /// Takes in what was replaced: what it seemed to end may not have ended.
    pub fn replaced(&mut self, bytes: &[u8]) {
        let (link, tag) = (self.link, self.tag);
        self.took(bytes);
        (self.link, self.tag) = (link, tag);
    }

    /// The target of a link begins.
    pub fn link(&mut self) {
        self.link = true;
    }

    /// A tag begins; whether it begins its line, and so perhaps a block of HTML.
    pub fn tag(&mut self) -> bool {
        self.tag = true;
        self.marks
    }

    /// Backticks are not closed within sight; they may be later.
    pub fn unclosed(&mut self) {
        self.sure_of_nothing = true;
    }

    /// A code span would begin here; whether it is one for sure.
    pub fn span(&mut self) -> bool {
        self.sure_of_nothing |= self.address || self.link || self.tag;
        !self.sure_of_nothing
    }
}
