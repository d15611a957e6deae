//! What an import comes in: one file, a folder, or a wheel, which is a zip archive.
//!
//! Names in it are only compared, never opened as paths of their own; sizes are bounded before
//! anything is read, and a member that turns out longer than it said is an error.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::{CONFIG, GGUF, SAFETENSORS, TOKENIZER, TOKENIZER_BYTES, failed};
use crate::engine::EngineError;

/// Most members of an archive or files of a folder that are looked at.
const MOST_MEMBERS: usize = 10_000;
/// Most models taken from one parcel.
const MOST_MODELS: usize = 16;
/// Largest weights.
const WEIGHTS_BYTES: u64 = 256 << 30;
/// Weights hardly shrink; an archive that claims more than this is a bomb.
const MOST_RATIO: u64 = 100;
const CONFIG_BYTES: u64 = 1 << 20;

/// What an import comes in.
pub(super) enum Parcel {
    Files {
        folder: PathBuf,
        members: Vec<Member>,
    },
    Archive {
        zip: Box<ZipArchive<BufReader<File>>>,
        members: Vec<Member>,
    },
}

/// One file of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// As the parcel names it, with `/` between folders.
    pub(super) name: String,
    pub(super) bytes: u64,
    place: usize,
}

/// A model in a parcel.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// What to call it if its files do not say.
    pub(super) title: String,
    pub(super) weights: Member,
    /// What to save the weights as.
    pub(super) weights_name: &'static str,
    /// Other files, each with what to save it as.
    pub(super) beside: Vec<(Member, &'static str)>,
    /// The description for people, and the facts that Sentence Transformers keep.
    pub(super) readme: Option<Member>,
    pub(super) sentence_config: Option<Member>,
}

impl Parcel {
    /// Looks what is in `path`.
    pub(super) fn open(path: &Path) -> Result<Self, EngineError> {
        if path.is_dir() {
            return Self::of_folder(path);
        }
        let size = fs::metadata(path)
            .map_err(|e| failed("open the file", e))?
            .len();
        let name = file_name(path);
        if name.ends_with(".gguf") {
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            let members = vec![Member {
                name,
                bytes: size,
                place: 0,
            }];
            return Ok(Self::Files { folder, members });
        }
        if name.ends_with(".whl") || name.ends_with(".zip") {
            return Self::of_archive(path, size);
        }
        Err(EngineError::Unsupported {
            what: "an import is a .gguf file, a .whl or .zip with a model inside, or a folder"
                .to_owned(),
        })
    }

    fn of_folder(path: &Path) -> Result<Self, EngineError> {
        let mut members = Vec::new();
        for entry in fs::read_dir(path).map_err(|e| failed("list the folder", e))? {
            let entry = entry.map_err(|e| failed("list the folder", e))?;
            // Follows links: a hub's cache keeps its files behind them.
            let facts = fs::metadata(entry.path()).map_err(|e| failed("list the folder", e))?;
            if facts.is_file() && members.len() < MOST_MEMBERS {
                let name = entry.file_name().to_string_lossy().into_owned();
                let place = members.len();
                members.push(Member {
                    name,
                    bytes: facts.len(),
                    place,
                });
            }
        }
        Ok(Self::Files {
            folder: path.to_owned(),
            members,
        })
    }

    fn of_archive(path: &Path, size: u64) -> Result<Self, EngineError> {
        let file = File::open(path).map_err(|e| failed("open the file", e))?;
        let mut zip = ZipArchive::new(BufReader::new(file)).map_err(bad_archive)?;
        if zip.len() > MOST_MEMBERS {
            return Err(damaged(format!("the archive has {} members", zip.len())));
        }
        let mut members = Vec::new();
        let mut total = 0_u64;
        for place in 0..zip.len() {
            let member = zip.by_index_raw(place).map_err(bad_archive)?;
            total = total.saturating_add(member.size());
            let name = member.name().map(Cow::into_owned);
            if let Ok(name) = name
                && member.is_file()
            {
                members.push(Member {
                    name,
                    bytes: member.size(),
                    place,
                });
            }
        }
        if total > size.saturating_mul(MOST_RATIO) {
            return Err(damaged(
                "the archive claims to unpack to far more than it can hold".into(),
            ));
        }
        Ok(Self::Archive {
            zip: Box::new(zip),
            members,
        })
    }

    fn members(&self) -> &[Member] {
        match self {
            Self::Files { members, .. } | Self::Archive { members, .. } => members,
        }
    }

