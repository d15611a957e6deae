//! What is done about each label: replaced, only noted, or not looked for.

use std::cell::OnceCell;
use std::rc::Rc;

/// Labels that are noted when nothing is set. A name torn out of a question finds no document and
/// makes no sentence; whoever wants it hidden says so.
const NOTED: &str = "PERSON, ADDRESS";

/// What is done about each label. All are replaced that are in neither list.
#[derive(Default)]
pub struct Switches {
    off: Vec<String>,
    noted: Vec<String>,
}

impl Switches {
    /// The settings `off` and `note`: lists of labels, such as `PERSON, ADDRESS`.
    pub fn new(off: Option<&str>, note: Option<&str>) -> Switches {
        Switches {
            off: labels(off.unwrap_or_default()),
            noted: labels(note.unwrap_or(NOTED)),
        }
    }

    /// As the people set it who run the box, asked for once: it does not change while an instance
    /// lives. Tests set it anew.
    pub fn from_host() -> Rc<Switches> {
        thread_local! {
            static SET: OnceCell<Rc<Switches>> = const { OnceCell::new() };
        }
        let ask = || {
            let (off, note) = (sdk::host::config("off"), sdk::host::config("note"));
            Rc::new(Switches::new(off.as_deref(), note.as_deref()))
        };
        match cfg!(target_arch = "wasm32") {
            true => SET.with(|set| set.get_or_init(ask).clone()),
            false => ask(),
        }
    }

    /// Whether hits of this label are reported.
    pub fn enabled(&self, label: &str) -> bool {
        !self.off.iter().any(|off| off == label)
    }

    /// Whether anything is off.
    pub fn any_off(&self) -> bool {
        !self.off.is_empty()
    }

    /// Whether this label is only noted.
    pub fn noted(&self, label: &str) -> bool {
        self.noted.iter().any(|noted| noted == label)
    }
}

fn labels(setting: &str) -> Vec<String> {
    let sign = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    let names = setting.split(sign).filter(|name| !name.is_empty());
    names.map(str::to_ascii_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::Switches;

    #[test]
    fn settings_name_labels_however_they_are_listed() {
        for (off, person, email) in [
            (None, true, true),
            (Some(""), true, true),
            (Some(r#"["PERSON"]"#), false, true),
            (Some("person, EMAIL"), false, false),
        ] {
            let switches = Switches::new(off, None);
            assert_eq!(switches.enabled("PERSON"), person, "{off:?}");
            assert_eq!(switches.enabled("EMAIL"), email, "{off:?}");
        }
    }

    #[test]
    fn names_are_only_noted_until_somebody_wants_them_hidden() {
        assert!(Switches::new(None, None).noted("PERSON"));
        assert!(!Switches::new(None, None).noted("EMAIL"));
        assert!(!Switches::new(None, Some("")).noted("PERSON"));
        assert!(Switches::new(None, Some("EMAIL")).noted("EMAIL"));
    }
}
