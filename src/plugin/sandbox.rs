//! The sandbox: a deadline for each call, a cap on memory, and no WASI: no files, no sockets, no
//! environment. A guest can compute, and call what `state.rs` offers and its terms grant.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use wasmtime::component::{Component, HasSelf, Linker, ResourceAny};
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, Memory, MemoryType, OptLevel,
    PoolConcurrencyLimitError, PoolingAllocationConfig, Store, Trap,
};

use crate::config::PluginsConfig;
use crate::domain::time::Stopwatch;
use crate::pipeline::Misjudged;

use super::PluginError;
use super::bindings::{extractor, guardrail};
use super::deadline::Ticker;
use super::exports::Exports;
use super::services::Services;
use super::state::{MemorySpent, Shape, State, TABLE_ELEMENTS, TooManyCalls};
use super::stats::{AllStats, Stats};
use super::terms::Terms;
use super::warm::Shelves;

/// The most memory that any guest may be granted.
const MEMORY_BYTES: usize = 256 << 20;

/// Instructions that a call may run where they are counted.
const FUEL: u64 = 1 << 50;

/// Stack of a guest.
const STACK_BYTES: usize = 512 << 10;

/// Makes instances of guests, a bounded number at once.
pub(super) struct Sandbox {
    engine: Engine,
    linker: Linker<State>,
    ticker: Ticker,
    services: Services,
    pub(super) stats: AllStats,
    metered: bool,
    fuel: AtomicU64,
    live: Arc<AtomicUsize>,
    /// Instances that wait; they count as alive.
    pub(super) warm: Shelves,
    /// Guests alive at once, streams included.
    most: usize,
}

/// Why a call of a guest gave nothing that can be used. Never quotes a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum GuestFault {
    #[error("it took too long")]
    Deadline,
    #[error("it wanted more memory than it may have")]
    Memory,
    #[error("it called itself too deeply")]
    Stack,
    #[error("it panicked")]
    Panic,
    #[error("it called the host too often")]
    HostCalls,
    #[error("it crashed")]
    Crash,
    #[error("it broke the calling convention")]
    Convention,
    #[error("{0}")]
    Misjudged(#[from] Misjudged),
}

/// One instance of a guest, alone in its store.
pub(super) struct Cell<X> {
    store: Store<State>,
    guest: X,
    sandbox: Arc<Sandbox>,
    stats: Arc<Stats>,
    born: Stopwatch,
    calls: u32,
    _place: Place,
}

impl Sandbox {
    pub(super) fn new(config: &PluginsConfig) -> Result<Arc<Self>, PluginError> {
        Self::make(config, false)
    }

    /// One that counts instructions, which makes guests slower.
    pub(super) fn metered(config: &PluginsConfig) -> Result<Arc<Self>, PluginError> {
        Self::make(config, true)
    }

    /// Instructions that guests have run, in a sandbox that counts them.
    pub(super) fn fuel_used(&self) -> u64 {
        self.fuel.load(Ordering::Relaxed)
    }

    fn make(config: &PluginsConfig, metered: bool) -> Result<Arc<Self>, PluginError> {
        // A place takes the same addresses however much of it may be used.
        let memory_bytes = MEMORY_BYTES.max((config.memory_mib as usize) << 20);
        let most = config.instances.max(1);
        let engine = engine(memory_bytes, most, metered)?;
        let mut linker = Linker::new(&engine);
        link(&mut linker).map_err(|source| PluginError::sandbox(&source))?;
        let ticker = Ticker::start(engine.clone()).map_err(|source| PluginError::Sandbox {
            why: source.to_string(),
        })?;
        let live = Arc::new(AtomicUsize::new(0));
        Ok(Arc::new(Self {
            engine,
            linker,
            ticker,
            services: Services::default(),
            metered,
            fuel: AtomicU64::new(0),
            stats: AllStats::default(),
            live,
            warm: Shelves::default(),
            most: most as usize,
        }))
    }

    /// As much as nobody can use up: it is for counting only.
    fn refuel(&self, store: &mut Store<State>) -> Result<(), GuestFault> {
        if self.metered && store.set_fuel(FUEL).is_err() {
            return Err(GuestFault::Convention);
        }
        Ok(())
    }

    fn meter(&self, store: &Store<State>) {
        if let (true, Ok(left)) = (self.metered, store.get_fuel()) {
            self.fuel
                .fetch_add(FUEL.saturating_sub(left), Ordering::Relaxed);
        }
    }

    /// What guests may be lent.
    pub(super) fn services(&self) -> &Services {
        &self.services
    }

