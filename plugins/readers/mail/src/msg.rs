//! Mails that Outlook saved (MS-OXMSG): a compound file with one small file per property.

use reader_web::{Budget, Refusal, charset, html, rtf};

use crate::compound::Compound;
use crate::letter::{Attached, Content, DEPTH, Letter, plain};
use crate::lzfu;

/// Reads a mail.
pub fn read<'a>(bytes: &'a [u8], budget: &Budget) -> Result<Letter<'a>, Refusal> {
    let Some(file) = Compound::open(bytes) else {
        return Err(Refusal::Unreadable(
            "This mail is damaged. Open it in Outlook and save it again.".to_owned(),
        ));
    };
    let root = file.root();
    let mail = file.children(root).into_iter().any(|entry| {
        file.name(entry).starts_with("__properties") || file.name(entry).starts_with("__substg1.0_")
    });
    if !mail {
        return Err(Refusal::Unreadable(
            "This file is an old office document and no mail. Upload it with its right name."
                .to_owned(),
        ));
    }
    letter(&file, root, 0, budget)
}

fn letter<'a>(
    file: &Compound<'a>,
    folder: usize,
    depth: usize,
    budget: &Budget,
) -> Result<Letter<'a>, Refusal> {
    let text = |tag: &str| text(file, folder, tag).unwrap_or_default();
    let from = person(&text("0C1A"), &first([text("5D01"), text("0C1F")]));
    let from = first([
        from,
        person(&text("0042"), &first([text("5D02"), text("0065")])),
    ]);
    let (to, cc) = recipients(file, folder);
    let lines = vec![
        ("From", from),
        ("To", first([to, text("0E04")])),
        ("Cc", first([cc, text("0E03")])),
        ("Date", date(file, folder).unwrap_or_default()),
    ];
    let kind = text("001A").to_ascii_lowercase();
    Ok(Letter {
        subject: first([text("0037"), text("0E1D")]),
        lines,
        body: body(file, folder, budget)?,
        attached: attached(file, folder, depth, budget)?,
        encrypted: kind.starts_with("ipm.note.smime") && !kind.contains("multipartsigned"),
    })
}

fn first<const N: usize>(texts: [String; N]) -> String {
    texts
        .into_iter()
        .find(|text| !text.trim().is_empty())
        .unwrap_or_default()
}

fn person(name: &str, address: &str) -> String {
    // Addresses of an Exchange directory say nothing to people.
    let address = if address.contains('@') { address } else { "" };
    match (name.trim(), address.trim()) {
        (name, "") => name.to_owned(),
        (name, address) if name.is_empty() || name == address => address.to_owned(),
        (name, address) => format!("{name} <{address}>"),
    }
}

/// A property that is text: in UTF-16, or in the code page of the mail.
fn text(file: &Compound<'_>, folder: usize, tag: &str) -> Option<String> {
    if let Some(bytes) = file.file(folder, &format!("__substg1.0_{tag}001F")) {
        let letters: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        return Some(
            String::from_utf16_lossy(&letters)
                .trim_end_matches('\0')
                .to_owned(),
        );
    }
    let bytes = file.file(folder, &format!("__substg1.0_{tag}001E"))?;
    let text = charset::decode(&bytes, code_page(file, folder));
    Some(text.trim_end_matches('\0').to_owned())
}

