//! Which part of an Office package belongs to which (OPC, ECMA-376 part 2).

use std::collections::HashMap;

use crate::package::Package;
use crate::problem::Problem;
use crate::xml::{Event, Xml};

/// The relations of one part, by their ids.
#[derive(Default)]
pub(crate) struct Relations(HashMap<String, Relation>);

struct Relation {
    /// The last word of its type, which the strict and the usual form share.
    kind: String,
    /// A path in the package.
    target: String,
}

impl Relations {
    /// Of a part; of the package itself if `part` is empty. Targets outside are left out.
    pub(crate) fn of(package: &Package, part: &str) -> Result<Relations, Problem> {
        let (folder, name) = part.rsplit_once('/').unwrap_or(("", part));
        let Some(source) = package.text(&format!("{folder}/_rels/{name}.rels"))? else {
            return Ok(Relations::default());
        };
        let mut relations = HashMap::new();
        let mut xml = Xml::new(&source);
        while let Some(event) = xml.next()? {
            let Event::Start(tag) = event else { continue };
            let outside = tag.get("TargetMode").as_deref() == Some("External");
            if tag.name != "Relationship" || outside {
                continue;
            }
            if let (Some(id), Some(kind), Some(target)) =
                (tag.get("Id"), tag.get("Type"), tag.get("Target"))
            {
                let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                let target = resolved(folder, &target);
                relations.insert(id.into_owned(), Relation { kind, target });
            }
        }
        Ok(Relations(relations))
    }

    /// The part of this id.
    pub(crate) fn part(&self, id: &str) -> Option<&str> {
        self.0.get(id).map(|relation| relation.target.as_str())
    }

    /// The first part of this kind.
    pub(crate) fn one(&self, kind: &str) -> Option<&str> {
        self.all(kind).into_iter().next()
    }

    /// All parts of this kind, in the order of their paths.
    pub(crate) fn all(&self, kind: &str) -> Vec<&str> {
        let fits = self.0.values().filter(|relation| relation.kind == kind);
        let mut parts: Vec<&str> = fits.map(|relation| relation.target.as_str()).collect();
        parts.sort_unstable();
        parts
    }
}

/// A path as it is written in a file of `folder`. It cannot leave the package: it is only a name.
pub(crate) fn resolved(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = match target.strip_prefix('/') {
        Some(_) => Vec::new(),
        None => folder.split('/').filter(|part| !part.is_empty()).collect(),
    };
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::resolved;

    #[test]
    fn paths_stay_within_the_package() {
        for (folder, target, want) in [
            ("word", "styles.xml", "word/styles.xml"),
            ("ppt/slides", "../notes/n.xml", "ppt/notes/n.xml"),
            ("xl", "/xl/worksheets/a.xml", "xl/worksheets/a.xml"),
            ("word", "../../../etc/passwd", "etc/passwd"),
        ] {
            assert_eq!(resolved(folder, target), want);
        }
    }
}
