//! Secrets whose place says what they are: `curl -u name:password`, `Authorization: Basic …`, the
//! data of a Kubernetes secret. What stands further back than a rule may look is remembered.

use std::cell::Cell;

use sdk::window::Hit;

use crate::assigned::{PASSWORD, SECRET};
use crate::look::{entropy, placeholder, places, variable};
use crate::named::{Kind, Name};
use crate::url::shown;
use crate::{base64, calm, hit};

pub const KUBERNETES_SECRET: &str = "KUBERNETES_SECRET";
pub const SERVICE_ACCOUNT: &str = "GCP_SERVICE_ACCOUNT";

/// What the segments before this one said.
#[derive(Default)]
pub struct Memory(Cell<State>);

#[derive(Default, Clone, Copy)]
struct State {
    /// Within the words of a curl command.
    curl: bool,
    /// Within a document of `kind: Secret`, or of another kind.
    secret: bool,
    other: bool,
    /// Within its `data:`.
    data: bool,
    /// Behind `kind:`.
    kind: bool,
}

impl Memory {
    /// Whether what comes next must be looked at, however ordinary it is.
    pub fn awaits(&self) -> bool {
        let state = self.0.get();
        state.curl || state.data || state.kind
    }

    /// White space ends commands.
    pub fn blank(&self, text: &str, from: usize) {
        let mut state = self.0.get();
        if state.curl && text[from..].contains('\n') && !text[..from].ends_with('\\') {
            state.curl = false;
            self.0.set(state);
        }
    }

    /// Takes in a word, `text[from..]`, and finds in it what only its place tells.
    pub fn word(&self, text: &str, from: usize, hits: &mut Vec<Hit>) {
        let word = &text[from..];
        let before = text[..from].trim_ascii_end();
        if !self.awaits() && !calm::remembered(word.as_bytes()) && !before.ends_with(['c', ':']) {
            return;
        }
        let mut state = self.0.get();
        if word.len() <= 16 && word.ends_with("curl") {
            state.curl = true;
        } else if state.curl {
            curl(text, from, before, hits);
            state.curl = !(word.ends_with(';') || matches!(word, "|" | "||" | "&&" | "&"));
        }
        kubernetes(&mut state, text, from, before, hits);
        self.0.set(state);
        if before.ends_with("Basic") || before.ends_with("basic") {
            let (start, value) = unquoted(text, from);
            let pair = base64::typed(value).is_some_and(|said| said.contains(':'));
            if value.len() >= 8 && pair {
                hits.push(hit(text, start..start + value.len(), PASSWORD, 0.9));
            }
        }
        if word.len() < 48 && before.ends_with("\"type\":") {
            let quoted = places(text.as_bytes(), from..text.len(), "\"service_account\"").next();
            hits.extend(quoted.map(|at| hit(text, at + 1..at + 16, SERVICE_ACCOUNT, 0.9)));
        }
    }
}

fn unquoted(text: &str, from: usize) -> (usize, &str) {
    let quote = |c: char| matches!(c, '"' | '\'');
    let word = text[from..].trim_start_matches(quote);
    let start = text.len() - word.len();
    let end = word.find(|c| quote(c) || c == '\\').unwrap_or(word.len());
    (start, &word[..end])
}

fn curl(text: &str, from: usize, before: &str, hits: &mut Vec<Hit>) {
    let word = &text[from..];
    let option = ["--user=", "--proxy-user="]
        .iter()
        .find(|option| word.starts_with(**option));
    let at = match option {
        Some(option) => from + option.len(),
        None if before.ends_with(" -u") || before.ends_with("--user") => from,
        None => return header(text, from, hits),
    };
    let (start, value) = unquoted(text, at);
    let Some((name, password)) = value.split_once(':') else {
        return;
    };
    let (start, secret) = if password.is_empty() {
        (start, name)
    } else {
        (start + name.len() + 1, password)
    };
    if secret.len() >= 3 && !shown(if password.is_empty() { "" } else { name }, secret) {
        hits.push(hit(text, start..start + secret.len(), PASSWORD, 0.9));
    }
}

/// In a command a header's value is meant as it stands, so little randomness is enough.
fn header(text: &str, from: usize, hits: &mut Vec<Hit>) {
    let (start, value) = unquoted(text, from);
    let part = |b: u8| b.is_ascii_alphanumeric() || b"=~@.+/_-".contains(&b);
    if value.len() < 8 || value.len() > 250 || !value.bytes().all(part) {
        return;
    }
    let Some(name) = Name::before(text, from) else {
        return;
    };
    let named = name.kind() == Some(Kind::Secret) && !name.digest();
    let digit = value.bytes().any(|b| b.is_ascii_digit());
    if named && digit && entropy(value) >= 2.75 && !placeholder(value) && !variable(value) {
        hits.push(hit(text, start..start + value.len(), SECRET, 0.85));
    }
}

fn kubernetes(state: &mut State, text: &str, from: usize, before: &str, hits: &mut Vec<Hit>) {
    let word = &text[from..];
    let first = text[..from].ends_with('\n') || from == 0;
    let bare = word.trim_matches(['"', '\'', ',']);
    state.kind = word.ends_with("kind:");
    match bare {
        "---" => *state = State::default(),
        "data:" | "stringData:" => state.data = true,
        _ if before.ends_with("kind:") => {
            state.secret = bare.eq_ignore_ascii_case("secret");
            state.other = !state.secret;
        }
        _ if first && state.data => state.data = false,
        _ => {}
    }
    if !state.data || state.other || word.ends_with(':') || !before.ends_with([':', '|', '>']) {
        return;
    }
    let long = bare.len() >= 10 && bare.len() <= 4096;
    let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    if long && bare.bytes().all(part) && (state.secret || base64::typed(bare).is_some()) {
        let start = from + word.find(bare).unwrap_or(0);
        hits.push(hit(text, start..start + bare.len(), KUBERNETES_SECRET, 0.9));
    }
}
