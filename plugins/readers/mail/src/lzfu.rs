//! Compressed RTF of mails (MS-OXRTFCP).

/// What the window holds before the first byte.
const BEFORE: &[u8] = b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

const WINDOW: usize = 4096;

/// The RTF; `None` if it is not such a text. At most `most` bytes are made.
pub fn unpack(bytes: &[u8], most: usize) -> Option<Vec<u8>> {
    let kind = bytes.get(8..12)?;
    let packed = bytes.get(16..)?;
    match kind {
        b"MELA" => return Some(packed[..packed.len().min(most)].to_vec()),
        b"LZFu" => {}
        _ => return None,
    }
    let mut window = [b' '; WINDOW];
    window[..BEFORE.len()].copy_from_slice(BEFORE);
    let mut at = BEFORE.len();
    let mut out = Vec::new();
    let mut input = packed.iter().copied();
    while let Some(flags) = input.next() {
        for bit in 0..8 {
            if out.len() >= most {
                return Some(out);
            }
            let Some(first) = input.next() else {
                return Some(out);
            };
            if flags & 1 << bit == 0 {
                window[at % WINDOW] = first;
                at += 1;
                out.push(first);
                continue;
            }
            let Some(second) = input.next() else {
                return Some(out);
            };
            let reference = usize::from(first) << 8 | usize::from(second);
            let from = reference >> 4;
            // A reference to where the window ends is the end.
            if from == at % WINDOW {
                return Some(out);
            }
            for step in 0..(reference & 15) + 2 {
                let byte = window[(from + step) % WINDOW];
                window[at % WINDOW] = byte;
                at += 1;
                out.push(byte);
            }
        }
    }
    Some(out)
}
