//! Packages that people bring: who may, what happens to those that are not what they say, and
//! texts that are judged while plugins come and go.

use crate::config::{PluginsConfig, StoreConfig};
use crate::domain::verdict::Side;
use crate::pipeline::Release;
use crate::plugin::Origin;
use crate::plugin::faulty::{self, Does, Faulty};
use crate::plugin::package::SigningKey;

use super::*;
use crate::pipeline::StageError;

/// A box with nothing built in, that trusts one publisher.
pub(in crate::plugin) struct Desk {
    folder: tempfile::TempDir,
    pub(in crate::plugin) store: Store,
    pub(in crate::plugin) clock: Clock,
    key: SigningKey,
    pub(in crate::plugin) config: PluginsConfig,
    pub(in crate::plugin) host: PluginHost,
}

impl Desk {
    pub(in crate::plugin) async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// A box with changed settings.
    pub(in crate::plugin) async fn with(change: impl FnOnce(&mut PluginsConfig)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), &StoreConfig::default()).unwrap();
        let key = SigningKey::generate().unwrap();
        let clock = Clock::held(Timestamp::from_millis(1_000_000));
        let mut config = config(&key);
        change(&mut config);
        let host = PluginHost::load(&config, folder.path(), &[], true).unwrap();
        host.restore(&store, &clock).await.unwrap();
        Self {
            folder,
            store,
            clock,
            key,
            config,
            host,
        }
    }

    /// The box is started again on the same folder.
    pub(in crate::plugin) async fn restart(&mut self) {
        self.host = PluginHost::load(&self.config, self.folder.path(), &[], true).unwrap();
        self.host.restore(&self.store, &self.clock).await.unwrap();
    }

    pub(in crate::plugin) fn signed(&self, guest: &Faulty, cases: &str) -> Vec<u8> {
        self.signed_as(guest, MANIFEST, cases)
    }

    pub(in crate::plugin) fn signed_as(
        &self,
        guest: &Faulty,
        manifest: &str,
        cases: &str,
    ) -> Vec<u8> {
        let mut package = package(guest, manifest, cases);
        package.sign(&self.key).unwrap();
        package.write().unwrap()
    }

    async fn judge(&self, text: &str) -> Result<String, StageError> {
        let admitted = self.host.pipeline().admit(Side::Input, text).await;
        admitted.map(|admitted| admitted.text)
    }

    fn packages(&self) -> usize {
        let folder = self.folder.path().join("plugins/installed");
        std::fs::read_dir(folder).map_or(0, Iterator::count)
    }
}

fn config(key: &SigningKey) -> PluginsConfig {
    PluginsConfig {
        guardrails: Vec::new(),
        required: Vec::new(),
        publishers: vec![key.publisher().as_str().to_owned()],
        ..PluginsConfig::default()
    }
}

pub(in crate::plugin) const MANIFEST: &str = "id = \"faulty\"\nversion = \"0.1.0\"\nworld = \"guardrail\"\n\
    wit = \"0.1\"\nsummary = \"For tests.\"\ncapabilities = [\"log\"]\n";

/// What each of the guests here says to every text.
pub(in crate::plugin) const PASSES: &str =
    "[[case]]\nname = \"passes\"\nside = \"input\"\ntext = \"hello\"\n";
pub(in crate::plugin) const BLOCKS: &str =
    "[[case]]\nname = \"blocks\"\nside = \"input\"\ntext = \"hello\"\nblocked = \"EMAIL\"\n";

fn package(guest: &Faulty, manifest: &str, cases: &str) -> Package {
    Package::new(manifest, guest.wasm(), cases).unwrap()
}

pub(in crate::plugin) fn blocking_guest() -> Faulty {
    Faulty::check(Does::Answers(faulty::block(0, 2)))
}

#[tokio::test]
async fn a_plugin_is_installed_tried_in_shadow_used_and_removed() {
    let mut desk = Desk::open().await;
    let bytes = desk.signed(&blocking_guest(), BLOCKS);
    let card = desk.host.install(bytes, false).await.unwrap();
    assert_eq!((card.state, card.position), (PluginState::Off, None));
    assert_eq!(card.capabilities, [crate::plugin::Capability::Log]);
    assert_eq!(desk.judge("hello").await.unwrap(), "hello");

    desk.host.set_usage("faulty", Usage::Shadow).await.unwrap();
    assert_eq!(desk.judge("hello").await.unwrap(), "hello");
    let state = desk.host.list()[0].state;
    let (judged, objections) = (1, 1);
    assert_eq!(state, PluginState::Shadow { judged, objections });

    desk.host.set_usage("faulty", Usage::Active).await.unwrap();
    let refused = desk.judge("hello").await.unwrap_err();
    assert!(matches!(refused, StageError::Blocked { .. }), "{refused}");
    // It is still in use when the box comes back.
    desk.restart().await;
    assert_eq!(desk.host.list()[0].position, Some(0));
    assert!(desk.judge("hello").await.is_err());

    desk.host.remove("faulty").await.unwrap();
    assert_eq!(desk.judge("hello").await.unwrap(), "hello");
    assert_eq!(desk.packages(), 0);
    let gone = desk.host.set_usage("faulty", Usage::Active).await;
    assert!(matches!(gone, Err(PluginError::Missing { .. })));
}

