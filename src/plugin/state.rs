//! What the host keeps beside an instance: how much it may use, and what it may call.

use std::sync::Arc;

use wasmtime::ResourceLimiter;

use crate::domain::time::Clock;

use super::bindings::extractor::privatestack::plugin::documents;
use super::bindings::guardrail::privatestack::plugin::host_log::{self, Level};
use super::bindings::guardrail::privatestack::plugin::{host_clock, host_config, types};
use super::services::Services;
use super::terms::Terms;

/// What an instance is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) modules: u32,
    pub(super) tables: u32,
    pub(super) memories: u32,
}

impl Shape {
    /// A guest in Rust: its module and the two that wit-component adds to it.
    pub(super) const SMALL: Self = Self {
        modules: 3,
        tables: 2,
        memories: 1,
    };
    /// A guest that brings the interpreter of its language, with its libraries as modules.
    pub(super) const LARGE: Self = Self {
        modules: 48,
        tables: 12,
        memories: 4,
    };
}

/// Elements of one table.
pub(super) const TABLE_ELEMENTS: usize = 20_000;

/// Calls of the host that a guest may make in one call; it traps at the next.
const HOST_CALLS: u32 = 1000;

/// Lines that a guest may log in one call, and bytes of each that are kept.
const LOG_LINES: u32 = 100;
const LOG_BYTES: usize = 200;

/// The clock that guests see moves in steps, so that it measures nothing.
const CLOCK_MS: u64 = 10;

/// Beside each instance.
pub(super) struct State {
    pub(super) terms: Arc<Terms>,
    pub(super) services: Services,
    memory_bytes: usize,
    log_lines: u32,
    host_calls: u32,
}

impl State {
    pub(super) fn new(terms: Arc<Terms>, services: Services) -> Self {
        Self {
            terms,
            services,
            memory_bytes: 0,
            log_lines: 0,
            host_calls: 0,
        }
    }

    /// What is counted for each call begins anew.
    pub(super) fn begin_call(&mut self) {
        self.log_lines = 0;
        self.host_calls = 0;
    }

    /// Bytes of its memory.
    pub(super) fn memory_bytes(&self) -> usize {
        self.memory_bytes
    }

    /// Counts a call of the host.
    pub(super) fn count(&mut self) -> wasmtime::Result<()> {
        self.host_calls += 1;
        if self.host_calls > HOST_CALLS {
            return Err(TooManyCalls.into());
        }
        Ok(())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the guest calls the host too often")]
pub(super) struct TooManyCalls;

#[derive(Debug, thiserror::Error)]
#[error("the guest's memory is spent")]
pub(super) struct MemorySpent;

impl ResourceLimiter for State {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let total = self
            .memory_bytes
            .saturating_sub(current)
            .saturating_add(desired);
        if total > self.terms.memory_bytes {
            return Err(MemorySpent.into());
        }
        self.memory_bytes = total;
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > TABLE_ELEMENTS {
            return Err(MemorySpent.into());
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        self.terms.shape.modules as usize
    }

    fn tables(&self) -> usize {
        self.terms.shape.tables as usize
    }

    fn memories(&self) -> usize {
        self.terms.shape.memories as usize
    }
}

impl types::Host for State {}

impl documents::Host for State {}

impl host_log::Host for State {
    fn log(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        self.count()?;
        self.log_lines += 1;
        if self.log_lines > LOG_LINES {
            return Ok(());
        }
        let (plugin, bytes) = (&*self.terms.name, message.len());
        let line = &message[..message.floor_char_boundary(LOG_BYTES)];
        if self.terms.trial {
            self.services.note(line.escape_debug().to_string());
            return Ok(());
        }
        // A guest that was not reviewed may log what it judges: its lines are only counted.
        if !self.terms.reviewed {
            tracing::debug!(plugin, bytes, "a guest logged a line, not shown");
            return Ok(());
        }
        let line = line.escape_debug();
        match level {
            Level::Debug => tracing::debug!(plugin, %line),
            Level::Info => tracing::info!(plugin, %line),
            Level::Warn => tracing::warn!(plugin, %line),
            Level::Error => tracing::error!(plugin, %line),
        }
        Ok(())
    }
}

impl host_config::Host for State {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<String>> {
        self.count()?;
        Ok(self.terms.settings.get(&key).cloned())
    }
}

impl host_clock::Host for State {
    fn now_ms(&mut self) -> wasmtime::Result<u64> {
        self.count()?;
        let millis = u64::try_from(Clock::system().now().as_millis()).unwrap_or(0);
        Ok(millis - millis % CLOCK_MS)
    }
}
