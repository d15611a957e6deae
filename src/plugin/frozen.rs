//! WIT 0.1 is frozen: what was built for it must run for as long as a box offers it.
//!
//! `tests/golden/wit-0.1/` is the contract as it was published, and `guest-0.1.wasm` a guest that
//! was built against it. A change of `wit/` is a new version beside this one: another folder,
//! other bindings, another set of [`Exports`](super::exports::Exports).

use std::path::Path;

use crate::config::PluginsConfig;
use crate::domain::verdict::{Side, Verdict};
use crate::pipeline::{Step, Subject};

use super::faulty::Faulty;
use super::{Bundled, PluginHost};

const WIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/wit");
const PUBLISHED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/wit-0.1");
const OLD_GUEST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/guest-0.1.wasm");

/// The lines that say something, of every file of a folder.
fn contract(folder: &str) -> Vec<(String, Vec<String>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let lines = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().map(str::trim);
        let kept = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
        kept.map(str::to_owned).collect()
    };
    let named = |path: &std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        (name, lines(path))
    };
    files.iter().map(named).collect()
}

#[test]
fn the_published_contract_is_what_the_box_offers() {
    assert_eq!(
        contract(WIT),
        contract(PUBLISHED),
        "wit 0.1 is published: words may change, and a change of what it says is a new version"
    );
}

/// `PRIVATESTACK_GOLDEN=write` made the guest, once.
#[test]
fn a_guest_of_before_still_judges() {
    if std::env::var_os("PRIVATESTACK_GOLDEN").is_some_and(|how| how == "write")
        && !Path::new(OLD_GUEST).exists()
    {
        std::fs::write(OLD_GUEST, Faulty::meek().wasm()).unwrap();
    }
    let wasm = std::fs::read(OLD_GUEST).expect("the guest of before");
    let data = tempfile::tempdir().unwrap();
    let config = PluginsConfig {
        guardrails: vec!["faulty".to_owned()],
        ..PluginsConfig::default()
    };
    let file = Bundled {
        name: "faulty",
        wasm: wasm.leak(),
    };
    let host = PluginHost::load(&config, data.path(), &[file], false).unwrap();
    let guard = host.guardrails().remove(0);
    let subject = |side| Subject::new(side, "Größe b2YgUFJPSg==".to_owned());
    for side in [Side::Input, Side::Retrieved, Side::Output] {
        assert_eq!(guard.check(&subject(side)).unwrap(), Verdict::Pass);
    }
    let held = subject(Side::Output);
    let mut session = guard.session(Side::Output).unwrap();
    for step in [session.push(&held), session.finish(&held)] {
        let Step::Emit { upto, .. } = step.unwrap() else {
            panic!("it held everything back");
        };
        assert_eq!(upto as usize, held.text.len());
    }
}
