//! Puts a sentence into a document.

/// Where it goes.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// Before everything, on a line of its own.
    Start,
    /// Between two sentences or lines.
    Middle,
    /// Behind everything, on a line of its own.
    End,
}

impl Place {
    /// Every place.
    pub const ALL: [Place; 3] = [Place::Start, Place::Middle, Place::End];
}

/// The document with the sentence in it; `lot` picks the gap of the middle.
pub fn into(document: &str, sentence: &str, place: Place, lot: usize) -> String {
    match place {
        Place::Start => format!("{sentence}\n{document}"),
        Place::End => format!("{document}\n{sentence}"),
        Place::Middle => {
            let gaps = gaps(document);
            let Some(at) = gaps.get(lot % gaps.len().max(1)) else {
                return format!("{document}\n{sentence}");
            };
            let (before, after) = document.split_at(*at);
            let joint = if before.ends_with('\n') { "\n" } else { " " };
            format!("{before}{sentence}{joint}{after}")
        }
    }
}

/// Behind the ends of sentences and lines, but for the last.
fn gaps(document: &str) -> Vec<usize> {
    let bytes = document.as_bytes();
    (1..document.len().saturating_sub(1))
        .filter(|at| {
            let end = matches!(bytes[at - 1], b' ')
                && *at > 1
                && matches!(bytes[at - 2], b'.' | b'!' | b'?');
            end || bytes[at - 1] == b'\n'
        })
        .collect()
}
