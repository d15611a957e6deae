//! What the people who run the box want an answer to be, and whether it is.

use std::cell::OnceCell;
use std::rc::Rc;

use sdk::{Edit, Reason};

use crate::envelope::Envelope;
use crate::json::{Fault, Kind, Tape};
use crate::scanner::{self, Scanner};
use crate::schema::{Misfit, Schema};

/// An answer is not JSON.
pub const JSON: &str = "JSON";
/// It does not fit its schema.
pub const SCHEMA: &str = "SCHEMA";
/// The guard's settings make no sense, so nothing is known of any answer.
pub const SETTING: &str = "SETTING";
/// The fence around a value, which is taken away.
pub const FENCE: &str = "FENCE";

/// What an answer must be.
pub enum Demand {
    /// Markdown that is safe to show.
    Markdown,
    /// One JSON value.
    Json {
        schema: Option<Box<Schema>>,
        /// Strings may say anything, pictures from elsewhere included.
        free: bool,
    },
    /// What is wrong with the settings.
    Broken(String),
}

impl Demand {
    /// As the people set it who run the box; read once.
    pub fn from_host() -> Rc<Demand> {
        thread_local! {
            static READ: OnceCell<Rc<Demand>> = const { OnceCell::new() };
        }
        READ.with(|read| {
            let read = read.get_or_init(|| {
                let [json, schema, strings] = [
                    sdk::host::config("json"),
                    sdk::host::config("json_schema"),
                    sdk::host::config("json_strings"),
                ];
                let demand = Demand::new(json.as_deref(), schema.as_deref(), strings.as_deref());
                if let Demand::Broken(what) = &demand {
                    sdk::host::log(sdk::Level::Error, what);
                }
                Rc::new(demand)
            });
            Rc::clone(read)
        })
    }

    /// The settings `json` (`valid`), `json_schema` and `json_strings` (`any`).
    pub fn new(json: Option<&str>, schema: Option<&str>, strings: Option<&str>) -> Demand {
        let wanted = match json.map(str::trim) {
            None | Some("" | "off") => schema.is_some(),
            Some("valid") => true,
            Some(_) => return broken("json", "it is valid or off"),
        };
        let free = match strings.map(str::trim) {
            None | Some("" | "safe") => false,
            Some("any") => true,
            Some(_) => return broken("json_strings", "it is safe or any"),
        };
        match schema.map(Schema::new) {
            _ if !wanted => Demand::Markdown,
            None => Demand::Json { schema: None, free },
            Some(Ok(schema)) => Demand::Json {
                schema: Some(Box::new(schema)),
                free,
            },
            Some(Err(what)) => broken("json_schema", &what),
        }
    }

    /// Whether a whole answer, of which nothing was released, is what it must be; what of it is
    /// taken away.
    pub fn judge(&self, text: &str, read: &mut Envelope) -> Result<Vec<Edit>, Reason> {
        let (schema, free) = match self {
            Demand::Markdown => return Ok(Vec::new()),
            Demand::Broken(what) => return Err(at(0..0, SETTING, what.clone())),
            Demand::Json { schema, free } => (schema, *free),
        };
        let value = read.finish(text).map_err(not_json)?;
        if let Some(schema) = schema {
            schema
                .check(value)
                .map_err(|misfit| misfits(schema, value, &misfit))?;
        }
        if !free {
            carries_nothing(schema.as_deref(), value)?;
        }
        let fence = |span| Edit {
            finding: sdk::finding(span, FENCE, 1.0),
            replacement: String::new(),
        };
        Ok(read.around().into_iter().map(fence).collect())
    }

    /// Whether an answer can still be what it must be.
    pub fn begins(&self, text: &str, read: &mut Envelope) -> Result<(), Reason> {
        match self {
            Demand::Broken(what) => Err(at(0..0, SETTING, what.clone())),
            Demand::Json { .. } => read.push(text).map_err(not_json),
            Demand::Markdown => Ok(()),
        }
    }
}

fn broken(setting: &str, what: &str) -> Demand {
    let mut what = format!("The setting {setting} of the format guard is wrong: {what}.");
    what.retain(|c| !c.is_control());
    what.truncate(what.floor_char_boundary(400));
    Demand::Broken(what)
}

fn at(span: std::ops::Range<usize>, label: &str, message: String) -> Reason {
    Reason {
        finding: sdk::finding(span, label, 1.0),
        message,
    }
}

fn not_json(fault: Fault) -> Reason {
    let message = format!(
        "The answer is not the JSON that it must be: at byte {}, {}.",
        fault.at, fault.what
    );
    at(fault.at..fault.at, JSON, message)
}

fn misfits(schema: &Schema, value: Tape<'_>, misfit: &Misfit<'_>) -> Reason {
    let (node, said) = match misfit {
        Misfit::At(node, what) => (
            *node,
            format!("at {}, {what}", schema.path(value, *node, None)),
        ),
        Misfit::Missing(node, name) => (
            *node,
            format!("{} is missing", schema.path(value, *node, Some(name))),
        ),
        Misfit::Costly => (0, "it takes too long to check".to_owned()),
    };
    let message = format!("The answer does not fit its JSON schema: {said}.");
    at(span(value, node), SCHEMA, message)
}

fn span(value: Tape<'_>, node: u32) -> std::ops::Range<usize> {
    let node = value.node(node);
    node.start as usize..node.end as usize
}

/// Whoever shows a string as Markdown, or the whole value, must not fetch or send anything.
fn carries_nothing(schema: Option<&Schema>, value: Tape<'_>) -> Result<(), Reason> {
    for (index, node) in value.nodes.iter().enumerate() {
        let index = index as u32;
        if !matches!(node.kind, Kind::String | Kind::Key) || !speaks(value.raw(index)) {
            continue;
        }
        if let Some(label) = unsafe_to_show(&value.string(index)) {
            let path = match schema {
                Some(schema) => schema.path(value, index, None),
                None => format!("byte {}", node.start),
            };
            let what = "a string holds what may not be shown";
            let message = format!("The answer cannot be released: at {path}, {what}.");
            return Err(at(span(value, index), label, message));
        }
    }
    let whole = value.raw(0);
    match unsafe_to_show(whole).filter(|label| *label != scanner::LINK) {
        Some(label) => {
            let message = "The answer cannot be released: it would be shown as a picture from \
                elsewhere or as markup that runs.";
            Err(at(span(value, 0), label, message.to_owned()))
        }
        None => Ok(()),
    }
}

/// Whether there may be anything in it: nearly every string is without.
fn speaks(raw: &str) -> bool {
    let sign = |byte: u8| matches!(byte, b'<' | b']' | b'\\' | b'/' | b'.' | b':');
    raw.bytes().any(sign)
}

fn unsafe_to_show(text: &str) -> Option<&'static str> {
    let (_, changes) = Scanner::default().advance(text, true);
    let mut labels = changes.into_iter().map(|change| change.label);
    labels.find(|label| *label != scanner::UNCLOSED)
}
