//! A loaded guest, by what it can be used as.

use std::sync::Arc;

use wasmtime::component::Component;

use crate::pipeline::{Guardrail, StageSet};

use super::bindings::chunker::ChunkerPlugin;
use super::bindings::formatter::FormatterPlugin;
use super::bindings::guardrail::GuardrailPlugin;
use super::bindings::reranker::RerankerPlugin;
use super::bindings::rewriter::RewriterPlugin;
use super::exports::{About, Exports};
use super::guard::Guard;
use super::guest::Guest;
use super::sandbox::Sandbox;
use super::stages::{Asker, Cutter, Form, Ranker, Reader};
use super::terms::Terms;
use super::{PluginError, World};

/// One guest in its role. Cheap to clone.
#[derive(Clone)]
pub(super) enum Role {
    Guardrail(Arc<Guest<GuardrailPlugin>>),
    Formatter(Arc<Guest<FormatterPlugin>>),
    Extractor(Arc<Reader>),
    Chunker(Arc<Guest<ChunkerPlugin>>),
    Rewriter(Arc<Guest<RewriterPlugin>>),
    Reranker(Arc<Guest<RerankerPlugin>>),
}

impl Role {
    /// Links a component as one of this world, and asks it who it is.
    pub(super) fn load(
        world: World,
        terms: Terms,
        sandbox: &Arc<Sandbox>,
        component: &Component,
    ) -> Result<(Self, About), PluginError> {
        Ok(match world {
            World::Guardrail => {
                let (guest, said) = load(terms, sandbox, component, "a guardrail")?;
                (Self::Guardrail(guest), said)
            }
            World::Formatter => {
                let (guest, said) = load(terms, sandbox, component, "a formatter")?;
                (Self::Formatter(guest), said)
            }
            World::Extractor => {
                let (guest, said) = load(terms, sandbox, component, "an extractor")?;
                (Self::Extractor(Arc::new(Reader::new(guest)?)), said)
            }
            World::Chunker => {
                let (guest, said) = load(terms, sandbox, component, "a chunker")?;
                (Self::Chunker(guest), said)
            }
            World::Rewriter => {
                let (guest, said) = load(terms, sandbox, component, "a rewriter")?;
                (Self::Rewriter(guest), said)
            }
            World::Reranker => {
                let (guest, said) = load(terms, sandbox, component, "a reranker")?;
                (Self::Reranker(guest), said)
            }
        })
    }

    /// What it reads of a setting.
    pub(super) fn setting(&self, key: &str) -> Option<&str> {
        let terms = match self {
            Self::Guardrail(guest) => &guest.terms,
            Self::Formatter(guest) => &guest.terms,
            Self::Extractor(reader) => &reader.guest().terms,
            Self::Chunker(guest) => &guest.terms,
            Self::Rewriter(guest) => &guest.terms,
            Self::Reranker(guest) => &guest.terms,
        };
        terms.settings.get(key).map(String::as_str)
    }

    /// Faults within the last minute.
    pub(super) fn faults(&self) -> u32 {
        match self {
            Self::Guardrail(guest) => guest.faults(),
            Self::Formatter(guest) => guest.faults(),
            Self::Extractor(reader) => reader.guest().faults(),
            Self::Chunker(guest) => guest.faults(),
            Self::Rewriter(guest) => guest.faults(),
            Self::Reranker(guest) => guest.faults(),
        }
    }

    /// The guest itself, if it is a guardrail.
    pub(super) fn guard(&self) -> Option<&Arc<Guest<GuardrailPlugin>>> {
        match self {
            Self::Guardrail(guest) => Some(guest),
            _ => None,
        }
    }

    /// As a guardrail, if it is one.
    pub(super) fn guardrail(&self) -> Option<Arc<dyn Guardrail>> {
        match self {
            Self::Guardrail(guest) => Some(Arc::new(Guard(guest.clone()))),
            _ => None,
        }
    }

    /// As a formatter, which stands among the guardrails.
    pub(super) fn formatter(&self) -> Option<Arc<dyn Guardrail>> {
        match self {
            Self::Formatter(guest) => Some(Arc::new(Form(guest.clone()))),
            _ => None,
        }
    }

    /// Adds it to the stages of documents and searches, if it is one.
    pub(super) fn add_to(&self, set: &mut StageSet) {
        match self {
            Self::Guardrail(_) | Self::Formatter(_) => {}
            Self::Extractor(reader) => set.extractors.push(reader.clone()),
            Self::Chunker(guest) => set.chunkers.push(Arc::new(Cutter(guest.clone()))),
            Self::Rewriter(guest) => set.rewriters.push(Arc::new(Asker(guest.clone()))),
            Self::Reranker(guest) => set.rerankers.push(Arc::new(Ranker(guest.clone()))),
        }
    }
}

fn load<X: Exports>(
    terms: Terms,
    sandbox: &Arc<Sandbox>,
    component: &Component,
    what: &str,
) -> Result<(Arc<Guest<X>>, About), PluginError> {
    let prepared = sandbox.prepare::<X>(component);
    let prepared = prepared.map_err(|error| PluginError::Load {
        plugin: terms.name.to_string(),
        why: format!("it is not {what}: {error:#}"),
    })?;
    let guest = Guest::new(terms, sandbox, Arc::new(prepared));
    let said = guest.describe()?;
    Ok((Arc::new(guest), said))
}
