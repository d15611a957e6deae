//! An extractor: the text of a file, or why there is none.

use std::sync::Arc;

use crate::pipeline::{
    Extracted, Extractor, File, Markup, Misjudged, PageStart, StageError, Unreadable,
};

use super::super::PluginError;
use super::super::bindings::extractor::ExtractorPlugin;
use super::super::bindings::extractor::exports::privatestack::plugin::extractor::Kinds;
use super::super::bindings::extractor::privatestack::plugin::documents;
use super::super::guest::Guest;

/// Pages of one file.
const PAGES: usize = 100_000;
/// Words for a person.
const WORDS_BYTES: usize = 300;
/// Kinds that one extractor names, and bytes of each.
const KINDS: usize = 64;
const KIND_BYTES: usize = 128;

/// One extractor, and what it reads.
pub(in crate::plugin) struct Reader {
    guest: Arc<Guest<ExtractorPlugin>>,
    kinds: Kinds,
}

impl Reader {
    /// Asks the guest what it reads.
    pub(in crate::plugin) fn new(guest: Arc<Guest<ExtractorPlugin>>) -> Result<Self, PluginError> {
        let kinds = guest.ask(
            0,
            |store, instance| instance.privatestack_plugin_extractor().call_reads(store),
            Ok,
        );
        let wrong = |why: String| PluginError::Load {
            plugin: guest.terms.name.to_string(),
            why,
        };
        let kinds = kinds.map_err(|error| wrong(error.to_string()))?;
        let lengths = (kinds.extensions.iter().map(String::len))
            .chain(kinds.media_types.iter().map(String::len))
            .chain(kinds.magic.iter().map(Vec::len));
        let lengths: Vec<usize> = lengths.collect();
        let fits = |bytes: &usize| (1..=KIND_BYTES).contains(bytes);
        if lengths.is_empty() || lengths.len() > KINDS || !lengths.iter().all(fits) {
            return Err(wrong("it names no kinds of files, or too many".to_owned()));
        }
        Ok(Self { guest, kinds })
    }

    /// What it reads.
    #[cfg(test)]
    pub(in crate::plugin) fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    pub(in crate::plugin) fn guest(&self) -> &Arc<Guest<ExtractorPlugin>> {
        &self.guest
    }
}

impl Extractor for Reader {
    fn name(&self) -> &str {
        &self.guest.terms.name
    }

    fn reads(&self, file: &File<'_>) -> bool {
        fits(&self.kinds, file)
    }

    fn reads_by_name(&self, file: &File<'_>) -> bool {
        named(&self.kinds, file)
    }

    fn extract(&self, file: &File<'_>) -> Result<Result<Extracted, Unreadable>, StageError> {
        self.guest.ask(
            file.bytes.len(),
            |store, instance| {
                let file = documents::File {
                    name: file.name.to_owned(),
                    media_type: file.media_type.to_owned(),
                    bytes: file.bytes.to_vec(),
                };
                instance
                    .privatestack_plugin_extractor()
                    .call_extract(store, &file)
            },
            |answer| match answer {
                Ok(said) => Ok(Ok(extracted(said)?)),
                Err(failure) => Ok(Err(unreadable(failure))),
            },
        )
    }
}

/// Whether a file is called one of these kinds.
pub(super) fn named(kinds: &Kinds, file: &File<'_>) -> bool {
    let extension = file.name.rsplit_once('.');
    extension.is_some_and(|(_, end)| kinds.extensions.contains(&end.to_lowercase()))
}

/// Whether a file is of one of these kinds.
pub(super) fn fits(kinds: &Kinds, file: &File<'_>) -> bool {
    let media_type = file.media_type.split(';').next().unwrap_or_default().trim();
    named(kinds, file)
        || kinds.media_types.iter().any(|one| one == media_type)
        || kinds
            .magic
            .iter()
            .any(|first| file.bytes.starts_with(first))
}

fn extracted(said: documents::Extracted) -> Result<Extracted, Misjudged> {
    let borders = said
        .pages
        .iter()
        .all(|page| said.text.is_char_boundary(page.start as usize));
    if !borders || !said.pages.is_sorted_by_key(|page| page.start) || said.pages.len() > PAGES {
        return Err(Misjudged::Page);
    }
    let page = |page: documents::Page| PageStart {
        number: page.number,
        start: page.start,
    };
    Ok(Extracted {
        text: said.text,
        markup: match said.markup {
            documents::Markup::Plain => Markup::Plain,
            documents::Markup::Markdown => Markup::Markdown,
        },
        pages: said.pages.into_iter().map(page).collect(),
    })
}

fn unreadable(failure: documents::Failure) -> Unreadable {
    match failure {
        documents::Failure::Empty => Unreadable::Empty,
        documents::Failure::Encrypted => Unreadable::Encrypted,
        documents::Failure::Unreadable(words) => {
            let plain = words.chars().filter(|c| !c.is_control());
            let mut words: String = plain.collect();
            words.truncate(words.floor_char_boundary(WORDS_BYTES));
            Unreadable::Broken(words)
        }
    }
}
