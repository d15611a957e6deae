//! `POST /v1/embeddings`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use poem::{Request, Response, handler};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{JsonBody, answer, unsupported, wrong};
use crate::api::identity::{self, Signed};
use crate::api::problem::Problem;
use crate::engine::Engine;

/// Texts of one request, at most, as at OpenAI.
const INPUTS: usize = 2048;

/// What a client asks. Unknown fields are ignored.
#[derive(Deserialize)]
pub(super) struct EmbeddingRequest {
    model: String,
    input: Input,
    encoding_format: Option<String>,
    dimensions: Option<u32>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    Text(String),
    Texts(Vec<String>),
    Tokens(Vec<u32>),
    ManyTokens(Vec<Vec<u32>>),
}

#[derive(Clone, Copy)]
enum Encoding {
    Float,
    Base64,
}

#[handler]
pub(in crate::api) async fn create(
    request: &Request,
    Signed(who): Signed,
    JsonBody(wanted): JsonBody<EmbeddingRequest>,
) -> Result<Response, Problem> {
    let shared = identity::shared(request);
    let encoding = encoding(wanted.encoding_format.as_deref())?;
    check_dimensions(&shared.engine, &wanted)?;
    let texts = texts(wanted.input)?;
    let made = shared.chat.embed(&who, Some(&wanted.model), texts).await?;
    let vectors = made.vectors.iter().enumerate();
    let data: Vec<Value> = vectors
        .map(|(index, vector)| {
            let vector = encode(vector, encoding);
            json!({ "object": "embedding", "index": index, "embedding": vector })
        })
        .collect();
    let usage = json!({ "prompt_tokens": made.tokens, "total_tokens": made.tokens });
    let model = made.model.as_str();
    Ok(answer(&json!({
        "object": "list", "data": data, "model": model, "usage": usage,
    })))
}

fn encoding(format: Option<&str>) -> Result<Encoding, Problem> {
    match format {
        None | Some("float") => Ok(Encoding::Float),
        Some("base64") => Ok(Encoding::Base64),
        Some(_) => Err(wrong(
            "encoding_format",
            "the format is `float` or `base64`",
        )),
    }
}

/// Vectors are as long as the model makes them; a shorter one would have to be cut silently.
fn check_dimensions(engine: &Engine, wanted: &EmbeddingRequest) -> Result<(), Problem> {
    match (wanted.dimensions, engine.model(&wanted.model)) {
        (Some(asked), Some(card)) if asked != card.dimensions => {
            let message = format!("this model makes vectors of {} numbers", card.dimensions);
            Err(unsupported("dimensions", message))
        }
        _ => Ok(()),
    }
}

fn texts(input: Input) -> Result<Vec<String>, Problem> {
    let texts = match input {
        Input::Text(text) => vec![text],
        Input::Texts(texts) => texts,
        Input::Tokens(ids) => return Err(token_ids(ids.len())),
        Input::ManyTokens(lists) => return Err(token_ids(lists.iter().map(Vec::len).sum())),
    };
    if texts.is_empty() || texts.len() > INPUTS || texts.iter().any(String::is_empty) {
        let message = format!("`input` is 1 to {INPUTS} texts, none of them empty");
        return Err(wrong("input", message));
    }
    Ok(texts)
}

/// Ids of another tokenizer would make vectors of nonsense without anybody noticing.
fn token_ids(count: usize) -> Problem {
    unsupported(
        "input",
        format!("`input` holds {count} token ids; send text instead"),
    )
}

fn encode(vector: &[f32], encoding: Encoding) -> Value {
    match encoding {
        Encoding::Float => json!(vector),
        Encoding::Base64 => {
            let bytes: Vec<u8> = vector.iter().flat_map(|x| x.to_le_bytes()).collect();
            Value::String(STANDARD.encode(bytes))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_input_is_told_apart() {
        for (input, count) in [
            (r#""a""#, Some(1)),
            (r#"["a", "b"]"#, Some(2)),
            (r#"[1, 2]"#, None),
            (r#"[[1], [2]]"#, None),
            (r#"[]"#, None),
            (r#""""#, None),
            (r#"["a", ""]"#, None),
        ] {
            let parsed: Input = serde_json::from_str(input).expect("JSON");
            assert_eq!(texts(parsed).ok().map(|t| t.len()), count, "{input}");
        }
    }

    #[test]
    fn base64_is_little_endian_floats() {
        assert_eq!(encode(&[1.0, -2.0], Encoding::Base64), "AACAPwAAAMA=");
        assert_eq!(encode(&[0.5], Encoding::Float), json!([0.5]));
    }
}
