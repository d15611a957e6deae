//! A plugin as it travels: one file `NAME.psp`, a zip archive of `manifest.toml`, `plugin.wasm`,
//! `cases.toml` and, once it is signed, `signature`.

mod manifest;
mod signature;

use std::borrow::Cow;
use std::io::{Cursor, Read, Write};

use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::cases::Case;
use super::{PluginError, cases};

pub(super) use manifest::Isolation;
pub use manifest::{Capability, Language, Manifest, World};
pub use signature::{PublisherKey, SigningKey};

/// Bytes of each part of a package, and of the whole, at most.
const MANIFEST_BYTES: u64 = 64 << 10;
const CASES_BYTES: u64 = 1 << 20;
const WASM_BYTES: u64 = 64 << 20;
const SIGNATURE_BYTES: u64 = 4 << 10;
/// Bytes of a package, at most.
pub const PACKAGE_BYTES: u64 = WASM_BYTES + (4 << 20);

const MANIFEST: &str = "manifest.toml";
const WASM: &str = "plugin.wasm";
const CASES: &str = "cases.toml";
const SIGNATURE: &str = "signature";

/// A plugin with everything that is needed to judge it and to run it.
#[derive(Clone, Debug)]
pub struct Package {
    /// What it is and what it asks for.
    pub manifest: Manifest,
    /// The component, or the core module that becomes one.
    pub wasm: Vec<u8>,
    /// What it must say of which text; at least one.
    pub cases: Vec<Case>,
    manifest_text: String,
    cases_text: String,
    signature: Option<String>,
}

impl Package {
    /// Puts the parts together. Unsigned.
    pub fn new(manifest_text: &str, wasm: Vec<u8>, cases_text: &str) -> Result<Self, PluginError> {
        let manifest = Manifest::parse(manifest_text)?;
        let cases = cases::parse(cases_text).map_err(|why| PluginError::Package { why })?;
        Ok(Self {
            manifest,
            wasm,
            cases,
            manifest_text: manifest_text.to_owned(),
            cases_text: cases_text.to_owned(),
            signature: None,
        })
    }

    /// Reads a package; hostile bytes cost no more than the largest package would.
    pub fn read(bytes: &[u8]) -> Result<Self, PluginError> {
        if bytes.len() as u64 > PACKAGE_BYTES {
            return Err(broken("it is larger than a package may be"));
        }
        let mut archive = ZipArchive::new(Cursor::new(bytes))
            .map_err(|error| broken(&format!("it is no zip archive ({error})")))?;
        let known = [MANIFEST, WASM, CASES, SIGNATURE];
        // Of two entries of one name the archive shows one, to all who read it.
        let strange = |name: Result<Cow<'_, str>, _>| {
            name.map_or(true, |name| !known.contains(&name.as_ref()))
        };
        if archive.file_names().any(strange) {
            return Err(broken("it holds files that belong to no package"));
        }
        let manifest = text(&mut archive, MANIFEST, MANIFEST_BYTES)?;
        let cases = text(&mut archive, CASES, CASES_BYTES)?;
        let wasm = part(&mut archive, WASM, WASM_BYTES)?;
        let signed = archive.index_for_name(SIGNATURE).is_some();
        let mut package = Self::new(&manifest, wasm, &cases)?;
        if signed {
            package.signature = Some(text(&mut archive, SIGNATURE, SIGNATURE_BYTES)?);
        }
        Ok(package)
    }

    /// The file. The same package gives the same bytes.
    pub fn write(&self) -> Result<Vec<u8>, PluginError> {
        let wrong =
            |error: zip::result::ZipError| broken(&format!("it cannot be written: {error}"));
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default();
        let mut add = |name: &str, bytes: &[u8]| {
            archive.start_file(name, options)?;
            archive.write_all(bytes).map_err(Into::into)
        };
        add(MANIFEST, self.manifest_text.as_bytes()).map_err(wrong)?;
        add(WASM, &self.wasm).map_err(wrong)?;
        add(CASES, self.cases_text.as_bytes()).map_err(wrong)?;
        if let Some(signature) = &self.signature {
            add(SIGNATURE, signature.as_bytes()).map_err(wrong)?;
        }
        Ok(archive.finish().map_err(wrong)?.into_inner())
    }

    /// Signs it, in place of a signature that it may carry.
    pub fn sign(&mut self, key: &SigningKey) -> Result<(), PluginError> {
        self.signature = Some(key.sign(&self.statement())?);
        Ok(())
    }

    /// Who of `trusted` signed exactly this; `None` for an unsigned package. A signature by
    /// somebody else, or over something else, is an error.
    pub fn publisher<'a>(
        &self,
        trusted: &'a [PublisherKey],
    ) -> Result<Option<&'a PublisherKey>, PluginError> {
        let Some(signature) = &self.signature else {
            return Ok(None);
        };
        let statement = self.statement();
        let signer = trusted.iter().find(|key| key.signed(signature, &statement));
        match signer {
            Some(key) => Ok(Some(key)),
            None => Err(PluginError::Signature {
                plugin: self.manifest.id.clone(),
                why: "it is signed by nobody that plugins.publishers names, or was changed since",
            }),
        }
    }

    /// What a signature states: the digest of each part, so that none can be exchanged.
    fn statement(&self) -> String {
        let digest = |bytes: &[u8]| super::compiled::hex(&Sha256::digest(bytes));
        format!(
            "privatestack plugin\nid {}\nversion {}\nmanifest {}\nplugin {}\ncases {}\n",
            self.manifest.id,
            self.manifest.version,
            digest(self.manifest_text.as_bytes()),
            digest(&self.wasm),
            digest(self.cases_text.as_bytes()),
        )
    }
}

