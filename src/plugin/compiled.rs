//! Compiled guests, kept in the data folder so that only the first start waits for the compiler.
//!
//! A compiled guest is machine code that runs with all our rights, so nothing is loaded that this
//! box has not written itself: each file carries a keyed MAC (BLAKE3) over its name and content,
//! and the key never leaves the data folder. The name holds the digest of the guest and a hash of
//! everything the code depends on: version of wasmtime, processor features, settings. Whatever
//! does not fit is compiled anew.

use std::fs;
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::domain::secret::Secret;

use super::{PluginError, component};

const KEY_BYTES: usize = 32;
const MAC_BYTES: usize = blake3::OUT_LEN;
const EXTENSION: &str = "cwasm";

/// The cache in `data/plugins/compiled/`. Trouble with it costs time, never a start: a box that
/// cannot write there compiles each time.
pub(super) struct Cache {
    folder: PathBuf,
    key: Option<Secret<[u8; KEY_BYTES]>>,
}

/// Where a loaded guest came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loaded {
    Cached,
    Compiled,
}

impl Cache {
    pub(super) fn open(data: &Path) -> Self {
        let plugins = data.join("plugins");
        let folder = plugins.join("compiled");
        let key = make_folder(&folder).and_then(|()| read_or_make_key(&plugins.join("cache.key")));
        let key = key
            .inspect_err(|error| tracing::warn!(%error, "compiled plugins cannot be kept"))
            .ok();
        Self { folder, key }
    }

    /// The compiled guest, from the cache or from the compiler.
    pub(super) fn load(
        &self,
        engine: &Engine,
        plugin: &str,
        wasm: &[u8],
    ) -> Result<(Component, Loaded), PluginError> {
        let name = file_name(engine, wasm);
        if let Some(code) = self.read(&name) {
            match trusted_component(engine, &code) {
                Ok(component) => return Ok((component, Loaded::Cached)),
                Err(error) => tracing::warn!(plugin, %error, "a kept plugin is compiled anew"),
            }
        }
        let component = component::of(plugin, wasm)?;
        let code = guarded(plugin, || engine.precompile_component(&component))?;
        self.write(&name, &code);
        let component = guarded(plugin, || trusted_component(engine, &code))?;
        Ok((component, Loaded::Compiled))
    }

    /// Removes what none of the guests `in_use` needs: code for an older binary or plugin.
    pub(super) fn prune<'a>(&self, engine: &Engine, in_use: impl Iterator<Item = &'a [u8]>) {
        let keep: Vec<String> = in_use.map(|wasm| file_name(engine, wasm)).collect();
        let Ok(entries) = fs::read_dir(&self.folder) else {
            return;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let ours = path
                .extension()
                .is_some_and(|extension| extension == EXTENSION);
            let name = entry.file_name();
            if ours && !keep.iter().any(|kept| name == kept.as_str()) {
                drop(fs::remove_file(path));
            }
        }
    }

    /// The code in a file, if this box wrote it under this name.
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        let key = self.key.as_ref()?;
        let mut content = fs::read(self.folder.join(name)).ok()?;
        let (mac, code) = content.split_at_checked(MAC_BYTES)?;
        let stored = blake3::Hash::from_slice(mac).ok()?;
        // Comparing two hashes of blake3 takes the same time wherever they differ.
        if mac_of(key, name, code) != stored {
            tracing::warn!("a compiled plugin was not written by this box; it is compiled anew");
            return None;
        }
        Some(content.split_off(MAC_BYTES))
    }

    fn write(&self, name: &str, code: &[u8]) {
        let Some(key) = &self.key else { return };
        let mac = mac_of(key, name, code);
        let path = self.folder.join(name);
        let written = write_new(
            &path.with_extension(format!("{}.tmp", std::process::id())),
            |file| {
                file.write_all(mac.as_bytes())?;
                file.write_all(code)
            },
        );
        if let Err(error) = written.and_then(|temporary| fs::rename(temporary, &path)) {
            tracing::warn!(%error, "a compiled plugin cannot be kept");
        }
    }
}

