//! Cuts RTF into its controls and bytes.

/// One piece of RTF.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Control<'a> {
    Open,
    Close,
    /// `\*`: what follows may be unknown, and then is left out.
    Optional,
    /// `\par`, `\u8364`.
    Word(&'a str, Option<i32>),
    /// A control that is a sign: `\~`, `\{`.
    Sign(char),
    Byte(u8),
    /// `\'e4`
    Hex(u8),
    /// Bytes of a picture or the like, passed over.
    Binary,
}

/// The pieces of a file.
pub struct Controls<'a> {
    rest: &'a [u8],
}

impl<'a> Controls<'a> {
    /// Those of a file.
    pub fn new(bytes: &'a [u8]) -> Self {
        Controls { rest: bytes }
    }

    fn skip(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    /// What a backslash begins; it is passed already.
    fn control(&mut self) -> Option<Control<'a>> {
        let first = *self.rest.first()?;
        if first.is_ascii_alphabetic() {
            return Some(self.word());
        }
        self.skip(1);
        Some(match first {
            b'\'' => {
                let digit = |at: usize| char::from(*self.rest.get(at)?).to_digit(16);
                let byte = digit(0)
                    .zip(digit(1))
                    .map(|(high, low)| (high << 4 | low) as u8);
                if byte.is_some() {
                    self.skip(2);
                }
                Control::Hex(byte.unwrap_or(b'?'))
            }
            b'*' => Control::Optional,
            b'~' => Control::Sign(' '),
            b'_' => Control::Sign('\u{2011}'),
            b'\n' | b'\r' => Control::Word("par", None),
            b'\t' => Control::Word("tab", None),
            b'\\' | b'{' | b'}' => Control::Byte(first),
            // `\-` is where a word may be cut; others say nothing either.
            _ => Control::Word("", None),
        })
    }

    fn word(&mut self) -> Control<'a> {
        let length = self
            .rest
            .iter()
            .take_while(|b| b.is_ascii_alphabetic())
            .count();
        let word = std::str::from_utf8(&self.rest[..length]).unwrap_or_default();
        self.skip(length);
        let minus = usize::from(self.rest.first() == Some(&b'-'));
        let after = self.rest.get(minus..).unwrap_or_default();
        let digits = after.iter().take_while(|b| b.is_ascii_digit()).count();
        let number = (digits > 0).then(|| {
            let value = after[..digits].iter().fold(0i32, |value, digit| {
                value
                    .saturating_mul(10)
                    .saturating_add(i32::from(digit - b'0'))
            });
            if minus == 1 { -value } else { value }
        });
        if number.is_some() {
            self.skip(minus + digits);
        }
        if self.rest.first() == Some(&b' ') {
            self.skip(1);
        }
        if word == "bin" {
            self.skip(usize::try_from(number.unwrap_or_default()).unwrap_or_default());
            return Control::Binary;
        }
        Control::Word(word, number)
    }
}

impl<'a> Iterator for Controls<'a> {
    type Item = Control<'a>;

    fn next(&mut self) -> Option<Control<'a>> {
        loop {
            let byte = *self.rest.first()?;
            self.skip(1);
            match byte {
                b'{' => return Some(Control::Open),
                b'}' => return Some(Control::Close),
                b'\\' => return self.control(),
                b'\r' | b'\n' | 0 => {}
                byte => return Some(Control::Byte(byte)),
            }
        }
    }
}
