//! The composition root: builds each room and hands it those it calls, starts, drains, stops.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::api::{self, Rooms};
use crate::auth::{Auth, AuthError};
use crate::chat::{Chat, ChatError};
use crate::config::Config;
use crate::domain::secret::Secret;
use crate::domain::time::{Clock, Stopwatch};
use crate::engine::{Engine, EngineError};
use crate::net::{Control, Listener, NetError};
use crate::parcels::Parcels;
use crate::plugin::{PluginError, PluginHost, Usage};
use crate::rag::{Rag, RagError, Worker};
use crate::store::{Store, StoreError, pipelines, plugins};
use crate::workspaces::Workspaces;

/// Why the box did not start.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error("cannot make the data folder {path}")]
    Data {
        path: std::path::PathBuf,
        source: std::io::Error,
    },
    #[error("the database")]
    Store(#[from] StoreError),
    #[error("signing in")]
    Auth(#[from] AuthError),
    #[error("the engine")]
    Engine(#[from] EngineError),
    #[error("the plugins")]
    Plugin(#[from] PluginError),
    #[error("the documents")]
    Rag(#[from] RagError),
    #[error("the conversations")]
    Chat(#[from] ChatError),
    #[error(transparent)]
    Net(#[from] NetError),
}

/// All rooms of one box, put together.
pub struct App {
    config: Config,
    data: std::path::PathBuf,
    store: Store,
    engine: Engine,
    auth: Auth,
    chat: Chat,
    plugins: PluginHost,
    worker: Worker,
    router: Arc<api::Router>,
}

/// Where the box listens, before it serves.
pub struct Bound {
    listener: Listener,
    control: Control,
}

impl Bound {
    /// The address with its real port.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }
}

impl App {
    /// Opens the data folder and builds all rooms. Work that was left over is taken up again.
    pub async fn open(config: &Config, data: &Path, clock: Clock) -> Result<App, AppError> {
        let watch = Stopwatch::start();
        private_folder(data).map_err(|source| AppError::Data {
            path: data.to_owned(),
            source,
        })?;
        let store = Store::open(data, &config.store)?;
        let engine = Engine::open(&config.engine, &data.join("models"), clock.clone())?;
        engine.warm();
        let installed = store.read(plugins::all).await?;
        let used = installed.iter().filter(|one| one.usage != Usage::Off);
        let own = store.read(pipelines::all).await?;
        let own = own.iter().map(|(_, one)| one.stages.len()).max();
        let box_wide = config.plugins.guardrails.len() + used.count();
        let own = own.map_or(0, |stages| stages + config.plugins.required.len());
        let plugins = open_plugins(config, data, box_wide.max(own)).await?;
        plugins.restore(&store, &clock).await?;
        let auth = Auth::open(store.clone(), &config.auth, clock.clone(), data).await?;
        let workspaces = Workspaces::new(store.clone(), clock.clone());
        let rag = Rag::new(
            store.clone(),
            engine.clone(),
            plugins.stages(),
            &config.rag,
            clock.clone(),
        );
        plugins.lend(Arc::new(rag.lent()));
        let chat = Chat::new(
            store.clone(),
            engine.clone(),
            rag.clone(),
            workspaces.clone(),
            plugins.pipelines(),
            &config.chat,
            clock.clone(),
        );
        let parcels = Parcels::new(
            store.clone(),
            workspaces.clone(),
            rag.clone(),
            &config.rag,
            &config.server,
        );
        let worker = rag.start();
        let resumed = chat.recover().await?;
        let rooms = Rooms {
            auth: auth.clone(),
            workspaces,
            rag,
            chat: chat.clone(),
            parcels,
            engine: engine.clone(),
            plugins: plugins.clone(),
            clock,
        };
        let router = Arc::new(api::router(rooms, &config.server));
        info!(ms = watch.elapsed().as_millis(), resumed, "the box is open");
        let (config, data) = (config.clone(), data.to_owned());
        Ok(App {
            config,
            data,
            store,
            engine,
            auth,
            chat,
            plugins,
            worker,
            router,
        })
    }

    /// The HTTP routes, for those that serve or call them.
    pub fn router(&self) -> Arc<api::Router> {
        self.router.clone()
    }

    /// The token of the setup link; `None` once there is an admin.
    pub async fn setup_token(&self) -> Result<Option<Secret<String>>, AppError> {
        Ok(self.auth.setup_token().await?)
    }

    /// Binds the address and the control socket.
    pub async fn bind(&self) -> Result<Bound, AppError> {
        let control = Control::bind(&self.data)?;
        let listener = Listener::bind(&self.config.server).await?;
        Ok(Bound { listener, control })
    }

    /// Serves until `stop`; then running answers may finish until the drain deadline.
    pub async fn serve(&self, bound: Bound, stop: CancellationToken) {
        let network = bound.listener.serve(self.router(), stop.clone());
        let control = bound.control.serve(self.router(), stop.clone());
        tokio::join!(network, control);
        info!("the box stops");
    }

    /// Ends what runs, commits what waits, closes the database.
    pub async fn close(self) {
        self.chat.shutdown().await;
        self.worker.stop().await;
        self.plugins.close().await;
        self.engine.shutdown();
        self.store.close().await;
    }
}

async fn open_plugins(config: &Config, data: &Path, stages: usize) -> Result<PluginHost, AppError> {
    let (mut plugins, data) = (config.plugins.clone(), data.to_owned());
    // One for each stage and each answer under way, and as many for answers that are made and
    // still being read.
    let stages = u32::try_from(stages).unwrap_or(u32::MAX);
    let needed = config.engine.batch_sequences.saturating_mul(stages);
    plugins.instances = plugins.instances.max(needed.saturating_mul(2));
    let opened = tokio::task::spawn_blocking(move || PluginHost::open(&plugins, &data)).await;
    match opened {
        Ok(host) => Ok(host?),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// Makes the data folder for its owner alone; an existing one is warned of if others can read it.
fn private_folder(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)?;
    if std::fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        warn!("the data folder can be read by others; chmod 700 would end that");
    }
    Ok(())
}
