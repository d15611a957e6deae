//! What the name before a value says about it.

/// How a value is tied to its name.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Tie {
    /// `name=value`, `"name": "value"`, `name: value`, `<name>value`.
    Sign,
    /// `"name", value`.
    List,
    /// `the name is value`, `Bearer value`, `--name value`.
    Word,
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
pub struct Name {
    pub tie: Tie,
    /// Its words in lower case, without anything between them.
    pub flat: String,
    /// Where each word ends, the last one last.
    ends: Vec<u8>,
}

/// Bytes before a value in which its name stands.
pub const LEAD: usize = 72;

const PASSWORDS: [&str; 20] = [
    "password",
    "passwd",
    "passwort",
    "kennwort",
    "passphrase",
    "pwd",
    "contraseña",
    "passe",
    "motdepasse",
    "wachtwoord",
    "parola",
    "senha",
    "pass",
    "passcode",
    "hasło",
    "lösenord",
    "heslo",
    "şifre",
    "пароль",
    "adgangskode",
];
const SECRETS: [&str; 16] = [
    "secret",
    "secrets",
    "token",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "authkey",
    "accountkey",
    "signingkey",
    "credential",
    "credentials",
    "creds",
    "bearer",
    "authorization",
    "schlüssel",
];
/// `api key`, `client secret`: what makes a secret of a key.
const OF_KEY: [&str; 22] = [
    "api",
    "secret",
    "access",
    "private",
    "auth",
    "encryption",
    "signing",
    "master",
    "shared",
    "account",
    "client",
    "service",
    "license",
    "app",
    "application",
    "storage",
    "deploy",
    "webhook",
    "hmac",
    "crypto",
    "subscription",
    "session",
];
/// Names that end in one of these say something about a secret.
const ABOUT: [&str; 66] = [
    "id",
    "ids",
    "name",
    "names",
    "version",
    "url",
    "uri",
    "endpoint",
    "path",
    "file",
    "filename",
    "type",
    "length",
    "len",
    "size",
    "count",
    "alias",
    "ring",
    "keyring",
    "store",
    "keystore",
    "board",
    "code",
    "pair",
    "press",
    "frame",
    "mesh",
    "stone",
    "signature",
    "selector",
    "algorithm",
    "alg",
    "format",
    "field",
    "column",
    "index",
    "expiry",
    "expires",
    "expiration",
    "ttl",
    "timeout",
    "limit",
    "issuer",
    "location",
    "dir",
    "directory",
    "prefix",
    "suffix",
    "hint",
    "label",
    "source",
    "provider",
    "arn",
    "host",
    "hostname",
    "server",
    "region",
    "scope",
    "policy",
    "class",
    "variable",
    "results",
    "endpoint",
    "port",
    "user",
    "username",
];
/// Keys and tokens that open nothing.
const PUBLIC: [&str; 30] = [
    "public",
    "pub",
    "csrf",
    "xsrf",
    "authenticity",
    "primary",
    "foreign",
    "partition",
    "sort",
    "natural",
    "hot",
    "bucket",
    "sequence",
    "schema",
    "idx",
    "cache",
    "max",
    "page",
    "next",
    "continuation",
    "cursor",
    "random",
    "sync",
    "translation",
    "i18n",
    "object",
    "row",
    "unique",
    "issuer",
    "verify",
];
/// Values under these are digests.
const DIGESTS: [&str; 22] = [
    "sha",
    "sha1",
    "sha256",
    "sha384",
    "sha512",
    "md5",
    "checksum",
    "digest",
    "integrity",
    "hash",
    "commit",
    "rev",
    "revision",
    "etag",
    "fingerprint",
    "blake2b",
    "blake3",
    "crc",
    "crc32",
    "uuid",
    "guid",
    "nonce",
];

impl Name {
    /// The name that a value at `at` is tied to; `None` if there is no tie.
    pub fn before(text: &str, at: usize) -> Option<Name> {
        let mut from = at.saturating_sub(LEAD);
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let lead = text[from..at].trim_end_matches(|c: char| c.is_whitespace() || quote(c));
        let signless = lead.trim_end_matches(['=', ':', '>', ',', '|']);
        let (tie, lead) = if signless.len() < lead.len() {
            let list = lead.ends_with([',', '|']);
            (if list { Tie::List } else { Tie::Sign }, signless)
        } else {
            let (before, word) = lead.rsplit_once(' ').unwrap_or(("", lead));
            match word {
                "is" | "ist" | "lautet" | "es" | "est" | "è" | "é" | "to" => (Tie::Word, before),
                _ if word.starts_with("--") => (Tie::Word, word),
                // The name itself ties: "Bearer abc".
                _ if ["bearer", "token"]
                    .iter()
                    .any(|tie| word.eq_ignore_ascii_case(tie)) =>
                {
                    (Tie::Word, lead)
                }
                _ => return None,
            }
        };
        let lead = lead.trim_end_matches(|c: char| c == ' ' || quote(c) || ")]>+?:".contains(c));
        let name = last_name(lead);
        let name = match name.trim_start_matches(['-', ' ']) {
            "value" | "Value" | "VALUE" => attribute(&lead[..lead.len() - 5])?,
            _ => name,
        };
        let (flat, ends) = words(name);
        (!ends.is_empty()).then_some(Name { tie, flat, ends })
    }

