//! What an answer must look like, as clients say it: OpenAI's `response_format`, and the names
//! that vLLM gives to what OpenAI does not have.

use serde::Deserialize;
use serde_json::Value;

use super::wrong;
use crate::api::problem::Problem;
use crate::engine::{Constraint, ConstraintError};

/// `response_format`.
#[derive(Debug, Deserialize)]
pub(super) struct ResponseFormat {
    #[serde(rename = "type")]
    kind: String,
    json_schema: Option<JsonSchema>,
}

/// A schema has a name and may be `strict`; here it is always kept.
#[derive(Debug, Deserialize)]
struct JsonSchema {
    schema: Option<Value>,
}

/// The constraint of a request, which says at most one of the three.
pub(super) fn constraint(
    format: Option<&ResponseFormat>,
    regex: Option<&str>,
    choice: Option<&[String]>,
) -> Result<Option<Constraint>, Problem> {
    let format = match format {
        Some(format) => format.constraint()?,
        None => None,
    };
    let regex = regex.map(Constraint::regex).transpose().map_err(refused)?;
    let choice = choice
        .map(Constraint::choice)
        .transpose()
        .map_err(refused)?;
    let mut all = [format, regex, choice].into_iter().flatten();
    let first = all.next();
    if all.next().is_some() {
        let message =
            "only one of `response_format`, `guided_regex` and `guided_choice` can be kept";
        return Err(wrong("response_format", message));
    }
    Ok(first)
}

impl ResponseFormat {
    fn constraint(&self) -> Result<Option<Constraint>, Problem> {
        match self.kind.as_str() {
            "text" => Ok(None),
            "json_object" => Ok(Some(Constraint::json_object())),
            "json_schema" => {
                let schema = self
                    .json_schema
                    .as_ref()
                    .and_then(|named| named.schema.clone());
                let missing = || {
                    let message = "the format `json_schema` needs a schema";
                    wrong("response_format.json_schema.schema", message)
                };
                let schema = schema.ok_or_else(missing)?;
                Constraint::json_schema(schema).map(Some).map_err(refused)
            }
            _ => Err(wrong(
                "response_format.type",
                "a format is `text`, `json_object` or `json_schema`",
            )),
        }
    }
}

fn refused(error: ConstraintError) -> Problem {
    wrong(error.param(), error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_kept_is_named_with_its_place() {
        let schema = |schema: Value| json!({ "type": "json_schema", "json_schema": { "name": "x", "schema": schema } });
        let at = "response_format.json_schema.schema";
        for (format, param) in [
            (json!({ "type": "xml" }), "response_format.type".to_owned()),
            (json!({ "type": "json_schema" }), at.to_owned()),
            (schema(json!(true)), at.to_owned()),
            (schema(json!({ "not": {} })), format!("{at}.not")),
            (
                schema(json!({ "properties": { "a": { "items": { "uniqueItems": true } } } })),
                format!("{at}.properties.a.items.uniqueItems"),
            ),
            (
                schema(json!({ "anyOf": [{}, { "maxItems": 1e9 }] })),
                format!("{at}.anyOf[1].maxItems"),
            ),
            (
                schema(json!({ "$defs": { "a": { "$ref": "https://example.org/" } } })),
                format!("{at}.$defs.a.$ref"),
            ),
            (
                schema(json!({ "x-guidance": { "lenient": true } })),
                format!("{at}.x-guidance"),
            ),
        ] {
            let parsed: ResponseFormat = serde_json::from_value(format.clone()).expect("a format");
            let problem = constraint(Some(&parsed), None, None).expect_err("not kept");
            let error = &problem.openai_json()["error"];
            assert_eq!(error["param"], param, "{format}");
            assert_eq!(error["code"], "invalid_value", "{format}");
        }
    }

    #[test]
    fn one_constraint_is_taken_and_two_are_not() {
        let object: ResponseFormat =
            serde_json::from_value(json!({ "type": "json_object" })).expect("a format");
        let choices = ["a".to_owned()];
        for (format, regex, choice, fine) in [
            (None, None, None, true),
            (Some(&object), None, None, true),
            (None, Some("a+"), None, true),
            (None, None, Some(&choices[..]), true),
            (Some(&object), Some("a+"), None, false),
            (None, Some("a+"), Some(&choices[..]), false),
            (None, Some(""), None, false),
            (None, Some("a\\"), None, false),
            (None, Some("a\\\\"), None, true),
            (None, None, Some(&[][..]), false),
        ] {
            assert_eq!(
                constraint(format, regex, choice).is_ok(),
                fine,
                "{regex:?} {choice:?}"
            );
        }
    }
}
