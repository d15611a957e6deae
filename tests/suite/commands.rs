//! The commands of the README, as a person types them.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::harness::PASSWORD;
use crate::tiny_model;

fn privatestack(data: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_privatestack"))
        .args(["--data", data.to_str().expect("a UTF-8 path"), "--json"])
        .args(arguments)
        .env("PRIVATESTACK_AUTH__ARGON2_MEMORY_KIB", "64")
        .output()
        .expect("the command runs")
}

fn said(output: &Output) -> Value {
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn the_owner_of_the_machine_sets_up_the_box_without_a_browser() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, file) = (folder.path().join("data"), folder.path().join("pw.txt"));
    std::fs::write(&file, format!("{PASSWORD}\n")).expect("a file");
    let file = file.to_str().expect("a UTF-8 path");
    let setup = [
        "setup",
        "--email",
        "ada@example.org",
        "--password-file",
        file,
    ];
    let ada = said(&privatestack(&data, &setup));
    assert_eq!(ada["email"], "ada@example.org");
    assert_eq!(ada["role"], "admin");
    let create = [
        "key",
        "create",
        "--user",
        "ada@example.org",
        "--name",
        "laptop",
    ];
    let key = said(&privatestack(&data, &create));
    assert!(
        key["key"].as_str().expect("a key").starts_with("psk_"),
        "{key}"
    );
    // Once is enough.
    let again = privatestack(&data, &setup);
    assert_eq!(again.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&again.stderr).contains("set up"),
        "it says why"
    );
}

#[test]
fn a_model_file_is_measured_in_every_way_that_it_has_room_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, file) = (folder.path().join("data"), folder.path().join("tiny.gguf"));
    std::fs::write(&file, tiny_model::babbling("It lies in the hall. ")).expect("a file");
    let file = file.to_str().expect("a UTF-8 path");
    // Long answers, or the first of three is over before the last has begun.
    let bench = |prompt: &str, sequences: &str, conversation: &str| {
        let common = ["model", "bench", file, "--threads", "2", "--rounds", "2"];
        let asked = [
            "--prompt",
            prompt,
            "--generate",
            "200",
            "--sequences",
            sequences,
        ];
        let turn = ["--conversation", conversation];
        privatestack(&data, &[&common[..], &asked, &turn].concat())
    };
    let all = said(&bench("40", "1,3", "200"));
    for key in ["prefill_tokens_per_s", "decode_tokens_per_s", "load_ms"] {
        assert!(all[key].as_f64().is_some_and(|n| n > 0.0), "{key}: {all}");
    }
    let file_bytes = all["file_bytes"].as_u64().expect("a number");
    let peak = all["peak_rss_bytes"].as_u64().expect("a number");
    assert!(peak > file_bytes, "{all}");
    // The probe's memory is not the model's.
    assert!(peak < file_bytes + (200 << 20), "{all}");
    let batches = all["decode"].as_array().expect("a list");
    assert_eq!(batches.len(), 2, "{all}");
    for (batch, sequences) in batches.iter().zip([1, 3]) {
        assert_eq!(batch["sequences"], sequences);
        assert!(batch["tokens_per_s"]["least"].as_f64() <= batch["tokens_per_s"]["most"].as_f64());
        // A busy machine may hear many tokens of so small a model at once, and find any speed.
        let share = batch["share_of_memory"]["median"].as_f64();
        assert!(share.is_some_and(|share| share > 0.0), "{batch}");
    }
    let turn = &all["second_turn"];
    // The full pages of the first turn at least, but not what the second one adds.
    let (whole, kept) = (&turn["prompt_tokens"], &turn["cached_tokens"]);
    assert!(
        kept.as_u64() > Some(180) && kept.as_u64() < whole.as_u64(),
        "{turn}"
    );

    for conversation in ["0", "9000"] {
        let one = said(&bench("40", "1", conversation));
        assert!(one["second_turn"].is_null(), "the model holds 8192: {one}");
    }
    let refused = bench("9000", "1", "0");
    assert_eq!(refused.status.code(), Some(1));
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains("holds 8192"), "{why}");
    assert_eq!(bench("40", "0", "0").status.code(), Some(2));
}
