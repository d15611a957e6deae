//! Whether a value fits. Each step is counted: a schema of many choices over a long value may cost
//! more than anybody waits for, and what was not checked does not fit.

use std::cmp::Ordering;

use super::Schema;
use super::rule::{Bounds, Field, Id, Range, Rule};
use crate::json::{Kind, Tape, number};

/// Rules, members and comparisons, and bytes of what is read again by 64.
const STEPS: usize = 2_000_000;
/// Rules within rules; the stack of a guest is small.
const DEEP: usize = 400;

/// Why a value does not fit.
#[derive(Debug, PartialEq)]
pub enum Misfit<'a> {
    /// A part of it, and what is wrong with that.
    At(u32, &'static str),
    /// A property that this part must have.
    Missing(u32, &'a str),
    /// It takes too long to say.
    Costly,
}

pub fn check<'a>(schema: &'a Schema, value: Tape<'a>) -> Result<(), Misfit<'a>> {
    let mut checker = Checker {
        schema,
        value,
        steps: STEPS,
        deep: 0,
    };
    checker.fits(0, 0)
}

struct Checker<'a> {
    schema: &'a Schema,
    value: Tape<'a>,
    steps: usize,
    deep: usize,
}

type Fits<'a> = Result<(), Misfit<'a>>;

fn wrong<'a>(node: u32, what: &'static str) -> Fits<'a> {
    Err(Misfit::At(node, what))
}