    /// What kind of value it promises, if any.
    pub fn kind(&self) -> Option<Kind> {
        let count = self.ends.len();
        if (0..count).any(|at| DIGESTS.contains(&self.word(at))) {
            return None;
        }
        for (behind, at) in (0..count).rev().take(4).enumerate() {
            let word = self.word(at);
            let before = at.checked_sub(1).map_or("", |at| self.word(at));
            if PUBLIC.contains(&word) || (PUBLIC.contains(&before) && noun(word, before).is_some())
            {
                return None;
            }
            if let Some(kind) = noun(word, before) {
                // A weak word must be the last; "the key of the door" promises nothing.
                let far = behind > usize::from(kind != Kind::Key) * 2;
                return (!far).then_some(kind);
            }
            if ABOUT.contains(&word) {
                return None;
            }
        }
        None
    }

    fn word(&self, at: usize) -> &str {
        &self.flat[self.start(at)..usize::from(self.ends[at])]
    }

    fn start(&self, at: usize) -> usize {
        at.checked_sub(1).map_or(0, |at| usize::from(self.ends[at]))
    }

    /// What is left of [`Name::flat`] from each of its words on.
    pub fn rests(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|at| &self.flat[self.start(at)..])
    }
}

fn noun(word: &str, before: &str) -> Option<Kind> {
    let word = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let ends = |names: &[&str]| {
        names
            .iter()
            .any(|name| word == *name || (name.len() >= 5 && word.ends_with(name)))
    };
    if ends(&PASSWORDS) {
        Some(Kind::Password)
    } else if ends(&SECRETS) || (word == "key" && OF_KEY.contains(&before)) {
        Some(Kind::Secret)
    } else {
        let weak = matches!(word, "key" | "auth" | "access" | "api" | "apitoken" | "pat");
        weak.then_some(Kind::Key)
    }
}

pub fn quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '`' | '*' | '\\')
}

/// The last stretch that can be a name, blanks within it included.
fn last_name(lead: &str) -> &str {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ');
    let start = lead
        .char_indices()
        .rev()
        .find(|(_, c)| !part(*c))
        .map_or(0, |(at, c)| at + c.len_utf8());
    &lead[start..]
}

/// `name="API_KEY" value=…`, `- name: API_KEY⏎ value: …`: the name is another's value.
fn attribute(lead: &str) -> Option<&str> {
    let lead = lead.trim_end_matches(|c: char| c.is_whitespace() || quote(c));
    let name = last_name(lead);
    let tie = lead[..lead.len() - name.len()].trim_end_matches(|c: char| quote(c) || c == ' ');
    let tied = tie.ends_with(['=', ':']) && {
        let word = last_name(&tie[..tie.len() - 1]).trim();
        ["name", "key", "- name", "id"].contains(&word.to_ascii_lowercase().as_str())
            || word.to_ascii_lowercase().ends_with(" name")
            || word.to_ascii_lowercase().ends_with(" key")
    };
    // "name: API_KEY" has no quotes: the colon is right before the name.
    tied.then_some(name.trim())
}

/// The words of a name, by separators and by capitals within: all of them in one, and where each
/// ends. Numbers behind a name say nothing.
fn words(name: &str) -> (String, Vec<u8>) {
    let mut flat = String::with_capacity(name.len() + 8);
    let mut ends: Vec<u8> = Vec::with_capacity(8);
    let mut low = false;
    let end = |flat: &str, ends: &mut Vec<u8>| {
        let start = ends.last().copied().map_or(0, usize::from);
        // A lower case may be longer than its upper case; names are far from 255 bytes all the same.
        if let (true, Ok(end)) = (flat.len() > start, u8::try_from(flat.len())) {
            ends.push(end);
        }
    };
    for c in name.chars() {
        let border = !c.is_alphanumeric();
        if border || (low && c.is_uppercase()) {
            end(&flat, &mut ends);
        }
        if c.is_ascii() && !border {
            flat.push(c.to_ascii_lowercase());
        } else if !border {
            flat.extend(c.to_lowercase());
        }
        low = c.is_lowercase() || c.is_ascii_digit();
    }
    end(&flat, &mut ends);
    while let Some(last) = ends.last().copied() {
        let start = ends
            .len()
            .checked_sub(2)
            .map_or(0, |at| usize::from(ends[at]));
        if !flat.as_bytes()[start..usize::from(last)]
            .iter()
            .all(u8::is_ascii_digit)
        {
            break;
        }
        ends.pop();
    }
    flat.truncate(ends.last().copied().map_or(0, usize::from));
    (flat, ends)
}
