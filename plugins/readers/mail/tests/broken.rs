//! Mails of Outlook, and mails that are broken at random: whatever is in them, reading ends without a
//! panic.

use reader_mail::{Budget, read};

/// Number of no sector.
const NONE: u32 = 0xffff_fffe;

/// A small file system in a file: folders and files by their paths, as `compound.rs` reads them.
fn compound(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut next: Vec<u32> = vec![0xffff_fffd];
    let mut body = vec![0u8; 512];
    let mut entries: Vec<(String, bool, usize, u32, usize)> =
        vec![("Root Entry".into(), true, 0, NONE, 0)];
    for (path, bytes) in files {
        let mut folder = 0;
        let mut names = path.split('/').peekable();
        while let Some(name) = names.next() {
            if names.peek().is_none() {
                let start = if bytes.is_empty() {
                    NONE
                } else {
                    next.len() as u32
                };
                for (index, sector) in bytes.chunks(512).enumerate() {
                    let last = (index + 1) * 512 >= bytes.len();
                    next.push(if last { NONE } else { next.len() as u32 + 1 });
                    body.extend(sector);
                    body.resize(next.len() * 512, 0);
                }
                entries.push((name.into(), false, folder, start, bytes.len()));
            } else if let Some(at) = entries
                .iter()
                .position(|e| e.1 && e.0 == name && e.2 == folder)
            {
                folder = at;
            } else {
                entries.push((name.into(), true, folder, NONE, 0));
                folder = entries.len() - 1;
            }
        }
    }
    let directory = next.len() as u32;
    for index in 0..entries.len().div_ceil(4) {
        let last = (index + 1) * 4 >= entries.len();
        next.push(if last { NONE } else { next.len() as u32 + 1 });
    }
    body.extend(directory_of(&entries));
    body.resize(next.len() * 512, 0);
    next.resize(128, u32::MAX);
    let table: Vec<u8> = next.iter().flat_map(|word| word.to_le_bytes()).collect();
    body[..512].copy_from_slice(&table);
    [header(directory), body].concat()
}

fn header(directory: u32) -> Vec<u8> {
    let mut header = vec![0xffu8; 512];
    header[..8].copy_from_slice(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
    header[30..34].copy_from_slice(&[9, 0, 6, 0]);
    header[48..52].copy_from_slice(&directory.to_le_bytes());
    // No file is so small that it lies in small sectors.
    header[56..60].copy_from_slice(&0u32.to_le_bytes());
    header[60..64].copy_from_slice(&NONE.to_le_bytes());
    header[68..72].copy_from_slice(&NONE.to_le_bytes());
    header[76..80].copy_from_slice(&0u32.to_le_bytes());
    header
}

/// Those in one folder hang together by their right hands.
fn directory_of(entries: &[(String, bool, usize, u32, usize)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, (name, storage, folder, start, size)) in entries.iter().enumerate() {
        let mut entry = [0u8; 128];
        let letters: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry[..letters.len()].copy_from_slice(&letters);
        entry[64..66].copy_from_slice(&(letters.len() as u16 + 2).to_le_bytes());
        entry[66] = if index == 0 {
            5
        } else if *storage {
            1
        } else {
            2
        };
        let after = |from: usize, of: usize| {
            let found = entries
                .iter()
                .enumerate()
                .skip(from + 1)
                .find(|(_, e)| e.2 == of);
            found.map_or(u32::MAX, |(at, _)| at as u32)
        };
        let right = if index == 0 {
            u32::MAX
        } else {
            after(index, *folder)
        };
        let child = if *storage { after(0, index) } else { u32::MAX };
        entry[68..72].copy_from_slice(&u32::MAX.to_le_bytes());
        entry[72..76].copy_from_slice(&right.to_le_bytes());
        entry[76..80].copy_from_slice(&child.to_le_bytes());
        entry[116..120].copy_from_slice(&start.to_le_bytes());
        entry[120..124].copy_from_slice(&(*size as u32).to_le_bytes());
        out.extend(entry);
    }
    out
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A table of properties behind a head of so many bytes.
fn properties(head: usize, all: &[(u32, u64)]) -> Vec<u8> {
    let mut out = vec![0; head];
    for (tag, value) in all {
        out.extend(tag.to_le_bytes());
        out.extend(6u32.to_le_bytes());
        out.extend(value.to_le_bytes());
    }
    out
}

fn outlook() -> Vec<u8> {
    // 2024-03-05 10:00:00 in tenths of microseconds since 1601.
    let sent = (1_709_632_800 + 11_644_473_600) * 10_000_000;
    compound(&[
        (
            "__properties_version1.0",
            &properties(32, &[(0x0039_0040, sent), (0x3ffd_0003, 1251)]),
        ),
        ("__substg1.0_0037001F", &utf16("Pump 7")),
        ("__substg1.0_0C1A001E", b"\xc8\xed\xe0"),
        ("__substg1.0_5D01001F", &utf16("ina@example.org")),
        (
            "__substg1.0_1000001F",
            &utf16(&format!("Hello.\r\n{}", "The seal leaks. ".repeat(40))),
        ),
        (
            "__recip_version1.0_#00000000/__substg1.0_3001001F",
            &utf16("Bo"),
        ),
        (
            "__recip_version1.0_#00000000/__properties_version1.0",
            &properties(8, &[(0x0c15_0003, 1)]),
        ),
        (
            "__recip_version1.0_#00000001/__substg1.0_39FE001F",
            &utf16("cy@example.org"),
        ),
        (
            "__recip_version1.0_#00000001/__properties_version1.0",
            &properties(8, &[(0x0c15_0003, 2)]),
        ),
        (
            "__attach_version1.0_#00000000/__substg1.0_3707001F",
            &utf16("notes.txt"),
        ),
        (
            "__attach_version1.0_#00000000/__substg1.0_37010102",
            b"Order two.",
        ),
        (
            "__attach_version1.0_#00000001/__substg1.0_3701000D/__substg1.0_0037001F",
            &utf16("Inner"),
        ),
        (
            "__attach_version1.0_#00000001/__substg1.0_3701000D/__substg1.0_10130102",
            b"<p>Deep",
        ),
    ])
}

#[test]
fn mails_of_outlook_are_read() {
    let read = read("a.msg", &outlook(), &Budget::default())
        .expect("a mail")
        .text;
    let body = format!("Hello.\n{}", "The seal leaks. ".repeat(40));
    assert_eq!(
        read,
        format!(
            "# Pump 7\n\nFrom: Ина <ina@example.org>\nTo: Bo\nCc: cy@example.org\nDate: 2024-03-05 10:00:00 +00:00\n\n\
             {}\n\n## Attachments\n\n- notes.txt\n- Inner\n\n### notes.txt\n\nOrder two.\n\n### Inner\n\nDeep",
            body.trim_end()
        )
    );
}

/// Marsaglia's xorshift: the same breaks in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most.max(1) as u64) as usize
    }
}

