//! A schema's text becomes rules. What is not known is an error that names its place.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::rule::{Field, Id, Rule, types};
use super::{Schema, pointer};
use crate::json::{Kind, Node, Tape};

/// Rules that judge one value through each other, at most.
const CHAIN: usize = 64;
/// Keywords that say something to people and nothing of a value.
const ANNOTATIONS: [&str; 9] = [
    "$schema",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
];

pub fn compile(text: &str, nodes: &[Node]) -> Result<Schema, String> {
    let tape = Tape { text, nodes };
    let mut compiler = Compiler {
        tape,
        ids: HashMap::new(),
        waiting: VecDeque::new(),
    };
    compiler.rule(0);
    let mut rules = Vec::new();
    while let Some(node) = compiler.waiting.pop_front() {
        rules.push(compiler.read(node)?);
    }
    ends(&rules)?;
    let fields = rules.iter().flat_map(|rule: &Rule| &rule.object.fields);
    let mut names: Vec<_> = fields.map(|field| field.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    Ok(Schema {
        text: text.to_owned(),
        nodes: nodes.to_vec(),
        rules,
        names,
    })
}

struct Compiler<'a> {
    tape: Tape<'a>,
    /// The rule of a place in the schema.
    ids: HashMap<u32, Id>,
    /// Places that have a rule's number and are not read yet, in the order of the numbers.
    waiting: VecDeque<u32>,
}

