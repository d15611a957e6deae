//! A text on its way through the guardrails, and where each piece of it came from.

use crate::domain::verdict::{Edit, Effect, Finding, Note, Side};

/// The text as the guardrails left it so far: pieces of the original, and replacements that
/// stand for pieces of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Draft {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq)]
struct Piece {
    /// Bytes of the draft.
    bytes: u32,
    /// Where they come from: bytes of the original text.
    start: u32,
    end: u32,
    /// A replacement is one thing: it is never cut.
    put: Option<Put>,
}

#[derive(Clone, Debug, PartialEq)]
struct Put {
    label: String,
    score: f32,
}

impl Draft {
    /// `text` as it came, beginning at byte `start` of the original.
    pub(super) fn original(text: String, start: u32) -> Self {
        let mut draft = Self {
            text,
            pieces: Vec::new(),
        };
        let bytes = offset(draft.text.len());
        if bytes > 0 {
            draft.pieces.push(Piece {
                bytes,
                start,
                end: start + bytes,
                put: None,
            });
        }
        draft
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Whether nothing stands here, not even a replacement by nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Puts `next`, which follows in the original, at the end.
    pub(super) fn append(&mut self, next: Draft) {
        self.text.push_str(&next.text);
        for piece in next.pieces {
            self.push(piece);
        }
    }

    /// The byte of the original at which it ends, if anything stands here.
    pub(super) fn end(&self) -> Option<u32> {
        self.pieces.last().map(|piece| piece.end)
    }

    /// What was replaced, in offsets of the original.
    pub(super) fn edits(&self) -> Vec<Edit> {
        let mut edits = Vec::new();
        let mut at = 0;
        for piece in &self.pieces {
            let end = at + piece.bytes as usize;
            if let Some(put) = &piece.put {
                edits.push(Edit {
                    start: piece.start,
                    end: piece.end,
                    replacement: self.text[at..end].to_owned(),
                    label: put.label.clone(),
                    score: put.score,
                });
            }
            at = end;
        }
        edits
    }

    /// The stretch of the original that bytes `start..end` of the draft stand for. A replacement
    /// that is touched counts as a whole.
    pub(super) fn origin(&self, start: u32, end: u32) -> (u32, u32) {
        let mut at = 0;
        let mut span: Option<(u32, u32)> = None;
        let mut before = self.pieces.first().map_or(0, |piece| piece.start);
        for piece in &self.pieces {
            let next = at + piece.bytes;
            if next > start && at < end {
                let (from, to) = piece.part(start.saturating_sub(at), end.min(next) - at);
                span = Some((span.map_or(from, |(first, _)| first), to));
            } else if next <= start {
                before = piece.end;
            }
            at = next;
        }
        span.unwrap_or((before, before))
    }

    /// What was found and left as it is, in offsets of the original. The notes were checked
    /// against [`Draft::text`].
    pub(super) fn noted(&self, notes: Vec<Note>, side: Side, guard: &str) -> Vec<Finding> {
        let finding = |note: Note| {
            let (start, end) = self.origin(note.start, note.end);
            Finding {
                side,
                guard: guard.to_owned(),
                label: note.label,
                document: None,
                start,
                end,
                score: note.score,
                outcome: Effect::Flagged,
            }
        };
        notes.into_iter().map(finding).collect()
    }

    /// Applies edits that were checked against [`Draft::text`] and says what was found, in
    /// offsets of the original. A replacement of an earlier guard that an edit touches is
    /// replaced as a whole.
    pub(super) fn apply(&mut self, edits: Vec<Edit>, side: Side, guard: &str) -> Vec<Finding> {
        if edits.is_empty() {
            return Vec::new();
        }
        let text = std::mem::take(&mut self.text);
        let mut source = Source::new(&text, std::mem::take(&mut self.pieces));
        let mut findings = Vec::with_capacity(edits.len());
        for edit in edits {
            self.append(source.take(edit.start));
            // An edit that begins within a replacement takes it with it, even when the edit
            // before has taken it already: then both replacements stand there.
            let hidden = source.swallow(edit.end);
            let (start, end) = match (hidden, self.pieces.last()) {
                (Some(span), _) => span,
                (None, Some(last)) => (last.start, last.end),
                (None, None) => continue,
            };
            findings.push(Finding {
                side,
                guard: guard.to_owned(),
                label: edit.label.clone(),
                document: None,
                start,
                end,
                score: edit.score,
                outcome: Effect::Redacted,
            });
            self.put(edit, (start, end), hidden.is_none());
        }
        self.append(source.rest());
        findings
    }

    /// Cuts off everything from byte `upto` on and returns what stood before it. A replacement
    /// that the cut would split stays behind, unless an edit up to byte `edited` touches it.
    pub(super) fn split_front(&mut self, upto: u32, edited: u32) -> Draft {
        let text = std::mem::take(&mut self.text);
        let mut source = Source::new(&text, std::mem::take(&mut self.pieces));
        let mut front = source.take(upto);
        if edited > source.at {
            let split = source.pieces.peek().map_or(0, |piece| piece.bytes);
            front.append(source.take(source.at + split));
        }
        *self = source.rest();
        front
    }

    fn put(&mut self, edit: Edit, (start, end): (u32, u32), join: bool) {
        let put = Some(Put {
            label: edit.label,
            score: edit.score,
        });
        self.text.push_str(&edit.replacement);
        let bytes = offset(edit.replacement.len());
        match self.pieces.last_mut() {
            Some(last) if join => last.bytes += bytes,
            _ => self.pieces.push(Piece {
                bytes,
                start,
                end,
                put,
            }),
        }
    }

    /// Adds a piece; untouched neighbours become one.
    fn push(&mut self, piece: Piece) {
        match self.pieces.last_mut() {
            Some(last) if last.put.is_none() && piece.put.is_none() && last.end == piece.start => {
                last.bytes += piece.bytes;
                last.end = piece.end;
            }
            _ => self.pieces.push(piece),
        }
    }
}

impl Piece {
    /// The stretch of the original behind bytes `start..end` of this piece.
    fn part(&self, start: u32, end: u32) -> (u32, u32) {
        match self.put {
            Some(_) => (self.start, self.end),
            None => (self.start + start, self.start + end),
        }
    }
}

/// A draft that is read from front to back.
struct Source<'a> {
    text: &'a str,
    pieces: std::iter::Peekable<std::vec::IntoIter<Piece>>,
    /// Byte of the old draft up to which it was read.
    at: u32,
}