    /// The models in it; at least one.
    pub(super) fn candidates(&self) -> Result<Vec<Candidate>, EngineError> {
        let mut found = Vec::new();
        for member in self.members() {
            let (folder, name) = split(&member.name);
            if name.ends_with(".gguf") {
                found.push(Candidate {
                    title: name.trim_end_matches(".gguf").to_owned(),
                    weights: member.clone(),
                    weights_name: GGUF,
                    beside: Vec::new(),
                    readme: None,
                    sentence_config: None,
                });
            } else if name == SAFETENSORS {
                found.push(self.safetensors(member, folder)?);
            }
        }
        if found.is_empty() {
            let what = "there is neither a .gguf nor a model.safetensors in it".to_owned();
            return Err(EngineError::Unsupported { what });
        }
        if found.len() > MOST_MODELS {
            return Err(damaged(format!("there are {} models in it", found.len())));
        }
        match found
            .iter()
            .find(|candidate| candidate.weights.bytes > WEIGHTS_BYTES)
        {
            Some(large) => Err(damaged(format!("{} bytes of weights", large.weights.bytes))),
            None => Ok(found),
        }
    }

    fn safetensors(&self, weights: &Member, folder: &str) -> Result<Candidate, EngineError> {
        let find = |name: &str| {
            let mut members = self.members().iter();
            let found = members.find(|member| split(&member.name) == (folder, name));
            found.cloned()
        };
        let need = |name: &'static str, most: u64| {
            let missing = || damaged(format!("there is no {name} beside model.safetensors"));
            let member = find(name).ok_or_else(missing)?;
            if member.bytes > most {
                return Err(damaged(format!("{name} is {} bytes long", member.bytes)));
            }
            Ok((member, name))
        };
        Ok(Candidate {
            title: self.title(folder),
            weights: weights.clone(),
            weights_name: SAFETENSORS,
            beside: vec![
                need(CONFIG, CONFIG_BYTES)?,
                need(TOKENIZER, TOKENIZER_BYTES)?,
            ],
            readme: find("README.md").filter(|member| member.bytes <= CONFIG_BYTES),
            sentence_config: find("sentence_bert_config.json")
                .filter(|member| member.bytes <= CONFIG_BYTES),
        })
    }

    /// What to call a model in `folder` of this parcel.
    fn title(&self, folder: &str) -> String {
        match self {
            Self::Files { folder, .. } => file_name(folder),
            Self::Archive { .. } => {
                let parts = folder
                    .rsplit('/')
                    .filter(|part| !matches!(*part, "" | "model"));
                parts
                    .map(str::to_owned)
                    .next()
                    .unwrap_or_else(|| "model".to_owned())
            }
        }
    }

    /// Opens a member; reading gives at most one byte more than it said it has.
    pub(super) fn reader(&mut self, member: &Member) -> Result<Box<dyn Read + '_>, EngineError> {
        let most = member.bytes + 1;
        match self {
            Self::Files { folder, .. } => {
                let file = File::open(folder.join(&member.name));
                Ok(Box::new(
                    file.map_err(|e| failed("open the file", e))?.take(most),
                ))
            }
            Self::Archive { zip, .. } => {
                let file = zip.by_index(member.place).map_err(bad_archive)?;
                Ok(Box::new(file.take(most)))
            }
        }
    }

    /// All of a small member.
    pub(super) fn read(&mut self, member: &Member) -> Result<Vec<u8>, EngineError> {
        let mut bytes = Vec::new();
        let read = self.reader(member)?.read_to_end(&mut bytes);
        read.map_err(unreadable)?;
        if bytes.len() as u64 != member.bytes {
            return Err(damaged("a member is not as long as it says".to_owned()));
        }
        Ok(bytes)
    }
}

/// A failed read: of an archive that is not sound, or of the disk.
pub(super) fn unreadable(error: io::Error) -> EngineError {
    match error.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof => {
            damaged(format!("the archive: {error}"))
        }
        _ => failed("read the file", error),
    }
}

fn bad_archive(error: zip::result::ZipError) -> EngineError {
    damaged(format!("the archive: {error}"))
}

fn damaged(what: String) -> EngineError {
    EngineError::Damaged { what }
}

/// Folder and name of a member.
fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('/').unwrap_or(("", name))
}

fn file_name(path: &Path) -> String {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "model".to_owned())
}
