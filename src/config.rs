//! Config: every setting, its default and its unit.
//!
//! Defaults stand in [`Config::default`] alone; `assets/privatestack.toml` shows the same values
//! with a sentence each, and a test keeps the two equal. A file is read first, the environment
//! (`PRIVATESTACK_SECTION__KEY`) overrides it, flags of the command line override both. Rooms get
//! their own part (`&EngineConfig`), never the whole.

mod device;
mod load;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use device::Device;
pub use load::{ConfigError, Origin, data_folder};

/// Every setting of the box.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The data folder; unset means `$XDG_DATA_HOME/privatestack`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
    pub server: ServerConfig,
    pub store: StoreConfig,
    pub auth: AuthConfig,
    pub engine: EngineConfig,
    pub plugins: PluginsConfig,
    pub rag: RagConfig,
    pub chat: ChatConfig,
    pub log: LogConfig,
}

/// How people and programs come in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port to listen on.
    pub listen: String,
    /// Plain HTTP on an address that is not loopback: refused unless this says so.
    pub insecure_http: bool,
    /// Names under which the box is reached, beside `localhost` and its addresses. A request
    /// for another host is refused (DNS rebinding).
    pub hosts: Vec<String>,
    /// Connections open at once, and from one address.
    pub connections: u32,
    pub connections_per_address: u32,
    /// A connection that has not sent its whole request head by then is closed.
    pub header_timeout_s: u32,
    /// Requests of one person or address within a minute.
    pub requests_per_minute: u32,
    /// Largest upload.
    pub upload_mib: u32,
    /// Streams may finish this long after the box was told to stop.
    pub drain_s: u32,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            insecure_http: false,
            hosts: Vec::new(),
            connections: 2048,
            connections_per_address: 256,
            header_timeout_s: 10,
            requests_per_minute: 1200,
            upload_mib: 32,
            drain_s: 20,
        }
    }
}

/// The database.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    /// Memory for pages of the database.
    pub cache_mib: u32,
    /// Writes that may wait; more are refused with 503.
    pub queue_writes: u32,
    /// Writes committed together, at most.
    pub batch_writes: u32,
    /// How long the first write of a batch waits for others.
    pub batch_wait_ms: u32,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self {
            cache_mib: 64,
            queue_writes: 4096,
            batch_writes: 256,
            batch_wait_ms: 2,
        }
    }
}

/// Signing in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuthConfig {
    /// Life of an access token.
    pub access_token_s: u32,
    /// A browser session ends after this long without use, and after this long in any case.
    pub session_idle_s: u32,
    pub session_absolute_s: u32,
    /// Cost of a password hash (argon2id, RFC 9106): memory and passes.
    pub argon2_memory_kib: u32,
    pub argon2_passes: u32,
    /// Failed attempts on one account from one network within the window before attempts are
    /// refused. From one network on all accounts it is five times as many, on one account from
    /// everywhere ten times.
    pub attempts: u32,
    pub attempts_window_s: u32,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            access_token_s: 600,
            session_idle_s: 12 * 3600,
            session_absolute_s: 30 * 24 * 3600,
            argon2_memory_kib: 19 * 1024,
            argon2_passes: 2,
            attempts: 10,
            attempts_window_s: 900,
        }
    }
}

/// Running models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EngineConfig {
    /// Model that answers; empty: the one that was imported last.
    pub chat_model: String,
    /// Model that makes vectors; empty: the one that was imported last.
    pub embedding_model: String,
    /// Where models that answer run. Those that make vectors run on the CPU.
    pub device: Device,
    /// Threads that compute; 0: one for each core.
    pub threads: u32,
    /// Answers made at once; more wait in the queue.
    pub batch_sequences: u32,
    /// Answers that may wait; more are refused with 503.
    pub queue_sequences: u32,
    /// Answers of one person that may wait; more are refused with 429.
    pub queue_per_person: u32,
    /// Longest prompt with its answer; 0: as long as the model takes.
    pub context_tokens: u32,
    /// Memory for all models together: weights, and what their answers remember. Models that rest
    /// make room for one that is asked for. 0: three quarters of what the machine or its control
    /// group has, or the GPU that they run on.
    pub memory_mib: u32,
    /// Of that, for the keys and values of each model's answers: those that run, and the
    /// beginnings of earlier ones, which are not read again. A model that leaves less gets less.
    pub kv_cache_mib: u32,
    /// Round keys and values to 8 bits: nearly twice as many tokens fit in `kv_cache_mib`, and
    /// answers may differ a little. Otherwise they are kept in half precision, or in single
    /// precision if the weights are.
    pub kv_cache_int8: bool,
    /// Tokens of a prompt read in one go, so that other answers are not held up.
    pub prefill_chunk_tokens: u32,
    /// Tokens that are guessed ahead where an answer repeats its prompt, and kept only if they are
    /// what is said; more than 7 are not read in one go. 0: none.
    pub guessed_tokens: u32,
    /// Round the weights of the model that makes vectors to 8 bits: several times faster. Vectors
    /// made either way can be compared with each other (cosine 0.997 and more with
    /// all-MiniLM-L6-v2), so an index stays good when this changes.
    pub embedding_int8: bool,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            chat_model: String::new(),
            embedding_model: String::new(),
            device: Device::Auto,
            threads: 0,
            batch_sequences: 4,
            queue_sequences: 32,
            queue_per_person: 16,
            context_tokens: 0,
            memory_mib: 0,
            kv_cache_mib: 1024,
            kv_cache_int8: false,
            prefill_chunk_tokens: 128,
            guessed_tokens: 7,
            embedding_int8: true,
        }
    }
}

