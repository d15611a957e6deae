//! The commands of the README, as a person types them.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::harness::PASSWORD;

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
