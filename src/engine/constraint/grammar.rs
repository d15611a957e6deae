//! From a constraint to what watches over one answer.

use std::sync::Arc;

use llguidance::api::{ParserLimits, TopLevelGrammar};
use llguidance::earley::SlicedBiasComputer;
use llguidance::toktrie::{
    ApproximateTokEnv, INVALID_TOKEN, InferenceCapabilities, TokEnv, TokRxInfo, TokTrie,
};
use llguidance::{JsonCompileOptions, Matcher, ParserFactory};

use super::{Constraint, ConstraintError, Form};
use crate::engine::EngineError;
use crate::engine::tokenizer::Tokenizer;

/// Space between the parts of JSON: one space, or a line break with an indentation. A model that
/// would rather go on with spaces for ever must say something.
const SPACE: &str = r"\x20|\n(?:\x20{0,32}|\t{0,8})";

/// A compiler of grammars recurses: along chains of references, for one. Only what it touches of
/// this is ever memory.
const STACK_BYTES: usize = 64 << 20;

/// The longest message of the compiler that is passed on.
const MESSAGE_BYTES: usize = 300;

/// What the grammars of one model share: its tokens as a tree of bytes.
pub(crate) struct Grammars {
    factory: ParserFactory,
}

impl Grammars {
    /// The grammars of a model with this tokenizer. Takes some tens of milliseconds.
    pub(crate) fn new(tokenizer: &Tokenizer) -> Result<Self, EngineError> {
        let words = tokenizer.words(TokTrie::SPECIAL_TOKEN_MARKER);
        let ends = tokenizer.ends();
        let tokens = u32::try_from(words.len()).unwrap_or(u32::MAX);
        let first_end = ends.first().copied().unwrap_or(INVALID_TOKEN);
        let mut tree = TokTrie::from(&TokRxInfo::new(tokens, first_end), &words);
        if !ends.is_empty() {
            tree = tree.with_eos_tokens(ends);
        }
        // What it calls approximate is how it would cut a text into tokens, which nothing here
        // asks: tokens are never forced, so the model's own way of cutting stays possible.
        let tokens: TokEnv = Arc::new(ApproximateTokEnv::new(tree));
        let slices = SlicedBiasComputer::general_slices();
        let factory = ParserFactory::new(&tokens, InferenceCapabilities::default(), &slices);
        let mut factory = factory.map_err(|error| EngineError::Compute {
            reason: format!("the tokens make no tree: {error}"),
        })?;
        factory.quiet();
        *factory.limits_mut() = limits();
        Ok(Self { factory })
    }

    /// Compiles a constraint. Blocks for as long as that takes, which the limits bound.
    pub(crate) fn compile(&self, constraint: &Constraint) -> Result<Matcher, EngineError> {
        let compile = || {
            let parser = self.factory.create_parser(grammar(&constraint.form));
            parser.map_err(|error| error.to_string())
        };
        let compiled = std::thread::scope(|scope| {
            let builder = std::thread::Builder::new()
                .name("engine-grammar".to_owned())
                .stack_size(STACK_BYTES);
            let thread = builder.spawn_scoped(scope, compile);
            thread.map(std::thread::ScopedJoinHandle::join)
        });
        let compiled = compiled.map_err(|source| EngineError::Io {
            action: "start a thread for a constraint".to_owned(),
            source,
        })?;
        match compiled.unwrap_or_else(|_| Err("its compilation panicked".to_owned())) {
            Ok(parser) => Ok(Matcher::new(Ok(parser))),
            Err(error) => Err(refused(constraint, &error).into()),
        }
    }
}

fn grammar(form: &Form) -> TopLevelGrammar {
    match form {
        Form::Regex(expression) => TopLevelGrammar::from_regex(expression),
        Form::Schema(schema) => {
            let mut schema = schema.clone();
            let options = JsonCompileOptions {
                whitespace_pattern: Some(SPACE.to_owned()),
                ..JsonCompileOptions::default()
            };
            options.apply_to(&mut schema);
            TopLevelGrammar::from_json_schema(schema)
        }
    }
}

/// What one request may cost: a hostile one is refused, or ended, within a fraction of a second
/// and some tens of megabytes.
fn limits() -> ParserLimits {
    ParserLimits {
        max_items_in_row: 2000,
        initial_lexer_fuel: 1_000_000,
        step_lexer_fuel: 200_000,
        step_max_items: 50_000,
        max_lexer_states: 20_000,
        max_grammar_size: 200_000,
        precompute_large_lexemes: false,
        // Their state would hold what was said.
        verbose_errors: false,
    }
}

fn refused(constraint: &Constraint, error: &str) -> ConstraintError {
    let first = error.lines().next().unwrap_or_default();
    let first = &first[..first.floor_char_boundary(MESSAGE_BYTES)];
    ConstraintError::new(
        constraint.param,
        format!("answers cannot be held to this: {first}"),
    )
}
