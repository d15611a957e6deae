//! An answer that is to be one JSON value: white space around it, and a fence, which models like to
//! put there, are no part of it.

use std::ops::Range;

use crate::json::{Fault, Parser, Tape};

/// Bytes of the line that opens a fence, at most.
const LINE: usize = 32;

/// What has been read of an answer that nothing was released of.
pub struct Envelope {
    stage: Stage,
    at: usize,
    parser: Parser,
    fence: Option<Fence>,
    closed: Option<usize>,
}

enum Stage {
    Before,
    Inside,
    /// Where the fence that closes it begins.
    Closing(usize),
    After,
}

struct Fence {
    line: Range<usize>,
    sign: u8,
    length: usize,
}

impl Default for Envelope {
    fn default() -> Envelope {
        Envelope {
            stage: Stage::Before,
            at: 0,
            parser: Parser::new(0),
            fence: None,
            closed: None,
        }
    }
}

impl Envelope {
    /// Reads on in `text`, the answer so far.
    pub fn push(&mut self, text: &str) -> Result<(), Fault> {
        while self.at < text.len() {
            let moved = match self.stage {
                Stage::Before => self.before(text)?,
                Stage::Inside => self.inside(text)?,
                Stage::Closing(start) => self.closing(text, start)?,
                Stage::After => self.after(text)?,
            };
            if !moved {
                break;
            }
        }
        Ok(())
    }

    /// The answer is over: it is whole, and this is its value.
    pub fn finish<'a>(&'a mut self, text: &'a str) -> Result<Tape<'a>, Fault> {
        self.push(text)?;
        if let Stage::Closing(start) = self.stage {
            self.close(text, start)?;
        }
        if matches!(self.stage, Stage::Before) {
            let what = "it ends too early";
            return Err(Fault {
                at: text.len(),
                what,
            });
        }
        self.parser.finish(text)?;
        Ok(Tape {
            text,
            nodes: self.parser.nodes(),
        })
    }

    /// What of a whole answer is no JSON: the lines of the fence.
    pub fn around(&self) -> Vec<Range<usize>> {
        let end = self
            .parser
            .nodes()
            .first()
            .map_or(0, |node| node.end as usize);
        let front = self.fence.iter().map(|fence| fence.line.clone());
        front.chain(self.closed.map(|closed| end..closed)).collect()
    }

    fn before(&mut self, text: &str) -> Result<bool, Fault> {
        let rest = &text.as_bytes()[self.at..];
        let sign = match rest[0] {
            b' ' | b'\t' | b'\n' | b'\r' => {
                self.at += 1;
                return Ok(true);
            }
            sign @ (b'`' | b'~') => sign,
            _ => {
                self.enter(self.at);
                return Ok(true);
            }
        };
        let Some(length) = rest.iter().take(LINE).position(|byte| *byte == b'\n') else {
            return match rest.len() < LINE {
                true => Ok(false),
                false => self.no_value(),
            };
        };
        let run = rest.iter().take_while(|byte| **byte == sign).count();
        let info = rest[run..length].trim_ascii();
        if run < 3 || !(info.is_empty() || info.eq_ignore_ascii_case(b"json")) {
            return self.no_value();
        }
        self.fence = Some(Fence {
            line: self.at..self.at + length + 1,
            sign,
            length: run,
        });
        self.enter(self.at + length + 1);
        Ok(true)
    }

    fn no_value(&self) -> Result<bool, Fault> {
        let (at, what) = (self.at, "a value was expected");
        Err(Fault { at, what })
    }

    fn enter(&mut self, at: usize) {
        self.at = at;
        self.parser = Parser::new(at);
        self.stage = Stage::Inside;
    }

    fn inside(&mut self, text: &str) -> Result<bool, Fault> {
        self.at = self.parser.push(text)?;
        let Some(byte) = text.as_bytes().get(self.at) else {
            return Ok(false);
        };
        self.stage = match &self.fence {
            Some(fence) if fence.sign == *byte => Stage::Closing(self.at),
            _ => Stage::After,
        };
        Ok(true)
    }

    fn closing(&mut self, text: &str, start: usize) -> Result<bool, Fault> {
        let fence = self.fence.as_ref().map(|fence| fence.sign);
        if text.as_bytes().get(self.at).copied() == fence {
            self.at += 1;
        } else {
            self.close(text, start)?;
        }
        Ok(true)
    }

    fn close(&mut self, text: &str, start: usize) -> Result<(), Fault> {
        let length = self.fence.as_ref().map_or(0, |fence| fence.length);
        if self.at - start < length {
            self.at = start;
            self.after(text)?;
        }
        self.closed = Some(self.at);
        self.stage = Stage::After;
        Ok(())
    }

    fn after(&mut self, text: &str) -> Result<bool, Fault> {
        match text.as_bytes()[self.at] {
            b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
            _ => {
                let (at, what) = (self.at, "something stands behind the value");
                return Err(Fault { at, what });
            }
        }
        Ok(true)
    }
}
