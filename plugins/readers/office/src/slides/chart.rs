//! Charts as tables, diagrams as their texts.

use crate::output::{Output, line};
use crate::problem::Problem;
use crate::table::Table;
use crate::xml::{Event, Xml};

/// Points of a series that are shown.
const POINTS: usize = 1_000;

#[derive(Default)]
struct Series {
    name: String,
    categories: Vec<String>,
    values: Vec<String>,
    /// Values beyond those that are shown.
    more: usize,
}

#[derive(Clone, Copy)]
enum Part {
    Name,
    Categories,
    Values,
    Other,
}

/// The texts of a chart or a diagram as Markdown.
pub(super) fn read(source: &str, limit: usize) -> Result<String, Problem> {
    let mut out = Output::new(limit);
    let mut series: Vec<Series> = Vec::new();
    let mut part = Part::Other;
    let mut text = String::new();
    let mut xml = Xml::new(source);
    while let Some(event) = xml.next()? {
        match event {
            Event::Start(tag) => match tag.name {
                "ser" => series.push(Series::default()),
                "tx" if !series.is_empty() => part = Part::Name,
                "cat" | "xVal" => part = Part::Categories,
                "val" | "yVal" => part = Part::Values,
                "v" => point(series.last_mut(), part, xml.text()?),
                "t" => text += &xml.text()?,
                _ => {}
            },
            Event::End("tx" | "cat" | "xVal" | "val" | "yVal") => part = Part::Other,
            Event::End("p") => out.paragraph(&std::mem::take(&mut text))?,
            _ => {}
        }
    }
    out.paragraph(&text)?;
    if !series.is_empty() {
        out.table(table(&series)?)?;
        let more = series.iter().map(|one| one.more).max().unwrap_or(0);
        if more > 0 {
            out.paragraph(&format!(
                "({more} more points of this chart are not shown.)"
            ))?;
        }
    }
    Ok(out.into_text())
}

fn point(series: Option<&mut Series>, part: Part, text: String) {
    let Some(series) = series else { return };
    match part {
        Part::Name => series.name = line(&text),
        Part::Categories if series.categories.len() < POINTS => series.categories.push(text),
        Part::Values if series.values.len() < POINTS => series.values.push(text),
        Part::Values => series.more += 1,
        _ => {}
    }
}

/// The categories down, the series across.
fn table(series: &[Series]) -> Result<Table, Problem> {
    let mut table = Table::default();
    let categories = series
        .iter()
        .map(|one| one.categories.as_slice())
        .max_by_key(|all| all.len());
    let categories = categories.unwrap_or_default();
    let rows = series
        .iter()
        .map(|one| one.values.len())
        .max()
        .unwrap_or(0)
        .max(categories.len());
    table.row();
    table.cell("", 1)?;
    for one in series {
        table.cell(&one.name, 1)?;
    }
    for row in 0..rows {
        table.row();
        table.cell(categories.get(row).map_or("", String::as_str), 1)?;
        for one in series {
            table.cell(one.values.get(row).map_or("", String::as_str), 1)?;
        }
    }
    Ok(table)
}
