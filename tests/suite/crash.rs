//! `kill -9` during uploads and turns: nothing acknowledged is lost, the box starts, jobs resume.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::PASSWORD;
use crate::tiny_model;

/// Kills in one run of the story.
const KILLS: u64 = 20;

/// A box in a process of its own.
struct Process {
    child: Child,
    url: String,
}

impl Process {
    fn start(data: &Path) -> (Self, Option<String>) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_privatestack"))
            .args(["--data", data.to_str().expect("a UTF-8 path")])
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("PRIVATESTACK_AUTH__ARGON2_MEMORY_KIB", "64")
            .env("PRIVATESTACK_SERVER__REQUESTS_PER_MINUTE", "100000")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the box starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let (mut url, mut token) = (None, None);
        for line in lines.map_while(Result::ok) {
            if let Some((_, found)) = line.split_once("/setup#token=") {
                token = Some(found.trim().to_owned());
                break;
            }
            if let Some(found) = line.strip_prefix("PrivateStack is at ") {
                url = Some(found.trim_end_matches('/').to_owned());
                if data.join("set-up").exists() {
                    break;
                }
            }
        }
        let url = url.expect("the box says where it is");
        (Self { child, url }, token)
    }

    fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

/// Calls the box; `None` if it is not there (any more).
fn call(url: &str, bearer: &str, path: &str, body: Option<&Value>) -> Option<(u16, Value)> {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(60)));
    let agent = ureq::Agent::new_with_config(config.build());
    let bearer = format!("Bearer {bearer}");
    let response = match body {
        None => agent
            .get(format!("{url}{path}"))
            .header("authorization", &bearer)
            .call(),
        Some(body) => agent
            .post(format!("{url}{path}"))
            .header("authorization", &bearer)
            .header("content-type", "application/json")
            .send(body.to_string().as_bytes()),
    };
    let mut response = response.ok()?;
    let status = response.status().as_u16();
    let text = response.body_mut().read_to_string().ok()?;
    Some((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
}

/// Uploads a document; its id, whether it is new or was there already.
fn upload(url: &str, bearer: &str, workspace: &str, text: &str) -> Option<String> {
    upload_as(url, bearer, workspace, "a.txt", text)
}

fn upload_as(url: &str, bearer: &str, workspace: &str, name: &str, text: &str) -> Option<String> {
    let body = format!(
        "--e\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n\
         {text}\r\n--e--\r\n"
    );
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    let mut response = ureq::Agent::new_with_config(config.build())
        .post(format!("{url}/api/v1/workspaces/{workspace}/documents"))
        .header("authorization", format!("Bearer {bearer}"))
        .header("content-type", "multipart/form-data; boundary=e")
        .send(body.as_bytes())
        .ok()?;
    let text = response.body_mut().read_to_string().ok()?;
    let made: Value = serde_json::from_str(&text).ok()?;
    let known = &made["document_id"];
    let id = if known.is_string() {
        known
    } else {
        &made["id"]
    };
    id.as_str().map(str::to_owned)
}

/// What was acknowledged.
#[derive(Default)]
struct Journal {
    documents: Vec<(String, String)>,
    turns: Vec<String>,
    /// An upload that was not acknowledged, to be tried again.
    lost: Option<String>,
}

fn write_until_killed(
    url: &str,
    key: &str,
    place: (&str, &str),
    round: u64,
    mut lost: Option<String>,
) -> Journal {
    let mut journal = Journal::default();
    for step in 0.. {
        let text = lost
            .take()
            .unwrap_or_else(|| format!("Round {round}, step {step}: the valve is in hall {step}."));
        let Some(id) = upload(url, key, place.0, &text) else {
            journal.lost = Some(text);
            break;
        };
        journal.documents.push((id, text));
        let body = json!({ "text": format!("Step {step}?"), "stream": false });
        let path = format!("/api/v1/conversations/{}/turns", place.1);
        let Some((status, turn)) = call(url, key, &path, Some(&body)) else {
            break;
        };
        if status < 300 {
            journal
                .turns
                .push(turn["id"].as_str().expect("an id").to_owned());
        }
    }
    journal
}

fn models(data: &Path) {
    let scratch = tempfile::tempdir().expect("a folder");
    let file: PathBuf = scratch.path().join("tiny.gguf");
    std::fs::write(&file, tiny_model::reciting("It is in the hall.")).expect("a model");
    import(data, &file);
}

fn import(data: &Path, model: &Path) {
    let made = Command::new(env!("CARGO_BIN_EXE_privatestack"))
        .args(["--data", data.to_str().expect("UTF-8"), "model", "import"])
        .arg(model)
        .output()
        .expect("the command runs");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
}

/// Sets a box up, once; it runs. A key of its admin, and a workspace.
fn set_up(data: &Path) -> (Process, String, String) {
    let (box_, token) = Process::start(data);
    let body = json!({
        "token": token.expect("a setup link"), "email": "ada@example.org", "name": "Ada",
        "password": PASSWORD,
    });
    let post = |path: &str, bearer: &str, body: Value| {
        let (status, value) = call(&box_.url, bearer, path, Some(&body)).expect("it answers");
        assert!(status < 300, "{path}: {value}");
        value
    };
    let signed_in = post("/api/v1/setup", "", body);
    let access = signed_in["access_token"].as_str().expect("a token");
    let key = post("/api/v1/api-keys", access, json!({ "name": "k" }));
    let key = key["key"].as_str().expect("a key").to_owned();
    let workspace = post("/api/v1/workspaces", &key, json!({ "name": "Valves" }));
    let workspace = workspace["id"].as_str().expect("an id").to_owned();
    std::fs::write(data.join("set-up"), "").expect("a mark");
    (box_, key, workspace)
}

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    models(&data);
    let (box_, key, workspace) = set_up(&data);
    let path = format!("/api/v1/workspaces/{workspace}/conversations");
    let (_, conversation) = call(&box_.url, &key, &path, Some(&json!({}))).expect("it answers");
    let conversation = conversation["id"].as_str().expect("an id").to_owned();
    box_.kill();

    let mut all = Journal::default();
    for round in 0..KILLS {
        let (box_, _) = Process::start(&data);
        let url = box_.url.clone();
        let (key, place) = (key.clone(), (workspace.clone(), conversation.clone()));
        let lost = all.lost.take();
        let writer = thread::spawn(move || {
            write_until_killed(&url, &key, (&place.0, &place.1), round, lost)
        });
        thread::sleep(Duration::from_millis(60 + round * 37 % 450));
        box_.kill();
        let journal = writer.join().expect("the writer ends");
        all.documents.extend(journal.documents);
        all.turns.extend(journal.turns);
        all.lost = journal.lost;
    }
    assert!(
        all.documents.len() >= 5,
        "only {} uploads got through",
        all.documents.len()
    );

    let (box_, _) = Process::start(&data);
    for (id, text) in &all.documents {
        let path = format!("/api/v1/workspaces/{workspace}/documents/{id}");
        let shown = (0..600).find_map(|_| {
            let (status, shown) = call(&box_.url, &key, &path, None).expect("it answers");
            assert_eq!(status, 200, "an acknowledged document is gone");
            let settled = shown["state"] == "indexed";
            if !settled {
                thread::sleep(Duration::from_millis(100));
            }
            settled.then_some(shown)
        });
        assert!(shown.is_some(), "a document was left unread");
        let (_, stored) = call(&box_.url, &key, &format!("{path}/text"), None).expect("text");
        if let Some(stored) = stored["text"].as_str() {
            assert_eq!(stored.trim_end(), text);
        }
    }
    for id in &all.turns {
        let path = format!("/api/v1/conversations/{conversation}/turns/{id}");
        let (status, turn) = call(&box_.url, &key, &path, None).expect("it answers");
        assert_eq!((status, &turn["state"]), (200, &json!("done")), "{turn}");
    }
    box_.kill();
}

