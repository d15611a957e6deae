//! Why a file has no text, in words for the person who uploaded it.

use crate::budget::Budget;
use crate::file::Broken;

/// Why a file has no text.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// There is none in it.
    Empty,
    /// It is damaged, or not what its name says; with words for the person who uploaded it.
    Unreadable(String),
    /// It cannot be opened without its password.
    Encrypted,
}

fn unreadable(words: &str) -> Trouble {
    Trouble::Unreadable(words.to_owned())
}

pub(crate) fn of_opening(broken: Broken, bytes: &[u8], budget: &Budget) -> Trouble {
    if let Err(trouble) = of_budget(budget) {
        return trouble;
    }
    match broken {
        Broken::Encrypted => Trouble::Encrypted,
        Broken::NotPdf if bytes.is_empty() => Trouble::Empty,
        Broken::NotPdf => unreadable(
            "This file is called a PDF but is none. Export it as PDF again, or upload it under the ending it has.",
        ),
        Broken::NoPages => unreadable(
            "This PDF is damaged: its pages cannot be found. Get it again from where it came, or print it into a new PDF.",
        ),
    }
}

pub(crate) fn of_budget(budget: &Budget) -> Result<(), Trouble> {
    match budget.spent() {
        Some(why) => Err(Trouble::Unreadable(format!(
            "This PDF is built in a way that is refused. {why} Print it into a new PDF."
        ))),
        None => Ok(()),
    }
}

pub(crate) fn too_long() -> Trouble {
    unreadable("This PDF has more than 16 MiB of text. Split it into parts.")
}

pub(crate) fn no_letters() -> Trouble {
    unreadable(
        "This PDF does not say which letters its signs stand for. Recognise its text (OCR) or export it again from the program that made it.",
    )
}

pub(crate) fn without_text(pictures: usize) -> Trouble {
    if pictures == 0 {
        return Trouble::Empty;
    }
    unreadable(
        "The pages of this PDF are pictures without text, as a scanner makes them. Recognise its text (OCR) and upload the result.",
    )
}
