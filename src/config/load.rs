//! Reads the settings: file, then environment; says where each one came from.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::Config;

/// Largest settings file that is read.
const FILE_BYTES: u64 = 1 << 20;
/// What the names of our environment variables begin with.
const PREFIX: &str = "PRIVATESTACK_";
/// Variables with our prefix that are not settings: they steer the command line, builds and tests.
const NOT_SETTINGS: [&str; 9] = [
    "BINARY",
    "CACHE",
    "CONFIG",
    "GOLDEN",
    "NO_UI",
    "SHARED",
    "UI_PATIENCE",
    "UI_SHOTS",
    "WRITE_GOLDEN",
];

/// What is wrong with the settings.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("cannot read the settings file {path}: {source}")]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the settings file {path} is larger than {FILE_BYTES} bytes")]
    TooLarge { path: PathBuf },
    #[error("{origin}: {message}")]
    Wrong { origin: Origin, message: String },
    #[error("{variable} names the file {path}, which cannot be read: {source}")]
    SecretFile {
        variable: String,
        path: String,
        source: std::io::Error,
    },
    #[error(
        "there is no home folder to keep the data in; name one with --data or the setting data"
    )]
    NoHome,
}

/// Where a setting came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    File(PathBuf),
    Environment,
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => write!(f, "in the settings file {}", path.display()),
            Self::Environment => f.write_str("in the environment"),
        }
    }
}

impl Config {
    /// The settings of `file`, if one is named, overridden by `environment`.
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Config, ConfigError> {
        let mut table = match file {
            Some(path) => read(path)?,
            None => toml::Table::new(),
        };
        if let Some(path) = file {
            check(table.clone(), Origin::File(path.to_owned()))?;
        }
        for (name, value) in variables(environment)? {
            set(&mut table, &name, value)?;
        }
        check(table, Origin::Environment)
    }
}

fn read(path: &Path) -> Result<toml::Table, ConfigError> {
    let failed = |source| ConfigError::Read {
        path: path.to_owned(),
        source,
    };
    if std::fs::metadata(path).map_err(failed)?.len() > FILE_BYTES {
        return Err(ConfigError::TooLarge {
            path: path.to_owned(),
        });
    }
    let text = std::fs::read_to_string(path).map_err(failed)?;
    text.parse()
        .map_err(|error: toml::de::Error| ConfigError::Wrong {
            origin: Origin::File(path.to_owned()),
            message: error.to_string(),
        })
}

fn check(table: toml::Table, origin: Origin) -> Result<Config, ConfigError> {
    table
        .try_into()
        .map_err(|error: toml::de::Error| ConfigError::Wrong {
            origin,
            message: error.to_string().trim_end().replace('\n', " "),
        })
}

/// Our variables by setting name; `…_FILE` stands for the content of the file it names.
fn variables(
    environment: impl Iterator<Item = (String, String)>,
) -> Result<BTreeMap<String, String>, ConfigError> {
    let mut found = BTreeMap::new();
    for (variable, value) in environment {
        let Some(name) = variable.strip_prefix(PREFIX) else {
            continue;
        };
        if NOT_SETTINGS.contains(&name) {
            continue;
        }
        if let Some(plain) = name.strip_suffix("_FILE") {
            let content =
                std::fs::read_to_string(&value).map_err(|source| ConfigError::SecretFile {
                    variable: variable.clone(),
                    path: value.clone(),
                    source,
                })?;
            found.insert(plain.to_ascii_lowercase(), content.trim_end().to_owned());
        } else {
            found.insert(name.to_ascii_lowercase(), value);
        }
    }
    Ok(found)
}

