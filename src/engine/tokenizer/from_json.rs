//! Tokenizers of `tokenizer.json`, the format of Hugging Face's `tokenizers`.

use super::special::Specials;
use super::{EngineError, Pieces, Spaces, Tokenizer, harmless};
use crate::engine::weights::brief;

impl Tokenizer {
    /// The tokenizer that these bytes describe. Truncation and padding that they ask for are left
    /// out: a text that does not fit is an error, and batches are padded by the model.
    pub(crate) fn from_json(bytes: &[u8]) -> Result<Self, EngineError> {
        let damaged = |error: tokenizers::Error| EngineError::Damaged {
            what: format!("tokenizer.json: {}", brief(&error.to_string())),
        };
        harmless::check(bytes)?;
        let mut inner = tokenizers::Tokenizer::from_bytes(bytes).map_err(damaged)?;
        inner.with_truncation(None).map_err(damaged)?;
        inner.with_padding(None);
        inner.set_encode_special_tokens(true);
        forget(&mut inner);
        let (before, after) = around(&inner).map_err(damaged)?;
        let pieces = Pieces::hidden(inner.get_vocab_size(true));
        Ok(Self {
            inner,
            spaces: Spaces::Plain,
            pieces,
            control: Specials::default(),
            markup: Specials::default(),
            spelled: Specials::default(),
            before,
            after,
            begin: None,
            end: None,
            ends: Vec::new(),
        })
    }
}

/// Takes away the cache of a unigram model: it would keep words of one person's text beyond their
/// request. WordPiece has none.
fn forget(inner: &mut tokenizers::Tokenizer) {
    if let tokenizers::ModelWrapper::Unigram(model) = inner.get_model() {
        let mut model = model.clone();
        model.resize_cache(0);
        inner.with_model(model);
    }
}

/// What the file's post-processor puts before and after a text.
pub(super) fn around(
    inner: &tokenizers::Tokenizer,
) -> Result<(Vec<u32>, Vec<u32>), tokenizers::Error> {
    let bare = inner.encode_fast("a", false)?;
    let whole = inner.encode_fast("a", true)?;
    let (bare, whole) = (bare.get_ids(), whole.get_ids());
    if bare.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let at = whole.windows(bare.len()).position(|window| window == bare);
    let at = at.ok_or("its post-processor changes the text")?;
    Ok((whole[..at].to_vec(), whole[at + bare.len()..].to_vec()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A WordPiece tokenizer as BERT models have it, with a truncation that must not happen.
    const SMALL: &str = r###"{
        "version": "1.0",
        "truncation": {"max_length": 4, "strategy": "LongestFirst", "stride": 0},
        "padding": {"strategy": {"Fixed": 8}, "direction": "Right", "pad_to_multiple_of": null,
                    "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"},
        "added_tokens": [
            {"id": 0, "special": true, "content": "[PAD]", "single_word": false,
             "lstrip": false, "rstrip": false, "normalized": false},
            {"id": 1, "special": true, "content": "[UNK]", "single_word": false,
             "lstrip": false, "rstrip": false, "normalized": false},
            {"id": 2, "special": true, "content": "[CLS]", "single_word": false,
             "lstrip": false, "rstrip": false, "normalized": false},
            {"id": 3, "special": true, "content": "[SEP]", "single_word": false,
             "lstrip": false, "rstrip": false, "normalized": false}],
        "normalizer": {"type": "BertNormalizer", "clean_text": true,
                       "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
                       {"Sequence": {"id": "A", "type_id": 0}},
                       {"SpecialToken": {"id": "[SEP]", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}},
                     {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]},
                               "[SEP]": {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}}},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100,
                  "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "spare": 4,
                            "im": 5, "##pel": 6, "##ler": 7, "[": 8, "]": 9, "sep": 10, "a": 11}}
    }"###;

    #[test]
    fn a_text_is_neither_cut_nor_padded_and_makes_no_control_token() {
        let tokenizer = Tokenizer::from_json(SMALL.as_bytes()).expect("a tokenizer");
        let whole = tokenizer
            .encode_whole("Spare impeller, a [SEP]")
            .expect("tokens");
        assert_eq!(whole, [2, 4, 5, 6, 7, 1, 11, 8, 10, 9, 3]);
        assert_eq!(tokenizer.around(), 2);
        assert_eq!(tokenizer.encode("spare").expect("tokens"), [4]);
        assert_eq!(tokenizer.encode_whole("").expect("tokens"), [2, 3]);
    }

    /// The pieces and scores of XLM-RoBERTa's kind, in which the multilingual E5 come; the numbers
    /// are those of Hugging Face's own library.
    #[test]
    fn a_unigram_model_takes_the_likeliest_pieces_and_keeps_no_text() {
        let special = |text: &str, id: u32| json!({"id": text, "ids": [id], "tokens": [text]});
        let space = json!({"type": "Metaspace", "replacement": "\u{2581}",
                           "prepend_scheme": "always", "split": true});
        let file = json!({
            "version": "1.0", "truncation": null, "padding": null, "normalizer": null,
            "added_tokens": [
                {"id": 0, "content": "<s>", "special": true, "single_word": false,
                 "lstrip": false, "rstrip": false, "normalized": false},
                {"id": 2, "content": "</s>", "special": true, "single_word": false,
                 "lstrip": false, "rstrip": false, "normalized": false}],
            "pre_tokenizer": {"type": "Sequence",
                              "pretokenizers": [{"type": "WhitespaceSplit"}, space]},
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                           {"Sequence": {"id": "A", "type_id": 0}},
                           {"SpecialToken": {"id": "</s>", "type_id": 0}}],
                "pair": [{"Sequence": {"id": "A", "type_id": 0}},
                         {"Sequence": {"id": "B", "type_id": 0}}],
                "special_tokens": {"<s>": special("<s>", 0), "</s>": special("</s>", 2)}},
            "decoder": space,
            "model": {"type": "Unigram", "unk_id": 3, "byte_fallback": false, "vocab": [
                ["<s>", 0.0], ["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0],
                ["\u{2581}spare", -5.0], ["\u{2581}im", -6.0], ["pell", -6.5], ["er", -4.0],
                ["peller", -10.0], ["\u{2581}query", -5.5], [":", -3.0], ["\u{2581}", -2.5],
                ["s", -3.5], ["p", -4.5]]},
        });
        let json = serde_json::to_vec(&file).expect("JSON");
        let tokenizer = Tokenizer::from_json(&json).expect("a tokenizer");
        for (text, tokens) in [
            ("query: spare impeller", vec![0, 9, 10, 4, 5, 8, 2]),
            ("\u{E9} spare", vec![0, 11, 3, 4, 2]),
            ("", vec![0, 2]),
        ] {
            assert_eq!(
                tokenizer.encode_whole(text).expect("tokens"),
                tokens,
                "{text}"
            );
        }
        assert_eq!((tokenizer.around(), tokenizer.vocabulary()), (2, 14));
    }

    #[test]
    fn a_damaged_file_is_an_error() {
        for bad in ["", "{}", "[1]", &SMALL[..200]] {
            assert!(matches!(
                Tokenizer::from_json(bad.as_bytes()),
                Err(EngineError::Damaged { .. })
            ));
        }
    }
}