const MAIL: &[u8] = b"From: =?utf-8?q?Ina?= <ina@example.org>\r\nTo: x: a@b.example;\r\nSubject: =?utf-8?b?UHVtcA==?=\r\n\
    Date: Tue, 5 Mar 2024 10:00:00 +0100\r\nContent-Type: multipart/mixed; boundary=\"b\"\r\n\r\n--b\r\n\
    Content-Type: multipart/alternative; boundary=c\r\n\r\n--c\r\nContent-Type: text/plain; charset=koi8-r\r\n\
    Content-Transfer-Encoding: quoted-printable\r\n\r\n=C1=C2 text\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>x\r\n\
    --c--\r\n--b\r\nContent-Type: text/rtf; name*=utf-8''a%20b.rtf\r\nContent-Transfer-Encoding: base64\r\n\r\n\
    e1xydGYxIGF9\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\ndeep\r\n--b--\r\n";

/// A mail with up to a dozen of its places changed, and often cut off.
fn broken(whole: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for _ in 0..chance.below(12) {
        let at = chance.below(bytes.len());
        match chance.below(3) {
            0 => bytes[at] = chance.below(256) as u8,
            1 => bytes[at] = [0, 1, 2, 0xfe, 0xff][chance.below(5)],
            _ => {
                let from = chance.below(whole.len());
                let part = &whole[from..(from + chance.below(40)).min(whole.len())];
                let end = (at + part.len()).min(bytes.len());
                bytes.splice(at..end, part.iter().copied());
            }
        }
    }
    if chance.below(4) == 0 {
        bytes.truncate(chance.below(bytes.len() + 1));
    }
    bytes
}

#[test]
fn broken_mails_end() {
    let budget = Budget::default();
    let mut chance = Chance(0x2545_f491_4f6c_dd1d);
    for (name, whole) in [("a.eml", MAIL.to_vec()), ("a.msg", outlook())] {
        let mut read_well = 0;
        for _ in 0..2000 {
            let bytes = broken(&whole, &mut chance);
            let first = read(name, &bytes, &budget);
            read_well += usize::from(first.is_ok());
            assert_eq!(first, read(name, &bytes, &budget), "the same file twice");
        }
        assert!(
            read_well > 800,
            "only {read_well} of 2000 broken mails were still read"
        );
    }
}

/// Where the data lies.
const DOCS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/docs/");

/// The data that is there where this project is built; it is no part of the source.
fn docs(name: &str) -> Option<Vec<u8>> {
    let file = std::fs::read(format!("{DOCS}{name}")).ok();
    if file.is_none() {
        eprintln!("skipped: {name} is not there");
    }
    file
}

#[test]
fn known_mails_give_their_text() {
    for (name, holds) in [
        ("hostile/made/mime_nested_60.eml", "# n0"),
        ("markitdown/test_outlook_msg.msg", "From: "),
    ] {
        let Some(bytes) = docs(name) else { continue };
        let read = read(name, &bytes, &Budget::default());
        let text = read.expect(name).text;
        assert!(text.contains(holds), "{name} lacks {holds}: {text}");
    }
}

#[test]
fn broken_mails_of_others_end() {
    let mut chance = Chance(0xdead_beef_cafe_f00d);
    let numbered = (0..60).flat_map(|number| {
        ["legacy", "malformed", "rfc"].map(|kind| format!("eml/{kind}/{number:03}.eml"))
    });
    let known = numbered.filter(|name| std::fs::exists(format!("{DOCS}{name}")).unwrap_or(false));
    for name in known.chain(["markitdown/test_outlook_msg.msg".to_owned()]) {
        let Some(bytes) = docs(&name) else { continue };
        for _ in 0..200 {
            let _ = read(&name, &broken(&bytes, &mut chance), &Budget::default());
        }
    }
}