/// Puts `value` at `section__key`, read as a TOML value of the type that stands there by default.
fn set(table: &mut toml::Table, name: &str, value: String) -> Result<(), ConfigError> {
    let wrong = |message: String| ConfigError::Wrong {
        origin: Origin::Environment,
        message,
    };
    let mut path: Vec<&str> = name.split("__").collect();
    let key = path.pop().unwrap_or_default().to_owned();
    let defaults = toml::Table::try_from(Config::default()).map_err(|e| wrong(e.to_string()))?;
    let (mut place, mut known) = (table, Some(&defaults));
    for part in path {
        known = known
            .and_then(|table| table.get(part))
            .and_then(toml::Value::as_table);
        let entry = place
            .entry(part.to_owned())
            .or_insert_with(|| toml::Value::Table(toml::Table::new()));
        place = entry
            .as_table_mut()
            .ok_or_else(|| wrong(format!("`{name}` is not a section")))?;
    }
    let text = known
        .and_then(|table| table.get(&key))
        .is_none_or(toml::Value::is_str);
    let parsed = if text {
        None
    } else {
        format!("v = {value}").parse::<toml::Table>().ok()
    };
    let value = parsed
        .and_then(|mut t| t.remove("v"))
        .unwrap_or(toml::Value::String(value));
    place.insert(key, value);
    Ok(())
}

/// The data folder: the setting, else the place the XDG base directories name.
pub fn data_folder(
    config: &Config,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<PathBuf, ConfigError> {
    if let Some(path) = &config.data {
        return Ok(path.clone());
    }
    let set = |name: &str| {
        variable(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let base = set("XDG_DATA_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| set("HOME").map(|home| home.join(".local/share")));
    base.map(|base| base.join("privatestack"))
        .ok_or(ConfigError::NoHome)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(file: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("privatestack.toml");
        std::fs::write(&path, file).expect("a settings file");
        let variables = environment
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Config::load(Some(&path), variables).map_err(|error| error.to_string())
    }

    #[test]
    fn the_annotated_file_says_what_the_defaults_are() {
        let shown: toml::Table = include_str!("../../assets/privatestack.toml")
            .parse()
            .expect("valid TOML");
        let defaults = toml::Table::try_from(Config::default()).expect("settings are a table");
        assert_eq!(
            shown, defaults,
            "assets/privatestack.toml and Config::default() differ"
        );
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let config = load(
            "[server]\nlisten = \"127.0.0.1:1\"\n[engine]\nthreads = 1\n",
            &[
                ("PRIVATESTACK_SERVER__LISTEN", "127.0.0.1:2"),
                ("PRIVATESTACK_PLUGINS__GUARDRAILS", "[\"pii\"]"),
                ("PRIVATESTACK_CHAT__TEMPERATURE", "0.5"),
                ("PRIVATESTACK_CONFIG", "elsewhere"),
            ],
        )
        .expect("valid settings");
        assert_eq!(config.server.listen, "127.0.0.1:2");
        assert_eq!(config.engine.threads, 1);
        assert_eq!(config.plugins.guardrails, ["pii"]);
        assert!((config.chat.temperature - 0.5).abs() < f64::EPSILON);
    }

    #[test]
    fn a_wrong_setting_is_named() {
        for (file, environment, said) in [
            ("[server]\nlissten = 1\n", vec![], "lissten"),
            ("", vec![("PRIVATESTACK_SERVER__PORT", "1")], "port"),
            (
                "",
                vec![("PRIVATESTACK_ENGINE__THREADS", "many")],
                "threads",
            ),
            ("[server", vec![], "settings file"),
            ("", vec![("PRIVATESTACK_TYPO", "1")], "typo"),
        ] {
            let error = load(file, &environment).expect_err(said);
            assert!(error.contains(said), "{error}");
        }
    }

    #[test]
    fn the_data_folder_follows_xdg() {
        let with = |pairs: &'static [(&str, &str)]| {
            move |name: &str| {
                pairs
                    .iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| (*value).to_owned())
            }
        };
        let config = Config::default();
        let both = with(&[("XDG_DATA_HOME", "/x"), ("HOME", "/home/a")]);
        assert_eq!(
            data_folder(&config, both).expect("set"),
            Path::new("/x/privatestack")
        );
        let home = data_folder(&config, with(&[("HOME", "/home/a")])).expect("home");
        assert_eq!(home, Path::new("/home/a/.local/share/privatestack"));
        assert!(data_folder(&config, with(&[])).is_err());
    }
}
