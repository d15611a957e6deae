//! E-mail addresses and names, as accounts have them.

use unicode_normalization::UnicodeNormalization;

use super::AuthError;

/// Characters that turn the direction of writing, so that a name reads as another one.
const TURNS: [char; 11] = [
    '\u{200E}', '\u{200F}', '\u{202A}', '\u{202B}', '\u{202C}', '\u{202D}', '\u{202E}', '\u{2066}',
    '\u{2067}', '\u{2068}', '\u{2069}',
];

/// Longest name of a person, in characters.
const NAME_CHARS: usize = 80;

/// The address in the form in which accounts are found: trimmed, composed (NFC), lower case.
///
/// This is no proof that mail arrives: it asks for one `@` with something sensible around it and
/// leaves the rest to the mail server (RFC 5321 allows much more than anybody uses).
pub(super) fn normalise(text: &str) -> Result<String, AuthError> {
    let address: String = text.trim().nfc().collect::<String>().to_lowercase();
    let (local, domain) = address.split_once('@').ok_or(AuthError::EmailInvalid)?;
    let sizes = (1..=64).contains(&local.len()) && (1..=190).contains(&domain.len());
    if !sizes || !local.chars().all(is_local) || !domain.split('.').all(is_label) {
        return Err(AuthError::EmailInvalid);
    }
    Ok(address)
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c)
}

/// A part of a host name; `admin@localhost` is an address on a box without a network.
fn is_label(label: &str) -> bool {
    let edges = label.starts_with('-') || label.ends_with('-');
    !label.is_empty() && !edges && label.chars().all(|c| c.is_alphanumeric() || c == '-')
}

/// A person's name: trimmed, composed, 1 to 80 characters, none that hides or breaks a line.
pub(super) fn name(text: &str) -> Result<String, AuthError> {
    let name: String = text.trim().nfc().collect();
    let hides = |c: char| c.is_control() || TURNS.contains(&c);
    if name.is_empty() || name.chars().count() > NAME_CHARS || name.chars().any(hides) {
        return Err(AuthError::NameInvalid { limit: NAME_CHARS });
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_again_however_it_is_typed() {
        for (typed, kept) in [
            (" Ada@Example.ORG ", "ada@example.org"),
            (
                "ada.l+box@mail.example.co.uk",
                "ada.l+box@mail.example.co.uk",
            ),
            ("admin@localhost", "admin@localhost"),
            ("Jose\u{301}@example.org", "jos\u{e9}@example.org"),
        ] {
            assert_eq!(normalise(typed).ok().as_deref(), Some(kept), "{typed}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@example.org", "a".repeat(65));
        for typed in [
            "",
            "ada",
            "@example.org",
            "ada@",
            "a b@example.org",
            "ada@exa mple.org",
            "ada@@example.org",
            "ada@example..org",
            "ada@-example.org",
            "<ada@example.org>",
            "ada@example.org\nbcc: x@example.org",
            "\"a\"@example.org",
            &long,
        ] {
            assert!(
                matches!(normalise(typed), Err(AuthError::EmailInvalid)),
                "{typed}"
            );
        }
    }

    #[test]
    fn a_name_is_one_line_that_shows() {
        assert_eq!(
            name("  Ada Lovelace ").ok().as_deref(),
            Some("Ada Lovelace")
        );
        let (longest, longer) = ("ä".repeat(80), "ä".repeat(81));
        assert!(name(&longest).is_ok());
        for bad in [
            "",
            "   ",
            "Ada\nLovelace",
            "Ada\u{202E}ecalevoL",
            longer.as_str(),
        ] {
            assert!(
                matches!(name(bad), Err(AuthError::NameInvalid { .. })),
                "{bad}"
            );
        }
    }
}
