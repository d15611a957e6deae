//! The plugins built into the binary: `build.rs` finds them in `plugins/dist/`.

/// One built guest.
#[derive(Clone, Copy)]
pub(super) struct Bundled {
    pub(super) name: &'static str,
    pub(super) wasm: &'static [u8],
}

/// One built guest that reads files.
#[derive(Clone, Copy)]
pub(super) struct BundledReader {
    pub(super) name: &'static str,
    pub(super) wasm: &'static [u8],
    /// What it reads, so that it need not be loaded before such a file comes.
    pub(super) about: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/bundled_plugins.rs"));

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::config::PluginsConfig;
    use crate::domain::verdict::{self, Side};
    use crate::pipeline::{Pipeline, Released, StageError};

    use super::super::{PluginHost, cases};
    use super::BUNDLED;

    const TEXTS: [&str; 7] = [
        "Write to anna.maier@example.com or bob@example.org, please.",
        "Card 4111 1111 1111 1111, IBAN DE89 3704 0044 0532 0130 00 and nothing else.",
        "The key is AKIAIOSFODNN7EXAMPLQ, and the password: hunter2hunter2!",
        "ａｎｎａ@example.com, an\u{200b}na@exam\u{ad}ple.com and 𝐚𝐧𝐧𝐚@example.com",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7bq1\nqv5zUoY1\n-----END RSA PRIVATE KEY-----\nthen text",
        "Nothing to see here: 3 × 4 = 12, naïve façade, 日本語のテキスト。\n\nA new line.",
        "Call +49 170 1234567 or 192.168.17.4; born 12.03.1987. e\u{301}te\u{301} 👨‍👩‍👧",
    ];

    fn pipeline() -> Pipeline {
        let data = tempfile::tempdir().unwrap();
        let config = PluginsConfig::default();
        let host = PluginHost::open(&config, data.path()).expect("run `make plugins` first");
        Pipeline::new(host.guardrails(), &config)
    }

    async fn stream(pipeline: &Pipeline, pieces: &[&str]) -> Result<Released, StageError> {
        let mut release = pipeline.release();
        let mut all = Released::default();
        for piece in pieces {
            add(&mut all, release.push(piece).await?);
        }
        add(&mut all, release.finish().await?);
        Ok(all)
    }

    fn add(all: &mut Released, next: Released) {
        all.text.push_str(&next.text);
        all.edits.extend(next.edits);
        all.findings.extend(next.findings);
        all.stopped = all.stopped.take().or(next.stopped);
    }

    fn cut<'a>(text: &'a str, sizes: &[usize]) -> Vec<&'a str> {
        let mut pieces = Vec::new();
        let (mut rest, mut sizes) = (text, sizes.iter().cycle());
        while let (false, Some(size)) = (rest.is_empty(), sizes.next()) {
            let (piece, after) = rest.split_at(rest.ceil_char_boundary((*size).min(rest.len())));
            pieces.push(piece);
            rest = after;
        }
        pieces
    }

    /// Every case of every guard that is built in, in the sandbox, whole and streamed.
    #[test]
    fn built_in_guards_keep_their_cases() {
        let data = tempfile::tempdir().unwrap();
        // What is only noted shows in no text.
        let all = [("note".to_owned(), String::new())].into();
        let config = PluginsConfig {
            guardrails: BUNDLED.iter().map(|file| file.name.to_owned()).collect(),
            settings: [("pii".to_owned(), all)].into(),
            ..PluginsConfig::default()
        };
        let host = PluginHost::open(&config, data.path()).expect("run `make plugins` first");
        for guard in host.guardrails() {
            let name = guard.name().to_owned();
            let path = format!("{}/plugins/{name}/cases.toml", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(path).expect("cases");
            let cases = cases::parse(&text).expect("cases that parse");
            let alone = Pipeline::new(vec![guard], &config);
            assert_eq!(cases::misses(&alone, &cases), [], "{name}");
        }
    }

    /// An answer of a few KiB that must be JSON of a shape: held until it is known, then let go as a
    /// whole, or not at all.
    #[test]
    fn an_answer_may_be_held_to_a_schema_until_its_end() {
        let schema = r#"{"type": "array", "items": {"type": "object", "required": ["part"],
            "properties": {"part": {"type": "string"}, "count": {"type": "integer"}}}}"#;
        let set = [("json_schema".to_owned(), schema.to_owned())].into();
        let data = tempfile::tempdir().unwrap();
        let config = PluginsConfig {
            guardrails: vec!["format".to_owned()],
            settings: [("format".to_owned(), set)].into(),
            hold: [("format".to_owned(), 64 << 10)].into(),
            ..PluginsConfig::default()
        };
        let host = PluginHost::open(&config, data.path()).expect("run `make plugins` first");
        let pipeline = Pipeline::new(host.guardrails(), &config);
        let rows: Vec<String> = (0..200)
            .map(|n| format!(r#"{{"part": "impeller {n}", "count": {n}}}"#))
            .collect();
        let fits = format!("[{}]", rows.join(", "));
        let misfits = fits.replace("\"count\": 150", "\"count\": \"many\"");
        assert!(fits.len() > 4 * PluginsConfig::default().hold_bytes as usize);
        assert_eq!(pipeline.judge(Side::Output, &fits).unwrap().text, fits);
        let refused = pipeline.judge(Side::Output, &misfits).unwrap_err();
        assert!(refused.to_string().contains("/150/count"), "{refused}");
        for bytes in [3, 64] {
            let pieces = cases::pieces(&fits, bytes);
            assert_eq!(pipeline.judge_stream(&pieces).unwrap().text, fits);
            let pieces = cases::pieces(&misfits, bytes);
            let released = pipeline.judge_stream(&pieces).unwrap();
            assert_eq!(released.text, "");
            assert_eq!(released.stopped.unwrap().reason.label, "SCHEMA");
        }
    }

    /// The guards that are built in, over the views that the pipeline makes of whole texts and
    /// of what it holds of a stream: both must come to the same.
    #[test]
    fn built_in_guards_judge_a_stream_as_they_judge_the_whole() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let pipeline = pipeline();
        let cuts = (
            prop::collection::vec(0..TEXTS.len(), 1..4),
            prop::collection::vec(1..40usize, 1..5),
        );
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let compared = runner.run(&cuts, |(texts, sizes)| {
            let text = texts
                .iter()
                .map(|index| TEXTS[*index])
                .collect::<Vec<_>>()
                .join(" ");
            let whole = runtime
                .block_on(pipeline.admit(Side::Output, &text))
                .unwrap();
            let pieces = cut(&text, &sizes);
            let released = runtime.block_on(stream(&pipeline, &pieces)).unwrap();
            prop_assert_eq!(&released.text, &whole.text);
            prop_assert_eq!(verdict::apply(&text, &released.edits), released.text);
            let spans = |found: &[verdict::Finding]| {
                let mut spans: Vec<_> = found
                    .iter()
                    .map(|it| (it.start, it.end, it.label.clone()))
                    .collect();
                spans.sort();
                spans
            };
            prop_assert_eq!(spans(&released.findings), spans(&whole.findings));
            prop_assert!(released.stopped.is_none());
            Ok(())
        });
        compared.unwrap();
    }
}
