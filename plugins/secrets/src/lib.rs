//! Redacts credentials: what opens a door when it is copied.
//!
//! A token is known by the prefix its issuer gave it and the length that follows; a signed token
//! by a header that decodes; a private key by its armour; a password by the name it is assigned
//! to or its place in a URL. Random-looking text without any of these is left alone: commits,
//! digests and identifiers look the same.

mod assigned;
mod key_block;
mod look;
mod signed;
mod token;
mod url;

use sdk::window::{Cut, Follow, Hit, Rules, Stream, check};
use sdk::{Description, Guardrail, Lifecycle, Subject, Verdict};

/// The guest.
pub struct Secrets;

sdk::export!(Secrets);

impl Lifecycle for Secrets {
    fn describe() -> Description {
        let mut labels: Vec<&str> = token::labels().collect();
        labels.extend([
            key_block::LABEL,
            signed::LABEL,
            url::LABEL,
            assigned::PASSWORD,
            assigned::SECRET,
            assigned::AWS_SECRET_KEY,
        ]);
        labels.sort_unstable();
        labels.dedup();
        Description {
            name: "secrets".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary: env!("CARGO_PKG_DESCRIPTION").to_owned(),
            labels: labels.into_iter().map(str::to_owned).collect(),
        }
    }
}

impl Guardrail for Secrets {
    type Session = Stream<Credentials>;

    fn check(subject: Subject) -> Verdict {
        check::<Credentials>(&subject)
    }
}

/// Everything this guard looks for.
#[derive(Default)]
pub struct Credentials;

impl Rules for Credentials {
    /// White space ends a segment, except within the first line of a key's armour.
    fn segment(&self, rest: &str) -> Cut {
        if rest.starts_with(blank) {
            return Cut::At(rest.find(|c| !blank(c)).unwrap_or(rest.len()));
        }
        match rest.find(blank) {
            None => Cut::More,
            Some(end) => key_block::armour(rest, end),
        }
    }

    fn scan(&self, text: &str, from: usize, hits: &mut Vec<Hit>) {
        let word = text[from..].trim_ascii();
        if word.len() < 4 {
            return;
        }
        let has = |byte: u8| word.as_bytes().contains(&byte);
        if has(b'-') {
            key_block::find(text, from, hits);
        }
        if word.len() >= 16 {
            token::find(text, from, hits);
            if has(b'.') {
                signed::find(text, from, hits);
            }
            if has(b'@') && has(b':') {
                url::find(text, from, hits);
            }
        }
        assigned::find(text, from, hits);
    }
}

fn blank(c: char) -> bool {
    c.is_ascii_whitespace()
}

/// A hit; if it ends with the text that was seen, more of it may follow.
fn hit(text: &str, span: std::ops::Range<usize>, label: &'static str, score: f32) -> Hit {
    let tail = (span.end == text.len()).then_some(rest_of_token as sdk::window::Tail);
    Hit {
        span,
        label,
        score,
        tail,
    }
}

/// Longer than one window: what follows without a break belongs to it.
fn rest_of_token(rest: &str, _done: bool) -> Follow {
    let part =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '+' | '/' | '=' | '~');
    match rest.find(|c| !part(c)) {
        Some(end) => Follow::End(end),
        None => Follow::Past(rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use sdk::{Guardrail, Side};

    use super::Secrets;

    fn redacted(text: &str) -> String {
        let verdict = Secrets::check(sdk::testing::subject(Side::Output, text));
        sdk::testing::outcome(text, &verdict)
    }

    #[test]
    fn the_cases_hold() {
        sdk::testing::cases::<Secrets>(include_str!("../cases.toml"));
    }

    #[test]
    fn a_stream_says_what_the_whole_text_says() {
        sdk::testing::streams::<Secrets>(&sdk::testing::texts(include_str!("../cases.toml")));
    }

    #[test]
    fn a_token_of_any_length_goes_whole() {
        let mut texts = Vec::new();
        for length in [100, 400, 505, 513, 700, 1500] {
            let payload: String = "aZ3kQ9_x".chars().cycle().take(length).collect();
            let text = format!("a eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.{payload}.c2ln, b");
            assert_eq!(redacted(&text), "a [JWT], b", "{length}");
            texts.push(text);
        }
        sdk::testing::streams::<Secrets>(&texts);
    }

    #[test]
    fn no_length_of_padding_hides_a_token() {
        for padding in (0..1100).step_by(17) {
            let text = format!("{}(AKIAIOSFODNN7EXAMPLE)", "x,".repeat(padding));
            assert_eq!(
                redacted(&text),
                format!("{}([AWS_ACCESS_KEY])", "x,".repeat(padding))
            );
        }
    }

    #[test]
    fn a_private_key_of_many_lines_goes_line_by_line() {
        let line = "MIIEpQIBAAKCAQEAn6O8li+SX4m98LLYtPKSzEmQ/ZBD7Loh9P13f4yQ92EF3yxR\n";
        let text = format!(
            "Here:\n-----BEGIN RSA PRIVATE KEY-----\n{}-----END RSA PRIVATE KEY-----\nthat was it.",
            line.repeat(60)
        );
        assert_eq!(redacted(&text), "Here:\n[PRIVATE_KEY]\nthat was it.");
        let open = format!("-----BEGIN PRIVATE KEY-----\n{}and so on.", line.repeat(9));
        assert_eq!(redacted(&open), "[PRIVATE_KEY]and so on.");
        let escaped = text.replace('\n', "\\n");
        assert_eq!(redacted(&escaped), "Here:\\n[PRIVATE_KEY]\\nthat was it.");
        sdk::testing::streams::<Secrets>(&[text, open, escaped]);
    }
}
