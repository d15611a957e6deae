//! What an import comes in: one file, a folder, or a wheel, which is a zip archive.
//!
//! Names in it are only compared, never opened as paths of their own; sizes are bounded before
//! anything is read, and a member that turns out longer than it said is an error.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::{
    CONFIG, GENERATION, GGUF, MODULES, POOLING, PROMPTS, SAFETENSORS, SENTENCE, TEMPLATE,
    TOKENIZER, TOKENIZER_BYTES, TOKENIZER_CONFIG, failed,
};
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
/// Most files that one model's weights are in.
const MOST_SHARDS: usize = 1000;
/// Where Sentence Transformers keep how vectors are made of rows: in a folder of its own.
const POOLING_FOLDER: &str = "1_Pooling";
/// Files that a model may bring along: in which folder beside the weights, under which name, what
/// to save them as, and how long they may be.
const OPTIONAL: [(&str, &str, &str, u64); 7] = [
    ("", GENERATION, GENERATION, CONFIG_BYTES),
    ("", TOKENIZER_CONFIG, TOKENIZER_CONFIG, 8 << 20),
    ("", TEMPLATE, TEMPLATE, CONFIG_BYTES),
    ("", SENTENCE, SENTENCE, CONFIG_BYTES),
    ("", MODULES, MODULES, CONFIG_BYTES),
    ("", PROMPTS, PROMPTS, CONFIG_BYTES),
    (POOLING_FOLDER, CONFIG, POOLING, CONFIG_BYTES),
];

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
    /// The file of its weights, or several to be joined.
    pub(super) weights: Vec<Member>,
    /// What to save the weights as.
    pub(super) weights_name: &'static str,
    /// Other files, each with what to save it as.
    pub(super) beside: Vec<(Member, &'static str)>,
    /// The description for people, and the facts that Sentence Transformers keep.
    pub(super) readme: Option<Member>,
    pub(super) sentence_config: Option<Member>,
}

impl Candidate {
    /// Bytes of its weights.
    pub(super) fn bytes(&self) -> u64 {
        let sizes = self.weights.iter().map(|member| member.bytes);
        sizes.fold(0, u64::saturating_add)
    }
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
        let pooling = format!("{POOLING_FOLDER}/{CONFIG}");
        if let Ok(facts) = fs::metadata(path.join(&pooling))
            && facts.is_file()
        {
            let place = members.len();
            members.push(Member {
                name: pooling,
                bytes: facts.len(),
                place,
            });
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
                    weights: vec![member.clone()],
                    weights_name: GGUF,
                    beside: Vec::new(),
                    readme: None,
                    sentence_config: None,
                });
            } else if name == SAFETENSORS {
                found.push(self.safetensors(vec![member.clone()], folder)?);
            } else if let Some((1, count)) = shard(name)
                && self.find(folder, "", SAFETENSORS).is_none()
            {
                found.push(self.safetensors(self.shards(folder, count)?, folder)?);
            }
        }
        if found.is_empty() {
            let what =
                "there is neither a .gguf nor a model.safetensors in it, nor all parts of one"
                    .to_owned();
            return Err(EngineError::Unsupported { what });
        }
        if found.len() > MOST_MODELS {
            return Err(damaged(format!("there are {} models in it", found.len())));
        }
        match found
            .iter()
            .find(|candidate| candidate.bytes() > WEIGHTS_BYTES)
        {
            Some(large) => Err(damaged(format!("{} bytes of weights", large.bytes()))),
            None => Ok(found),
        }
    }

    /// A file of the model in `folder`, or in a folder within it.
    fn find(&self, folder: &str, within: &str, name: &str) -> Option<Member> {
        let parts = [folder, within, name];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let path = parts.join("/");
        let mut members = self.members().iter();
        members.find(|member| member.name == path).cloned()
    }

    /// The `count` files that the weights in `folder` are in, in order.
    fn shards(&self, folder: &str, count: u32) -> Result<Vec<Member>, EngineError> {
        if count as usize > MOST_SHARDS {
            return Err(damaged(format!("its weights are in {count} files")));
        }
        let one = |number| {
            let name = format!("model-{number:05}-of-{count:05}.safetensors");
            let missing = || damaged(format!("there is no {name} beside the others"));
            self.find(folder, "", &name).ok_or_else(missing)
        };
        (1..=count).map(one).collect()
    }

    fn safetensors(&self, weights: Vec<Member>, folder: &str) -> Result<Candidate, EngineError> {
        let find = |within: &str, name: &str| self.find(folder, within, name);
        let need = |name: &'static str, most: u64| {
            let missing = || damaged(format!("there is no {name} beside model.safetensors"));
            let member = find("", name).ok_or_else(missing)?;
            if member.bytes > most {
                return Err(damaged(format!("{name} is {} bytes long", member.bytes)));
            }
            Ok((member, name))
        };
        let mut beside = vec![
            need(CONFIG, CONFIG_BYTES)?,
            need(TOKENIZER, TOKENIZER_BYTES)?,
        ];
        for (within, name, save_as, most) in OPTIONAL {
            let Some(member) = find(within, name) else {
                continue;
            };
            if member.bytes > most {
                return Err(damaged(format!("{name} is {} bytes long", member.bytes)));
            }
            beside.push((member, save_as));
        }
        Ok(Candidate {
            title: self.title(folder),
            weights,
            weights_name: SAFETENSORS,
            beside,
            readme: find("", "README.md").filter(|member| member.bytes <= CONFIG_BYTES),
            sentence_config: find("", SENTENCE).filter(|member| member.bytes <= CONFIG_BYTES),
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

/// Number and count of a file that holds a part of a model's weights, by its name.
fn shard(name: &str) -> Option<(u32, u32)> {
    let numbers = name.strip_prefix("model-")?.strip_suffix(".safetensors")?;
    let (number, count) = numbers.split_once("-of-")?;
    Some((number.parse().ok()?, count.parse().ok()?))
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
