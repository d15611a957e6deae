//! What words of a name say: lists, and an index over them.

use crate::index::{BUCKETS, Index, hash, hash_folded};
use crate::look::ends_with;

/// A name for what people choose.
pub const PASSWORD: u8 = 1;
/// A name for what machines make.
pub const SECRET: u8 = 2;
/// Makes a secret of a key: `api key`, `client secret`.
pub const OF_KEY: u8 = 4;
/// Names that end in it say something about a secret.
pub const ABOUT: u8 = 8;
/// Keys and tokens of this kind open nothing.
pub const PUBLIC: u8 = 16;
/// Values under it are digests.
pub const DIGEST: u8 = 32;
/// May be a secret.
pub const WEAK: u8 = 64;

// As the host shows Cyrillic letters that look like Latin ones, too: "пароль" is "napoлb".
const PASSWORDS: [&str; 30] = [
    "pw",
    "napoлb",
    "пapoлb",
    "пapoль",
    "密码",
    "密碼",
    "口令",
    "パスワード",
    "비밀번호",
    "psk",
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
const OF_KEYS: [&str; 22] = [
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
const ABOUTS: [&str; 97] = [
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
    "encryption",
    "hashing",
    "hashes",
    "command",
    "manager",
    "reset",
    "strength",
    "regex",
    "pattern",
    "validator",
    "expired",
    "changed",
    "protected",
    "enabled",
    "disabled",
    "required",
    "callback",
    "function",
    "prompt",
    "message",
    "error",
    "rules",
    "requirements",
    "input",
    "toggle",
    "form",
    "flow",
    "grant",
    "flag",
    "flags",
    "mask",
];
const PUBLICS: [&str; 30] = [
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
const WEAKS: [&str; 6] = ["key", "auth", "access", "api", "apitoken", "pat"];

/// What a word says, in any case: bits of the lists that have it.
pub fn says(word: &str) -> u8 {
    if let Some(folded) = folded(word) {
        return says_folded(folded.as_bytes());
    }
    let bucket = WHOLE.bucket(hash_folded(word.as_bytes()));
    bits(bucket, |listed| {
        word.as_bytes().eq_ignore_ascii_case(listed)
    })
}

/// What a word in lower case says.
pub fn says_folded(word: &[u8]) -> u8 {
    bits(WHOLE.bucket(hash(word)), |listed| listed == word)
}

/// Whether a word ends in one for a password or a secret: `dbpassword`, `mytoken`.
pub fn ends_in(word: &str) -> u8 {
    match folded(word) {
        Some(folded) => tail_of(folded.as_bytes()),
        None => tail_of(word.as_bytes()),
    }
}

/// The lower case of a word with capitals that are not ASCII.
fn folded(word: &str) -> Option<String> {
    let capital = |c: char| !c.is_ascii() && c.is_uppercase();
    (!word.is_ascii() && word.contains(capital)).then(|| word.to_lowercase())
}

fn tail_of(word: &[u8]) -> u8 {
    match word.len().checked_sub(TAIL) {
        Some(tail) => bits(TAILS.bucket(hash_folded(&word[tail..])), |listed| {
            ends_with(word, listed)
        }),
        None => 0,
    }
}

fn bits(rows: impl Iterator<Item = usize>, fits: impl Fn(&[u8]) -> bool) -> u8 {
    rows.map(|row| LISTED[row])
        .filter(|(listed, _)| fits(listed.as_bytes()))
        .fold(0, |bits, (_, bit)| bits | bit)
}

/// Bytes of a word that must be there for it to count at the end of another.
const TAIL: usize = 5;

const LISTS: [(&[&str], u8); 7] = [
    (&PASSWORDS, PASSWORD),
    (&SECRETS, SECRET),
    (&OF_KEYS, OF_KEY),
    (&ABOUTS, ABOUT),
    (&PUBLICS, PUBLIC),
    (&DIGESTS, DIGEST),
    (&WEAKS, WEAK),
];

const COUNT: usize = {
    let (mut list, mut count) = (0, 0);
    while list < LISTS.len() {
        count += LISTS[list].0.len();
        list += 1;
    }
    count
};

/// Every word with the bit of its list.
static LISTED: [(&str, u8); COUNT] = listed();

const fn listed() -> [(&'static str, u8); COUNT] {
    let mut rows = [("", 0); COUNT];
    let (mut list, mut row) = (0, 0);
    while list < LISTS.len() {
        let (words, bit) = LISTS[list];
        let mut at = 0;
        while at < words.len() {
            rows[row] = (words[at], bit);
            row += 1;
            at += 1;
        }
        list += 1;
    }
    rows
}

/// Rows of [`LISTED`] by their words.
static WHOLE: Index<COUNT> = index(false);
/// By their last bytes: of those that count at the end of another.
static TAILS: Index<COUNT> = index(true);

const fn index(tails: bool) -> Index<COUNT> {
    let all = listed();
    let mut buckets = [BUCKETS; COUNT];
    let mut row = 0;
    while row < COUNT {
        let word = all[row].0.as_bytes();
        if !tails {
            buckets[row] = hash(word);
        } else if word.len() >= TAIL && all[row].1 <= SECRET {
            buckets[row] = hash(word.split_at(word.len() - TAIL).1);
        }
        row += 1;
    }
    Index::of(buckets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_whole_and_at_the_end_of_another() {
        for (words, bit) in LISTS {
            for word in words {
                assert!(says(word) & bit != 0, "{word}");
                assert_eq!(says(&format!("{word}zz")), 0, "{word}");
                assert!(says(&word.to_uppercase()) & bit != 0, "{word}");
                let ends = ends_in(&format!("my{word}")) & bit != 0;
                assert_eq!(ends, bit <= SECRET && word.len() >= TAIL, "{word}");
            }
        }
    }
}
