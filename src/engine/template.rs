//! Chat templates: messages to the text that the model was trained on.
//!
//! A model file brings its own, in Jinja. It is run as Hugging Face runs it (blocks trimmed,
//! `raise_exception`, `strftime_now`, Python's methods of strings and dictionaries), with bounds on
//! its work and its output, for the file comes from outside. A file that brings none gets ChatML
//! if it has ChatML's tokens, and plain names and colons otherwise.

use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, Value, context};

use super::EngineError;
use super::tokenizer::Tokenizer;
use crate::domain::conversation::{Author, Message};
use crate::domain::time::Clock;

const CHATML: &str = include_str!("../../assets/templates/chatml.jinja");
const PLAIN: &str = include_str!("../../assets/templates/plain.jinja");

/// Longest template; the longest in use have some 20 KiB.
const SOURCE_BYTES: usize = 256 * 1024;
/// Steps that a template may take beside one for each byte of the messages.
const STEPS: u64 = 4_000_000;
/// Output beyond twice the length of the messages.
const OUTPUT_BYTES: usize = 1 << 20;
const NAME: &str = "chat";

/// The chat template of one model.
#[derive(Debug)]
pub(crate) struct Template {
    environment: Environment<'static>,
    source: Arc<str>,
    tokenizer: Arc<Tokenizer>,
    stop: &'static [&'static str],
}

impl Template {
    /// The template with this source, or the one that fits `tokenizer` if there is none.
    pub(crate) fn new(
        source: Option<&str>,
        tokenizer: Arc<Tokenizer>,
        clock: Clock,
    ) -> Result<Self, EngineError> {
        let chatml = tokenizer.has_control("<|im_start|>") && tokenizer.has_control("<|im_end|>");
        let (source, stop): (&str, &[&str]) = match source {
            Some(own) => (own, &[]),
            None if chatml => (CHATML, &[]),
            None => (PLAIN, &["\nUser:"]),
        };
        if source.len() > SOURCE_BYTES {
            let what = format!("its chat template is {} bytes long", source.len());
            return Err(EngineError::Damaged { what });
        }
        let environment = environment(source, clock).map_err(|error| EngineError::Damaged {
            what: format!("its chat template: {}", reason(&error)),
        })?;
        Ok(Self {
            environment,
            source: source.into(),
            tokenizer,
            stop,
        })
    }

    /// Texts that end an answer because the model has no token that would.
    pub(crate) fn stop(&self) -> &'static [&'static str] {
        self.stop
    }

    /// The tokens of `messages`, ready for the answer.
    pub(crate) fn prompt(&self, messages: &[Message]) -> Result<Vec<u32>, EngineError> {
        let mark = self.unused_mark(messages);
        let rendered = match self.render(messages, mark) {
            // Some templates know no system message; there it goes before the first question.
            Err(error) if messages.first().is_some_and(|m| m.author == Author::System) => {
                self.render(&folded(messages), mark).map_err(|_| error)
            }
            other => other,
        };
        let rendered = rendered.map_err(|e| EngineError::Template { reason: reason(&e) })?;
        self.tokenizer.encode_rendered(&rendered, mark)
    }

    fn render(&self, messages: &[Message], mark: char) -> Result<String, Error> {
        let mut length = 0;
        let shown: Vec<Value> = messages
            .iter()
            .map(|message| {
                let text = self.tokenizer.guard(&message.text, mark, message.author);
                length += text.len();
                context! { role => role(message.author), content => text }
            })
            .collect();
        let mut environment = self.environment.clone();
        environment.set_fuel(Some(STEPS + length as u64));
        let mut output = Bounded {
            bytes: Vec::new(),
            most: 2 * length + OUTPUT_BYTES,
        };
        environment.get_template(NAME)?.render_captured_to(
            context! {
                messages => shown,
                add_generation_prompt => true,
                bos_token => self.tokenizer.begin_text(),
                eos_token => self.tokenizer.end_text(),
                tools => Value::from(()),
                documents => Value::from(()),
            },
            &mut output,
        )?;
        String::from_utf8(output.bytes)
            .map_err(|_| Error::new(ErrorKind::WriteFailure, "it wrote half a character"))
    }

    /// A character that neither a message nor the template has. Those for private use inside a
    /// process come first, so in practice it is always the same one.
    fn unused_mark(&self, messages: &[Message]) -> char {
        let candidates = ('\u{FDD0}'..='\u{FDEF}').chain('\u{E000}'..='\u{F8FF}');
        let used = |mark: char| {
            self.source.contains(mark) || messages.iter().any(|m| m.text.contains(mark))
        };
        let more = '\u{F0000}'..='\u{10FFFF}';
        let mut free = candidates.chain(more).filter(|mark| !used(*mark));
        free.next()
            .expect("no request is long enough to hold every character there is")
    }
}