/// Compiles a guest that is not kept.
pub(super) fn compile(
    engine: &Engine,
    plugin: &str,
    wasm: &[u8],
) -> Result<Component, PluginError> {
    let component = component::of(plugin, wasm)?;
    guarded(plugin, || Component::new(engine, component))
}

/// Runs the compiler. It should refuse what it cannot take, and has been seen to panic instead.
fn guarded<T>(
    plugin: &str,
    compile: impl FnOnce() -> wasmtime::Result<T>,
) -> Result<T, PluginError> {
    let compiled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(compile));
    let why = match compiled {
        Ok(Ok(done)) => return Ok(done),
        Ok(Err(error)) => format!("it cannot be compiled: {error:#}"),
        Err(_) => "the compiler gave up on it".to_owned(),
    };
    Err(PluginError::Load {
        plugin: plugin.to_owned(),
        why,
    })
}

/// Makes machine code runnable.
#[allow(
    unsafe_code,
    reason = "loading compiled code cannot be checked by the compiler"
)]
fn trusted_component(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: `Component::deserialize` must only be given what wasmtime's own compiler made,
    // unmodified. Both callers hold that: `code` is either what `precompile_component` has just
    // returned, or it carries the MAC of this box's key over exactly these bytes (not over a file
    // that may change between check and use), which only `Cache::write` makes. wasmtime itself
    // refuses code of another version, processor or setting.
    unsafe { Component::deserialize(engine, code) }
}

/// Content, compiler, processor and settings.
fn file_name(engine: &Engine, wasm: &[u8]) -> String {
    let mut hasher = Blake(blake3::Hasher::new());
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!(
        "{}-{:016x}.{EXTENSION}",
        hex(&Sha256::digest(wasm)),
        hasher.finish()
    )
}

fn mac_of(key: &Secret<[u8; KEY_BYTES]>, name: &str, code: &[u8]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_keyed(key.expose());
    hasher
        .update(&(name.len() as u64).to_le_bytes())
        .update(name.as_bytes())
        .update(code);
    hasher.finalize()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A hasher that gives the same value in every build; the standard one promises that to nobody.
struct Blake(blake3::Hasher);

impl Hasher for Blake {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let mut first = [0; 8];
        self.0.finalize_xof().fill(&mut first);
        u64::from_le_bytes(first)
    }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

/// The key of this box. A key that others could read is worth nothing: it is replaced, and with
/// it goes all that was kept.
fn read_or_make_key(path: &Path) -> io::Result<Secret<[u8; KEY_BYTES]>> {
    if let Some(key) = read_key(path)? {
        return Ok(key);
    }
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    let key = Secret::new(key);
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    fs::rename(
        write_new(&temporary, |file| file.write_all(key.expose()))?,
        path,
    )?;
    Ok(key)
}

fn read_key(path: &Path) -> io::Result<Option<Secret<[u8; KEY_BYTES]>>> {
    let mut file = match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        tracing::warn!("the key of the plugin cache was open to others; a new one is made");
        return Ok(None);
    }
    let mut key = [0; KEY_BYTES];
    let read = file.read_exact(&mut key).is_ok() && file.read(&mut [0])? == 0;
    Ok(read.then(|| Secret::new(key)))
}

