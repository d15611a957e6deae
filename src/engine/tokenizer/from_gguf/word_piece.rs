//! WordPiece (Schuster and Nakajima 2012; as in Devlin et al. 2018, arXiv:1810.04805): a text is
//! cleaned, lowered and cut at spaces, signs and Chinese characters; each word is then taken from
//! the front by the longest piece known.
//!
//! Where BERT's own vocabularies mark a piece within a word by `##`, GGUF marks one that begins a
//! word by U+2581.

use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;

use super::{CONTROL, EngineError, Gguf, UNKNOWN, Vocab, damaged, id};

/// What BERT's vocabularies put before a piece within a word.
const WITHIN: &str = "##";
/// What GGUF puts before a piece that begins one.
const BEGINS: char = '\u{2581}';

/// The tokenizer of these tokens; it lowers letters and takes accents off, as all models that
/// come as GGUF want it.
pub(super) fn build(
    file: &Gguf,
    texts: &[String],
    types: &[i64],
) -> Result<tokenizers::Tokenizer, EngineError> {
    let unknown = id(file, "unknown_token_id", texts.len());
    let unknown = unknown.ok_or_else(|| damaged("it needs a token for unknown words"))? as usize;
    let mut vocab = Vocab::default();
    for (id, (text, kind)) in (0_u32..).zip(texts.iter().zip(types)) {
        let text = match text.strip_prefix(BEGINS) {
            Some(word) => word.to_owned(),
            None if matches!(*kind, CONTROL | UNKNOWN) || id as usize == unknown => text.clone(),
            None => format!("{WITHIN}{text}"),
        };
        vocab.entry(text).or_insert(id);
    }
    let model = WordPiece::builder()
        .vocab(vocab)
        .unk_token(texts[unknown].clone())
        .continuing_subword_prefix(WITHIN.to_owned())
        .build();
    let model = model.map_err(|error| damaged(&error.to_string()))?;
    let mut inner = tokenizers::Tokenizer::new(model);
    let lowered = inner.with_normalizer(Some(BertNormalizer::default()));
    lowered.map_err(|error| damaged(&error.to_string()))?;
    inner.with_pre_tokenizer(Some(BertPreTokenizer));
    Ok(inner)
}
