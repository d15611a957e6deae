//! Jupyter notebooks: their texts as they are, their code and what it said in fences.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::html;
use crate::outcome::{Budget, Refusal, Text};

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Notebook {
    cells: Filled<Cell>,
    /// Before version 4, cells were in sheets.
    worksheets: Filled<Sheet>,
    metadata: Metadata,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Sheet {
    cells: Filled<Cell>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    title: Lines,
    language_info: Named,
    kernelspec: Named,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Named {
    name: Lines,
    language: Lines,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Cell {
    cell_type: String,
    #[serde(alias = "input")]
    source: Lines,
    outputs: Filled<Output>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Output {
    text: Lines,
    data: Data,
    ename: Lines,
    evalue: Lines,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Data {
    #[serde(rename = "text/plain")]
    plain: Lines,
    #[serde(rename = "text/html")]
    html: Lines,
    #[serde(rename = "text/markdown")]
    markdown: Lines,
    #[serde(rename = "image/png")]
    picture: Option<IgnoredAny>,
}

/// A text that may be written as a list of its lines; whatever else it is says nothing.
#[derive(Default)]
struct Lines(String);

impl<'de> Deserialize<'de> for Lines {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LinesVisitor)
    }
}

struct LinesVisitor;

impl<'de> Visitor<'de> for LinesVisitor {
    type Value = Lines;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a text or its lines")
    }

    fn visit_str<E>(self, text: &str) -> Result<Lines, E> {
        Ok(Lines(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut lines: A) -> Result<Lines, A::Error> {
        let mut all = Lines::default();
        while let Some(Lines(line)) = lines.next_element()? {
            all.0.push_str(&line);
        }
        Ok(all)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Lines, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Lines::default())
    }

    fn visit_unit<E>(self) -> Result<Lines, E> {
        Ok(Lines::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Lines, E> {
        Ok(Lines::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Lines, E> {
        Ok(Lines::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Lines, E> {
        Ok(Lines::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Lines, E> {
        Ok(Lines::default())
    }
}

/// Those of a list that say something: empty ones cost nothing.
struct Filled<T>(Vec<T>);

impl<T> Default for Filled<T> {
    fn default() -> Self {
        Filled(Vec::new())
    }
}

trait Says {
    fn says(&self) -> bool;
}

impl Says for Sheet {
    fn says(&self) -> bool {
        !self.cells.0.is_empty()
    }
}

impl Says for Cell {
    fn says(&self) -> bool {
        !self.source.0.is_empty() || !self.outputs.0.is_empty()
    }
}

impl Says for Output {
    fn says(&self) -> bool {
        let data = &self.data;
        [
            &self.text,
            &self.ename,
            &data.plain,
            &data.html,
            &data.markdown,
        ]
        .into_iter()
        .any(|lines| !lines.0.is_empty())
    }
}

impl<'de, T: Deserialize<'de> + Says> Deserialize<'de> for Filled<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(FilledVisitor(std::marker::PhantomData))
    }
}

struct FilledVisitor<T>(std::marker::PhantomData<T>);

impl<'de, T: Deserialize<'de> + Says> Visitor<'de> for FilledVisitor<T> {
    type Value = Filled<T>;

    fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Filled<T>, A::Error> {
        let mut all = Filled::default();
        while let Some(one) = list.next_element::<T>()? {
            if one.says() {
                all.0.push(one);
            }
        }
        Ok(all)
    }
}

/// Reads a notebook.
pub fn read(text: &str, budget: &Budget) -> Result<Text, Refusal> {
    let text = text.trim_start_matches('\u{feff}');
    let notebook: Notebook = serde_json::from_str(text).map_err(|_| {
        Refusal::Unreadable(
            "This notebook is damaged: it is not complete JSON. Save it from Jupyter again."
                .to_owned(),
        )
    })?;
    let metadata = &notebook.metadata;
    let language = [&metadata.language_info.name, &metadata.kernelspec.language]
        .into_iter()
        .map(|name| name.0.trim())
        .find(|name| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+')
        })
        .unwrap_or_default();
    let mut out = String::new();
    for cell in notebook.cells.0.iter().chain(
        notebook
            .worksheets
            .0
            .iter()
            .flat_map(|sheet| &sheet.cells.0),
    ) {
        put(cell, language, budget, &mut out)?;
        budget.allows(out.len())?;
    }
    let title = metadata.title.0.trim();
    if !title.is_empty() && !out.is_empty() && !out.starts_with("# ") {
        out = format!("# {title}\n\n{out}");
    }
    Text::markdown(out, budget)
}

fn put(cell: &Cell, language: &str, budget: &Budget, out: &mut String) -> Result<(), Refusal> {
    match cell.cell_type.as_str() {
        "code" => {
            fenced(&cell.source.0, language, out);
            for output in &cell.outputs.0 {
                said(output, budget, out)?;
            }
        }
        _ => block(&cell.source.0, out),
    }
    Ok(())
}

/// What a cell answered.
fn said(output: &Output, budget: &Budget, out: &mut String) -> Result<(), Refusal> {
    fenced(&output.text.0, "", out);
    let data = &output.data;
    if data.html.0.contains("<table") {
        block(&html::fragment(&data.html.0, budget)?, out);
    } else if !data.markdown.0.is_empty() {
        block(&data.markdown.0, out);
    } else if data.picture.is_none() {
        // Beside a picture, the text only says that it is one.
        fenced(&data.plain.0, "", out);
    }
    if !output.ename.0.is_empty() {
        fenced(&format!("{}: {}", output.ename.0, output.evalue.0), "", out);
    }
    Ok(())
}

fn block(text: &str, out: &mut String) {
    let text = text.trim_matches('\n').trim_end();
    if !text.trim().is_empty() {
        if !out.is_empty() {
            out.push_str("\n\n");
        }
        out.push_str(text);
    }
}

fn fenced(text: &str, language: &str, out: &mut String) {
    let text = uncoloured(text);
    let text = text.trim_matches('\n').trim_end();
    if !text.is_empty() {
        let fence = html::fence(text);
        block(&format!("{fence}{language}\n{text}\n{fence}"), out);
    }
}

/// Without the signs by which terminals colour (`ESC [ … m`).
fn uncoloured(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let sign = part.find(|c: char| !(c.is_ascii_digit() || c == ';' || c == '?'));
        plain.push_str(sign.map_or("", |at| {
            part[at..]
                .strip_prefix(|c: char| c.is_ascii_alphabetic())
                .unwrap_or(&part[at..])
        }));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::outcome::{Budget, Refusal};

    #[test]
    fn cells_become_text_and_code() {
        let text = r##"{"cells": [
            {"cell_type": "markdown", "source": ["# Pumps\n", "\n", "Two."], "metadata": {"x": [1]}},
            {"cell_type": "code", "source": "print('`')", "execution_count": null, "outputs": [
                {"output_type": "stream", "text": ["\u001b[31mred\u001b[0m\n"]},
                {"data": {"text/plain": "<Figure>", "image/png": "AAAA"}},
                {"data": {"text/html": "<table><tr><th>a<th>b<tr><td>1<td>2</table>", "text/plain": "a b"}},
                {"data": {"text/plain": "'```'"}},
                {"ename": "KeyError", "evalue": "'a'", "traceback": []}]}],
            "metadata": {"language_info": {"name": "python", "version": 3}}, "nbformat": 4}"##;
        let read = read(text, &Budget::default()).map(|read| read.text);
        assert_eq!(
            read.as_deref(),
            Ok(
                "# Pumps\n\nTwo.\n\n```python\nprint('`')\n```\n\n```\nred\n```\n\n\
                | a | b |\n| --- | --- |\n| 1 | 2 |\n\n````\n'```'\n````\n\n```\nKeyError: 'a'\n```"
            )
        );
    }

    #[test]
    fn what_is_no_notebook_is_refused() {
        for text in [
            "{\"cells\": [",
            "[]]",
            &"[".repeat(100_000),
            &"{\"cells\":[{\"source\":".repeat(9_000),
        ] {
            assert!(matches!(
                read(text, &Budget::default()),
                Err(Refusal::Unreadable(_))
            ));
        }
        assert_eq!(read("{}", &Budget::default()), Err(Refusal::Empty));
    }
}