/// The encoding of the texts of a mail that are not in UTF-16 (PidTagMessageCodepage, PidTagInternetCodepage).
fn code_page(file: &Compound<'_>, folder: usize) -> Option<&'static charset::Encoding> {
    let number = |tag| u32::try_from(property(file, folder, tag)? & 0xffff_ffff).ok();
    charset::code_page(number(0x3ffd_0003).or_else(|| number(0x3fde_0003))?)
}

/// A property of fixed size, from the table of them. How long the table's head is depends on whose it is.
fn property(file: &Compound<'_>, folder: usize, tag: u32) -> Option<u64> {
    let table = file.file(folder, "__properties_version1.0")?;
    let head = table.len() % 16;
    let heads = if head == 0 { [32, 0] } else { [24, 8] };
    heads.into_iter().find_map(|head| {
        table.get(head..)?.chunks_exact(16).find_map(|entry| {
            let (key, value) = (entry.get(..4)?, entry.get(8..)?);
            (key == tag.to_le_bytes()).then(|| value.try_into().ok().map(u64::from_le_bytes))?
        })
    })
}

/// When the mail was sent or came, in UTC (PidTagClientSubmitTime, PidTagMessageDeliveryTime).
fn date(file: &Compound<'_>, folder: usize) -> Option<String> {
    let ticks =
        property(file, folder, 0x0039_0040).or_else(|| property(file, folder, 0x0e06_0040))?;
    // Tenths of microseconds since 1601.
    let seconds = i64::try_from(ticks / 10_000_000).ok()? - 11_644_473_600;
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    (1900..=9999).contains(&year).then(|| {
        let (hours, minutes, seconds) = (rest / 3600, rest / 60 % 60, rest % 60);
        format!("{year:04}-{month:02}-{day:02} {hours:02}:{minutes:02}:{seconds:02} +00:00")
    })
}

/// The date of a day counted from 1970 (Howard Hinnant, chrono-compatible low-level date algorithms).
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// Those the mail is to, and those that get a copy.
fn recipients(file: &Compound<'_>, folder: usize) -> (String, String) {
    let (mut to, mut cc) = (Vec::new(), Vec::new());
    for part in file.folders(folder, "__recip_") {
        let text = |tag: &str| text(file, part, tag).unwrap_or_default();
        let person = person(&text("3001"), &first([text("39FE"), text("3003")]));
        if person.is_empty() {
            continue;
        }
        match property(file, part, 0x0c15_0003).map(|kind| kind & 0xf) {
            Some(2) => cc.push(person),
            Some(3) => {}
            _ => to.push(person),
        }
    }
    (to.join(", "), cc.join(", "))
}

fn body(file: &Compound<'_>, folder: usize, budget: &Budget) -> Result<String, Refusal> {
    let plain_text = plain(&text(file, folder, "1000").unwrap_or_default());
    if !plain_text.trim().is_empty() {
        return Ok(plain_text);
    }
    let page = file
        .file(folder, "__substg1.0_10130102")
        .map(|bytes| charset::decode(&bytes, charset::named(&bytes).or(code_page(file, folder))))
        .or_else(|| text(file, folder, "1013"));
    if let Some(page) = page {
        let text = html::fragment(&page, budget)?;
        if !text.trim().is_empty() {
            return Ok(text);
        }
    }
    let packed = file
        .file(folder, "__substg1.0_10090102")
        .unwrap_or_default();
    let unpacked = lzfu::unpack(&packed, budget.text_bytes).unwrap_or_default();
    match rtf::read(&unpacked, budget) {
        Ok(read) => Ok(read.text),
        Err(_) => Ok(String::new()),
    }
}

fn attached<'a>(
    file: &Compound<'a>,
    folder: usize,
    depth: usize,
    budget: &Budget,
) -> Result<Vec<Attached<'a>>, Refusal> {
    let mut all = Vec::new();
    for part in file.folders(folder, "__attach_") {
        let text = |tag: &str| text(file, part, tag).unwrap_or_default();
        let name = first([text("3707"), text("3704"), text("3001")]);
        let content = match file.folder(part, "__substg1.0_3701000D") {
            Some(inner) if depth < DEPTH => {
                Content::Letter(Box::new(letter(file, inner, depth + 1, budget)?))
            }
            Some(_) => Content::Unread,
            None => match file.file(part, "__substg1.0_37010102") {
                Some(bytes) => Content::Bytes(bytes.into()),
                None => Content::Unread,
            },
        };
        all.push(Attached { name, content });
    }
    Ok(all)
}
