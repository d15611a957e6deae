//! What the name before a value says about it.

use crate::lexicon::{ABOUT, DIGEST, OF_KEY, PASSWORD, PUBLIC, SECRET, WEAK, ends_in, says};
use crate::look::ends_with;
use crate::parts::{Last, last_name, quote};

/// How a value is tied to its name.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Tie {
    /// `name=value`, `"name": "value"`, `name: value`, `<name>value`.
    Sign,
    /// `"name", value`.
    List,
    /// `the name is value`, `Bearer value`, `--name value`.
    Word,
    /// `name("value")`, `Authorization: Scheme value`, `name login value`: as little as that says
    /// something about values as long as tokens only.
    Place,
}

/// What kind of value a name promises.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Kind {
    /// What people choose: any value will do.
    Password,
    /// What machines make.
    Secret,
    /// What may be one: the value must look very random.
    Key,
}

/// A name before a value.
pub struct Name<'a> {
    pub tie: Tie,
    /// A text that ends with it.
    lead: &'a str,
}

/// Bytes before a value in which its name stands.
pub const LEAD: usize = 72;

impl<'a> Name<'a> {
    /// The name that a value at `at` is tied to; `None` if there is no tie.
    pub fn before(text: &'a str, at: usize) -> Option<Name<'a>> {
        let mut from = at.saturating_sub(LEAD);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let whole = &text[from..at];
        let lead = whole.trim_end_matches(|c: char| c.is_whitespace() || quote(c));
        if another_value(lead, &whole[lead.len()..]) {
            return None;
        }
        let (tie, lead) = tied(lead, text[at..].starts_with(quote))?;
        let lead = lead.trim_end_matches(|c: char| c == ' ' || quote(c) || ")]>+?:".contains(c));
        const VALUE: [&str; 4] = ["value", "Value", "VALUE", "default"];
        let lead = match VALUE.iter().find(|value| lead.ends_with(**value)) {
            Some(value) if last_name(lead).trim_start_matches(['-', ' ']) == *value => {
                attribute(&lead[..lead.len() - value.len()])?
            }
            _ => lead,
        };
        Some(Name { tie, lead })
    }

    /// What kind of value it promises, if any.
    pub fn kind(&self) -> Option<Kind> {
        let number = |word: &&str| word.bytes().all(|b| b.is_ascii_digit());
        let mut last = Last(self.lead).skip_while(number);
        let mut words = [""; LOOK];
        let mut take = |words: &mut [&'a str]| words.fill_with(|| last.next().unwrap_or_default());
        let (first, others) = words.split_at_mut(DECIDE + 1);
        take(first);
        if first[0].is_empty() {
            return None;
        }
        let kind = kind_of(first);
        if kind.is_some() || self.tie != Tie::Word {
            return kind;
        }
        let (near, far) = others.split_at_mut(COMPLEMENT - DECIDE - 1);
        take(near);
        if !first.iter().chain(near.iter()).any(|word| of(word)) {
            return None;
        }
        take(far);
        kind_of(before_complement(&words)?)
    }

    /// Whether one of its words says that the value is a digest.
    pub fn digest(&self) -> bool {
        Last(self.lead).any(|word| says(word) & DIGEST != 0)
    }

    /// The text that ends with it.
    pub fn lead(&self) -> &str {
        self.lead
    }

    /// Whether it is the name of a call that sets what it names: `setPassword("…")`,
    /// `define('DB_PASSWORD', '…')`.
    pub fn sets(&self) -> bool {
        let verb = |word: &str| {
            let verbs = ["set", "with", "change", "update"];
            verbs.iter().any(|verb| word.eq_ignore_ascii_case(verb))
        };
        match self.tie {
            Tie::Place => Last(self.lead).nth(1).is_some_and(verb),
            Tie::List => {
                let before = self.lead.len() - last_name(self.lead).len();
                let callee = self.lead[..before].trim_end_matches(quote);
                ["define(", "setenv(", "SetEnv("]
                    .iter()
                    .any(|end| callee.ends_with(end))
            }
            _ => false,
        }
    }

    /// Whether its last word means many other things than a password, as those of a compiler do,
    /// and nothing before it says that it means one.
    pub fn weak(&self) -> bool {
        const OF: [&str; 16] = [
            "db", "user", "smtp", "ftp", "mail", "email", "admin", "root", "mysql", "pg", "auth",
            "login", "http", "redis", "mongo", "wpa",
        ];
        let mut words = Last(self.lead);
        let Some(word) = words.next() else {
            return false;
        };
        if words.0.ends_with("::") {
            return weak(word);
        }
        let of = words.next();
        let named = of.is_none_or(|of| OF.iter().any(|word| of.eq_ignore_ascii_case(word)));
        weak(word) && (!named || word.ends_with(|c: char| c.is_ascii_digit()))
    }

    /// What is left of it from each of its words on, from the last to the first.
    pub fn rests(&self) -> impl Iterator<Item = &str> {
        let mut words = Last(self.lead);
        std::iter::from_fn(move || {
            let word = words.next()?;
            Some(&self.lead[words.0.len()..]).filter(|_| !word.is_empty())
        })
    }
}

/// Whether `between` a name and what stands behind it is a value already, hidden or empty, or the
/// end of a line that calls for none: `def login(user, password):`.
fn another_value(name: &str, between: &str) -> bool {
    if between.len() < 2 {
        return false;
    }
    let bytes = between.as_bytes();
    let empty = |three: &[u8]| matches!(three, [b'"', b'"', b] | [b'\'', b'\'', b] if b.is_ascii_whitespace());
    bytes
        .windows(3)
        .any(|three| three == b"***" || empty(three))
        || (name.ends_with("):") && bytes.contains(&b'\n'))
}

/// How a text ties the value behind it to a name, and up to where that name goes. `quoted`: a quote
/// begins the value.
fn tied(lead: &str, quoted: bool) -> Option<(Tie, &str)> {
    let signless = lead.trim_end_matches(['=', ':', '>', ',', '|']);
    if signless.len() < lead.len() {
        // Members, paths of a program, roles of a text: `a->password`, `passwd::b`, `: :ref:`.
        let member = ["->", "::"].iter().any(|end| lead.ends_with(end));
        if member || (signless.ends_with(' ') && signless.trim_end().ends_with(':')) {
            return None;
        }
        let list = lead.ends_with([',', '|']);
        return Some((if list { Tie::List } else { Tie::Sign }, signless));
    }
    if let Some(callee) = lead.strip_suffix('(') {
        return Some((Tie::Place, callee));
    }
    let blank = |c: char| c.is_ascii_whitespace();
    let (before, word) = lead.rsplit_once(blank).unwrap_or(("", lead));
    let word = word.trim_start_matches(quote);
    let is = |words: &[&str]| words.iter().any(|other| word.eq_ignore_ascii_case(other));
    match word {
        "to" if Last(before).next().is_some_and(weak) => None,
        "is" | "ist" | "lautet" | "es" | "est" | "è" | "é" | "to" => Some((Tie::Word, before)),
        _ if word.starts_with("--") => Some((Tie::Word, word)),
        // The name itself ties: "Bearer abc".
        _ if is(&["bearer", "token"]) => Some((Tie::Word, lead)),
        _ if is(&["auth", "login", "authtoken", "add-authtoken"]) => Some((Tie::Place, lead)),
        // "machine a login b password c"
        "password" => {
            let login = before.trim_end().rsplit_once(blank)?.0;
            login.ends_with("login").then_some((Tie::Word, word))
        }
        "Basic" | "Digest" | "basic" | "digest" => None,
        _ => {
            let name = before.trim_end_matches([' ', ':', '"', '\'']);
            if before.len() > name.len() && ends_with(name.as_bytes(), b"authorization") {
                return Some((Tie::Place, name));
            }
            // `storePassword "value"`: a name as programs have them, before a quote.
            let name = match ends_with(word.as_bytes(), b"securestring") {
                true => "password",
                false => word,
            };
            (quoted && member(word.as_bytes())).then_some((Tie::Word, name))
        }
    }
}

/// Whether a word has a capital within or `_`, as names in programs have.
pub fn member(word: &[u8]) -> bool {
    word.windows(2).any(|pair| {
        pair[1] == b'_' || (pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
    })
}

/// `the password for the server`: the words before what it belongs to, all of them backwards.
fn before_complement<'a, 'b>(words: &'b [&'a str]) -> Option<&'b [&'a str]> {
    let named = |at: usize| noun(words[at], says(words[at]), 0).is_some();
    let at = (1..LOOK - DECIDE)
        .rev()
        .find(|at| of(words[at - 1]) && named(*at))?;
    Some(&words[at..])
}

fn of(word: &str) -> bool {
    matches!(
        word,
        "for"
            | "of"
            | "to"
            | "für"
            | "von"
            | "vom"
            | "zum"
            | "zur"
            | "des"
            | "der"
            | "pour"
            | "de"
            | "du"
            | "del"
            | "para"
            | "per"
            | "voor"
            | "van"
            | "di"
            | "da"
    )
}

/// What kind of value a name promises, whose words come backwards: what the last word does that
/// promises anything.
fn kind_of(words: &[&str]) -> Option<Kind> {
    let mut said = says(words[0]);
    for (behind, pair) in words.windows(2).take(DECIDE).enumerate() {
        let (word, said_before) = (pair[0], says(pair[1]));
        let noun = noun(word, said, said_before);
        if said & PUBLIC != 0 || (said_before & PUBLIC != 0 && noun.is_some()) {
            return None;
        }
        if let Some(kind) = noun {
            // A weak word must be the last; "the key of the door" promises nothing, nor does
            // "pass by reference".
            let last = kind == Kind::Key || weak(word);
            return (behind == 0 || !last).then_some(kind);
        }
        if said & ABOUT != 0 {
            return None;
        }
        said = said_before;
    }
    None
}

/// Words in which what something belongs to is looked for, and words that are looked at.
const COMPLEMENT: usize = 6;
const LOOK: usize = COMPLEMENT + DECIDE + 1;

/// Words at the end of a name that may promise something.
const DECIDE: usize = 3;

/// What a word that says `said` promises behind one that says `before`. Numbers behind it say
/// nothing.
fn noun(word: &str, said: u8, before: u8) -> Option<Kind> {
    let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let said = if bare.len() < word.len() {
        says(bare)
    } else {
        said
    } | ends_in(bare);
    // "pass_phrase" is one word.
    let phrase = ["phrase", "word"]
        .iter()
        .any(|end| bare.eq_ignore_ascii_case(end));
    if said & PASSWORD != 0 || (phrase && before & PASSWORD != 0) {
        Some(Kind::Password)
    } else if said & SECRET != 0 || (bare.eq_ignore_ascii_case("key") && before & OF_KEY != 0) {
        Some(Kind::Secret)
    } else {
        (said & WEAK != 0).then_some(Kind::Key)
    }
}

/// Whether a word for a password means many other things.
fn weak(word: &str) -> bool {
    let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let weak = ["pass", "psk", "pw"];
    weak.iter().any(|weak| bare.eq_ignore_ascii_case(weak))
}

/// `name="API_KEY" value=…`, `- name: API_KEY⏎ value: …`, `variable "api_key" { default = …`: the
/// name is another's value.
fn attribute(lead: &str) -> Option<&str> {
    let around = |c: char| c.is_whitespace() || quote(c);
    let lead = lead.trim_end_matches(|c: char| around(c) || c == ',' || c == '{');
    let name = last_name(lead);
    let tie = lead[..lead.len() - name.len()].trim_end_matches(around);
    if tie.ends_with("variable") {
        return Some(name.trim());
    }
    let tied = tie.ends_with(['=', ':']) && {
        let word = last_name(tie[..tie.len() - 1].trim_end_matches(around)).trim();
        let word = word.to_ascii_lowercase();
        ["name", "key", "- name", "id"].contains(&word.as_str())
            || word.ends_with(" name")
            || word.ends_with(" key")
    };
    // "name: API_KEY" has no quotes: the colon is right before the name.
    tied.then_some(name.trim())
}
