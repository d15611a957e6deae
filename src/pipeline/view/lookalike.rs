//! Which characters look like which, and which cannot be seen.
//!
//! Letters after Unicode's confusables.txt (UTS #39, revision 30), the part that leads to ASCII
//! letters from scripts and styles people can type; single characters only. Small capitals and
//! framed letters are not in it and were added: they are the usual disguise on the web.

/// The ASCII character that `c` looks like, or `c` itself. `c` has been through NFKC, so there
/// are no full-width or mathematical letters left.
pub(super) fn fold(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    latin(c)
        .or_else(|| digit(c))
        .or_else(|| framed(c))
        .or_else(|| sign(c))
        .unwrap_or(c)
}

/// Takes up no space on a screen, or only steers how others are shown.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}'..='\u{84}'
        | '\u{86}'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// A mark that no letter took up: strokes through and heaps above and below a word.
pub(super) fn is_loose_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Ligatures that NFKC makes a whole sentence of; they stay as they are.
pub(super) fn is_unfolded(c: char) -> bool {
    matches!(c, '\u{fdfa}' | '\u{fdfb}')
}

#[rustfmt::skip]
fn latin(c: char) -> Option<char> {
    Some(match c {
        'а' | 'ɑ' | 'α' | 'ᴀ' | '⍺' => 'a',
        'Ь' | 'ь' | 'ʙ' | 'Ƅ' | 'ƅ' => 'b',
        'с' | 'ᴄ' | 'ⲥ' | 'ꮯ' => 'c',
        'ԁ' | 'ᴅ' | 'ꮷ' => 'd',
        'е' | 'ҽ' | 'ᴇ' | 'ꬲ' | '℮' => 'e',
        'ꜰ' | 'ꬵ' | 'ẝ' | 'ք' => 'f',
        'ɡ' | 'ɢ' | 'ց' | 'ᶃ' | 'ƍ' => 'g',
        'һ' | 'ʜ' | 'հ' | 'Ꮒ' => 'h',
        'і' | 'ı' | 'ɩ' | 'ɪ' | 'ι' | 'ӏ' | 'ꙇ' | 'ꭵ' | '⍳' => 'i',
        'ј' | 'ϳ' | 'ȷ' | 'ᴊ' | 'յ' => 'j',
        'к' | 'κ' | 'ᴋ' | 'ĸ' => 'k',
        'ʟ' | 'ǀ' | 'ו' => 'l',
        'м' | 'ᴍ' => 'm',
        'п' | 'ɴ' | 'ո' | 'ռ' | 'η' => 'n',
        'о' | 'ο' | 'σ' | 'ᴏ' | 'օ' | 'ⲟ' | 'ס' | 'ഠ' | 'ჿ' => 'o',
        'р' | 'ρ' | 'ᴘ' | 'ⲣ' | '⍴' => 'p',
        'ԛ' | 'զ' | 'գ' | 'ǫ' => 'q',
        'г' | 'ʀ' | 'ᴦ' | 'ⲅ' | 'ꭇ' | 'ꭈ' => 'r',
        'ѕ' | 'ꜱ' | 'ƽ' | 'ꮪ' => 's',
        'т' | 'τ' | 'ᴛ' => 't',
        'ս' | 'υ' | 'ᴜ' | 'ʋ' | 'ꞟ' => 'u',
        'ѵ' | 'ν' | 'ᴠ' | 'ט' => 'v',
        'ԝ' | 'ѡ' | 'ω' | 'ա' | 'ᴡ' | 'ɯ' => 'w',
        'х' | 'χ' | '×' | '᙮' => 'x',
        'у' | 'ү' | 'γ' | 'ʏ' | 'ყ' | 'ỿ' | 'ɣ' => 'y',
        'ᴢ' | 'ꮓ' => 'z',
        'А' | 'Α' | 'Ꭺ' | 'ꓮ' => 'A',
        'В' | 'Β' | 'Ᏼ' | 'ꓐ' => 'B',
        'С' | 'Ꮯ' | 'ꓚ' | 'Ⲥ' => 'C',
        'Ꭰ' | 'ꓓ' | 'Ԁ' => 'D',
        'Е' | 'Ε' | 'Ꭼ' | 'ꓰ' => 'E',
        'Ϝ' | 'ꓝ' | 'Ꞙ' => 'F',
        'Ԍ' | 'Ꮐ' | 'ꓖ' => 'G',
        'Н' | 'Η' | 'Ꮋ' | 'ꓧ' | 'Ⲏ' => 'H',
        'І' | 'Ι' | 'Ӏ' | 'Ꮖ' | 'ꓲ' | 'Ⲓ' => 'I',
        'Ј' | 'Ϳ' | 'Ꭻ' | 'ꓙ' => 'J',
        'К' | 'Κ' | 'Ꮶ' | 'ꓗ' | 'Ⲕ' => 'K',
        'Ꮮ' | 'ꓡ' | 'Լ' => 'L',
        'М' | 'Μ' | 'Ꮇ' | 'ꓟ' | 'Ⲙ' => 'M',
        'Ν' | 'ꓠ' | 'Ⲛ' => 'N',
        'О' | 'Ο' | 'Օ' | 'ꓳ' | 'Ⲟ' => 'O',
        'Р' | 'Ρ' | 'Ꮲ' | 'ꓑ' | 'Ⲣ' => 'P',
        'Ԛ' => 'Q',
        'Ꭱ' | 'ꓣ' => 'R',
        'Ѕ' | 'Տ' | 'Ꮪ' | 'ꓢ' => 'S',
        'Т' | 'Τ' | 'Ꭲ' | 'ꓔ' | 'Ⲧ' => 'T',
        'Ս' | 'ꓴ' => 'U',
        'Ѵ' | 'Ꮩ' | 'ꓦ' => 'V',
        'Ԝ' | 'Ꮃ' | 'ꓪ' => 'W',
        'Х' | 'Χ' | 'ꓫ' | 'Ⲭ' => 'X',
        'У' | 'Υ' | 'Ү' | 'Ꮍ' | 'ꓬ' | 'Ⲩ' => 'Y',
        'Ζ' | 'Ꮓ' | 'ꓜ' => 'Z',
        _ => return None,
    })
}

