//! Whether a key comes twice in an object. What reads JSON does not agree on which of two counts,
//! so one that was checked may not be the one that is used.

use super::tape::{Node, Tape};

/// Room that is used again for each object.
#[derive(Default)]
pub struct Keys(Vec<(u64, u32)>);

impl Keys {
    /// Where a key begins that came before in the same object.
    pub fn twice(&mut self, text: &str, nodes: &[Node], object: u32) -> Option<usize> {
        let tape = Tape { text, nodes };
        self.0.clear();
        for (key, _) in tape.members(object) {
            self.0.push((hash(tape.string(key).as_bytes()), key));
        }
        self.0.sort_unstable();
        let same = self.0.chunk_by(|a, b| a.0 == b.0);
        let second = same
            .filter(|keys| keys.len() > 1)
            .filter_map(|keys| second(tape, keys))
            .min();
        second.map(|key| tape.node(key).start as usize)
    }
}

/// The first of these keys that equals one before it: hashes can be made to meet.
fn second(tape: Tape<'_>, keys: &[(u64, u32)]) -> Option<u32> {
    let mut said: Vec<_> = keys
        .iter()
        .map(|(_, key)| (tape.string(*key), *key))
        .collect();
    said.sort_unstable();
    let twice = said.windows(2).filter(|two| two[0].0 == two[1].0);
    twice.map(|two| two[1].1).min()
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::second;
    use crate::json::{Parser, Tape};

    #[test]
    fn keys_whose_hashes_meet_are_still_told_apart() {
        let text = r#"{"a":0,"b":0,"c":0}"#;
        let mut parser = Parser::new(0);
        parser.push(text).expect("it is JSON");
        let nodes = parser.nodes();
        let tape = Tape { text, nodes };
        assert_eq!(second(tape, &[(7, 1), (7, 3), (7, 5)]), None);
        assert_eq!(second(tape, &[(7, 1), (7, 3), (7, 5), (7, 3)]), Some(3));
    }
}