fn part(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    name: &str,
    limit: u64,
) -> Result<Vec<u8>, PluginError> {
    let file = archive
        .by_name(name)
        .map_err(|error| broken(&format!("{name} is missing or cannot be read ({error})")))?;
    let mut bytes = Vec::new();
    // What the archive says of its size is not believed.
    let read = file.take(limit + 1).read_to_end(&mut bytes);
    read.map_err(|error| broken(&format!("{name} cannot be unpacked ({error})")))?;
    if bytes.len() as u64 > limit {
        return Err(broken(&format!("{name} is larger than {limit} bytes")));
    }
    Ok(bytes)
}

fn text(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    name: &str,
    limit: u64,
) -> Result<String, PluginError> {
    String::from_utf8(part(archive, name, limit)?)
        .map_err(|_| broken(&format!("{name} is no text in UTF-8")))
}

fn broken(why: &str) -> PluginError {
    PluginError::Package {
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST_TEXT: &str = "id = \"mild\"\nversion = \"1.2.3\"\nworld = \"guardrail\"\n\
        wit = \"0.1\"\nsummary = \"Is mild.\"\ncapabilities = [\"log\"]\n";
    const CASES_TEXT: &str = "[[case]]\nname = \"a\"\ntext = \"b\"\n";

    fn package() -> Package {
        Package::new(MANIFEST_TEXT, b"\0asm".to_vec(), CASES_TEXT).expect("a package")
    }

    #[test]
    fn a_package_comes_back_as_it_went_and_says_who_signed_it() {
        let (key, other) = (
            SigningKey::generate().unwrap(),
            SigningKey::generate().unwrap(),
        );
        let trusted = [other.publisher(), key.publisher()];
        let mut package = package();
        assert!(package.publisher(&trusted).unwrap().is_none());
        package.sign(&key).unwrap();
        let back = Package::read(&package.write().unwrap()).expect("it reads");
        assert_eq!(back.wasm, package.wasm);
        assert_eq!(back.manifest, package.manifest);
        assert_eq!(back.publisher(&trusted).unwrap(), Some(&trusted[1]));
        assert!(back.publisher(&trusted[..1]).is_err(), "not trusted");
        assert_eq!(back.write().unwrap(), package.write().unwrap());
    }

    #[test]
    fn a_signature_holds_for_nothing_else() {
        let key = SigningKey::generate().unwrap();
        let trusted = [key.publisher()];
        let mut package = package();
        package.sign(&key).unwrap();
        let changes: [fn(&mut Package); 5] = [
            |it| it.wasm.push(0),
            |it| it.cases_text.push(' '),
            |it| it.manifest_text.push('\n'),
            |it| it.manifest.version = "1.2.4".to_owned(),
            |it| it.signature = Some("v4.public.AAAA".to_owned()),
        ];
        for (index, change) in changes.iter().enumerate() {
            let mut changed = package.clone();
            change(&mut changed);
            assert!(changed.publisher(&trusted).is_err(), "change {index}");
        }
    }

    #[test]
    fn hostile_archives_are_refused() {
        let zip = |files: &[(&str, &[u8])]| {
            let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
            for (name, bytes) in files {
                archive
                    .start_file(*name, SimpleFileOptions::default())
                    .unwrap();
                archive.write_all(bytes).unwrap();
            }
            archive.finish().unwrap().into_inner()
        };
        let manifest = (MANIFEST, MANIFEST_TEXT.as_bytes());
        let (wasm, cases) = ((WASM, &b"\0asm"[..]), (CASES, CASES_TEXT.as_bytes()));
        let zeros = vec![0; 2 << 20];
        assert!(Package::read(&zip(&[manifest, wasm, cases])).is_ok());
        for (what, bytes) in [
            ("nothing", Vec::new()),
            ("no archive", b"\0asm\x01\0\0\0".to_vec()),
            ("a part is missing", zip(&[manifest, wasm])),
            (
                "another file",
                zip(&[manifest, wasm, cases, ("../evil", b"x")]),
            ),
            (
                "cases that unpack to too much",
                zip(&[manifest, wasm, (CASES, &zeros)]),
            ),
            (
                "a manifest that is no text",
                zip(&[(MANIFEST, b"\xff"), wasm, cases]),
            ),
            ("cut off", zip(&[manifest, wasm, cases])[..200].to_vec()),
        ] {
            let error = Package::read(&bytes).expect_err(what);
            assert!(
                matches!(error, PluginError::Package { .. }),
                "{what}: {error}"
            );
        }
    }
}