/// Guardrails and other guests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PluginsConfig {
    /// Guardrails in the order they are asked. Secrets and personal data are hidden before
    /// anything else looks at a text.
    pub guardrails: Vec<String>,
    /// Guardrails that no workspace goes without, whatever stages it has of its own.
    pub required: Vec<String>,
    /// Time for one call on a whole text, and for one push of a stream.
    pub check_ms: u32,
    pub push_ms: u32,
    /// Memory of one guest.
    pub memory_mib: u32,
    /// Guests alive at once; an answer under way has one for each guardrail. More are kept ready
    /// if `engine.batch_sequences` needs them.
    pub instances: u32,
    /// Bytes of a stream that one guard may hold back.
    pub hold_bytes: u32,
    /// The same for one guard by its name, such as one that must see an answer whole.
    pub hold: BTreeMap<String, u32>,
    /// Public keys (`k4.public.…`) of those whose plugins may be installed.
    pub publishers: Vec<String>,
    /// Installs plugins that nobody of those signed; for trying things out.
    pub allow_unsigned: bool,
    /// What each plugin can read of its own settings, by its name.
    pub settings: BTreeMap<String, BTreeMap<String, String>>,
}

impl Default for PluginsConfig {
    fn default() -> Self {
        Self {
            guardrails: ["secrets", "pii", "injection"].map(str::to_owned).to_vec(),
            required: vec!["secrets".to_owned()],
            check_ms: 500,
            push_ms: 200,
            memory_mib: 32,
            // Each reserves 4 GiB of addresses and guards, not backed by memory, and one in eight
            // may have three memories more: 366 GiB in all, which fits the 512 GiB of a small
            // 64-bit Arm kernel.
            instances: 64,
            hold_bytes: 1024,
            hold: BTreeMap::new(),
            publishers: Vec::new(),
            allow_unsigned: false,
            settings: BTreeMap::new(),
        }
    }
}

/// Documents and finding things in them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RagConfig {
    /// Longest text of one document.
    pub text_mib: u32,
    /// Length of a passage, in tokens of the embedding model.
    pub passage_tokens: u32,
    /// Documents of one workspace.
    pub documents: u32,
}

impl Default for RagConfig {
    fn default() -> Self {
        Self {
            text_mib: 16,
            passage_tokens: 160,
            documents: 10_000,
        }
    }
}

/// Answering.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChatConfig {
    /// Longest answer.
    pub answer_tokens: u32,
    /// Passages that an answer may draw on. Small models answer best from few.
    pub passages: u32,
    /// How freely the model picks words when nothing is said, 0 to 2.
    pub temperature: f64,
    /// The same for a question that is asked again at the same place, to get another answer.
    pub again_temperature: f64,
    pub top_p: f64,
    /// Above 1, words that were just said are said less.
    pub repetition_penalty: f64,
    /// A turn that nobody reads for this long is cancelled.
    pub abandoned_s: u32,
    /// Turns of one person that may run at once.
    pub running_per_person: u32,
    /// Guardrails whose labels get numbers, and are put back into answers for whoever typed what
    /// they hide.
    pub restore: Vec<String>,
}

impl Default for ChatConfig {
    fn default() -> Self {
        Self {
            answer_tokens: 512,
            passages: 2,
            temperature: 0.0,
            again_temperature: 0.3,
            top_p: 0.9,
            repetition_penalty: 1.0,
            abandoned_s: 60,
            running_per_person: 4,
            restore: vec!["pii".to_owned()],
        }
    }
}

/// The log. It never holds what people say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// What is logged, in the syntax of tracing's `EnvFilter`.
    pub filter: String,
    /// `text` for people, `json` for programs.
    pub format: LogFormat,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            filter: "info".to_owned(),
            format: LogFormat::Text,
        }
    }
}

/// How a log line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}