impl Compiler<'_> {
    /// The rule of a place, which is read later: a schema may hold itself.
    fn rule(&mut self, node: u32) -> Id {
        let next = self.ids.len() as Id;
        *self.ids.entry(node).or_insert_with(|| {
            self.waiting.push_back(node);
            next
        })
    }

    fn wrong<T>(&self, node: u32, what: &str) -> Result<T, String> {
        Err(format!("{}: {what}", pointer::place(self.tape, node)))
    }

    fn read(&mut self, node: u32) -> Result<Rule, String> {
        let mut rule = Rule::default();
        match self.tape.kind(node) {
            Kind::True => return Ok(rule),
            Kind::False => {
                rule.never = true;
                return Ok(rule);
            }
            Kind::Object => {}
            _ => return self.wrong(node, "a schema is an object, true or false"),
        }
        let mut fields = BTreeMap::new();
        for (key, value) in self.tape.members(node) {
            let keyword = self.tape.string(key);
            self.keyword(&mut rule, &mut fields, node, &keyword, value)?;
        }
        rule.object.required = fields.values().filter(|(_, required)| *required).count();
        let field = |(name, (rule, required))| Field {
            name,
            rule,
            required,
        };
        rule.object.fields = fields.into_iter().map(field).collect();
        Ok(rule)
    }

    fn keyword(
        &mut self,
        rule: &mut Rule,
        fields: &mut BTreeMap<String, (Option<Id>, bool)>,
        schema: u32,
        keyword: &str,
        value: u32,
    ) -> Result<(), String> {
        match keyword {
            "type" => rule.types = Some(self.types(value)?),
            "enum" => rule.any_value = Some(self.list(value)?),
            "const" => rule.constant = Some(value),
            "properties" => {
                for (name, child) in self.named(value)? {
                    fields.entry(name).or_default().0 = Some(child);
                }
            }
            "required" => {
                for name in self.list(value)? {
                    if self.tape.kind(name) != Kind::String {
                        return self.wrong(value, "it must be a list of names");
                    }
                    let name = self.tape.string(name).into_owned();
                    fields.entry(name).or_default().1 = true;
                }
            }
            "additionalProperties" => rule.object.additional = Some(self.rule(value)),
            "minProperties" => rule.object.count.min = self.count(value)?,
            "maxProperties" => rule.object.count.max = self.count(value)?,
            "items" => rule.array.items = Some(self.rule(value)),
            "prefixItems" => rule.array.prefix = self.rules(value)?,
            "minItems" => rule.array.count.min = self.count(value)?,
            "maxItems" => rule.array.count.max = self.count(value)?,
            "minLength" => rule.length.min = self.count(value)?,
            "maxLength" => rule.length.max = self.count(value)?,
            "minimum" => rule.number.minimum = Some(self.number(value)?),
            "maximum" => rule.number.maximum = Some(self.number(value)?),
            "exclusiveMinimum" => rule.number.above = Some(self.number(value)?),
            "exclusiveMaximum" => rule.number.below = Some(self.number(value)?),
            "allOf" => rule.all_of = self.rules(value)?,
            "anyOf" => rule.any_of = self.rules(value)?,
            "oneOf" => rule.one_of = self.rules(value)?,
            "not" => rule.not = Some(self.rule(value)),
            "$ref" => rule.reference = Some(self.reference(value)?),
            // What nobody refers to is read too: it must not be wrong when somebody does.
            "$defs" | "definitions" => self.named(value).map(drop)?,
            // It says what `#` means, which below the top nobody expects.
            "$id" if schema == 0 => {}
            annotation if ANNOTATIONS.contains(&annotation) => {}
            _ => return self.wrong(value, "this keyword is not supported"),
        }
        Ok(())
    }

    fn types(&self, value: u32) -> Result<u8, String> {
        let names = match self.tape.kind(value) {
            Kind::String => vec![value],
            _ => self.list(value)?,
        };
        names.into_iter().try_fold(0, |sum, name| {
            let known = (self.tape.kind(name) == Kind::String)
                .then(|| self.tape.string(name))
                .and_then(|name| types::NAMES.iter().find(|(known, _)| *known == name));
            match known {
                Some((_, bits)) => Ok(sum | bits),
                None => self.wrong(name, "this is no type"),
            }
        })
    }

    /// What a list holds, which has something in it.
    fn list(&self, value: u32) -> Result<Vec<u32>, String> {
        match self.tape.kind(value) {
            Kind::Array => Ok(self.tape.items(value).collect()),
            _ => self.wrong(value, "it must be a list"),
        }
    }

    fn rules(&mut self, value: u32) -> Result<Vec<Id>, String> {
        let list = self.list(value)?;
        if list.is_empty() {
            return self.wrong(value, "the list is empty");
        }
        Ok(list.into_iter().map(|node| self.rule(node)).collect())
    }

    fn named(&mut self, value: u32) -> Result<Vec<(String, Id)>, String> {
        if self.tape.kind(value) != Kind::Object {
            return self.wrong(value, "it must be an object of schemas");
        }
        let members = self.tape.members(value);
        let named = members.map(|(key, child)| {
            let name = self.tape.string(key).into_owned();
            (name, self.rule(child))
        });
        Ok(named.collect())
    }

    fn count(&self, value: u32) -> Result<u64, String> {
        match self.tape.raw(value).parse() {
            Ok(count) => Ok(count),
            Err(_) => self.wrong(value, "it must be a whole number, not negative"),
        }
    }

    fn number(&self, value: u32) -> Result<u32, String> {
        match self.tape.kind(value) {
            Kind::Number => Ok(value),
            _ => self.wrong(value, "it must be a number"),
        }
    }

    fn reference(&mut self, value: u32) -> Result<Id, String> {
        if self.tape.kind(value) != Kind::String {
            return self.wrong(value, "it must be a string");
        }
        match pointer::resolve(self.tape, &self.tape.string(value)) {
            Some(node) => Ok(self.rule(node)),
            None => self.wrong(value, "it leads nowhere within this schema"),
        }
    }
}

/// Whether judging one value comes to an end: no rule may lead to itself on the same value.
fn ends(rules: &[Rule]) -> Result<(), String> {
    let mut before = vec![0_usize; rules.len()];
    let mut longest = vec![1_usize; rules.len()];
    for next in rules.iter().flat_map(Rule::same_value) {
        before[next as usize] += 1;
    }
    let mut free: Vec<usize> = (0..rules.len()).filter(|rule| before[*rule] == 0).collect();
    let mut seen = 0;
    while let Some(rule) = free.pop() {
        seen += 1;
        for next in rules[rule].same_value().map(|next| next as usize) {
            longest[next] = longest[next].max(longest[rule] + 1);
            before[next] -= 1;
            if before[next] == 0 {
                free.push(next);
            }
        }
    }
    match longest.iter().max() {
        _ if seen < rules.len() => Err("a $ref leads back to itself".to_owned()),
        Some(longest) if *longest > CHAIN => Err(format!(
            "more than {CHAIN} schemas judge one value through each other"
        )),
        _ => Ok(()),
    }
}
