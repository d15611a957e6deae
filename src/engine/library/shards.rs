//! Weights that come in several safetensors files, put together into one.
//!
//! Each file says of its tensors where they lie behind its header; in the one file they lie behind
//! one header, file by file, so all that changes are these places.

use std::collections::BTreeMap;
use std::io::Read;

use serde::{Deserialize, Serialize};

use super::parcel::{Candidate, Parcel, unreadable};
use crate::engine::EngineError;

/// Largest header of one file: real ones have some hundred kilobytes.
const HEADER_BYTES: u64 = 32 << 20;
/// Most tensors in all.
const MOST_TENSORS: usize = 1 << 20;

/// A line of a header.
#[derive(Debug, Deserialize, Serialize)]
struct Place {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: [u64; 2],
}

/// The header that the one file begins with, and how long the headers are that it stands for.
#[derive(Debug)]
pub(super) struct Joined {
    pub(super) header: Vec<u8>,
    pub(super) skip: Vec<u64>,
}

impl Joined {
    /// Reads the headers of a candidate's files.
    pub(super) fn read(parcel: &mut Parcel, candidate: &Candidate) -> Result<Self, EngineError> {
        let mut places: BTreeMap<String, Place> = BTreeMap::new();
        let mut skip = Vec::new();
        let mut before = 0;
        for member in &candidate.weights {
            let header = header(parcel.reader(member)?.as_mut())?;
            let begin = header.len() as u64 + size_of::<u64>() as u64;
            let data = member.bytes.checked_sub(begin);
            let data = data.ok_or_else(|| damaged("it is cut off"))?;
            for (name, mut place) in lines(&header)? {
                let [start, end] = place.data_offsets;
                if start > end || end > data {
                    return Err(damaged("a tensor lies outside of it"));
                }
                place.data_offsets = [before + start, before + end];
                if places.insert(name, place).is_some() {
                    return Err(damaged("a tensor is in two of them"));
                }
            }
            if places.len() > MOST_TENSORS {
                return Err(damaged("there are too many tensors"));
            }
            skip.push(begin);
            before += data;
        }
        let mut json = serde_json::to_vec(&places).map_err(|e| damaged(&e.to_string()))?;
        json.resize(json.len().next_multiple_of(size_of::<u64>()), b' ');
        let mut header = (json.len() as u64).to_le_bytes().to_vec();
        header.extend(json);
        Ok(Self { header, skip })
    }
}

/// The header of one file.
fn header(from: &mut dyn Read) -> Result<Vec<u8>, EngineError> {
    let mut length = [0; size_of::<u64>()];
    from.read_exact(&mut length).map_err(unreadable)?;
    let length = u64::from_le_bytes(length);
    if length > HEADER_BYTES {
        return Err(damaged(&format!("its header is {length} bytes long")));
    }
    let mut header = Vec::new();
    from.take(length)
        .read_to_end(&mut header)
        .map_err(unreadable)?;
    match header.len() as u64 == length {
        true => Ok(header),
        false => Err(damaged("its header is cut off")),
    }
}

/// Its tensors; what else it says about itself is let go.
fn lines(header: &[u8]) -> Result<BTreeMap<String, Place>, EngineError> {
    let bad = |error: serde_json::Error| damaged(&error.to_string());
    let all: BTreeMap<String, serde_json::Value> = serde_json::from_slice(header).map_err(bad)?;
    let tensors = all.into_iter().filter(|(name, _)| name != "__metadata__");
    let read = |(name, value)| Ok((name, serde_json::from_value(value).map_err(bad)?));
    tensors.map(read).collect()
}

fn damaged(what: &str) -> EngineError {
    EngineError::Damaged {
        what: format!("one of the files of weights: {what}"),
    }
}
