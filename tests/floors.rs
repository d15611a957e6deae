//! The dependency rule: a module imports only from the floors below its own.
//!
//! Reads the sources as text, so that it needs no compiler plugin and its verdict names a line.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Each room and its floor; `docs/ARCHITECTURE.md` says what each floor knows.
const FLOORS: [(&str, u8); 17] = [
    ("domain", 0),
    ("config", 1),
    ("store", 2),
    ("net", 2),
    ("engine", 3),
    ("pipeline", 3),
    ("auth", 4),
    ("plugin", 4),
    ("rag", 5),
    ("workspaces", 5),
    ("chat", 6),
    ("parcels", 6),
    ("api", 7),
    ("app", 8),
    ("cli", 8),
    ("telemetry", 8),
    ("main", 8),
];

/// Each big dependency and the rooms that may name it.
const HOMES: [(&str, &[&str]); 14] = [
    ("redb", &["store"]),
    ("wasmtime", &["plugin"]),
    ("wit_component", &["plugin"]),
    ("burn", &["engine"]),
    ("burn_flex", &["engine"]),
    ("burn_cubecl", &["engine"]),
    ("tokenizers", &["engine"]),
    ("llguidance", &["engine"]),
    ("minijinja", &["engine"]),
    ("argon2", &["auth"]),
    ("pasetors", &["auth", "plugin"]),
    ("poem_openapi", &["api"]),
    ("poem", &["api", "net", "app"]),
    ("hyper", &["net", "api", "cli"]),
];

/// The longest source file, tests included.
const LINES: usize = 500;

/// One source file: its path, the room it belongs to, its text.
struct Source {
    path: PathBuf,
    room: String,
    text: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the source folder can be read") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let inside = path.strip_prefix(&root).expect("below src");
                let first = inside.iter().next().expect("a name").to_string_lossy();
                let room = first.trim_end_matches(".rs").to_owned();
                let text = fs::read_to_string(&path).expect("UTF-8 source");
                found.push(Source {
                    path: inside.to_owned(),
                    room,
                    text,
                });
            }
        }
    }
    found.retain(|source| source.room != "lib");
    found
}

fn floor(room: &str) -> Option<u8> {
    FLOORS
        .iter()
        .find(|(name, _)| *name == room)
        .map(|(_, floor)| *floor)
}

/// Names that follow `prefix` in a line of code, such as `crate::` or `use `.
fn names_after<'a>(line: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    line.match_indices(prefix).map(move |(at, _)| {
        let rest = &line[at + prefix.len()..];
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        &rest[..end]
    })
}

/// Lines with their number, comments left out.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line.split("//").next().unwrap_or(line)))
}

#[test]
fn every_room_has_a_floor() {
    for source in sources() {
        assert!(
            floor(&source.room).is_some(),
            "{} has no floor",
            source.path.display()
        );
    }
}

#[test]
fn nothing_imports_upward_or_sideways() {
    let mut wrong = String::new();
    for source in sources() {
        let own = floor(&source.room).unwrap_or(0);
        for (number, line) in code(&source.text) {
            for prefix in ["crate::", "privatestack::"] {
                for room in names_after(line, prefix).filter(|room| *room != source.room) {
                    let Some(other) = floor(room) else { continue };
                    if other >= own && own < 8 {
                        let path = source.path.display();
                        let _ =
                            writeln!(wrong, "{path}:{number} floor {own} names {room} ({other})");
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn each_big_dependency_has_one_home() {
    let mut wrong = String::new();
    for source in sources() {
        for (number, line) in code(&source.text) {
            for (name, homes) in HOMES {
                let named = line.trim_start().starts_with(&format!("use {name}::"))
                    || line.match_indices(&format!("{name}::")).any(|(at, _)| {
                        let before = line[..at].chars().next_back();
                        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
                    });
                if named && !homes.contains(&source.room.as_str()) {
                    let path = source.path.display();
                    let _ = writeln!(
                        wrong,
                        "{path}:{number} names {name}, whose home is {homes:?}"
                    );
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn no_file_is_longer_than_a_person_reads() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|source| (source.text.lines().count(), source.path))
        .filter(|(lines, _)| *lines > LINES)
        .collect();
    assert!(long.is_empty(), "more than {LINES} lines: {long:?}");
}
