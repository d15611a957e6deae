//! The settings that plugins read: installed ones declare them in their manifest, those that are
//! built in here.

use super::package::Manifest;

/// A setting that a plugin reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingCard {
    pub key: String,
    /// One sentence for the people who run the box.
    pub summary: String,
    /// What the plugin goes by where nothing is set.
    pub default: Option<String>,
}

/// Plugin, key, summary, default: one row for each setting that a built-in plugin reads.
const BUILT_IN: &[(&str, &str, &str, Option<&str>)] = &[
    (
        "pii",
        "off",
        "Labels that are not looked for, such as PHONE, ADDRESS.",
        None,
    ),
    (
        "pii",
        "note",
        "Labels that are shown and not replaced.",
        Some("PERSON, ADDRESS"),
    ),
    (
        "format",
        "json",
        "valid: answers must be one JSON value.",
        Some("off"),
    ),
    (
        "format",
        "json_schema",
        "A JSON Schema that every answer must fit; plugins.hold.format must have room for an answer.",
        None,
    ),
    (
        "format",
        "json_strings",
        "any: strings of a JSON answer may hold pictures from elsewhere and links that carry data.",
        Some("safe"),
    ),
];

/// Those of a plugin that is built in.
pub(super) fn built_in(name: &str) -> Vec<SettingCard> {
    let own = BUILT_IN.iter().filter(|(plugin, ..)| *plugin == name);
    own.map(|(_, key, summary, default)| SettingCard {
        key: (*key).to_owned(),
        summary: (*summary).to_owned(),
        default: default.map(str::to_owned),
    })
    .collect()
}

/// Those that a manifest declares.
pub(super) fn declared(manifest: &Manifest) -> Vec<SettingCard> {
    let declared = manifest.config.iter();
    declared
        .map(|(key, setting)| SettingCard {
            key: key.clone(),
            summary: setting.summary.clone(),
            default: setting.default.clone(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::BUILT_IN;

    /// The keys that the sources of a built-in plugin ask the host for.
    fn asked(folder: &Path, keys: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                asked(&path, keys);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let calls = text.split("host::config(\"").skip(1);
                keys.extend(calls.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
            }
        }
    }

    #[test]
    fn every_setting_that_a_built_in_plugin_reads_has_a_row() {
        for plugin in ["pii", "secrets", "injection", "format"] {
            let source = format!("{}/plugins/{plugin}/src", env!("CARGO_MANIFEST_DIR"));
            let mut keys = Vec::new();
            asked(Path::new(&source), &mut keys);
            keys.sort();
            let rows = BUILT_IN.iter().filter(|row| row.0 == plugin);
            let mut known: Vec<_> = rows.map(|row| row.1.to_owned()).collect();
            known.sort();
            assert_eq!(keys, known, "{plugin}");
        }
    }
}
