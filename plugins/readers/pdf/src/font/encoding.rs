//! The encodings that have names (annex D): codes to letters.

/// One of the encodings of annex D.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Base {
    Standard,
    WinAnsi,
    MacRoman,
    Symbol,
    Dingbats,
}

impl Base {
    pub(super) fn named(name: &[u8]) -> Option<Base> {
        match name {
            b"WinAnsiEncoding" => Some(Base::WinAnsi),
            b"MacRomanEncoding" | b"MacExpertEncoding" => Some(Base::MacRoman),
            b"StandardEncoding" => Some(Base::Standard),
            _ => None,
        }
    }

    pub(super) fn letter(self, code: u8) -> Option<char> {
        let ascii = (32..127).contains(&code).then_some(code as char);
        match self {
            Base::WinAnsi => ascii.or_else(|| at(WIN_ANSI, code, 128)),
            Base::MacRoman => ascii.or_else(|| at(MAC_ROMAN, code, 128)),
            Base::Standard => match code {
                b'\'' => Some('’'),
                b'`' => Some('‘'),
                _ => ascii.or_else(|| at(STANDARD, code, 161)),
            },
            Base::Symbol => match code {
                b'A'..=b'Z' => at("ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ", code, b'A'),
                b'a'..=b'z' => at("αβχδεφγηιϕκλμνοπθρστυϖωξψζ", code, b'a'),
                b'"' => Some('∀'),
                b'$' => Some('∃'),
                b'@' => Some('≅'),
                b'-' => Some('−'),
                _ => ascii.or_else(|| at(SYMBOL, code, 161)),
            },
            Base::Dingbats => match code {
                b'3' | b'4' => Some('✓'),
                b'5'..=b'8' => Some('✗'),
                b'H' => Some('★'),
                b'l' => Some('●'),
                b'n' => Some('■'),
                b'o'..=b'r' => Some('❏'),
                _ => ascii.map(|_| '•').filter(|_| code != 32).or(ascii),
            },
        }
    }
}

/// The letter of a code in a list that begins at `first`; a blank in it is no letter.
fn at(list: &str, code: u8, first: u8) -> Option<char> {
    let at = usize::from(code.checked_sub(first)?);
    list.chars().nth(at).filter(|sign| *sign != '\u{fffd}')
}

/// Codes 128 to 255; the five that are free are bullets (annex D.2, note 3).
const WIN_ANSI: &str = "\
     €•‚ƒ„…†‡ˆ‰Š‹Œ•Ž••‘’“”•–—˜™š›œ•žŸ ¡¢£¤¥¦§¨©ª«¬-®¯°±²³´µ¶·¸¹º»¼½¾¿ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖ×\
     ØÙÚÛÜÝÞßàáâãäåæçèéêëìíîïðñòóôõö÷øùúûüýþÿ";

/// Codes 128 to 255.
const MAC_ROMAN: &str = "\
     ÄÅÇÉÑÖÜáàâäãåçéèêëíìîïñóòôöõúùûü†°¢£§•¶ß®©™´¨≠ÆØ∞±≤≥¥µ∂∑∏π∫ªºΩæø¿¡¬√ƒ≈∆«»… ÀÃÕŒœ–—“”‘’÷◊\
     ÿŸ⁄€‹›ﬁﬂ‡·‚„‰ÂÊÁËÈÍÎÏÌÓÔ\u{fffd}ÒÚÛÙıˆ˜¯˘˙˚¸˝˛ˇ";

/// Codes 161 to 255.
const STANDARD: &str = "\
     ¡¢£⁄¥ƒ§¤'“«‹›ﬁﬂ\u{fffd}–†‡·\u{fffd}¶•‚„”»…‰\u{fffd}¿\u{fffd}`´ˆ˜¯˘˙¨\u{fffd}˚¸\u{fffd}˝˛\
     ˇ—\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\
     \u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}Æ\u{fffd}ª\u{fffd}\u{fffd}\u{fffd}\
     \u{fffd}ŁØŒº\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}æ\u{fffd}\u{fffd}\u{fffd}ı\u{fffd}\
     \u{fffd}łøœß\u{fffd}\u{fffd}\u{fffd}\u{fffd}";

/// Codes 161 to 255.
const SYMBOL: &str = "\
     ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…\u{fffd}\u{fffd}\u{fffd}ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©\
     ™∑\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\
     \u{fffd}\u{fffd}∫\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}\
     \u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}";