/// Documents of the story below, and the kills in it.
const DOCUMENTS: usize = 200;
const BLOWS: u64 = 12;

/// A document of some kind, every seventh of which cannot be read.
fn document(number: usize) -> (String, String) {
    let mark = format!("mark{number}x");
    match number % 7 {
        0 => (format!("{number}.pdf"), format!("%PDF-1.7 torn off {mark}")),
        1 => (
            format!("{number}.md"),
            format!("# Hall {number}\n\nThe valve {mark} is shut.\n"),
        ),
        2 => (
            format!("{number}.csv"),
            format!("valve,hall\n{mark},{number}\n"),
        ),
        3 => (
            format!("{number}.html"),
            format!("<h1>Hall</h1><p>The valve {mark} is shut."),
        ),
        4 => (
            format!("{number}.rtf"),
            format!("{{\\rtf1\\ansi The valve {mark} is shut.}}"),
        ),
        5 => {
            let line = "The oil of the pumps is changed in winter, and in summer it is not. ";
            (
                format!("{number}.txt"),
                format!("{mark}. {}", line.repeat(300)),
            )
        }
        _ => (
            format!("{number}.txt"),
            format!("The valve {mark} is shut."),
        ),
    }
}

/// How many documents the worker has not come to the end of.
fn working(url: &str, key: &str, workspace: &str) -> Option<usize> {
    let path = format!("/api/v1/workspaces/{workspace}/documents?state=working&limit=200");
    let (_, page) = call(url, key, &path, None)?;
    Some(page["items"].as_array()?.len())
}

