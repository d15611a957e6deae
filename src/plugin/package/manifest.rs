//! What a plugin is and what it asks for: `manifest.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::PluginError;
use crate::domain::verdict::Side;

/// Bytes of a name, a version and a summary.
const NAME_BYTES: usize = 48;
const SUMMARY_BYTES: usize = 300;

/// The version of the interfaces that this box speaks.
const WIT: &str = "0.1";

/// The manifest of a plugin. An unknown key is an error that names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Small letters, digits and hyphens; also what `describe` says.
    pub id: String,
    pub version: String,
    pub world: World,
    /// The version of the interfaces it was built for.
    pub wit: String,
    /// How `plugin build` builds it; not needed to run it.
    #[serde(default)]
    pub language: Option<Language>,
    /// One sentence for the people who run the box.
    pub summary: String,
    /// What it may call; shown before it is enabled.
    #[serde(default)]
    pub capabilities: Vec<Capability>,
    /// Which way texts go that a guardrail is asked about; all, if nothing is said.
    #[serde(default = "all_sides")]
    pub sides: Vec<Side>,
    #[serde(default)]
    pub isolation: Isolation,
    #[serde(default)]
    pub limits: Limits,
    /// Settings that it reads, with what they are when nothing is set.
    #[serde(default)]
    pub config: BTreeMap<String, Setting>,
}

fn all_sides() -> Vec<Side> {
    Side::ALL.to_vec()
}

/// What a plugin can be used as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum World {
    /// Judges texts.
    Guardrail,
    /// Gives answers their form.
    Formatter,
    /// Reads the text out of files.
    Extractor,
    /// Cuts texts into passages.
    Chunker,
    /// Says what to search for.
    Rewriter,
    /// Orders what was found.
    Reranker,
}

/// The language of a plugin's source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    Rust,
    Js,
    Python,
}

/// An interface of the host that a plugin may import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Lines for the log; of a plugin that was not reviewed they are counted and not shown.
    Log,
    /// Its own settings.
    Config,
    /// The time of day.
    Clock,
    /// To remember a few values.
    Kv,
    /// The box's embedding model.
    Embed,
}

/// How long an instance lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// One call: nothing of a text can be kept for the next.
    #[default]
    PerCall,
    /// Many calls, of different people: faster.
    Pooled,
}

/// What one call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Time for each started 64 KiB of a text.
    pub check_ms: u32,
    /// Time for one push of a stream.
    pub push_ms: u32,
    pub memory_mib: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            check_ms: 500,
            push_ms: 200,
            memory_mib: 32,
        }
    }
}

/// One setting of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    pub summary: String,
    #[serde(default)]
    pub default: Option<String>,
}

/// The most that a plugin may ask for.
const MOST: Limits = Limits {
    check_ms: 5000,
    push_ms: 1000,
    memory_mib: 128,
};

impl Manifest {
    /// Reads and checks a manifest.
    pub fn parse(text: &str) -> Result<Self, PluginError> {
        let manifest: Self = toml::from_str(text).map_err(|error| PluginError::Package {
            why: format!("manifest.toml: {}", error.message()),
        })?;
        match manifest.fault() {
            None => Ok(manifest),
            Some(why) => Err(PluginError::Package {
                why: format!("manifest.toml: {why}"),
            }),
        }
    }

    fn fault(&self) -> Option<String> {
        let Limits {
            check_ms,
            push_ms,
            memory_mib,
        } = self.limits;
        let within = |value: u32, most: u32| (1..=most).contains(&value);
        if !is_id(&self.id) {
            return Some("id: small letters, digits and hyphens, at most 48".to_owned());
        }
        if self.version.is_empty() || self.version.len() > NAME_BYTES || !is_plain(&self.version) {
            return Some("version: 1 to 48 plain characters".to_owned());
        }
        if self.summary.is_empty() || self.summary.len() > SUMMARY_BYTES || !is_plain(&self.summary)
        {
            return Some("summary: one sentence of at most 300 bytes".to_owned());
        }
        if self.wit != WIT {
            return Some(format!("wit: this box speaks {WIT} and not {}", self.wit));
        }
        if self.sides.is_empty() {
            return Some("sides: at least one of input, retrieved, output".to_owned());
        }
        if !within(check_ms, MOST.check_ms)
            || !within(push_ms, MOST.push_ms)
            || !within(memory_mib, MOST.memory_mib)
        {
            return Some(format!(
                "limits: at most check_ms = {}, push_ms = {}, memory_mib = {}",
                MOST.check_ms, MOST.push_ms, MOST.memory_mib
            ));
        }
        None
    }
}

impl Capability {
    /// All there are.
    pub const ALL: [Self; 5] = [Self::Log, Self::Config, Self::Clock, Self::Kv, Self::Embed];

    /// What manifests call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Config => "config",
            Self::Clock => "clock",
            Self::Kv => "kv",
            Self::Embed => "embed",
        }
    }

    /// The one that grants this interface.
    pub(in crate::plugin) fn of(interface: &str) -> Option<Self> {
        let name = interface
            .strip_prefix("privatestack:plugin/host-")?
            .strip_suffix("@0.1.0")?;
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

/// Whether `id` can be the name of a plugin, and of a file.
fn is_id(id: &str) -> bool {
    let part = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=NAME_BYTES).contains(&id.len()) && id.bytes().all(part) && !id.starts_with('-')
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "id = \"mild\"\nversion = \"1\"\nworld = \"guardrail\"\nwit = \"0.1\"\n\
        summary = \"Is mild.\"\n";

    #[test]
    fn what_is_left_out_is_the_safer_choice() {
        let manifest = Manifest::parse(GOOD).unwrap();
        assert_eq!(manifest.capabilities, []);
        assert_eq!(manifest.isolation, Isolation::PerCall);
        assert_eq!(manifest.sides, Side::ALL);
        assert_eq!(manifest.limits, Limits::default());
    }

    #[test]
    fn a_wrong_manifest_says_what_is_wrong() {
        for (change, word) in [
            (("id = \"mild\"", "id = \"Mild\""), "id"),
            (("id = \"mild\"", "id = \"../mild\""), "id"),
            (("id = \"mild\"", "id = \"-x\""), "id"),
            (("wit = \"0.1\"", "wit = \"0.2\""), "0.1"),
            (("guardrail", "toaster"), "toaster"),
            (("Is mild.", "Is\\nmild."), "summary"),
            (("version", "vresion"), "vresion"),
            (("\"1\"", "\"\""), "version"),
            (("wit =", "capabilities = [\"network\"]\nwit ="), "network"),
            (("wit =", "sides = []\nwit ="), "sides"),
            (("wit =", "sides = [\"inwards\"]\nwit ="), "inwards"),
        ] {
            let error = Manifest::parse(&GOOD.replace(change.0, change.1)).unwrap_err();
            assert!(error.to_string().contains(word), "{change:?}: {error}");
        }
        let greedy = format!("{GOOD}[limits]\nmemory_mib = 4096\n");
        assert!(
            Manifest::parse(&greedy)
                .unwrap_err()
                .to_string()
                .contains("limits")
        );
    }
}