#[tokio::test]
async fn what_is_not_what_it_says_is_refused_and_leaves_nothing_behind() {
    let desk = Desk::open().await;
    let meek = Faulty::meek();
    let other = SigningKey::generate().unwrap();
    let sealed = |package: &Package, key: &SigningKey| {
        let mut package = package.clone();
        package.sign(key).unwrap();
        package.write().unwrap()
    };
    let good = package(&meek, MANIFEST, PASSES);
    let asks_less = MANIFEST.replace("[\"log\"]", "[]");
    let other_version = MANIFEST.replace("0.1.0", "0.1.1");
    let other_name = MANIFEST.replace("faulty", "meek");
    for (what, bytes, code) in [
        ("unsigned", good.write().unwrap(), "plugin_unsigned"),
        (
            "signed by a stranger",
            sealed(&good, &other),
            "plugin_signature_refused",
        ),
        (
            "fails its cases",
            sealed(&package(&meek, MANIFEST, BLOCKS), &desk.key),
            "plugin_self_test_failed",
        ),
        (
            "calls what it does not ask for",
            sealed(&package(&meek, &asks_less, PASSES), &desk.key),
            "plugin_capability_missing",
        ),
        (
            "is of another version",
            sealed(&package(&meek, &other_version, PASSES), &desk.key),
            "plugin_load_failed",
        ),
        (
            "has another name",
            sealed(&package(&meek, &other_name, PASSES), &desk.key),
            "plugin_load_failed",
        ),
        (
            "is no WebAssembly",
            sealed(
                &Package::new(MANIFEST, b"#!/bin/sh".to_vec(), PASSES).unwrap(),
                &desk.key,
            ),
            "plugin_load_failed",
        ),
        ("is no package", b"hello".to_vec(), "plugin_package_broken"),
    ] {
        let error = desk.host.install(bytes, false).await.expect_err(what);
        assert_eq!(
            crate::domain::fault::Fault::code(&error),
            code,
            "{what}: {error}"
        );
    }
    let installed = |card: &PluginCard| card.origin == Origin::Installed;
    assert_eq!(
        desk.host.list().iter().filter(|it| installed(it)).count(),
        0
    );
    assert_eq!(desk.packages(), 0);
}

#[tokio::test]
async fn a_plugin_in_use_whose_package_is_damaged_lets_nothing_pass() {
    let mut desk = Desk::open().await;
    let bytes = desk.signed(&Faulty::meek(), PASSES);
    desk.host.install(bytes, false).await.unwrap();
    desk.host.set_usage("faulty", Usage::Active).await.unwrap();
    assert_eq!(desk.judge("hello").await.unwrap(), "hello");
    let folder = desk.folder.path().join("plugins/installed");
    let file = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap();
    std::fs::write(file.path(), b"something else").unwrap();
    desk.restart().await;
    assert_eq!(desk.host.list()[0].state, PluginState::Broken);
    assert!(desk.judge("hello").await.is_err());
    // Whoever runs the box decides that it does without.
    desk.host.set_usage("faulty", Usage::Off).await.unwrap();
    assert_eq!(desk.judge("hello").await.unwrap(), "hello");
}

async fn push(stream: &mut Release, text: &str) -> (String, bool) {
    let released = stream.push(text).await.unwrap();
    (released.text, released.stopped.is_some())
}

#[tokio::test]
async fn a_new_version_that_may_call_more_needs_a_yes() {
    let desk = Desk::open().await;
    let versions = ["\"log\"", "\"log\", \"kv\"", ""].map(|asks| {
        let manifest = MANIFEST.replace("[\"log\"]", &format!("[{asks}]"));
        let mut package = package(&blocking_guest(), &manifest, BLOCKS);
        package.sign(&desk.key).unwrap();
        package.write().unwrap()
    });
    let [first, more, none] = versions;
    desk.host.install(first.clone(), false).await.unwrap();
    desk.host.set_usage("faulty", Usage::Active).await.unwrap();
    let refused = desk.host.install(more.clone(), false).await.unwrap_err();
    assert!(
        matches!(&refused, PluginError::WantsMore { more, .. } if more == "kv"),
        "{refused}"
    );
    // The one before goes on judging.
    assert!(desk.judge("hello").await.is_err());
    desk.host.install(more, true).await.unwrap();
    desk.host.install(first, false).await.unwrap();
    // This one logs, and says that it does not.
    assert!(matches!(
        desk.host.install(none, true).await,
        Err(PluginError::Ungranted { .. })
    ));
}

#[tokio::test]
async fn a_guard_is_exchanged_while_twenty_streams_run() {
    let desk = Desk::open().await;
    let bytes = desk.signed(&Faulty::meek(), PASSES);
    desk.host.install(bytes, false).await.unwrap();
    desk.host.set_usage("faulty", Usage::Active).await.unwrap();
    let pipeline = desk.host.pipeline();
    let mut streams: Vec<Release> = (0..20).map(|_| pipeline.release()).collect();
    for stream in &mut streams {
        assert_eq!(push(stream, "one ").await, ("one ".to_owned(), false));
    }
    // The new one stops every stream; the old ones never hear of it.
    let stopping = Faulty {
        check: Does::Answers(faulty::block(0, 2)),
        ..Faulty::push(Does::Answers(faulty::block(0, 0)))
    };
    desk.clock.advance(std::time::Duration::from_secs(1));
    desk.host
        .install(desk.signed(&stopping, BLOCKS), false)
        .await
        .unwrap();
    for stream in &mut streams {
        assert_eq!(push(stream, "two").await, ("two".to_owned(), false));
    }
    let mut fresh = pipeline.release();
    assert_eq!(push(&mut fresh, "one").await, (String::new(), true));
    for mut stream in streams {
        assert!(stream.finish().await.unwrap().stopped.is_none());
    }
    assert_eq!(desk.packages(), 1, "the old package is gone");
}
