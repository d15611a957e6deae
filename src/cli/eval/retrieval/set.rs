//! A set: documents, questions, and which documents answer which question.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Documents and questions with judgements.
pub(super) struct Set {
    pub(super) name: String,
    pub(super) documents: Vec<Text>,
    pub(super) questions: Vec<Text>,
    /// By question: how well each document answers it; what is not named does not.
    pub(super) gains: HashMap<String, HashMap<String, f64>>,
}

/// One text with its name in the set.
#[derive(Deserialize)]
pub(super) struct Text {
    #[serde(rename = "_id")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) title: String,
    pub(super) text: String,
}

impl Text {
    /// The name of the file that it comes in.
    pub(super) fn file_name(&self) -> String {
        match self.title.trim() {
            "" => "document.txt".to_owned(),
            title => format!("{title}.txt"),
        }
    }
}

impl Set {
    pub(super) fn read(folder: &Path) -> anyhow::Result<Self> {
        let name = folder.file_name().unwrap_or(folder.as_os_str());
        let set = Self {
            name: name.to_string_lossy().into_owned(),
            documents: lines(&folder.join("corpus.jsonl"))?,
            questions: lines(&folder.join("queries.jsonl"))?,
            gains: judgements(&folder.join("qrels.tsv"))?,
        };
        if !set
            .questions
            .iter()
            .any(|one| set.gains.contains_key(&one.id))
        {
            bail!("{}: no question has a judgement", folder.display());
        }
        Ok(set)
    }

    /// The questions that somebody judged, with their judgements.
    pub(super) fn judged(&self) -> impl Iterator<Item = (&Text, &HashMap<String, f64>)> {
        let judged = self.questions.iter();
        judged.filter_map(|one| Some((one, self.gains.get(&one.id)?)))
    }
}

fn lines<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    let text = read(path)?;
    let rows = (1..).zip(text.lines());
    rows.filter(|(_, line)| !line.trim().is_empty())
        .map(|(number, line)| {
            let place = || format!("{}, line {number}", path.display());
            serde_json::from_str(line).with_context(place)
        })
        .collect()
}

fn judgements(path: &Path) -> anyhow::Result<HashMap<String, HashMap<String, f64>>> {
    let mut gains: HashMap<String, HashMap<String, f64>> = HashMap::new();
    for (number, line) in (1..).zip(read(path)?.lines()).skip(1) {
        let place = || format!("{}, line {number}", path.display());
        let mut parts = line.split('\t');
        let (Some(question), Some(document), Some(gain)) =
            (parts.next(), parts.next(), parts.next())
        else {
            bail!("{}: not three columns", place());
        };
        let gain: f64 = gain.trim().parse().with_context(place)?;
        if gain > 0.0 {
            let of_question = gains.entry(question.to_owned()).or_default();
            of_question.insert(document.to_owned(), gain);
        }
    }
    Ok(gains)
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