/// Writes a file that only we may read, and says where it is.
fn write_new(
    path: &Path,
    fill: impl FnOnce(&mut fs::File) -> io::Result<()>,
) -> io::Result<PathBuf> {
    drop(fs::remove_file(path));
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    fill(&mut file)?;
    Ok(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::faulty::{Does, Faulty};
    use super::super::sandbox::Sandbox;
    use super::*;
    use crate::config::PluginsConfig;

    struct Home {
        data: tempfile::TempDir,
        engine: Engine,
        wasm: Vec<u8>,
    }

    impl Home {
        fn new() -> Self {
            let data = tempfile::tempdir().unwrap();
            let sandbox = Sandbox::new(&PluginsConfig::default()).unwrap();
            Self {
                data,
                engine: sandbox.engine().clone(),
                wasm: Faulty::meek().wasm(),
            }
        }

        fn load(&self) -> Loaded {
            Cache::open(self.data.path())
                .load(&self.engine, "faulty", &self.wasm)
                .unwrap()
                .1
        }

        fn file(&self) -> PathBuf {
            self.data
                .path()
                .join("plugins/compiled")
                .join(file_name(&self.engine, &self.wasm))
        }

        fn key(&self) -> PathBuf {
            self.data.path().join("plugins/cache.key")
        }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_guest_is_compiled_once_and_only_its_owner_may_read_it() {
        let it = Home::new();
        assert_eq!(it.load(), Loaded::Compiled);
        assert_eq!(it.load(), Loaded::Cached);
        assert_eq!((mode(&it.key()), mode(&it.file())), (0o600, 0o600));
        assert_eq!(mode(it.file().parent().unwrap()), 0o700);
    }

    #[test]
    fn code_that_this_box_did_not_write_is_never_loaded() {
        let it = Home::new();
        it.load();
        let good = fs::read(it.file()).unwrap();
        for (what, content) in [
            ("a bit of the code", flip(&good, good.len() / 2)),
            ("a bit of the last byte", flip(&good, good.len() - 1)),
            ("a bit of the MAC", flip(&good, 0)),
            ("no MAC", good[MAC_BYTES..].to_vec()),
            ("cut short", good[..good.len() - 1].to_vec()),
            ("less than a MAC", good[..MAC_BYTES - 1].to_vec()),
            ("empty", Vec::new()),
        ] {
            fs::write(it.file(), content).unwrap();
            assert_eq!(it.load(), Loaded::Compiled, "{what}");
            assert_eq!(it.load(), Loaded::Cached, "after {what}");
        }
    }

    #[test]
    fn code_of_one_guest_does_not_pass_for_another() {
        let mut it = Home::new();
        it.load();
        let good = fs::read(it.file()).unwrap();
        it.wasm = Faulty::check(Does::Runs("unreachable")).wasm();
        fs::write(it.file(), good).unwrap();
        assert_eq!(it.load(), Loaded::Compiled);
    }

    #[test]
    fn another_key_makes_all_code_foreign() {
        let it = Home::new();
        it.load();
        let key = fs::read(it.key()).unwrap();
        for change in [
            (|path: &Path| fs::remove_file(path).unwrap()) as fn(&Path),
            |path| fs::write(path, b"short").unwrap(),
            |path| fs::write(path, [7; KEY_BYTES + 1]).unwrap(),
            |path| fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap(),
        ] {
            change(&it.key());
            assert_eq!(it.load(), Loaded::Compiled);
            assert_ne!(fs::read(it.key()).unwrap(), key);
            assert_eq!((mode(&it.key()), it.load()), (0o600, Loaded::Cached));
        }
    }

    #[test]
    fn a_folder_that_cannot_be_written_costs_time_only() {
        let it = Home::new();
        fs::write(it.data.path().join("plugins"), b"a file, not a folder").unwrap();
        assert_eq!((it.load(), it.load()), (Loaded::Compiled, Loaded::Compiled));
    }

    #[test]
    fn code_that_nothing_needs_is_removed() {
        let it = Home::new();
        it.load();
        let old = it.file().with_file_name(format!("old.{EXTENSION}"));
        fs::write(&old, b"old").unwrap();
        Cache::open(it.data.path()).prune(&it.engine, [it.wasm.as_slice()].into_iter());
        assert!(!old.exists() && it.file().exists());
    }

    fn flip(content: &[u8], at: usize) -> Vec<u8> {
        let mut flipped = content.to_vec();
        flipped[at] ^= 1;
        flipped
    }
}
