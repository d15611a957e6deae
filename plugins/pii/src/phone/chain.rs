//! Groups of digits that follow each other with little between them: what telephone numbers are
//! made of.

/// Groups of a chain that are looked at.
pub const MOST: usize = 24;
/// Groups that a number has at most.
pub const GROUPS: usize = 8;

/// One run of digits.
#[derive(Clone, Copy, Default)]
pub struct Group {
    /// Where its digits begin.
    pub start: usize,
    /// Where they end.
    pub end: usize,
    /// Stands in brackets.
    pub bracket: bool,
    /// What stands before it and behind the group before: a space, `-`, `.`, `/`, or `(` for
    /// nothing but brackets; of several the one that is no space.
    pub sign: u8,
}

impl Group {
    /// How many digits.
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Where it begins, with its bracket.
    pub fn outer(&self) -> usize {
        self.start - usize::from(self.bracket)
    }

    /// Where it ends, with its bracket.
    pub fn close(&self) -> usize {
        self.end + usize::from(self.bracket)
    }
}

/// A chain of groups, read once.
pub struct Chain {
    groups: [Group; MOST],
    count: usize,
    /// Stands behind `+`, which is here.
    pub plus: Option<usize>,
    /// Where reading ended.
    pub end: usize,
}

impl Default for Chain {
    fn default() -> Self {
        Chain {
            groups: [Group::default(); MOST],
            count: 0,
            plus: None,
            end: 0,
        }
    }
}

impl Chain {
    /// Reads the chain whose first digit, bracket or plus is at `at`, in place of what was here.
    pub fn read(&mut self, bytes: &[u8], at: usize) {
        (self.count, self.plus, self.end) = (0, None, at + 1);
        let mut at = at;
        if bytes[at] == b'+' {
            self.plus = Some(at);
            at += 1;
            at += usize::from(bytes.get(at) == Some(&b' '));
        }
        let mut sign = b' ';
        while self.count < MOST {
            let Some(mut group) = group(bytes, at) else {
                break;
            };
            group.sign = sign;
            self.end = group.close();
            self.groups[self.count] = group;
            self.count += 1;
            let Some((next, found)) = gap(bytes, self.end) else {
                break;
            };
            // Two runs without a sign are parted by a bracket.
            (at, sign) = (next, found);
        }
    }

    /// The groups.
    pub fn groups(&self) -> &[Group] {
        &self.groups[..self.count]
    }
}

fn group(bytes: &[u8], at: usize) -> Option<Group> {
    let bracket = bytes.get(at) == Some(&b'(');
    let start = at + usize::from(bracket);
    let len = bytes
        .get(start..)?
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let end = start + len;
    let closed = !bracket || len <= 5 && bytes.get(end) == Some(&b')');
    (len > 0 && closed).then_some(Group {
        start,
        end,
        bracket,
        sign: 0,
    })
}

/// Where the next group may begin and what parts it from the one before: at most one sign, with
/// a space on each side.
fn gap(bytes: &[u8], at: usize) -> Option<(usize, u8)> {
    let mut sign = b'(';
    let mut next = at;
    for _ in 0..3 {
        match bytes.get(next)? {
            b' ' if sign == b'(' => sign = b' ',
            b' ' => {}
            byte @ (b'-' | b'.' | b'/') if matches!(sign, b'(' | b' ') => sign = *byte,
            b'(' | b'0'..=b'9' => return Some((next, sign)),
            _ => return None,
        }
        next += 1;
    }
    matches!(bytes.get(next)?, b'(' | b'0'..=b'9').then_some((next, sign))
}
