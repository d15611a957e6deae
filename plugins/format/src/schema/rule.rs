//! One schema within a schema, as it is checked.

use crate::json::Kind;

/// Its place among all rules.
pub type Id = u32;

/// Types as bits.
pub mod types {
    pub const NULL: u8 = 1;
    pub const BOOLEAN: u8 = 2;
    pub const NUMBER: u8 = 4;
    pub const INTEGER: u8 = 8;
    pub const STRING: u8 = 16;
    pub const ARRAY: u8 = 32;
    pub const OBJECT: u8 = 64;
    pub const NAMES: [(&str, u8); 7] = [
        ("null", NULL),
        ("boolean", BOOLEAN),
        ("number", NUMBER | INTEGER),
        ("integer", INTEGER),
        ("string", STRING),
        ("array", ARRAY),
        ("object", OBJECT),
    ];
}

/// What a value must be. Values of the schema itself are named by their place on its tape.
#[derive(Default)]
pub struct Rule {
    /// `false`: nothing fits.
    pub never: bool,
    /// Bits of [`types`]; none where all are allowed.
    pub types: Option<u8>,
    pub any_value: Option<Vec<u32>>,
    pub constant: Option<u32>,
    pub length: Range,
    pub number: Bounds,
    pub array: Array,
    pub object: Object,
    pub reference: Option<Id>,
    pub all_of: Vec<Id>,
    pub any_of: Vec<Id>,
    pub one_of: Vec<Id>,
    pub not: Option<Id>,
}

/// How many there must be.
pub struct Range {
    pub min: u64,
    pub max: u64,
}

impl Default for Range {
    fn default() -> Range {
        Range {
            min: 0,
            max: u64::MAX,
        }
    }
}

impl Range {
    pub fn is_bound(&self) -> bool {
        self.min > 0 || self.max < u64::MAX
    }
}

/// Between which numbers of the schema a number must lie.
#[derive(Default)]
pub struct Bounds {
    pub minimum: Option<u32>,
    pub maximum: Option<u32>,
    pub above: Option<u32>,
    pub below: Option<u32>,
}

#[derive(Default)]
pub struct Array {
    pub count: Range,
    pub prefix: Vec<Id>,
    pub items: Option<Id>,
}

#[derive(Default)]
pub struct Object {
    pub count: Range,
    /// Sorted by name.
    pub fields: Vec<Field>,
    pub required: usize,
    pub additional: Option<Id>,
}

/// A property that a schema names.
pub struct Field {
    pub name: String,
    pub rule: Option<Id>,
    pub required: bool,
}

impl Rule {
    /// The rules that judge the very value that this one does.
    pub fn same_value(&self) -> impl Iterator<Item = Id> + '_ {
        let lists = self.all_of.iter().chain(&self.any_of).chain(&self.one_of);
        lists.chain(&self.reference).chain(&self.not).copied()
    }

    pub fn allows(&self, kind: Kind, is_whole: impl FnOnce() -> bool) -> bool {
        let Some(allowed) = self.types else {
            return true;
        };
        let bit = match kind {
            Kind::Null => types::NULL,
            Kind::True | Kind::False => types::BOOLEAN,
            Kind::String | Kind::Key => types::STRING,
            Kind::Array => types::ARRAY,
            Kind::Object => types::OBJECT,
            Kind::Number if allowed & types::NUMBER != 0 => types::NUMBER,
            Kind::Number if allowed & types::INTEGER != 0 && is_whole() => types::INTEGER,
            Kind::Number => 0,
        };
        allowed & bit != 0
    }
}
