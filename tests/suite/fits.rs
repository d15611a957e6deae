//! Whether a JSON value fits a schema, written out by hand for the keywords that the tests use, so
//! that what holds answers to a schema is not its own judge.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses a part of it"
)]

use serde_json::Value;

/// Why `value` does not fit `schema`, if it does not.
pub fn misfit(schema: &Value, value: &Value) -> Option<String> {
    check(schema, schema, value).err()
}

fn check(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let fail = |why: &str| Err(format!("{value} is not {why} of {schema}"));
    if let Some(reference) = schema["$ref"].as_str() {
        let inner = root.pointer(reference.trim_start_matches('#'));
        return check(
            root,
            inner.expect("a reference that leads somewhere"),
            value,
        );
    }
    if let Some(options) = schema["anyOf"].as_array() {
        return match options
            .iter()
            .any(|option| check(root, option, value).is_ok())
        {
            true => Ok(()),
            false => fail("an option"),
        };
    }
    if let Some(values) = schema["enum"].as_array() {
        return if values.contains(value) {
            Ok(())
        } else {
            fail("a value")
        };
    }
    if schema.get("const").is_some_and(|only| only != value) {
        return fail("the value");
    }
    match schema["type"].as_str() {
        Some("object") => object(root, schema, value),
        Some("array") => array(root, schema, value),
        Some("string") => match value.as_str() {
            Some(text) if within(schema, "minLength", "maxLength", text.chars().count()) => Ok(()),
            _ => fail("a string"),
        },
        // A number without a fraction: `-0` is one, which serde_json takes for a float.
        Some("integer") => match value.as_f64() {
            Some(number) if number.fract() == 0.0 && in_range(schema, number) => Ok(()),
            _ => fail("an integer"),
        },
        Some("number") => match value.as_f64() {
            Some(number) if in_range(schema, number) => Ok(()),
            _ => fail("a number"),
        },
        Some("boolean") if !value.is_boolean() => fail("a boolean"),
        Some("null") if !value.is_null() => fail("null"),
        _ => Ok(()),
    }
}

fn object(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let found = value.as_object();
    let found = found.ok_or_else(|| format!("{value} is not an object of {schema}"))?;
    let empty = serde_json::Map::new();
    let known = schema["properties"].as_object().unwrap_or(&empty);
    for name in schema["required"].as_array().into_iter().flatten() {
        if !found.contains_key(name.as_str().expect("a name")) {
            return Err(format!("{value} lacks {name}"));
        }
    }
    for (name, value) in found {
        match known.get(name) {
            Some(schema) => check(root, schema, value)?,
            None if schema["additionalProperties"] == false => {
                return Err(format!("{name} is not a property of {schema}"));
            }
            None => {}
        }
    }
    Ok(())
}

fn array(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let items = value.as_array();
    let items = items.ok_or_else(|| format!("{value} is not an array of {schema}"))?;
    if !within(schema, "minItems", "maxItems", items.len()) {
        return Err(format!("{value} has another number of items than {schema}"));
    }
    items
        .iter()
        .try_for_each(|item| check(root, &schema["items"], item))
}

fn within(schema: &Value, least: &str, most: &str, count: usize) -> bool {
    let count = count as u64;
    schema[least].as_u64().is_none_or(|least| count >= least)
        && schema[most].as_u64().is_none_or(|most| count <= most)
}

fn in_range(schema: &Value, number: f64) -> bool {
    schema["minimum"]
        .as_f64()
        .is_none_or(|least| number >= least)
        && schema["maximum"].as_f64().is_none_or(|most| number <= most)
}