/// `messages` with the system message put before the first question.
fn folded(messages: &[Message]) -> Vec<Message> {
    let Some((system, rest)) = messages.split_first() else {
        return Vec::new();
    };
    let mut rest = rest.to_vec();
    if let Some(first) = rest.iter_mut().find(|m| m.author == Author::User) {
        first.text = format!("{}\n\n{}", system.text, first.text);
    }
    rest
}

fn role(author: Author) -> &'static str {
    match author {
        Author::System => "system",
        Author::User => "user",
        Author::Assistant => "assistant",
    }
}

fn environment(source: &str, clock: Clock) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()?;
    environment.set_syntax(syntax);
    environment.set_recursion_limit(100);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function(
        "raise_exception",
        |message: String| -> Result<Value, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        },
    );
    environment.add_function("strftime_now", move |format: String| today(&clock, &format));
    environment.add_filter("tojson", to_json);
    environment.add_template_owned(NAME, source.to_owned())?;
    Ok(environment)
}

/// JSON as Python's `json.dumps` writes it; unlike the filter of the same name for web pages, it
/// leaves `<`, `>` and `&` alone.
fn to_json(value: Value, options: Kwargs) -> Result<Value, Error> {
    let indent: Option<usize> = options.get("indent")?;
    let _: Option<bool> = options.get("ensure_ascii")?;
    options.assert_all_used()?;
    let safe = minijinja::filters::tojson(
        &value,
        indent.map(Value::from),
        Kwargs::from_iter([] as [(&str, Value); 0]),
    )?;
    Ok(Value::from(unescaped(&safe.to_string())))
}

/// `json` with the escapes undone that only a web page needs.
fn unescaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let mut left = json;
    while let Some(at) = left.find('\\') {
        text.push_str(&left[..at]);
        left = &left[at..];
        let plain = match left.get(..6) {
            Some("\\u003c") => '<',
            Some("\\u003e") => '>',
            Some("\\u0026") => '&',
            Some("\\u0027") => '\'',
            // Any other escape is two characters or begins with two that can be copied.
            _ => {
                text.push_str(&left[..2]);
                left = &left[2..];
                continue;
            }
        };
        text.push(plain);
        left = &left[6..];
    }
    text.push_str(left);
    text
}

fn today(clock: &Clock, format: &str) -> Result<String, Error> {
    let wrong = |error: jiff::Error| Error::new(ErrorKind::InvalidOperation, error.to_string());
    let now = jiff::Timestamp::from_millisecond(clock.now().as_millis()).map_err(wrong)?;
    let now = now.to_zoned(jiff::tz::TimeZone::UTC);
    jiff::fmt::strtime::format(format, &now).map_err(wrong)
}

/// What the template complains of, without the names of our own files.
fn reason(error: &Error) -> String {
    let detail = error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_owned);
    detail.chars().take(300).collect()
}

/// A buffer that refuses to grow without end.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.most {
            return Err(std::io::Error::other(
                "the chat template writes without end",
            ));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
