//! Parcels that are whole, and those that somebody made up.

use proptest::prelude::*;
use tar::{Builder, EntryType, Header};

use super::format::{Described, Entry, Item, Limits, Manifest, read, write};
use super::*;

const LIMITS: Limits = Limits {
    documents: 3,
    original_bytes: 1 << 10,
};
/// SHA-256 of `abc`.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn entry(title: &str, digest: &str) -> Entry {
    Entry {
        title: title.to_owned(),
        media_type: "text/plain".to_owned(),
        digest: digest.to_owned(),
        bytes: 3,
        tags: vec!["manual".to_owned()],
        uploaded_by: Some("ada@example.org".to_owned()),
        uploaded_at_ms: 1,
    }
}

fn manifest(documents: Vec<Entry>) -> Manifest {
    let workspace = Described {
        name: "Plant".to_owned(),
        instructions: "Be brief.".to_owned(),
    };
    Manifest::new(workspace, documents)
}

fn whole() -> Vec<u8> {
    let mut bytes = Vec::new();
    let manifest = manifest(vec![entry("a.txt", ABC), entry("copy of a.txt", ABC)]);
    write(&manifest, |_| Ok(b"abc".to_vec()), &mut bytes).unwrap();
    bytes
}

fn items(bytes: &[u8]) -> Result<Vec<Item>, ParcelError> {
    let mut items = Vec::new();
    read(bytes, &LIMITS, |item| {
        items.push(item);
        Ok(())
    })?;
    Ok(items)
}

/// A tar file of these files.
fn tar(files: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for (name, kind, bytes) in files {
        let mut header = Header::new_ustar();
        // Straight into the field: the library would refuse some of these names.
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(*kind);
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    tar.into_inner().unwrap()
}

#[test]
fn what_was_written_is_read_and_equal_originals_travel_once() {
    let items = items(&whole()).unwrap();
    let [Item::Manifest(read), original] = &items[..] else {
        panic!("{items:?}");
    };
    assert_eq!(read.documents.len(), 2);
    assert_eq!(read.workspace.instructions, "Be brief.");
    let expected = Item::Original {
        digest: ABC.to_owned(),
        bytes: b"abc".to_vec(),
    };
    assert_eq!(*original, expected);
}

#[test]
fn a_parcel_that_somebody_made_up_is_refused() {
    let text = |documents| serde_json::to_vec(&manifest(documents)).unwrap();
    let one = text(vec![entry("a.txt", ABC)]);
    let many = text(vec![entry("a.txt", ABC); 4]);
    let climbing = text(vec![entry("a.txt", "../../../etc/passwd")]);
    let newer = String::from_utf8(one.clone()).unwrap();
    let newer = newer.replace("\"version\":1", "\"version\":2").into_bytes();
    let original = format!("originals/{ABC}");
    let (file, long) = (EntryType::Regular, [b'x'; 1025]);
    let head = ("manifest.json", file, &one[..]);
    let good = (original.as_str(), file, &b"abc"[..]);
    let cases: [(&str, Vec<u8>, &str); 15] = [
        ("nothing", Vec::new(), "parcel_foreign"),
        ("noise", vec![7; 2000], "parcel_broken"),
        ("no manifest", tar(&[good]), "parcel_foreign"),
        (
            "another manifest",
            tar(&[("manifest.json", file, b"{}")]),
            "parcel_foreign",
        ),
        (
            "a newer one",
            tar(&[("manifest.json", file, &newer)]),
            "parcel_newer",
        ),
        (
            "too many",
            tar(&[("manifest.json", file, &many)]),
            "parcel_too_many",
        ),
        (
            "a climbing digest",
            tar(&[("manifest.json", file, &climbing)]),
            "parcel_foreign",
        ),
        (
            "a climbing name",
            tar(&[head, ("../etc/cron", file, b"abc")]),
            "parcel_foreign",
        ),
        (
            "an absolute name",
            tar(&[head, ("/etc/cron", file, b"abc")]),
            "parcel_foreign",
        ),
        (
            "a link",
            tar(&[head, (&original, EntryType::Symlink, b"")]),
            "parcel_foreign",
        ),
        (
            "a long name",
            tar(&[head, ("x", EntryType::GNULongName, b"y")]),
            "parcel_foreign",
        ),
        ("twice", tar(&[head, good, good]), "parcel_foreign"),
        (
            "other bytes",
            tar(&[head, (&original, file, b"abd")]),
            "parcel_changed",
        ),
        (
            "too large",
            tar(&[head, (&original, file, &long)]),
            "parcel_too_large",
        ),
        ("too little", tar(&[head]), "parcel_incomplete"),
    ];
    for (name, bytes, code) in cases {
        let error = items(&bytes).expect_err(name);
        assert_eq!(
            crate::domain::fault::Fault::code(&error),
            code,
            "{name}: {error}"
        );
    }
}

#[test]
fn the_limits_are_met_from_both_sides() {
    let three: Vec<Entry> = ["a", "b", "c"].map(|title| entry(title, ABC)).to_vec();
    let text = serde_json::to_vec(&manifest(three)).unwrap();
    let original = format!("originals/{ABC}");
    let file = EntryType::Regular;
    let fits = tar(&[("manifest.json", file, &text), (&original, file, b"abc")]);
    assert_eq!(items(&fits).unwrap().len(), 2);
}

proptest! {
    /// However it is cut or changed, it is whole or refused.
    #[test]
    fn a_parcel_that_was_harmed_ends(cut in 0usize..4000, at in 0usize..4000, byte: u8) {
        let mut bytes = whole();
        bytes.truncate(cut.max(1));
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Ok(items) = items(&bytes) {
            let expected = Item::Original { digest: ABC.to_owned(), bytes: b"abc".to_vec() };
            prop_assert!(items.contains(&expected));
        }
    }
}