    /// Instances that are alive.
    #[cfg(test)]
    pub(super) fn live(&self) -> usize {
        self.live.load(Ordering::Relaxed)
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Checks that the component is of the world `X`.
    pub(super) fn prepare<X: Exports>(&self, component: &Component) -> wasmtime::Result<X::Pre> {
        X::prepare(self.linker.instantiate_pre(component)?)
    }

    /// A fresh instance; `Ok(None)` when as many as may be are alive.
    pub(super) fn cell<X: Exports>(
        self: &Arc<Self>,
        prepared: &X::Pre,
        terms: &Arc<Terms>,
        stats: &Arc<Stats>,
    ) -> Result<Option<Cell<X>>, GuestFault> {
        let Some(place) = Place::take(&self.live, self.most) else {
            return Ok(None);
        };
        let mut store = Store::new(
            &self.engine,
            State::new(terms.clone(), self.services.clone()),
        );
        store.limiter(|state| state);
        let _running = self.ticker.running();
        store.set_epoch_deadline(Ticker::ticks(terms.check_ms));
        self.refuel(&mut store)?;
        let guest = match X::instantiate(prepared, &mut store) {
            Ok(guest) => guest,
            // Others hold the modules or memories it needs: that is no fault of its own.
            Err(error) if error.is::<PoolConcurrencyLimitError>() => return Ok(None),
            Err(error) => return Err(fault_of(&error)),
        };
        let (sandbox, born) = (self.clone(), Stopwatch::start());
        Ok(Some(Cell {
            store,
            guest,
            sandbox,
            stats: stats.clone(),
            born,
            calls: 0,
            _place: place,
        }))
    }
}

impl<X: Exports> Cell<X> {
    /// Calls the guest; it has `millis` for it. After a fault the cell must be dropped: wasmtime
    /// refuses further calls.
    pub(super) fn call<T>(
        &mut self,
        millis: u32,
        call: impl FnOnce(&mut Store<State>, &X) -> wasmtime::Result<T>,
    ) -> Result<T, GuestFault> {
        let _running = self.sandbox.ticker.running();
        self.calls += 1;
        self.store.data_mut().begin_call();
        self.store.set_epoch_deadline(Ticker::ticks(millis));
        self.sandbox.refuel(&mut self.store)?;
        let watch = Stopwatch::start();
        let answer = call(&mut self.store, &self.guest);
        self.sandbox.meter(&self.store);
        self.stats.call(watch.elapsed());
        self.stats.memory(self.memory_bytes());
        answer.map_err(|error| fault_of(&error))
    }

    /// Gives a resource of the guest back to it.
    pub(super) fn release(&mut self, millis: u32, held: ResourceAny) -> Result<(), GuestFault> {
        self.call(millis, |store, _| held.resource_drop(store))
    }

    /// Calls so far.
    pub(super) fn calls(&self) -> u32 {
        self.calls
    }

    pub(super) fn age(&self) -> std::time::Duration {
        self.born.elapsed()
    }

    /// Bytes of its memory, which never shrinks.
    pub(super) fn memory_bytes(&self) -> usize {
        self.store.data().memory_bytes()
    }
}

/// What any world may import. `documents` has types only, yet it counts as an import.
fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    use extractor::privatestack::plugin::documents;
    guardrail::GuardrailPlugin::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    documents::add_to_linker::<_, HasSelf<_>>(linker, |state| state)
}

/// A pool of ready memories where there are addresses enough, else memories made on demand, else
/// (32 bit of addresses, or `ulimit -v`) small ones with checked accesses, half as fast.
fn engine(memory_bytes: usize, live: u32, metered: bool) -> Result<Engine, PluginError> {
    let base = || {
        let mut config = base();
        config.consume_fuel(metered);
        config
    };
    let mut pooled = base();
    let mut pool = PoolingAllocationConfig::new();
    // Room for instances in Rust, and for a few that bring an interpreter.
    let (small, large) = (live, live.div_ceil(8));
    let modules = small * Shape::SMALL.modules + large * Shape::LARGE.modules;
    let tables = small * Shape::SMALL.tables + large * Shape::LARGE.tables;
    pool.total_component_instances(live)
        .total_core_instances(modules)
        .total_memories(small + large * (Shape::LARGE.memories - 1))
        .max_memories_per_component(Shape::LARGE.memories)
        .total_tables(tables)
        .max_core_instances_per_component(Shape::LARGE.modules)
        .max_tables_per_component(Shape::LARGE.tables)
        .max_memory_size(memory_bytes)
        .table_elements(TABLE_ELEMENTS)
        .max_unused_warm_slots(live / 4)
        .linear_memory_keep_resident(256 << 10)
        .table_keep_resident(16 << 10);
    pooled.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    let mut small = base();
    // As much as a guest may have, so that it never has to move when it grows.
    small
        .memory_reservation(memory_bytes as u64)
        .memory_guard_size(0);
    Engine::new(&pooled)
        .or_else(|error| {
            tracing::warn!(%error, "no pool for guests; their memory is made on demand");
            Engine::new(&base()).and_then(|engine| with_room(engine, live))
        })
        .or_else(|error| {
            tracing::warn!(%error, "few addresses for guests; they run with checked memories");
            Engine::new(&small)
        })
        .map_err(|source| PluginError::sandbox(&source))
}

/// An engine without a pool reserves addresses as guests come: tries whether there are some.
fn with_room(engine: Engine, live: u32) -> wasmtime::Result<Engine> {
    let mut store = Store::new(&engine, ());
    for _ in 0..live / 4 {
        Memory::new(&mut store, MemoryType::new(1, None))?;
    }
    Ok(engine)
}

fn base() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .concurrency_support(false)
        .wasm_relaxed_simd(false)
        .wasm_memory64(false)
        // What joins the parts of a component reads one's memory and writes the other's.
        .wasm_multi_memory(true)
        .wasm_backtrace_max_frames(None)
        .epoch_interruption(true)
        .max_wasm_stack(STACK_BYTES)
        .cranelift_opt_level(OptLevel::Speed)
        .parallel_compilation(true);
    config
}

/// Which kind of fault an error of wasmtime is; its text stays here.
fn fault_of(error: &wasmtime::Error) -> GuestFault {
    if error.downcast_ref::<MemorySpent>().is_some() {
        return GuestFault::Memory;
    }
    if error.downcast_ref::<TooManyCalls>().is_some() {
        return GuestFault::HostCalls;
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => GuestFault::Deadline,
        Some(Trap::StackOverflow) => GuestFault::Stack,
        Some(Trap::UnreachableCodeReached) => GuestFault::Panic,
        Some(_) => GuestFault::Crash,
        None => GuestFault::Convention,
    }
}

/// A place among the live instances, given back when dropped.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(live: &Arc<AtomicUsize>, most: usize) -> Option<Self> {
        let place = Self(live.clone());
        (live.fetch_add(1, Ordering::Relaxed) < most).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