impl<'a> Checker<'a> {
    fn spend(&mut self, steps: usize) -> Fits<'a> {
        self.steps = self.steps.checked_sub(steps).ok_or(Misfit::Costly)?;
        Ok(())
    }

    fn fits(&mut self, rule: Id, node: u32) -> Fits<'a> {
        self.spend(1)?;
        if self.deep == DEEP {
            return Err(Misfit::Costly);
        }
        self.deep += 1;
        let fits = self.all(&self.schema.rules[rule as usize], node);
        self.deep -= 1;
        fits
    }

    /// Whether it fits, as a question.
    fn does_fit(&mut self, rule: Id, node: u32) -> Result<bool, Misfit<'a>> {
        match self.fits(rule, node) {
            Ok(()) => Ok(true),
            Err(Misfit::Costly) => Err(Misfit::Costly),
            Err(_) => Ok(false),
        }
    }

    fn all(&mut self, rule: &'a Rule, node: u32) -> Fits<'a> {
        if rule.never {
            return wrong(node, "nothing may stand here");
        }
        let (value, kind) = (self.value, self.value.kind(node));
        if !rule.allows(kind, || number::is_whole(value.raw(node))) {
            return wrong(node, "it has another type");
        }
        self.is_one_of(rule, node)?;
        match kind {
            Kind::Number => self.number(&rule.number, node)?,
            Kind::String => self.length(&rule.length, node)?,
            Kind::Array => self.array(rule, node)?,
            Kind::Object => self.object(rule, node)?,
            _ => {}
        }
        self.choices(rule, node)
    }

    fn is_one_of(&mut self, rule: &'a Rule, node: u32) -> Fits<'a> {
        let list = rule.any_value.iter();
        for allowed in list
            .map(Vec::as_slice)
            .chain(rule.constant.as_ref().map(std::slice::from_ref))
        {
            let mut found = false;
            for other in allowed {
                found = self.same(*other, node)?;
                if found {
                    break;
                }
            }
            if !found {
                return wrong(node, "it is none of the values that may stand here");
            }
        }
        Ok(())
    }

    /// Whether a value of the schema and a value of the answer are the same.
    fn same(&mut self, wanted: u32, node: u32) -> Result<bool, Misfit<'a>> {
        let (schema, value) = (self.schema.tape(), self.value);
        let (left, right) = (schema.raw(wanted), value.raw(node));
        self.spend(1)?;
        let kind = value.kind(node);
        if schema.kind(wanted) != kind {
            return Ok(false);
        }
        match kind {
            Kind::String if !right.contains('\\') && !left.contains('\\') => Ok(left == right),
            Kind::String => {
                self.spend((left.len() + right.len()) / 64)?;
                Ok(schema.string(wanted) == value.string(node))
            }
            Kind::Number => {
                self.spend(number::cost(left, right))?;
                Ok(number::order(left, right) == Ordering::Equal)
            }
            Kind::Array => {
                let (mut left, mut right) = (schema.items(wanted), value.items(node));
                loop {
                    match (left.next(), right.next()) {
                        (None, None) => return Ok(true),
                        (Some(left), Some(right)) if self.same(left, right)? => {}
                        _ => return Ok(false),
                    }
                }
            }
            Kind::Object => self.same_members(wanted, node),
            _ => Ok(true),
        }
    }

    fn same_members(&mut self, wanted: u32, node: u32) -> Result<bool, Misfit<'a>> {
        let (schema, value) = (self.schema.tape(), self.value);
        let count = schema.members(wanted).count();
        if value.members(node).take(count + 1).count() != count {
            return Ok(false);
        }
        for (key, child) in value.members(node) {
            let name = value.string(key);
            self.spend(count + name.len() / 64)?;
            let Some((_, other)) = schema
                .members(wanted)
                .find(|(key, _)| schema.string(*key) == name)
            else {
                return Ok(false);
            };
            if !self.same(other, child)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn number(&mut self, bounds: &Bounds, node: u32) -> Fits<'a> {
        use Ordering::{Equal, Greater, Less};
        for (bound, holds, what) in [
            (bounds.minimum, [Greater, Equal], "the number is too small"),
            (bounds.above, [Greater, Greater], "the number is too small"),
            (bounds.maximum, [Less, Equal], "the number is too large"),
            (bounds.below, [Less, Less], "the number is too large"),
        ] {
            let Some(bound) = bound else { continue };
            let (value, bound) = (self.value.raw(node), self.schema.tape().raw(bound));
            self.spend(number::cost(value, bound))?;
            let order = number::order(value, bound);
            if !holds.contains(&order) {
                return wrong(node, what);
            }
        }
        Ok(())
    }

    fn length(&mut self, range: &Range, node: u32) -> Fits<'a> {
        if !range.is_bound() {
            return Ok(());
        }
        self.spend(self.value.raw(node).len() / 64)?;
        let count = self.value.string(node).chars().count() as u64;
        within(
            range,
            count,
            node,
            "the string is too short",
            "the string is too long",
        )
    }

    fn array(&mut self, rule: &'a Rule, node: u32) -> Fits<'a> {
        let array = &rule.array;
        let judged = array.items.is_some() || !array.prefix.is_empty();
        if !judged && !array.count.is_bound() {
            return Ok(());
        }
        let mut count = 0;
        for (index, item) in self.value.items(node).enumerate() {
            self.spend(1)?;
            count += 1;
            if let Some(rule) = array.prefix.get(index).or(array.items.as_ref()) {
                self.fits(*rule, item)?;
            }
        }
        within(
            &array.count,
            count,
            node,
            "there are too few items",
            "there are too many items",
        )
    }

    fn object(&mut self, rule: &'a Rule, node: u32) -> Fits<'a> {
        let object = &rule.object;
        if object.fields.is_empty() && object.additional.is_none() && !object.count.is_bound() {
            return Ok(());
        }
        let (mut count, mut required) = (0, 0);
        for (key, child) in self.value.members(node) {
            let name = self.value.string(key);
            self.spend(1 + name.len() / 64)?;
            count += 1;
            let known = object
                .fields
                .binary_search_by(|field| field.name.as_str().cmp(&name));
            let field = known.ok().map(|at| &object.fields[at]);
            required += usize::from(field.is_some_and(|field| field.required));
            // What only must be there is not named by `properties`.
            match field.and_then(|field| field.rule).or(object.additional) {
                Some(rule) if self.schema.rules[rule as usize].never => {
                    return wrong(key, "this property may not be there");
                }
                Some(rule) => self.fits(rule, child)?,
                None => {}
            }
        }
        if required < object.required {
            return self.missing(&object.fields, node);
        }
        let (few, many) = (
            "there are too few properties",
            "there are too many properties",
        );
        within(&object.count, count, node, few, many)
    }

    /// Says which of the required properties is not there.
    fn missing(&mut self, fields: &'a [Field], node: u32) -> Fits<'a> {
        let mut there = vec![false; fields.len()];
        for (key, _) in self.value.members(node) {
            let name = self.value.string(key);
            if let Ok(at) = fields.binary_search_by(|field| field.name.as_str().cmp(&name)) {
                there[at] = true;
            }
        }
        let missing = fields
            .iter()
            .zip(there)
            .find(|(field, there)| field.required && !there);
        Err(match missing {
            Some((field, _)) => Misfit::Missing(node, &field.name),
            None => Misfit::At(node, "a property is missing"),
        })
    }

    fn choices(&mut self, rule: &'a Rule, node: u32) -> Fits<'a> {
        for other in rule.reference.iter().chain(&rule.all_of) {
            self.fits(*other, node)?;
        }
        if let Some(other) = rule.not
            && self.does_fit(other, node)?
        {
            return wrong(node, "it is what it may not be");
        }
        if !rule.any_of.is_empty() && self.count(&rule.any_of, node, 1)? == 0 {
            return wrong(node, "it fits none of the choices");
        }
        if rule.one_of.is_empty() {
            return Ok(());
        }
        match self.count(&rule.one_of, node, 2)? {
            0 => wrong(node, "it fits none of the choices"),
            1 => Ok(()),
            _ => wrong(node, "it fits more than one of the choices"),
        }
    }

    /// How many of these fit, up to `enough`.
    fn count(&mut self, rules: &[Id], node: u32, enough: usize) -> Result<usize, Misfit<'a>> {
        let mut count = 0;
        for rule in rules {
            count += usize::from(self.does_fit(*rule, node)?);
            if count == enough {
                break;
            }
        }
        Ok(count)
    }
}

fn within<'a>(
    range: &Range,
    count: u64,
    node: u32,
    few: &'static str,
    many: &'static str,
) -> Fits<'a> {
    match count {
        _ if count < range.min => wrong(node, few),
        _ if count > range.max => wrong(node, many),
        _ => Ok(()),
    }
}
