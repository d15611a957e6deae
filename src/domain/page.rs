//! Lists that are read page by page.

/// Which part of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// [`Page::next`] of the page before; `None` for the first page.
    pub after: Option<String>,
    /// Items wanted, at most.
    limit: u32,
}

impl PageRequest {
    /// Items of a page when nothing is said, and at most.
    pub const DEFAULT_LIMIT: u32 = 50;
    pub const MAX_LIMIT: u32 = 200;

    /// The page after `after`, with `limit` items or as near to it as the house allows.
    pub fn new(after: Option<String>, limit: Option<u32>) -> Self {
        let limit = limit.unwrap_or(Self::DEFAULT_LIMIT);
        Self {
            after,
            limit: limit.clamp(1, Self::MAX_LIMIT),
        }
    }

    /// Items wanted: at least one, at most [`PageRequest::MAX_LIMIT`].
    pub fn limit(&self) -> usize {
        self.limit as usize
    }
}

impl Default for PageRequest {
    fn default() -> Self {
        Self::new(None, None)
    }
}

/// Some items of a list, in the list's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The cursor of the next page; `None` if this is the last one. Opaque to clients.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The first `limit` of `items`; if there are more, `cursor` of the last one kept leads on.
    ///
    /// Whoever reads a page asks its table for one item more than the limit.
    pub fn cut(mut items: Vec<T>, limit: usize, cursor: impl FnOnce(&T) -> String) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = if more { items.last().map(cursor) } else { None };
        Self { items, next }
    }

    /// The same page with every item changed by `change`.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            next: self.next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_leads_on_only_if_there_is_more() {
        for (items, limit, kept, next) in [
            (vec![1, 2, 3], 2, vec![1, 2], Some("2")),
            (vec![1, 2], 2, vec![1, 2], None),
            (vec![], 2, vec![], None),
        ] {
            let page = Page::cut(items.clone(), limit, i32::to_string);
            assert_eq!(page.items, kept, "{items:?}");
            assert_eq!(page.next.as_deref(), next, "{items:?}");
        }
    }

    #[test]
    fn a_limit_is_kept_within_the_house_rules() {
        for (asked, given) in [(None, 50), (Some(0), 1), (Some(7), 7), (Some(9999), 200)] {
            assert_eq!(PageRequest::new(None, asked).limit(), given, "{asked:?}");
        }
    }
}
