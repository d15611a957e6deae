//! Why a plugin cannot be used.

use crate::domain::fault::{Fault, Kind};
use crate::store::StoreError;

/// Why a plugin cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PluginError {
    #[error("the sandbox of the plugins cannot be set up: {why}")]
    Sandbox { why: String },
    #[error("the plugin {plugin} asks for {import}, which plugins do not get")]
    Import { plugin: String, import: String },
    #[error("the plugin {plugin} calls {import}, and its manifest does not ask for {capability}")]
    Ungranted {
        plugin: String,
        import: String,
        capability: String,
    },
    #[error("the plugin {plugin} cannot be loaded: {why}")]
    Load { plugin: String, why: String },
    #[error("plugins.guardrails names {name}, and there is no such plugin; there are: {known}")]
    Unknown { name: String, known: String },
    #[error("plugins.guardrails names {name} twice")]
    Twice { name: String },
    #[error("this is no plugin package: {why}")]
    Package { why: String },
    #[error("the plugin {plugin} is not to be trusted: {why}")]
    Signature { plugin: String, why: &'static str },
    #[error("the plugin {plugin} is not signed")]
    Unsigned { plugin: String },
    #[error("this key cannot be used: {why}")]
    Key { why: &'static str },
    #[error("plugins.publishers names {key}, which is no public key: {why}")]
    Publisher { key: String, why: &'static str },
    #[error("the plugin {plugin} fails {count} of its own cases, the first: {first}")]
    SelfTest {
        plugin: String,
        count: usize,
        first: String,
    },
    #[error("there is no installed plugin {name}")]
    Missing { name: String },
    #[error("{name} is no guardrail, and only those can be used in shadow")]
    NoShadow { name: String },
    #[error("this version of {plugin} wants to call more than the one before: {more}")]
    WantsMore { plugin: String, more: String },
    #[error("{name} is built in")]
    BuiltIn { name: String },
    #[error("{what} at {}", path.display())]
    File {
        what: &'static str,
        path: std::path::PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PluginError {
    pub(super) fn sandbox(source: &wasmtime::Error) -> Self {
        Self::Sandbox {
            why: format!("{source:#}"),
        }
    }
}

impl Fault for PluginError {
    fn kind(&self) -> Kind {
        match self {
            Self::Sandbox { .. } | Self::File { .. } => Kind::Internal,
            Self::Import { .. } | Self::Ungranted { .. } | Self::Load { .. } => Kind::Unsupported,
            Self::Unknown { .. } | Self::Twice { .. } | Self::Package { .. } => Kind::Invalid,
            Self::Key { .. }
            | Self::Publisher { .. }
            | Self::SelfTest { .. }
            | Self::NoShadow { .. } => Kind::Invalid,
            Self::Signature { .. } | Self::Unsigned { .. } => Kind::Forbidden,
            Self::BuiltIn { .. } | Self::WantsMore { .. } => Kind::Conflict,
            Self::Missing { .. } => Kind::NotFound,
            Self::Store(source) => source.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Sandbox { .. } => "plugin_sandbox_failed",
            Self::Import { .. } => "plugin_import_refused",
            Self::Ungranted { .. } => "plugin_capability_missing",
            Self::Load { .. } => "plugin_load_failed",
            Self::Unknown { .. } => "plugin_unknown",
            Self::Twice { .. } => "plugin_named_twice",
            Self::Package { .. } => "plugin_package_broken",
            Self::Signature { .. } => "plugin_signature_refused",
            Self::Unsigned { .. } => "plugin_unsigned",
            Self::Key { .. } => "plugin_key_broken",
            Self::Publisher { .. } => "plugin_publisher_broken",
            Self::SelfTest { .. } => "plugin_self_test_failed",
            Self::Missing { .. } => "plugin_not_found",
            Self::NoShadow { .. } => "plugin_without_shadow",
            Self::WantsMore { .. } => "plugin_wants_more",
            Self::BuiltIn { .. } => "plugin_built_in",
            Self::File { .. } => "plugin_file_failed",
            Self::Store(source) => source.code(),
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Import { import, .. } if import.starts_with("wasi:") => {
                "Build it without WASI: for wasm32-unknown-unknown, or with --stub-wasi.".to_owned()
            }
            Self::Ungranted { capability, .. } => {
                format!("Add \"{capability}\" to capabilities in manifest.toml.")
            }
            Self::Unknown { known, .. } if known.is_empty() => {
                "This binary was built without plugins: run `make plugins`, then build it again."
                    .to_owned()
            }
            Self::Signature { .. } => {
                "Get it from its publisher again, or add the publisher's key to plugins.publishers."
                    .to_owned()
            }
            Self::Unsigned { .. } => "Sign it (`privatestack plugin sign`), or set \
                plugins.allow_unsigned = true on a box for trying things out."
                .to_owned(),
            Self::WantsMore { .. } => {
                "If that is right, install it again with --accept.".to_owned()
            }
            Self::BuiltIn { .. } => "plugins.guardrails says which of those are used.".to_owned(),
            _ => return None,
        })
    }
}
