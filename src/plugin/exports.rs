//! What the host calls of a guest, by its world. A version of the interfaces that lives beside this
//! one is another set of these.

use wasmtime::component::InstancePre;
use wasmtime::{Result, Store};

use super::bindings::{chunker, extractor, formatter, guardrail, reranker, rewriter};
use super::state::State;

/// The calls of one world.
pub(super) trait Exports: Sized + Send + Sync + 'static {
    /// Checked and linked, ready to be instantiated.
    type Pre: Send + Sync + 'static;

    /// Checks that the component exports what the world says.
    fn prepare(component: InstancePre<State>) -> Result<Self::Pre>;

    /// A fresh instance.
    fn instantiate(prepared: &Self::Pre, store: &mut Store<State>) -> Result<Self>;

    /// Asks it who it is.
    fn describe(&self, store: &mut Store<State>) -> Result<About>;
}

/// What a plugin says of itself.
#[derive(Clone, Debug)]
pub(super) struct About {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) summary: String,
    pub(super) labels: Vec<String>,
}

/// The worlds differ in their types and not in how they are made.
macro_rules! exports {
    ($module:ident, $plugin:ident, $pre:ident) => {
        impl Exports for $module::$plugin {
            type Pre = $module::$pre<State>;

            fn prepare(component: InstancePre<State>) -> Result<Self::Pre> {
                $module::$pre::new(component)
            }

            fn instantiate(prepared: &Self::Pre, store: &mut Store<State>) -> Result<Self> {
                prepared.instantiate(store)
            }

            fn describe(&self, store: &mut Store<State>) -> Result<About> {
                let said = self.privatestack_plugin_lifecycle().call_describe(store)?;
                Ok(About {
                    name: said.name,
                    version: said.version,
                    summary: said.summary,
                    labels: said.labels,
                })
            }
        }
    };
}

exports!(guardrail, GuardrailPlugin, GuardrailPluginPre);
exports!(formatter, FormatterPlugin, FormatterPluginPre);
exports!(extractor, ExtractorPlugin, ExtractorPluginPre);
exports!(chunker, ChunkerPlugin, ChunkerPluginPre);
exports!(rewriter, RewriterPlugin, RewriterPluginPre);
exports!(reranker, RerankerPlugin, RerankerPluginPre);
