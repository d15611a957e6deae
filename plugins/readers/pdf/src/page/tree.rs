//! The tree of pages (7.7.3).

use std::collections::BTreeSet;

use crate::file::Document;
use crate::syntax::{Dict, Object};

/// Pages of one file, and nodes of its tree.
const PAGES: usize = 20_000;

/// One page, with what it has from the nodes above it.
pub(crate) struct Page {
    pub(crate) dict: Object,
    pub(crate) resources: Object,
}

/// All pages in their order. If the tree is damaged, whatever says that it is a page.
pub(crate) fn pages(document: &Document) -> Vec<Page> {
    let root = document.catalog();
    let root = root
        .as_ref()
        .and_then(Object::dict)
        .map(|root| root.get("Pages").clone());
    let mut pages = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![(root.unwrap_or(Object::Null), Object::Null)];
    while let Some((node, above)) = open.pop() {
        let new = node.reference().is_none_or(|number| seen.insert(number));
        if !new || pages.len() >= PAGES || open.len() > 4 * PAGES {
            continue;
        }
        let node = document.resolve(&node);
        let Some(dict) = node.dict() else { continue };
        let own = document.get(dict, "Resources");
        let resources = if own.dict().is_some() { own } else { above };
        let kids = document.get(dict, "Kids");
        match kids.array() {
            Some(kids) if !dict.is("Type", "Page") => {
                let kids = kids.iter().rev().take(PAGES);
                // A kid that is no reference could hold itself only by being endless: it is not.
                open.extend(kids.map(|kid| (kid.clone(), resources.clone())));
            }
            _ => pages.push(Page {
                dict: node,
                resources,
            }),
        }
    }
    if pages
        .iter()
        .all(|page| !page.dict.dict().is_some_and(is_page))
    {
        return scattered(document);
    }
    pages
}

fn is_page(dict: &Dict) -> bool {
    dict.is("Type", "Page") || dict.has("Contents")
}

fn scattered(document: &Document) -> Vec<Page> {
    let all = document
        .numbers()
        .into_iter()
        .map(|number| document.resolve(&Object::Ref(number)));
    let pages = all.filter(|object| object.dict().is_some_and(|dict| dict.is("Type", "Page")));
    let page = |dict: Object| {
        let resources = dict.dict().map(|dict| document.get(dict, "Resources"));
        Page {
            resources: resources.unwrap_or(Object::Null),
            dict,
        }
    };
    pages.take(PAGES).map(page).collect()
}
