//! The life of documents: deleted ones leave nothing, kept ones travel.

use std::path::Path;
use std::process::Command;

use poem::http::{HeaderMap, Method};
use privatestack::config::StoreConfig;
use privatestack::store::doctor::Doctor;
use serde_json::Value;

use crate::harness::{Appliance, PASSWORD, Person, Reply};

const SECRET: &str = "The combination of the safe is nine, four, seven.";

fn doctor(data: &Path) -> Doctor {
    Doctor::open(data, &StoreConfig::default()).expect("the box is stopped")
}

fn uploads(data: &Path) -> usize {
    let shelves = std::fs::read_dir(data.join("blobs")).expect("uploads");
    let files = shelves.flatten().map(|shelf| {
        let inside = std::fs::read_dir(shelf.path()).into_iter().flatten();
        inside.count()
    });
    files.sum()
}

async fn imports(person: &Person<'_>, parcel: Vec<u8>) -> Reply {
    let path = "/api/v1/workspaces/import";
    let mut headers = HeaderMap::new();
    let kind = "application/octet-stream".parse().expect("a type");
    headers.insert("content-type", kind);
    person.send(Method::POST, path, Some(parcel), headers).await
}

async fn titles(person: &Person<'_>, workspace: &str) -> Vec<String> {
    let path = format!("/api/v1/workspaces/{workspace}/documents");
    let list = person.get(&path).await.ok();
    let title = |one: &Value| one["title"].as_str().expect("a title").to_owned();
    let mut titles: Vec<String> = (list["items"].as_array().expect("a list").iter())
        .map(title)
        .collect();
    titles.sort();
    titles
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_was_deleted_is_nowhere() {
    let mut appliance = Appliance::saying("Nothing.").await;
    let data = appliance.folder.path().join("data");
    {
        let ada = appliance.admin("ada").await;
        let (plant, other) = (
            ada.opens_workspace("Plant").await,
            ada.opens_workspace("Other").await,
        );
        ada.uploads(&plant, "pumps.txt", "The pump is blue.").await;
        let secret = SECRET.repeat(40);
        let safe = ada.uploads(&plant, "safe.txt", &secret).await;
        ada.uploads(&other, "the same.txt", &secret).await;
        let path = |workspace: &str, id: &Value| {
            let id = id.as_str().expect("an id");
            format!("/api/v1/workspaces/{workspace}/documents/{id}")
        };
        ada.delete(&path(&plant, &safe["id"])).await.ok();
        assert_eq!(uploads(&data), 2, "the other workspace has the same file");
        // The whole workspace goes, and its file with it, while the box runs.
        let gone = ada.delete(&format!("/api/v1/workspaces/{other}")).await;
        assert!(gone.status.is_success(), "{}", gone.text);
        while uploads(&data) > 1 {
            tokio::task::yield_now().await;
        }
    }
    appliance.stop().await;
    let doctor = doctor(&data);
    let checkup = doctor.examine(true).expect("a checkup");
    assert_eq!(checkup.findings, []);
    let (doctor, _) = doctor.compact().expect("compacted");
    let found = doctor.find(SECRET.as_bytes()).expect("looked for");
    assert!(found.is_gone() && found.in_file == 0, "{found:?}");
    let kept = doctor.find(b"The pump is blue.").expect("looked for");
    assert!(!kept.is_gone(), "{kept:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_travels_with_its_originals() {
    let appliance = Appliance::saying("It is blue [1].").await;
    let ada = appliance.admin("ada").await;
    let bob = appliance.person(&ada, "bob").await;
    let plant = ada.opens_workspace("Plant").await;
    ada.uploads(&plant, "pumps.txt", "The pump is blue.").await;
    ada.uploads(
        &plant,
        "valves.md",
        "# Valves\n\nThe valve opens at nine bar.",
    )
    .await;
    let path = format!("/api/v1/workspaces/{plant}/export");
    bob.get(&path).await.is_problem(404, "workspace_not_found");
    let member = serde_json::json!({ "email": "bob@example.org" });
    let members = format!("/api/v1/workspaces/{plant}/members");
    ada.post(&members, member).await.ok();
    assert_eq!(bob.get(&path).await.status, 403, "a member is no owner");

    let reply = ada.get(&path).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    let parcel = reply.text.into_bytes();
    let made = imports(&bob, parcel.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let made = made.json();
    assert_eq!(
        (&made["name"], &made["documents"]),
        (&"Plant".into(), &2.into())
    );
    let copy = made["workspace_id"].as_str().expect("an id");
    assert_eq!(titles(&bob, copy).await, ["pumps.txt", "valves.md"]);
    ada.get(&format!("/api/v1/workspaces/{copy}/documents"))
        .await
        .is_problem(404, "workspace_not_found");
    let list = bob
        .get(&format!("/api/v1/workspaces/{copy}/documents"))
        .await
        .ok();
    for document in list["items"].as_array().expect("a list") {
        let id = document["id"].as_str().expect("an id");
        let settled = bob.until_settled(copy, id).await;
        assert_eq!(settled["state"], "indexed", "{settled}");
        assert_eq!(settled["uploaded_by"], bob.id.as_str());
    }

    // A copy that is not whole leaves nothing behind.
    let mut changed = parcel.clone();
    let at = (changed.windows(9).rposition(|it| it == b"nine bar.")).expect("the original");
    changed[at] = b'f';
    let before = bob.get("/api/v1/workspaces").await.ok();
    for (name, bytes, code) in [
        ("changed", changed, "parcel_changed"),
        ("cut", parcel[..parcel.len() / 2].to_vec(), "parcel_"),
        ("no parcel", b"{}".to_vec(), "parcel_"),
    ] {
        let reply = imports(&bob, bytes).await;
        let problem = reply.json();
        let said = problem["code"].as_str().unwrap_or_default();
        assert!(
            reply.status == 400 && said.starts_with(code),
            "{name}: {}",
            reply.text
        );
    }
    assert_eq!(bob.get("/api/v1/workspaces").await.ok(), before);
}

fn privatestack(data: &Path, arguments: &[&str]) -> (Option<i32>, Value, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_privatestack"))
        .args(["--data", data.to_str().expect("a UTF-8 path"), "--json"])
        .args(arguments)
        .env("PRIVATESTACK_AUTH__ARGON2_MEMORY_KIB", "64")
        .output()
        .expect("the command runs");
    (
        output.status.code(),
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// A parcel of one document, as another box would have written it.
fn parcel(text: &str) -> Vec<u8> {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(text.as_bytes());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let manifest = serde_json::json!({
        "format": "privatestack-workspace", "version": 1,
        "workspace": { "name": "Plant", "instructions": "" },
        "documents": [{
            "title": "safe.txt", "media_type": "text/plain", "digest": digest,
            "bytes": text.len(), "uploaded_by": null, "uploaded_at_ms": 1,
        }],
    });
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in [
        ("manifest.json", manifest.to_string().into_bytes()),
        (&format!("originals/{digest}"), text.as_bytes().to_vec()),
    ] {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, &bytes[..])
            .expect("a tar file");
    }
    tar.into_inner().expect("a tar file")
}

#[test]
fn the_owner_of_the_machine_takes_workspaces_along_and_looks_after_the_box() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (code, _, why) = privatestack(&data, &["doctor"]);
    assert_eq!(code, Some(1), "{why}");
    assert!(why.contains("there is no box"), "{why}");

    std::fs::write(path("pw"), PASSWORD).expect("a file");
    let (ada, pw) = ("ada@example.org", path("pw"));
    let (code, ..) = privatestack(&data, &["setup", "--email", ada, "--password-file", &pw]);
    assert_eq!(code, Some(0));
    std::fs::write(path("in.tar"), parcel(SECRET)).expect("a file");
    let import = ["workspace", "import", "--user", ada, &path("in.tar")];
    let (code, made, why) = privatestack(&data, &import);
    assert_eq!((code, &made["documents"]), (Some(0), &1.into()), "{why}");
    let workspace = made["workspace_id"].as_str().expect("an id");
    let export = [
        "workspace",
        "export",
        "--user",
        ada,
        workspace,
        &path("out.tar"),
    ];
    let (code, _, why) = privatestack(&data, &export);
    assert_eq!(code, Some(0), "{why}");
    let out = std::fs::read(path("out.tar")).expect("a parcel");
    assert!(out.windows(SECRET.len()).any(|it| it == SECRET.as_bytes()));
    let (code, _, why) = privatestack(&data, &export);
    assert_eq!(code, Some(1));
    assert!(why.contains("is there already"), "{why}");

    let (code, found, why) = privatestack(&data, &["doctor", "--deep", "--find", SECRET]);
    assert_eq!(code, Some(1), "it is still there");
    assert_eq!(found["findings"], serde_json::json!([]), "{why}");
    assert_eq!(found["found"]["uploads"].as_array().map(Vec::len), Some(1));
    let junk = data.join("blobs/tmp/half");
    std::fs::write(&junk, "ha").expect("a file");
    let (code, found, _) = privatestack(&data, &["doctor"]);
    assert_eq!(code, Some(1));
    assert_eq!(found["findings"][0]["kind"], "leftover", "{found}");
    let (code, found, why) = privatestack(&data, &["doctor", "--repair", "--compact"]);
    assert_eq!(code, Some(0), "{why}");
    assert_eq!(found["mended"], 1, "{found}");
    assert!(!junk.exists());
}
