//! Secrets whose place says what they are: `curl -u name:password`, `Authorization: Basic …`, the
//! data of a Kubernetes secret. What stands further back than a rule may look is remembered.

use std::cell::Cell;

use sdk::window::Hit;

use crate::assigned::{PASSWORD, SECRET};
use crate::look::{entropy, placeholder, places, variable};
use crate::named::{Kind, Name};
use crate::url::shown;
use crate::words::like_words;
use crate::{base64, calm, hit};

pub const KUBERNETES_SECRET: &str = "KUBERNETES_SECRET";
pub const SERVICE_ACCOUNT: &str = "GCP_SERVICE_ACCOUNT";

/// A program that is told a password.
pub struct Command {
    name: &'static str,
    /// Options that a password follows; curl has rules of its own.
    options: &'static [&'static str],
    /// Whether it follows without a blank, and whether behind one.
    attached: bool,
    apart: bool,
    /// What stands between a name and it.
    behind: &'static str,
}

#[rustfmt::skip]
static COMMANDS: [Command; 25] = [
    Command { name: "curl", options: &[], attached: false, apart: false, behind: "" },
    Command { name: "sshpass", options: &["-p"], attached: true, apart: true, behind: "" },
    Command { name: "mysql", options: &["-p"], attached: true, apart: false, behind: "" },
    Command { name: "mysqldump", options: &["-p"], attached: true, apart: false, behind: "" },
    Command { name: "mysqladmin", options: &["-p"], attached: true, apart: false, behind: "" },
    Command { name: "mysqlimport", options: &["-p"], attached: true, apart: false, behind: "" },
    Command { name: "mariadb", options: &["-p"], attached: true, apart: false, behind: "" },
    Command { name: "mariadb-dump", options: &["-p"], attached: true, apart: false, behind: "" },
    Command { name: "mongo", options: &["-p"], attached: false, apart: true, behind: "" },
    Command { name: "mongosh", options: &["-p"], attached: false, apart: true, behind: "" },
    Command { name: "mongodump", options: &["-p"], attached: false, apart: true, behind: "" },
    Command { name: "mongorestore", options: &["-p"], attached: false, apart: true, behind: "" },
    Command { name: "redis-cli", options: &["-a"], attached: false, apart: true, behind: "" },
    Command { name: "ldapsearch", options: &["-w"], attached: false, apart: true, behind: "" },
    Command { name: "ldapmodify", options: &["-w"], attached: false, apart: true, behind: "" },
    Command { name: "ldapadd", options: &["-w"], attached: false, apart: true, behind: "" },
    Command { name: "sqlcmd", options: &["-P"], attached: false, apart: true, behind: "" },
    Command { name: "openssl", options: &["-passin", "-passout", "-pass"], attached: false, apart: true, behind: "pass:" },
    Command { name: "gpg", options: &["--passphrase"], attached: false, apart: true, behind: "" },
    Command { name: "zip", options: &["-P"], attached: true, apart: true, behind: "" },
    Command { name: "unzip", options: &["-P"], attached: true, apart: true, behind: "" },
    Command { name: "7z", options: &["-p"], attached: true, apart: false, behind: "" },
    Command { name: "smbclient", options: &["-U"], attached: false, apart: true, behind: "%" },
    Command { name: "lftp", options: &["-u"], attached: false, apart: true, behind: "," },
    Command { name: "cqlsh", options: &["-p"], attached: false, apart: true, behind: "" },
];

/// Bit `b % 32` of row `a % 32`: a command, or "basic", may begin with the byte `a` and end with
/// `b`.
static BORDERS: [u32; 32] = all_borders();

const fn all_borders() -> [u32; 32] {
    let mut rows = [0; 32];
    rows[(b'b' & 31) as usize] |= 1 << (b'c' & 31);
    let mut row = 0;
    while row < COMMANDS.len() {
        let name = COMMANDS[row].name.as_bytes();
        rows[(name[0] & 31) as usize] |= 1 << (name[name.len() - 1] & 31);
        row += 1;
    }
    rows
}

/// Whether a command, or the word for an authorization, may begin and end so.
pub fn borders(first: u8, last: u8) -> bool {
    BORDERS[usize::from(first & 31)] >> (last & 31) & 1 != 0
}

/// The command that a word calls: its name, perhaps behind a path or a bracket.
pub fn command(word: &[u8]) -> Option<&'static Command> {
    let path = |byte: &u8| matches!(byte, b'/' | b'(' | b'`' | b'"' | b'\'');
    named(&word[word.iter().rposition(path).map_or(0, |at| at + 1)..])
}

/// The command of that name.
pub fn named(name: &[u8]) -> Option<&'static Command> {
    if !borders(*name.first()?, *name.last()?) {
        return None;
    }
    let mut commands = COMMANDS.iter();
    commands.find(|command| command.name.as_bytes() == name)
}

/// What the segments before this one said.
#[derive(Default)]
pub struct Memory(Cell<State>);

#[derive(Default, Clone, Copy)]
struct State {
    /// Within the words of one of [`COMMANDS`].
    command: Option<&'static Command>,
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
        state.command.is_some() || state.data || state.kind
    }

    /// White space ends commands.
    pub fn blank(&self, text: &str, from: usize) {
        let mut state = self.0.get();
        let line = text[from..].contains('\n') && !text[..from].ends_with('\\');
        if state.command.is_some() && line {
            state.command = None;
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
        if let Some(command) = command(word.as_bytes()) {
            state.command = Some(command);
        } else if let Some(command) = state.command {
            match command.options {
                [] => curl(text, from, before, hits),
                _ => option(command, text, from, before, hits),
            }
            if word.ends_with(';') || matches!(word, "|" | "||" | "&&" | "&") {
                state.command = None;
            }
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

/// What follows an option that a password follows.
fn option(command: &Command, text: &str, from: usize, before: &str, hits: &mut Vec<Hit>) {
    let word = &text[from..];
    let attached = |option: &&&str| command.attached && word.starts_with(**option);
    let apart = |option: &&str| command.apart && before.ends_with(option);
    let at = match command.options.iter().find(attached) {
        Some(option) if word.len() > option.len() => from + option.len(),
        _ if command.options.iter().any(apart) => from,
        _ => return,
    };
    let (start, value) = unquoted(text, at);
    let (start, value) = match value.split_once(command.behind) {
        _ if command.behind.is_empty() => (start, value),
        Some((_, behind)) => (start + value.len() - behind.len(), behind),
        None => return,
    };
    if value.len() >= 4 && !value.starts_with('-') && !shown("", value) {
        hits.push(hit(text, start..start + value.len(), PASSWORD, 0.9));
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
    // A word of a program may decode by chance.
    let made = bare.bytes().any(|b| b.is_ascii_digit() || b == b'=') && !like_words(bare);
    let said = || made && base64::typed(bare).is_some();
    if long && bare.bytes().all(part) && (state.secret || said()) {
        let start = from + word.find(bare).unwrap_or(0);
        hits.push(hit(text, start..start + bare.len(), KUBERNETES_SECRET, 0.9));
    }
}
