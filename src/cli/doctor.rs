//! `doctor`: is everything whole, and is what was deleted gone?

use std::io::Read;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};

use super::Context;
use crate::store::StoreError;
use crate::store::doctor::{Checkup, Compacted, Doctor, Finding, Found};

/// Bytes of a text that is looked for.
const TEXT_BYTES: u64 = 1 << 20;

/// Look through everything that is kept, for leftovers and what does not add up
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  privatestack doctor --deep\n  \
        echo 'the deleted sentence' | privatestack doctor --find - --compact\n\n\
        The box must not be running. Exit code 1: something was found. --find looks for the bytes of\n\
        the text; an upload that is packed (DOCX, PDF) is only found by what was read from it.")]
pub(super) struct Examine {
    /// Read every upload and check its digest
    #[arg(long)]
    deep: bool,
    /// Remove leftovers, count sums anew, have documents indexed again that are not whole
    #[arg(long)]
    repair: bool,
    /// Prove that a text is in nothing that is kept; `-` reads it from the standard input
    #[arg(long, value_name = "TEXT")]
    find: Option<String>,
    /// Write the database anew without freed pages, and overwrite the old file
    #[arg(long)]
    compact: bool,
}

impl Examine {
    pub(super) fn run(self, context: &Context) -> anyhow::Result<()> {
        let text = self.find.as_deref().map(text).transpose()?;
        let mut doctor = open(context)?;
        let mended = match self.repair {
            true => Some(doctor.mend()?),
            false => None,
        };
        let checkup = doctor.examine(self.deep)?;
        let mut compacted = None;
        if self.compact {
            let (fresh, done) = doctor.compact()?;
            (doctor, compacted) = (fresh, Some(done));
        }
        let found = text.map(|text| doctor.find(text.as_bytes())).transpose()?;
        let mut lines = lines(&checkup);
        lines.extend(mended.map(|count| format!("mended {count} rows and files")));
        lines.extend(compacted.map(said));
        lines.extend(found.as_ref().map(told));
        let value = json!({
            "looked_at": looked(&checkup),
            "findings": checkup.findings.iter().map(value).collect::<Vec<_>>(),
            "more": checkup.more,
            "mended": mended,
            "compacted": compacted.map(|it| json!({
                "rows": it.rows, "bytes_before": it.before, "bytes_after": it.after,
            })),
            "found": found.as_ref().map(places),
        });
        context.output.result(&lines.join("\n"), &value);
        verdict(&checkup, found.as_ref(), self.compact)
    }
}

/// The exit code, in words.
fn verdict(checkup: &Checkup, found: Option<&Found>, compacted: bool) -> anyhow::Result<()> {
    let wrong = checkup.findings.len() as u64 + checkup.more;
    if wrong > 0 {
        let mendable = checkup.findings.iter().filter(|it| it.can_be_mended);
        bail!("{wrong} findings; --repair mends {}", mendable.count());
    }
    match found {
        Some(found) if !found.is_gone() => bail!("the text is still there"),
        Some(found) if compacted && found.in_file > 0 => {
            bail!("the text is still in the file of the database")
        }
        _ => Ok(()),
    }
}

fn open(context: &Context) -> anyhow::Result<Doctor> {
    match Doctor::open(&context.data, &context.config.store) {
        Err(StoreError::AlreadyOpen { .. }) => bail!(
            "a box is running on {}, and holds what is kept there; stop it first, so that nothing \
             changes while it is looked through",
            context.data.display()
        ),
        Err(StoreError::File { path, .. }) if !path.exists() => {
            bail!("there is no box in {}", context.data.display())
        }
        opened => Ok(opened?),
    }
}

/// The text that is looked for, which is best not typed where the shell remembers it.
fn text(given: &str) -> anyhow::Result<String> {
    let mut text = given.to_owned();
    if given == "-" {
        text.clear();
        let mut input = std::io::stdin().lock().take(TEXT_BYTES);
        let read = input.read_to_string(&mut text);
        read.context("the text on the standard input is not UTF-8")?;
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
    }
    if text.is_empty() {
        bail!("there is no text to look for");
    }
    Ok(text)
}

fn lines(checkup: &Checkup) -> Vec<String> {
    let looked = checkup.looked.iter().map(|(place, count)| {
        let name = place.split('/').next().unwrap_or(place);
        format!("{count} {}", name.replace('_', " "))
    });
    let looked = looked.collect::<Vec<_>>().join(", ");
    let mut lines = vec![format!("looked at: {looked}")];
    for finding in &checkup.findings {
        let mend = match finding.can_be_mended {
            true => "",
            false => " (cannot be mended)",
        };
        lines.push(format!(
            "{:<13} {:<14} {:>6}  {}{mend}",
            finding.kind.as_str(),
            finding.place,
            finding.count,
            finding.what
        ));
    }
    if checkup.more > 0 {
        lines.push(format!("and {} more", checkup.more));
    }
    if checkup.findings.is_empty() {
        lines.push("nothing left over, and everything adds up".to_owned());
    }
    lines
}

fn said(done: Compacted) -> String {
    format!(
        "compacted: {} rows, from {} to {} KiB; the old file is overwritten",
        done.rows,
        done.before >> 10,
        done.after >> 10
    )
}

fn told(found: &Found) -> String {
    let mut text = format!(
        "the text is in none of {} rows and {} uploads",
        found.rows_looked_at, found.blobs_looked_at
    );
    if !found.is_gone() {
        let rows = found
            .rows
            .iter()
            .map(|(table, rows)| format!("{rows} rows of {table}"));
        let blobs = found
            .blobs
            .iter()
            .map(|digest| format!("the upload {digest}"));
        let places: Vec<String> = rows.chain(blobs).collect();
        text = format!("the text is in {}", places.join(", "));
    }
    text += &match found.in_file {
        0 => format!(
            ", and not in the {} KiB of the database",
            found.file_bytes >> 10
        ),
        places if found.rows.is_empty() => format!(
            "; freed pages of the database still hold it in {places} places: --compact overwrites them"
        ),
        places => format!("; the file of the database holds it in {places} places"),
    };
    text
}

fn looked(checkup: &Checkup) -> Value {
    let counts = checkup.looked.iter();
    counts
        .map(|(place, count)| ((*place).to_owned(), json!(count)))
        .collect()
}

fn value(finding: &Finding) -> Value {
    json!({
        "kind": finding.kind.as_str(),
        "place": finding.place,
        "what": finding.what,
        "count": finding.count,
        "can_be_mended": finding.can_be_mended,
    })
}

fn places(found: &Found) -> Value {
    json!({
        "rows": found.rows.iter().map(|(table, rows)| json!({ "table": table, "rows": rows })).collect::<Vec<_>>(),
        "uploads": found.blobs,
        "places_in_file": found.in_file,
        "rows_looked_at": found.rows_looked_at,
        "uploads_looked_at": found.blobs_looked_at,
        "file_bytes": found.file_bytes,
    })
}
