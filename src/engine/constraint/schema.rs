//! A look at a JSON schema before it is compiled: within bounds, and nothing in it that the
//! grammar would not keep. Errors name the place.

use serde_json::{Map, Value};

use super::ConstraintError;

/// The longest schema as JSON, the most schemas in it, and how deep they may nest. OpenAI takes
/// ten levels and 5,000 properties.
const BYTES: usize = 128 * 1024;
const SCHEMAS: usize = 5000;
const DEPTH: usize = 32;
/// Counts in a schema (`maxItems`, `maxLength` and the like) go up to this.
const COUNT: u64 = 100_000;

/// Keywords with one schema below them.
const ONE: [&str; 3] = ["items", "additionalProperties", "additionalItems"];
/// Keywords with a list of schemas below them.
const LISTED: [&str; 4] = ["anyOf", "oneOf", "allOf", "prefixItems"];
/// Keywords with named schemas below them.
const NAMED: [&str; 4] = ["properties", "patternProperties", "$defs", "definitions"];
/// Keywords that count something.
const COUNTED: [&str; 6] = [
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "minProperties",
    "maxProperties",
];
/// Keywords that say something about an answer, which no grammar here can hold it to.
const NOT_KEPT: [&str; 17] = [
    "not",
    "if",
    "then",
    "else",
    "contains",
    "minContains",
    "maxContains",
    "uniqueItems",
    "propertyNames",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedItems",
    "unevaluatedProperties",
    "$dynamicRef",
    "$recursiveRef",
    "x-guidance",
];

/// Fails at the first place of `schema` that cannot be kept; `at` is what the request calls it.
pub(super) fn check(schema: &Value, at: &str) -> Result<(), ConstraintError> {
    if !schema.is_object() {
        return Err(ConstraintError::new(at, "a schema is an object"));
    }
    if schema.to_string().len() > BYTES {
        return Err(ConstraintError::new(
            at,
            "the schema is longer than 128 KiB",
        ));
    }
    Walk { schemas: 0 }.schema(schema, at, 0)
}

struct Walk {
    schemas: usize,
}

impl Walk {
    fn schema(&mut self, schema: &Value, at: &str, depth: usize) -> Result<(), ConstraintError> {
        let wrong = |reason: String| Err(ConstraintError::new(at, reason));
        self.schemas += 1;
        if self.schemas > SCHEMAS {
            return wrong(format!("there are more than {SCHEMAS} schemas in it"));
        }
        if depth > DEPTH {
            return wrong(format!("schemas nest deeper than {DEPTH} levels"));
        }
        match schema {
            Value::Bool(_) => Ok(()),
            Value::Object(keywords) => self.keywords(keywords, at, depth),
            _ => wrong("a schema is an object, `true` or `false`".to_owned()),
        }
    }

    fn keywords(
        &mut self,
        keywords: &Map<String, Value>,
        at: &str,
        depth: usize,
    ) -> Result<(), ConstraintError> {
        for (keyword, value) in keywords {
            let here = format!("{at}.{keyword}");
            let keyword = keyword.as_str();
            if NOT_KEPT.contains(&keyword) {
                let reason = format!("answers cannot be held to `{keyword}` on this box");
                return Err(ConstraintError::new(here, reason));
            }
            if ONE.contains(&keyword) && !value.is_array() {
                self.schema(value, &here, depth + 1)?;
            } else if ONE.contains(&keyword) || LISTED.contains(&keyword) {
                self.list(value, &here, depth)?;
            } else if NAMED.contains(&keyword) {
                self.named(value, &here, depth)?;
            } else {
                plain(keyword, value, &here)?;
            }
        }
        Ok(())
    }

    fn list(&mut self, value: &Value, at: &str, depth: usize) -> Result<(), ConstraintError> {
        let list = value.as_array();
        let list = list.ok_or_else(|| ConstraintError::new(at, "this is a list of schemas"))?;
        for (index, schema) in list.iter().enumerate() {
            self.schema(schema, &format!("{at}[{index}]"), depth + 1)?;
        }
        Ok(())
    }

    fn named(&mut self, value: &Value, at: &str, depth: usize) -> Result<(), ConstraintError> {
        let named = value.as_object();
        let named =
            named.ok_or_else(|| ConstraintError::new(at, "this is an object of schemas"))?;
        for (name, schema) in named {
            self.schema(schema, &format!("{at}.{}", short(name)), depth + 1)?;
        }
        Ok(())
    }
}

/// A keyword with no schema below it.
fn plain(keyword: &str, value: &Value, at: &str) -> Result<(), ConstraintError> {
    if COUNTED.contains(&keyword) && value.as_u64().is_none_or(|count| count > COUNT) {
        let reason = format!("this is a whole number of at most {COUNT}");
        return Err(ConstraintError::new(at, reason));
    }
    let inside = |reference: &str| reference == "#" || reference.starts_with("#/");
    if keyword == "$ref" && !value.as_str().is_some_and(inside) {
        let reason = "only references within the schema are followed (`#/$defs/…`)";
        return Err(ConstraintError::new(at, reason));
    }
    Ok(())
}

/// The beginning of a name, for a message.
fn short(name: &str) -> &str {
    &name[..name.floor_char_boundary(64)]
}
