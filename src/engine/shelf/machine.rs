//! How much memory this process can have, as the system tells it, and giving back what it has and
//! does not need.

use std::path::{Path, PathBuf};

/// Bytes of memory that this process can have: the machine's, or what a control group around it
/// leaves (Linux's cgroup v2 `memory.max`, v1 `memory.limit_in_bytes`; containers and systemd's
/// `MemoryMax` set them). `None` where the system does not say.
pub(super) fn memory_bytes() -> Option<u64> {
    under(Path::new("/"))
}

/// Gives the system back what was freed. glibc keeps freed memory for later, and reading a model's
/// vocabulary leaves tens of megabytes that nothing later asks for.
pub(crate) fn give_back_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        // SAFETY: it may be called at any time (malloc_trim(3)); it only unmaps what is free.
        #[allow(unsafe_code, reason = "a call of the C library")]
        unsafe {
            libc::malloc_trim(0)
        };
    }
}

/// The same as [`memory_bytes`], with the system's files below `root`.
fn under(root: &Path) -> Option<u64> {
    let groups = read(&root.join("proc/self/cgroup"));
    let limits = limit_files(&groups)
        .into_iter()
        .filter_map(|file| read(&root.join(file)).trim().parse().ok());
    limits.chain(installed(root)).min()
}

/// What the machine has.
fn installed(root: &Path) -> Option<u64> {
    let facts = read(&root.join("proc/meminfo"));
    let line = facts
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = line?.trim().strip_suffix("kB")?.trim();
    Some(kib.parse::<u64>().ok()? << 10)
}

/// Where the limits of the groups named in `/proc/self/cgroup` stand, and of those around them.
/// In a container the path that the host knows is not there, and its own group is the root.
fn limit_files(groups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(kinds), Some(path)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let (folder, file) = match kinds {
            "" => ("sys/fs/cgroup", "memory.max"),
            _ if kinds.split(',').any(|kind| kind == "memory") => {
                ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let path = Path::new(path.trim_start_matches('/'));
        let around = path.ancestors().map(|group| Path::new(folder).join(group));
        files.extend(around.map(|group| group.join(file)));
    }
    files
}

/// What a small file says; nothing if it cannot be read.
fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(files: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::tempdir().expect("a folder");
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        under(root.path())
    }

    #[test]
    fn the_tightest_limit_around_the_process_counts() {
        let machine = ("proc/meminfo", "MemTotal:        4096 kB\nMemFree: 12 kB\n");
        let v2 = ("proc/self/cgroup", "0::/system.slice/box.service\n");
        let service = "sys/fs/cgroup/system.slice/box.service/memory.max";
        let slice = "sys/fs/cgroup/system.slice/memory.max";
        let v1 = (
            "proc/self/cgroup",
            "7:cpu,cpuacct:/x\n3:memory:/docker/1f\n",
        );
        for (files, bytes) in [
            (vec![], None),
            (vec![machine], Some(4 << 20)),
            (vec![machine, v2, (service, "max\n")], Some(4 << 20)),
            (vec![machine, v2, (service, "2097152\n")], Some(2 << 20)),
            (
                vec![machine, v2, (service, "max\n"), (slice, "1048576\n")],
                Some(1 << 20),
            ),
            // A container sees its own group as the root.
            (
                vec![machine, v2, ("sys/fs/cgroup/memory.max", "524288\n")],
                Some(512 << 10),
            ),
            (
                vec![
                    machine,
                    v1,
                    ("sys/fs/cgroup/memory/memory.limit_in_bytes", "262144\n"),
                ],
                Some(256 << 10),
            ),
            // "No limit" of version 1 is a number larger than any machine.
            (
                vec![
                    machine,
                    v1,
                    (
                        "sys/fs/cgroup/memory/docker/1f/memory.limit_in_bytes",
                        "9223372036854771712\n",
                    ),
                ],
                Some(4 << 20),
            ),
        ] {
            assert_eq!(system(&files), bytes, "{files:?}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_has_some() {
        assert!(memory_bytes().is_some_and(|bytes| bytes > 64 << 20));
    }
}
