//! Language: which language a text is written in, as far as its letters tell.

use std::borrow::Cow;

use whatlang::Lang;

/// Bytes that are looked at from the start of a text, and from its middle: what stands first is
/// often a title page in another language, or a table of names.
const START: usize = 8 << 10;
const MIDDLE: usize = 4 << 10;
/// Letters that a text must have: what is shorter has too few pairs and triples to tell by.
const LETTERS: usize = 40;

/// A language, by its two letters in ISO 639-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Language(&'static str);

impl Language {
    /// The language of a text; none if it is short, of several languages or of no language.
    pub(super) fn of(text: &str) -> Option<Self> {
        let sample = sample(text);
        let letters = sample.chars().filter(|c| c.is_alphabetic());
        if letters.take(LETTERS).count() < LETTERS {
            return None;
        }
        let told = whatlang::detect(&sample)?;
        let (_, code) = CODES.iter().find(|(lang, _)| *lang == told.lang())?;
        // A sentence is too short for one to be sure, but not for two to be right when they agree.
        let agreed = || {
            let second = whichlang::detect_language(&sample);
            second.three_letter_code() == told.lang().code()
        };
        (told.is_reliable() || agreed()).then_some(Self(code))
    }

    /// Its two letters.
    pub(super) fn code(self) -> &'static str {
        self.0
    }

    /// The language of two letters, if it is one that texts are told by.
    pub(super) fn from_code(code: &str) -> Option<Self> {
        let (_, code) = CODES.iter().find(|(_, known)| *known == code)?;
        Some(Self(code))
    }
}

/// The start of a text and a part of its middle.
fn sample(text: &str) -> Cow<'_, str> {
    if text.len() <= START + MIDDLE {
        return text.into();
    }
    let from = text.floor_char_boundary((text.len() / 2).max(START));
    let to = text.floor_char_boundary(from + MIDDLE);
    let start = &text[..text.floor_char_boundary(START)];
    format!("{start} {}", &text[from..to]).into()
}

