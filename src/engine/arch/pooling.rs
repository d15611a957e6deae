//! How a text's vector is made of the rows of its tokens, as the files of Sentence Transformers
//! say: the mean of all (MiniLM, E5) or the first (BGE), made length 1.

use std::path::Path;

use serde::Deserialize;

use super::ModelError;
use super::folder::read_json;

/// What an encoder makes of its last layer's rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pooling {
    Mean,
    /// The row of the special token that begins each text.
    First,
}

/// `1_Pooling/config.json`: one flag for each way, or in newer files the name of one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Settings {
    pooling_mode: Option<String>,
    pooling_mode_cls_token: bool,
    pooling_mode_mean_tokens: bool,
    pooling_mode_max_tokens: bool,
    pooling_mode_mean_sqrt_len_tokens: bool,
    pooling_mode_weightedmean_tokens: bool,
    pooling_mode_lasttoken: bool,
}

/// A line of `modules.json`: a step from text to vector.
#[derive(Debug, Deserialize)]
struct Module {
    #[serde(rename = "type")]
    kind: String,
}

impl Pooling {
    /// What the files in `folder` say; the mean if they say nothing.
    pub(super) fn read(folder: &Path) -> Result<Self, ModelError> {
        let modules = folder.join("modules.json");
        if modules.exists() {
            let modules: Vec<Module> = read_json(&modules)?;
            check(&modules)?;
        }
        let path = folder.join("pooling.json");
        if !path.exists() {
            return Ok(Self::Mean);
        }
        let settings: Settings = read_json(&path)?;
        settings.pooling()
    }

    /// The vector of a text whose tokens have these rows, of `width` numbers each.
    pub(super) fn vector(self, rows: &[f32], width: usize) -> Result<Vec<f32>, ModelError> {
        let mut vector = vec![0.0_f32; width];
        let counting = match self {
            Self::Mean => rows,
            Self::First => rows.get(..width).unwrap_or_default(),
        };
        for row in counting.chunks_exact(width) {
            vector.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        if !length.is_finite() || length == 0.0 {
            return Err(ModelError::NotFinite);
        }
        vector.iter_mut().for_each(|x| *x /= length);
        Ok(vector)
    }
}

impl Settings {
    fn pooling(&self) -> Result<Pooling, ModelError> {
        let named = self.pooling_mode.as_deref();
        let others = self.pooling_mode_max_tokens
            || self.pooling_mode_mean_sqrt_len_tokens
            || self.pooling_mode_weightedmean_tokens
            || self.pooling_mode_lasttoken;
        match (
            named,
            self.pooling_mode_cls_token,
            self.pooling_mode_mean_tokens,
        ) {
            (Some("cls"), ..) | (None, true, false) if !others => Ok(Pooling::First),
            (Some("mean"), ..) | (None, false, true) if !others => Ok(Pooling::Mean),
            _ => Err(ModelError::Config {
                what: "way of making vectors of rows",
                found: named.unwrap_or("neither the mean nor the first").to_owned(),
            }),
        }
    }
}

/// Fails on steps that this build does not have. Vectors are made length 1 in any case.
fn check(modules: &[Module]) -> Result<(), ModelError> {
    let name = |module: &Module| {
        module
            .kind
            .rsplit('.')
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    let known = |name: &String| matches!(&**name, "Transformer" | "Pooling" | "Normalize");
    match modules.iter().map(name).find(|name| !known(name)) {
        None => Ok(()),
        Some(found) => Err(ModelError::Config {
            what: "step from text to vector",
            found: found.chars().take(40).collect(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(files: &[(&str, &str)]) -> Result<Pooling, ModelError> {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).expect("a file");
        }
        Pooling::read(folder.path())
    }

    #[test]
    fn the_files_say_how_a_vector_is_made() {
        let bge = r#"{"word_embedding_dimension": 384, "pooling_mode_cls_token": true,
            "pooling_mode_mean_tokens": false, "pooling_mode_max_tokens": false}"#;
        let both = bge.replace("mean_tokens\": false", "mean_tokens\": true");
        let last = r#"{"pooling_mode_mean_tokens": true, "pooling_mode_lasttoken": true}"#;
        for (text, expected) in [
            (bge, Some(Pooling::First)),
            (r#"{"pooling_mode_mean_tokens": true}"#, Some(Pooling::Mean)),
            (r#"{"pooling_mode": "cls"}"#, Some(Pooling::First)),
            (r#"{"pooling_mode": "mean"}"#, Some(Pooling::Mean)),
            (r#"{"pooling_mode": "max"}"#, None),
            (&both, None),
            (last, None),
            ("{}", None),
            ("[", None),
        ] {
            assert_eq!(read(&[("pooling.json", text)]).ok(), expected, "{text}");
        }
        assert_eq!(read(&[]).ok(), Some(Pooling::Mean));
        let step = |name: &str| format!(r#"[{{"type": "sentence_transformers.models.{name}"}}]"#);
        for (name, fine) in [("Normalize", true), ("Pooling", true), ("Dense", false)] {
            assert_eq!(
                read(&[("modules.json", &step(name))]).is_ok(),
                fine,
                "{name}"
            );
        }
    }

    #[test]
    fn vectors_have_length_one_or_are_errors() {
        let rows = [3.0, 4.0, 5.0, 0.0];
        assert_eq!(
            Pooling::First.vector(&rows, 2).expect("a vector"),
            [0.6, 0.8]
        );
        let mean = Pooling::Mean.vector(&rows, 2).expect("a vector");
        assert!((mean[0] - 8.0 / 80.0_f32.sqrt()).abs() < 1e-6);
        for rows in [[0.0; 2], [f32::NAN, 1.0], [f32::INFINITY, 1.0]] {
            assert!(Pooling::Mean.vector(&rows, 2).is_err(), "{rows:?}");
        }
    }
}
