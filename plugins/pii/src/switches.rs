//! Which labels are looked for.

/// Labels that are not looked for, by name; everything is on by default.
#[derive(Default)]
pub struct Switches(Vec<String>);

impl Switches {
    /// Reads a setting such as `["PERSON", "ADDRESS"]`: the labels that are switched off, in JSON
    /// or TOML, or any list of names.
    pub fn off(setting: Option<&str>) -> Switches {
        let sign = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        let names = setting.unwrap_or_default().split(sign);
        Switches(
            names
                .filter(|name| !name.is_empty())
                .map(str::to_ascii_uppercase)
                .collect(),
        )
    }

    /// Whether hits of this label are reported.
    pub fn enabled(&self, label: &str) -> bool {
        !self.0.iter().any(|off| off == label)
    }

    /// Whether anything is off.
    pub fn any_off(&self) -> bool {
        !self.0.is_empty()
    }
}

/// The host's setting of this guard, once hosts have one to ask for; until then everything is on.
/// This is the one place that changes with it.
pub fn from_host() -> Switches {
    Switches::off(None)
}

#[cfg(test)]
mod tests {
    use super::Switches;

    #[test]
    fn a_setting_names_what_is_off() {
        for (setting, person, email) in [
            (None, true, true),
            (Some(""), true, true),
            (Some(r#"["PERSON"]"#), false, true),
            (Some("off = ['person', 'EMAIL']"), false, false),
        ] {
            let switches = Switches::off(setting);
            assert_eq!(switches.enabled("PERSON"), person, "{setting:?}");
            assert_eq!(switches.enabled("EMAIL"), email, "{setting:?}");
        }
    }
}
