//! The most memory that this process had resident.

/// The highest mark so far, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Peak {
    bytes: u64,
    /// The mark cannot be set back any more, so later ones would count what is not ours to count.
    stuck: bool,
}

impl Peak {
    /// Takes note of the mark, and gives it.
    pub(super) fn note(&mut self) -> u64 {
        if !self.stuck {
            self.bytes = self.bytes.max(mark().unwrap_or(0));
        }
        self.bytes
    }

    /// Forgets what was resident since the last note: memory that only measuring takes.
    pub(super) fn forget(&mut self) {
        // Sets the mark to what is resident now (proc(5), since Linux 4.0).
        self.stuck |= std::fs::write("/proc/self/clear_refs", "5").is_err();
    }
}

/// `VmHWM` of proc(5), in bytes.
fn mark() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    kib.checked_mul(1024)
}