impl<'a> Source<'a> {
    fn new(text: &'a str, pieces: Vec<Piece>) -> Self {
        Self {
            text,
            pieces: pieces.into_iter().peekable(),
            at: 0,
        }
    }

    /// What stands before byte `upto`; stops before a replacement that `upto` would split.
    fn take(&mut self, upto: u32) -> Draft {
        let mut draft = Draft::default();
        while let Some(piece) = self.next(upto) {
            let from = self.at as usize;
            self.at += piece.bytes;
            draft.text.push_str(&self.text[from..self.at as usize]);
            draft.push(piece);
        }
        draft
    }

    /// The next piece, or the part of it before `upto`.
    fn next(&mut self, upto: u32) -> Option<Piece> {
        let piece = self.pieces.peek_mut()?;
        let room = upto.saturating_sub(self.at);
        if piece.bytes <= room {
            return self.pieces.next();
        }
        if room == 0 || piece.put.is_some() {
            return None;
        }
        let front = Piece {
            bytes: room,
            start: piece.start,
            end: piece.start + room,
            put: None,
        };
        piece.bytes -= room;
        piece.start += room;
        Some(front)
    }

    /// Leaves out everything before byte `upto`, replacements that it touches included, and says
    /// which stretch of the original that was.
    fn swallow(&mut self, upto: u32) -> Option<(u32, u32)> {
        let mut span: Option<(u32, u32)> = None;
        while self.at < upto {
            let whole = self.pieces.peek().is_some_and(|piece| piece.put.is_some());
            let piece = if whole {
                self.pieces.next()
            } else {
                self.next(upto)
            };
            let Some(piece) = piece else { break };
            self.at += piece.bytes;
            span = Some((span.map_or(piece.start, |(first, _)| first), piece.end));
        }
        span
    }

    fn rest(mut self) -> Draft {
        self.take(u32::MAX)
    }
}

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("texts are at most a mebibyte and replacements are short")
}