#[test]
fn ingest_goes_on_behind_kill_9_and_does_nothing_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    models(&data);
    let encoder = folder.path().join("encoder");
    tiny_model::write_encoder(&encoder).expect("a model");
    import(&data, &encoder);
    let (mut box_, key, workspace) = set_up(&data);
    for number in 0..DOCUMENTS {
        let (name, text) = document(number);
        upload_as(&box_.url, &key, &workspace, &name, &text).expect("it is taken in");
    }
    let mut in_the_middle = 0;
    for blow in 0..BLOWS {
        thread::sleep(Duration::from_millis(40 + blow * 53 % 200));
        in_the_middle += usize::from(working(&box_.url, &key, &workspace) > Some(0));
        box_.kill();
        box_ = Process::start(&data).0;
    }
    assert!(
        in_the_middle >= 3,
        "only {in_the_middle} blows fell in the middle"
    );
    for attempt in 0.. {
        if working(&box_.url, &key, &workspace) == Some(0) {
            break;
        }
        assert!(attempt < 1200, "some documents are never done");
        thread::sleep(Duration::from_millis(100));
    }

    let path = format!("/api/v1/workspaces/{workspace}/documents?limit=200");
    let (_, page) = call(&box_.url, &key, &path, None).expect("it answers");
    let listed = page["items"].as_array().expect("a list");
    let mut titles: Vec<&str> = listed
        .iter()
        .filter_map(|one| one["title"].as_str())
        .collect();
    titles.sort_unstable();
    titles.dedup();
    assert_eq!((listed.len(), titles.len()), (DOCUMENTS, DOCUMENTS));
    let search = format!("/api/v1/workspaces/{workspace}/search");
    for number in 0..DOCUMENTS {
        let (name, _) = document(number);
        let shown = listed
            .iter()
            .find(|one| one["title"] == *name)
            .expect("it is there");
        let readable = number % 7 != 0;
        assert_eq!(
            shown["state"],
            if readable { "indexed" } else { "failed" },
            "{shown}"
        );
        assert_eq!(shown["hint"].is_string(), !readable, "{shown}");
        let query = json!({ "query": format!("mark{number}x"), "method": "lexical" });
        let (_, found) = call(&box_.url, &key, &search, Some(&query)).expect("it answers");
        let hits = found["hits"].as_array().expect("a list");
        assert_eq!(hits.len(), usize::from(readable), "{name}: {found}");
        assert!(hits.iter().all(|hit| hit["title"] == *name));
    }
    box_.kill();
}