/// Decimal digits of other scripts, by the code point of their zero.
fn digit(c: char) -> Option<char> {
    const ZEROS: [char; 22] = [
        '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}',
        '\u{be6}', '\u{c66}', '\u{ce6}', '\u{d66}', '\u{de6}', '\u{e50}', '\u{ed0}', '\u{f20}',
        '\u{1040}', '\u{17e0}', '\u{1810}', '\u{19d0}', '\u{1b50}', '\u{1bb0}',
    ];
    let zero = ZEROS[..ZEROS.partition_point(|&zero| zero <= c)].last()?;
    char::from_digit(c as u32 - *zero as u32, 10)
}

/// Letters in black circles and squares, and the letters that flags are written with.
fn framed(c: char) -> Option<char> {
    let nth = match c {
        '\u{1f150}'..='\u{1f169}' => c as u32 - 0x1f150,
        '\u{1f170}'..='\u{1f189}' => c as u32 - 0x1f170,
        '\u{1f1e6}'..='\u{1f1ff}' => c as u32 - 0x1f1e6,
        _ => return None,
    };
    char::from_u32('A' as u32 + nth)
}

/// Punctuation and spaces that look like those on a keyboard.
fn sign(c: char) -> Option<char> {
    Some(match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' | '\u{2796}' => '-',
        '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{2b9}' | '\u{2bc}' | '\u{55a}' => '\'',
        '\u{201c}'..='\u{201f}' | '\u{2033}' | '\u{2ba}' => '"',
        '\u{2044}' | '\u{2215}' | '\u{29f8}' => '/',
        '\u{3002}' | '\u{6d4}' | '\u{a4f8}' => '.',
        '\u{2236}' | '\u{a789}' | '\u{2d0}' | '\u{5c3}' => ':',
        '\u{1680}' | '\u{2800}' => ' ',
        '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        _ => return None,
    })
}