/// Every language that is told by its letters with its code.
const CODES: [(Lang, &str); 70] = [
    (Lang::Afr, "af"),
    (Lang::Aka, "ak"),
    (Lang::Amh, "am"),
    (Lang::Ara, "ar"),
    (Lang::Aze, "az"),
    (Lang::Bel, "be"),
    (Lang::Ben, "bn"),
    (Lang::Bul, "bg"),
    (Lang::Cat, "ca"),
    (Lang::Ces, "cs"),
    (Lang::Cmn, "zh"),
    (Lang::Cym, "cy"),
    (Lang::Dan, "da"),
    (Lang::Deu, "de"),
    (Lang::Ell, "el"),
    (Lang::Eng, "en"),
    (Lang::Epo, "eo"),
    (Lang::Est, "et"),
    (Lang::Fin, "fi"),
    (Lang::Fra, "fr"),
    (Lang::Guj, "gu"),
    (Lang::Heb, "he"),
    (Lang::Hin, "hi"),
    (Lang::Hrv, "hr"),
    (Lang::Hun, "hu"),
    (Lang::Hye, "hy"),
    (Lang::Ind, "id"),
    (Lang::Ita, "it"),
    (Lang::Jav, "jv"),
    (Lang::Jpn, "ja"),
    (Lang::Kan, "kn"),
    (Lang::Kat, "ka"),
    (Lang::Khm, "km"),
    (Lang::Kor, "ko"),
    (Lang::Lat, "la"),
    (Lang::Lav, "lv"),
    (Lang::Lit, "lt"),
    (Lang::Mal, "ml"),
    (Lang::Mar, "mr"),
    (Lang::Mkd, "mk"),
    (Lang::Mya, "my"),
    (Lang::Nep, "ne"),
    (Lang::Nld, "nl"),
    (Lang::Nob, "nb"),
    (Lang::Ori, "or"),
    (Lang::Pan, "pa"),
    (Lang::Pes, "fa"),
    (Lang::Pol, "pl"),
    (Lang::Por, "pt"),
    (Lang::Ron, "ro"),
    (Lang::Rus, "ru"),
    (Lang::Sin, "si"),
    (Lang::Slk, "sk"),
    (Lang::Slv, "sl"),
    (Lang::Sna, "sn"),
    (Lang::Spa, "es"),
    (Lang::Srp, "sr"),
    (Lang::Swe, "sv"),
    (Lang::Tam, "ta"),
    (Lang::Tel, "te"),
    (Lang::Tgl, "tl"),
    (Lang::Tha, "th"),
    (Lang::Tuk, "tk"),
    (Lang::Tur, "tr"),
    (Lang::Ukr, "uk"),
    (Lang::Urd, "ur"),
    (Lang::Uzb, "uz"),
    (Lang::Vie, "vi"),
    (Lang::Yid, "yi"),
    (Lang::Zul, "zu"),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_told_by_their_letters() {
        for (code, text) in [
            (
                "en",
                "The spare impeller is kept in cabinet seven, behind the compressor.",
            ),
            (
                "de",
                "Das Ersatzlaufrad liegt im Schrank sieben, gleich hinter dem Verdichter.",
            ),
            (
                "fr",
                "La roue de rechange est rangée dans l'armoire sept, derrière le compresseur.",
            ),
            (
                "es",
                "El impulsor de repuesto se guarda en el armario siete, detrás del compresor.",
            ),
            (
                "it",
                "La girante di ricambio si trova nell'armadio sette, dietro il compressore.",
            ),
            (
                "pl",
                "Zapasowy wirnik jest przechowywany w szafie numer siedem, za sprężarką.",
            ),
            (
                "ru",
                "Запасное рабочее колесо хранится в шкафу номер семь, за компрессором.",
            ),
            (
                "el",
                "Η εφεδρική πτερωτή φυλάσσεται στο ντουλάπι επτά, πίσω από τον συμπιεστή.",
            ),
            (
                "ar",
                "يتم الاحتفاظ بالدفاعة الاحتياطية في الخزانة السابعة خلف الضاغط الكبير.",
            ),
            (
                "ko",
                "예비 임펠러는 압축기 뒤에 있는 일곱 번째 캐비닛에 보관되어 있습니다 그리고 열쇠는 사무실에 있습니다.",
            ),
            (
                "ja",
                "予備のインペラーは、コンプレッサーの後ろにある七番目のキャビネットに保管されています。鍵は事務所にあります。",
            ),
            (
                "zh",
                "备用叶轮存放在压缩机后面的七号柜子里，钥匙在办公室的抽屉里，夜班从晚上十点开始，白班从早上六点开始。",
            ),
            (
                "th",
                "ใบพัดสำรองเก็บไว้ในตู้หมายเลขเจ็ดหลังเครื่องอัดอากาศและกุญแจอยู่ที่สำนักงาน",
            ),
        ] {
            assert_eq!(Language::of(text).map(Language::code), Some(code), "{text}");
        }
    }

    #[test]
    fn what_is_short_or_no_language_is_not_told() {
        for text in ["", "Pumpe", "12 345 678", "Q-19 A-7/3 ISO-9001", "… — !"] {
            assert_eq!(Language::of(text), None, "{text}");
        }
        assert_eq!(Language::of(&"0123456789 ".repeat(10_000)), None);
    }

    #[test]
    fn a_long_text_is_told_by_its_start_and_its_middle() {
        let names = "Zzyzx Qwghlm Xkcd Brrr\n".repeat(500);
        let german =
            "Das Ersatzlaufrad liegt im Schrank, gleich hinter dem Verdichter. ".repeat(1000);
        let text = format!("{german}{names}{names}");
        assert_eq!(Language::of(&text).map(Language::code), Some("de"));
        let looked = sample(&text);
        assert!(looked.len() <= START + MIDDLE + 1, "{}", looked.len());
    }

    #[test]
    fn every_language_has_its_code() {
        assert_eq!(CODES.len(), Lang::all().len());
        for lang in Lang::all() {
            let (_, code) = CODES
                .iter()
                .find(|(known, _)| known == lang)
                .expect("a code");
            assert_eq!(code.len(), 2);
            assert_eq!(Language::from_code(code).map(Language::code), Some(*code));
        }
        assert_eq!(Language::from_code("xx"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_looked_at(text in "\\PC{0,300}", times in 1usize..200) {
            let text = text.repeat(times);
            prop_assert!(sample(&text).len() <= START + MIDDLE + 1);
            Language::of(&text);
        }
    }
}
