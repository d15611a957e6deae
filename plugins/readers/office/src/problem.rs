//! Why a file has no text, and how much a file may cost.

/// Why a file has no text. The words are for the person who uploaded it.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// There is no text in it.
    Empty,
    /// It is damaged, or not what its name says.
    Unreadable(String),
    /// It cannot be opened without its password.
    Encrypted,
}

impl Problem {
    /// A file that is damaged or not what its name says.
    pub fn unreadable(words: impl Into<String>) -> Problem {
        Problem::Unreadable(words.into())
    }
}

/// Refuses a file that has more of something than is read: an end that nobody is told of would
/// pass for the whole.
pub(crate) fn at_most(most: usize, count: usize, what: &str) -> Result<(), Problem> {
    match count > most {
        false => Ok(()),
        true => Err(Problem::unreadable(format!(
            "This file has more than {most} {what}, which is more than is read at once. Cut it into parts."
        ))),
    }
}

/// How much a file may cost. What goes beyond it is refused in words.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Bytes of all the entries of a package that are unpacked.
    pub unpacked_bytes: usize,
    /// Unpacked bytes for each byte of the file, beside one MiB.
    pub unpacked_ratio: usize,
    /// Bytes of the text that is read out.
    pub text_bytes: usize,
}

const MIB: usize = 1 << 20;

impl Default for Budget {
    fn default() -> Budget {
        Budget {
            unpacked_bytes: 64 * MIB,
            unpacked_ratio: 200,
            text_bytes: 16 * MIB,
        }
    }
}

impl Budget {
    /// The bytes that a file of this length may be unpacked to.
    pub fn unpacked(&self, packed: usize) -> usize {
        let grown = packed
            .saturating_mul(self.unpacked_ratio)
            .saturating_add(MIB);
        self.unpacked_bytes.min(grown)
    }
}
