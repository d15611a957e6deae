//! A reader that is built in. What it reads is known without it, so its code is compiled when the
//! first such file comes and no sooner: most boxes see few kinds of files, and a start is quick.

use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::pipeline::{Extracted, Extractor, File, StageError, Unreadable};

use super::super::bindings::extractor::exports::privatestack::plugin::extractor::Kinds;
use super::super::bundle::BundledReader;
use super::super::load::Loader;
use super::super::{Origin, PluginCard, PluginError, PluginState, World, compiled};
use super::Reader;
use super::extractor::{fits, named};

/// One of them.
pub(in crate::plugin) struct BuiltInReader {
    file: BundledReader,
    about: About,
    kinds: Kinds,
    loader: Arc<Loader>,
    /// Once it was needed.
    reader: Mutex<Option<Arc<Reader>>>,
}

/// `reader.toml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    version: String,
    summary: String,
    extensions: Vec<String>,
    #[serde(default)]
    media_types: Vec<String>,
    /// First bytes, as text.
    #[serde(default)]
    magic: Vec<String>,
}

impl BuiltInReader {
    pub(in crate::plugin) fn new(
        file: BundledReader,
        loader: &Arc<Loader>,
    ) -> Result<Self, PluginError> {
        let about: About = toml::from_str(file.about).map_err(|error| PluginError::Load {
            plugin: file.name.to_owned(),
            why: format!("reader.toml: {}", error.message()),
        })?;
        let kinds = Kinds {
            extensions: about.extensions.clone(),
            media_types: about.media_types.clone(),
            magic: about
                .magic
                .iter()
                .map(|it| it.as_bytes().to_vec())
                .collect(),
        };
        Ok(Self {
            file,
            about,
            kinds,
            loader: loader.clone(),
            reader: Mutex::default(),
        })
    }

    pub(in crate::plugin) fn card(&self) -> PluginCard {
        PluginCard {
            name: self.file.name.to_owned(),
            version: self.about.version.clone(),
            summary: self.about.summary.clone(),
            labels: Vec::new(),
            digest: compiled::hex(&Sha256::digest(self.file.wasm)),
            world: World::Extractor,
            position: None,
            state: PluginState::Ready,
            origin: Origin::BuiltIn,
            capabilities: Vec::new(),
            settings: Vec::new(),
        }
    }

    /// Loads it, unless it is loaded. Others who need it wait.
    pub(in crate::plugin) fn reader(&self) -> Result<Arc<Reader>, PluginError> {
        let mut place = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reader) = &*place {
            return Ok(reader.clone());
        }
        let reader = self.loader.reader(&self.file)?;
        *place = Some(reader.clone());
        Ok(reader)
    }
}

impl Extractor for BuiltInReader {
    fn name(&self) -> &str {
        self.file.name
    }

    fn reads(&self, file: &File<'_>) -> bool {
        fits(&self.kinds, file)
    }

    fn reads_by_name(&self, file: &File<'_>) -> bool {
        named(&self.kinds, file)
    }

    fn extract(&self, file: &File<'_>) -> Result<Result<Extracted, Unreadable>, StageError> {
        let reader = self.reader();
        let reader = reader.map_err(|error| StageError::failed(self.file.name, error))?;
        reader.extract(file)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::bundle::READERS;
    use super::super::super::{PluginsConfig, Sandbox};
    use super::*;

    /// What is known without them is what they say.
    #[test]
    fn readers_read_what_is_said_of_them() {
        let loader = Arc::new(Loader {
            sandbox: Sandbox::new(&PluginsConfig::default()).expect("a sandbox"),
            cache: None,
            config: PluginsConfig::default(),
            trial: false,
        });
        for file in READERS {
            let built_in = BuiltInReader::new(*file, &loader).expect("reader.toml is right");
            let reader = built_in.reader().expect("run `make plugins` first");
            let (said, is) = (&built_in.kinds, reader.kinds());
            assert_eq!(said.extensions, is.extensions, "{}", file.name);
            assert_eq!(said.media_types, is.media_types, "{}", file.name);
            assert_eq!(said.magic, is.magic, "{}", file.name);
            let about = reader.guest().describe().expect("it says who it is");
            assert_eq!(about.version, built_in.about.version, "{}", file.name);
            assert_eq!(about.summary, built_in.about.summary, "{}", file.name);
        }
    }
}
