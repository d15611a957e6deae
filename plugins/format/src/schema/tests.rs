//! What fits which schema, keyword by keyword, and what is no schema.

use super::{Misfit, Schema};
use crate::json::{Parser, Tape};

/// Where and why a value does not fit; empty if it does.
fn said(schema: &Schema, text: &str) -> String {
    let mut parser = Parser::new(0);
    parser.push(text).expect(text);
    parser.finish(text).expect(text);
    let nodes = parser.nodes();
    let value = Tape { text, nodes };
    match schema.check(value) {
        Ok(()) => String::new(),
        Err(Misfit::At(node, what)) => format!("{}: {what}", schema.path(value, node, None)),
        Err(Misfit::Missing(node, name)) => {
            format!("{}: missing", schema.path(value, node, Some(name)))
        }
        Err(Misfit::Costly) => "costly".to_owned(),
    }
}

/// A schema, values that fit, values that do not.
type Row = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
);

const TABLE: &[Row] = &[
    ("true", &["1", "null", "{}"], &[]),
    ("{}", &["1", "[{}]"], &[]),
    ("false", &[], &["1", "null"]),
    (r#"{"type":"null"}"#, &["null"], &["0", "false", "\"\""]),
    (
        r#"{"type":"boolean"}"#,
        &["true", "false"],
        &["0", "\"true\""],
    ),
    (r#"{"type":"number"}"#, &["1", "-1.5e3"], &["\"1\"", "null"]),
    (
        r#"{"type":"integer"}"#,
        &["1", "1.0", "-3e2", "1e400"],
        &["1.5", "\"1\"", "1e-1"],
    ),
    (r#"{"type":"string"}"#, &["\"\"", "\"é\""], &["1", "[]"]),
    (r#"{"type":"array"}"#, &["[]", "[1]"], &["{}"]),
    (r#"{"type":"object"}"#, &["{}"], &["[]", "null"]),
    (
        r#"{"type":["string","null"]}"#,
        &["null", "\"a\""],
        &["1", "false"],
    ),
    (r#"{"type":["integer","number"]}"#, &["1", "1.5"], &["\"\""]),
    (
        r#"{"enum":["a",1,null,[1,{"b":2}]]}"#,
        &["\"a\"", "\"\\u0061\"", "1.0", "null", "[1,{\"b\":2.0}]"],
        &[
            "\"b\"",
            "2",
            "[1]",
            "[1,{\"b\":3}]",
            "[1,{\"c\":2}]",
            "[1,{\"b\":2,\"c\":3}]",
            "false",
        ],
    ),
    (r#"{"enum":[]}"#, &[], &["1"]),
    (
        r#"{"const":{"a":[1],"b":"x"}}"#,
        &[r#"{"b":"x","a":[1]}"#],
        &["{}", r#"{"a":[1]}"#],
    ),
    (r#"{"const":0}"#, &["0", "-0", "0.0"], &["false", "1"]),
    (
        r#"{"properties":{"a":{"type":"string"}}}"#,
        &["{}", "1", r#"{"a":"x","b":1}"#],
        &[r#"{"a":1}"#],
    ),
    (
        r#"{"required":["a","b"]}"#,
        &[r#"{"b":1,"a":2,"c":3}"#, "[]"],
        &["{}", r#"{"a":1}"#, r#"{"a":1,"c":1,"d":1}"#],
    ),
    (
        r#"{"required":["a"],"additionalProperties":false}"#,
        &["1"],
        &["{}", r#"{"a":1}"#],
    ),
    (
        r#"{"properties":{"a":true},"additionalProperties":false}"#,
        &["{}", r#"{"a":1}"#],
        &[r#"{"b":1}"#],
    ),
    (
        r#"{"properties":{"a":true},"additionalProperties":{"type":"number"}}"#,
        &[r#"{"a":"","b":1}"#],
        &[r#"{"b":""}"#],
    ),
    (
        r#"{"properties":{"a":false}}"#,
        &["{}", r#"{"b":1}"#],
        &[r#"{"a":1}"#],
    ),
    (
        r#"{"minProperties":1,"maxProperties":2}"#,
        &[r#"{"a":1}"#, "1"],
        &["{}", r#"{"a":1,"b":1,"c":1}"#],
    ),
    (
        r#"{"items":{"type":"number"}}"#,
        &["[]", "[1,2]", "\"\""],
        &["[1,\"\"]"],
    ),
    (r#"{"items":false}"#, &["[]"], &["[1]"]),
    (
        r#"{"prefixItems":[{"type":"number"},{"type":"string"}]}"#,
        &["[]", "[1]", "[1,\"\",null]"],
        &["[\"\"]", "[1,2]"],
    ),
    (
        r#"{"prefixItems":[{"type":"number"}],"items":{"type":"string"}}"#,
        &["[1,\"a\"]"],
        &["[1,2]", "[\"a\"]"],
    ),
    (
        r#"{"prefixItems":[true],"items":false}"#,
        &["[]", "[1]"],
        &["[1,2]"],
    ),
    (
        r#"{"minItems":1,"maxItems":2}"#,
        &["[1]", "[1,2]", "1"],
        &["[]", "[1,2,3]"],
    ),
    (
        r#"{"minLength":2,"maxLength":3}"#,
        &[
            "\"ab\"",
            "\"äöü\"",
            "\"\\ud83d\\ude00a\"",
            "\"😀😀😀\"",
            "1",
        ],
        &["\"a\"", "\"abcd\"", "\"\\ud83d\\ude00\""],
    ),
    (
        r#"{"minimum":1,"maximum":2.5}"#,
        &["1", "2.5", "25e-1", "\"\""],
        &["0.999", "2.50000000000000000001", "-1e400"],
    ),
    (
        r#"{"exclusiveMinimum":1,"exclusiveMaximum":2}"#,
        &["1.5"],
        &["1", "2", "1.0", "2e0"],
    ),
    (
        r#"{"anyOf":[{"type":"string"},{"minimum":5}]}"#,
        &["\"a\"", "7", "null"],
        &["3"],
    ),
    (
        r#"{"allOf":[{"minimum":1},{"maximum":3}]}"#,
        &["2", "\"\""],
        &["0", "4"],
    ),
    (
        r#"{"oneOf":[{"type":"integer"},{"minimum":2}]}"#,
        &["1", "2.5"],
        &["3", "1.5"],
    ),
    (r#"{"not":{"type":"string"}}"#, &["1"], &["\"\""]),
    (
        r##"{"$ref":"#/$defs/a","$defs":{"a":{"type":"number"}}}"##,
        &["1"],
        &["\"\""],
    ),
    (
        r##"{"$ref":"#/$defs/a%20b~1c","minimum":3,"$defs":{"a b/c":{"type":"number"}}}"##,
        &["3"],
        &["\"\"", "2"],
    ),
    (
        r##"{"definitions":{"a":{"const":1}},"items":{"$ref":"#/definitions/a"}}"##,
        &["[1,1]"],
        &["[1,2]"],
    ),
    (
        r##"{"type":"object","properties":{"value":{"type":"number"},"left":{"$ref":"#"},"right":{"$ref":"#"}},
         "required":["value"],"additionalProperties":false}"##,
        &[r#"{"value":1,"left":{"value":2,"right":{"value":3}}}"#],
        &[r#"{"value":1,"left":{"value":2,"right":{}}}"#],
    ),
    (
        r##"{"anyOf":[{"type":"null"},{"type":"array","items":{"$ref":"#"}}]}"##,
        &["[[null],[]]"],
        &["[[1]]"],
    ),
    (
        r##"{"prefixItems":[{"type":"string"},{"$ref":"#/prefixItems/0"}]}"##,
        &["[\"a\",\"b\"]"],
        &["[\"a\",1]"],
    ),
    (
        r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"x","title":"t","description":"d",
         "default":1,"examples":[1],"$comment":"c","type":"number"}"#,
        &["1"],
        &["\"\""],
    ),
    (
        r#"{"properties":{"type":{"type":"string"},"$ref":{"const":1}}}"#,
        &[r#"{"type":"a","$ref":1}"#],
        &[r#"{"type":1}"#],
    ),
];

#[test]
fn each_keyword_lets_through_what_fits_and_nothing_else() {
    for (schema, fit, unfit) in TABLE {
        let read = Schema::new(schema).expect(schema);
        for text in *fit {
            assert_eq!(said(&read, text), "", "{text} against {schema}");
        }
        for text in *unfit {
            assert_ne!(said(&read, text), "", "{text} against {schema}");
        }
    }
}

#[test]
fn what_does_not_fit_is_named_by_its_place_and_never_quoted() {
    let schema = r#"{"type":"object","required":["items"],"properties":{"items":{"type":"array",
        "items":{"type":"object","properties":{"price":{"type":"number","minimum":0},"a/b~":{"const":1}},
        "required":["price"],"additionalProperties":false}}}}"#;
    let schema = Schema::new(schema).expect("a schema");
    for (text, want) in [
        (
            r#"{"items":[{"price":1},{"price":"secret"}]}"#,
            "/items/1/price: it has another type",
        ),
        (
            r#"{"items":[{"price":1},{"price":-1}]}"#,
            "/items/1/price: the number is too small",
        ),
        (r#"{"items":[{}]}"#, "/items/0/price: missing"),
        (
            r#"{"items":[{"price":1,"secret":2}]}"#,
            "/items/0/*: this property may not be there",
        ),
        (
            r#"{"items":[{"price":1,"a/b~":2}]}"#,
            "/items/0/a~1b~0: it is none of the values that may stand here",
        ),
        ("{}", "/items: missing"),
        ("[]", "the top: it has another type"),
    ] {
        assert_eq!(said(&schema, text), want, "{text}");
    }
}

#[test]
fn what_is_not_checked_is_no_schema() {
    for (schema, what) in [
        (
            r#"{"pattern":"a"}"#,
            "/pattern: this keyword is not supported",
        ),
        (
            r#"{"properties":{"a":{"format":"date"}}}"#,
            "/properties/a/format: this",
        ),
        (
            r#"{"$defs":{"a":{"multipleOf":2}}}"#,
            "/$defs/a/multipleOf: this",
        ),
        (r#"{"items":{"$id":"x"}}"#, "/items/$id: this"),
        (r#"{"uniqueItems":true}"#, "not supported"),
        (r#"{"if":true,"then":false}"#, "not supported"),
        (
            r#"{"Type":"string"}"#,
            "/Type: this keyword is not supported",
        ),
        (r#"{"type":"text"}"#, "/type: this is no type"),
        (r#"{"type":[1]}"#, "/type/0: this is no type"),
        (r#"{"minimum":"1"}"#, "a number"),
        (r#"{"exclusiveMinimum":true}"#, "a number"),
        (r#"{"minLength":-1}"#, "whole number"),
        (r#"{"minLength":1.5}"#, "whole number"),
        (r#"{"items":[{}]}"#, "/items: a schema is"),
        (r#"{"properties":[]}"#, "an object of schemas"),
        (r#"{"properties":{"a":1}}"#, "/properties/a: a schema is"),
        (r#"{"required":"a"}"#, "a list"),
        (r#"{"required":[1]}"#, "names"),
        (r#"{"anyOf":[]}"#, "empty"),
        (
            r#"{"$ref":"https://a.example/s"}"#,
            "/$ref: it leads nowhere",
        ),
        (r##"{"$ref":"#/$defs/none"}"##, "leads nowhere"),
        (r##"{"$ref":"#anchor"}"##, "leads nowhere"),
        (r##"{"$ref":"#"}"##, "back to itself"),
        (
            r##"{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"anyOf":[true,{"$ref":"#/$defs/a"}]}}}"##,
            "back to itself",
        ),
        (r#"{"type":"string""#, "early"),
        (r#"{"type":"string"} x"#, "behind"),
        (r#"{"type":"string","type":"number"}"#, "twice"),
        ("[]", "the top: a schema is"),
        ("", "early"),
    ] {
        let error = Schema::new(schema)
            .err()
            .unwrap_or_else(|| panic!("{schema} is read"));
        assert!(error.contains(what), "{schema}: {error}");
    }
    assert!(
        Schema::new(&" ".repeat(super::LIMIT + 1)).is_err_and(|error| error.contains("longer"))
    );
    let chain = |length: usize| {
        let links = (0..length).map(|at| format!(r##""d{at}":{{"$ref":"#/$defs/d{}"}}"##, at + 1));
        let links = links.collect::<Vec<_>>().join(",");
        Schema::new(&format!(r#"{{"$defs":{{{links},"d{length}":true}}}}"#))
    };
    assert!(chain(60).is_ok());
    assert!(chain(100).is_err_and(|error| error.contains("more than")));
}

#[test]
fn choices_upon_choices_end() {
    let schema = r##"{"anyOf":[{"type":"array","items":{"$ref":"#"},"maxItems":1,"minItems":1},
        {"type":"array","items":{"anyOf":[{"$ref":"#"}]}}],"not":{"type":"string"}}"##;
    let schema = Schema::new(schema).expect("a schema");
    let text = "[".repeat(60) + "\"\"" + &"]".repeat(60);
    assert_eq!(said(&schema, &text), "costly");
}
