//! Counters of requests, in Prometheus' text format. Labels are bounded: route patterns, methods
//! and statuses; never a person, a path or a word of what was said.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::system::VERSION;
use crate::plugin::PluginCount;

/// Upper bounds of the histogram's buckets, in seconds.
const BOUNDS: [f64; 10] = [0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0, 60.0];
/// Series that are kept at most; the routes of the box make a few hundred.
const SERIES: usize = 2000;

/// What was counted so far.
#[derive(Default)]
pub(super) struct Metrics {
    active: AtomicU64,
    requests: Mutex<BTreeMap<Labels, Histogram>>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Labels {
    route: String,
    method: &'static str,
    status: u16,
}

#[derive(Default)]
struct Histogram {
    buckets: [u64; BOUNDS.len()],
    count: u64,
    seconds: f64,
}

/// What is so at this moment.
pub(super) struct Gauges {
    pub uptime: Duration,
    pub running: usize,
    pub queued: usize,
    /// Bytes of memory promised to the loaded models, and the most that may be.
    pub models_memory: (u64, u64),
    pub ready: bool,
    pub plugins: Vec<PluginCount>,
}

/// A request that is being answered; counted as active until it is dropped.
pub(super) struct Active<'a>(&'a AtomicU64);

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Metrics {
    /// Counts a request as active.
    pub(super) fn begin(&self) -> Active<'_> {
        self.active.fetch_add(1, Ordering::Relaxed);
        Active(&self.active)
    }

    /// Counts an answered request: `route` is the pattern, not the path.
    pub(super) fn count(&self, route: &str, method: &str, status: u16, took: Duration) {
        let labels = Labels {
            route: route.to_owned(),
            method: known_method(method),
            status,
        };
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        if requests.len() >= SERIES && !requests.contains_key(&labels) {
            return;
        }
        requests.entry(labels).or_default().add(took.as_secs_f64());
    }

    /// Everything in Prometheus' text format.
    pub(super) fn render(&self, gauges: &Gauges) -> String {
        let mut text = String::new();
        self.write(&mut text, gauges)
            .expect("writing to a string cannot fail");
        text
    }

    fn write(&self, out: &mut String, gauges: &Gauges) -> std::fmt::Result {
        header(
            out,
            "privatestack_build_info",
            "gauge",
            "The binary that runs.",
        )?;
        writeln!(out, "privatestack_build_info{{version=\"{VERSION}\"}} 1")?;
        for (name, help, value) in [
            (
                "privatestack_ready",
                "Whether questions can be answered.",
                f64::from(u8::from(gauges.ready)),
            ),
            (
                "privatestack_uptime_seconds",
                "Time since the start.",
                gauges.uptime.as_secs_f64(),
            ),
            (
                "privatestack_queue_depth",
                "Answers that wait for the model.",
                gauges.queued as f64,
            ),
            (
                "privatestack_sequences_running",
                "Answers that are being made.",
                gauges.running as f64,
            ),
            (
                "privatestack_models_memory_bytes",
                "Memory that the loaded models may come to take.",
                gauges.models_memory.0 as f64,
            ),
            (
                "privatestack_models_memory_limit_bytes",
                "Memory that all models together may take.",
                gauges.models_memory.1 as f64,
            ),
            (
                "http_server_active_requests",
                "Requests that are being answered.",
                self.active.load(Ordering::Relaxed) as f64,
            ),
            (
                "process_resident_memory_bytes",
                "Memory of the process.",
                resident_bytes() as f64,
            ),
        ] {
            header(out, name, "gauge", help)?;
            writeln!(out, "{name} {value}")?;
        }
        write_plugins(out, &gauges.plugins)?;
        self.write_requests(out)
    }

    fn write_requests(&self, out: &mut String) -> std::fmt::Result {
        let name = "http_server_request_duration_seconds";
        header(out, name, "histogram", "Time until the head of the answer.")?;
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        for (labels, histogram) in &*requests {
            let labels = format!(
                "http_request_method=\"{}\",http_route=\"{}\",http_response_status_code=\"{}\"",
                labels.method,
                labels.route.replace(['"', '\\', '\n'], "_"),
                labels.status
            );
            let mut below = 0;
            for (bound, count) in BOUNDS.iter().zip(histogram.buckets) {
                below += count;
                writeln!(out, "{name}_bucket{{{labels},le=\"{bound}\"}} {below}")?;
            }
            writeln!(
                out,
                "{name}_bucket{{{labels},le=\"+Inf\"}} {}",
                histogram.count
            )?;
            writeln!(out, "{name}_sum{{{labels}}} {}", histogram.seconds)?;
            writeln!(out, "{name}_count{{{labels}}} {}", histogram.count)?;
        }
        Ok(())
    }
}

/// What a counter of plugins reads of one of them.
type OfPlugin = fn(&PluginCount) -> f64;

fn write_plugins(out: &mut String, plugins: &[PluginCount]) -> std::fmt::Result {
    let counters: [(&str, &str, OfPlugin); 5] = [
        (
            "calls",
            "Calls of a plugin, pushes of streams among them.",
            |it| it.calls as f64,
        ),
        ("seconds", "Time spent in a plugin.", |it| {
            it.time.as_secs_f64()
        }),
        ("faults", "Calls that a plugin failed.", |it| {
            it.faults as f64
        }),
        ("blocked", "Texts that a guardrail refused.", |it| {
            it.blocked as f64
        }),
        (
            "marked",
            "Texts in which a guardrail replaced or noted something.",
            |it| it.marked as f64,
        ),
    ];
    for (what, help, read) in counters {
        let name = format!("privatestack_plugin_{what}_total");
        header(out, &name, "counter", help)?;
        for one in plugins {
            writeln!(out, "{name}{{plugin=\"{}\"}} {}", one.plugin, read(one))?;
        }
    }
    Ok(())
}

impl Histogram {
    fn add(&mut self, seconds: f64) {
        self.count += 1;
        self.seconds += seconds;
        if let Some(place) = BOUNDS.iter().position(|bound| seconds <= *bound) {
            self.buckets[place] += 1;
        }
    }
}

fn header(out: &mut String, name: &str, kind: &str, help: &str) -> std::fmt::Result {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

/// A method by name; what a client made up is `other`, or it would make series.
fn known_method(method: &str) -> &'static str {
    ["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS"]
        .into_iter()
        .find(|known| *known == method)
        .unwrap_or("other")
}

/// Memory of this process that is in RAM, as Linux counts it; 0 where that cannot be read.
pub(super) fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.trim().strip_suffix("kB"));
    kib.and_then(|kib| kib.trim().parse::<u64>().ok())
        .unwrap_or_default()
        * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted_in_cumulative_buckets() {
        let metrics = Metrics::default();
        let active = metrics.begin();
        for millis in [1, 30, 70_000] {
            metrics.count("/api/v1/me", "GET", 200, Duration::from_millis(millis));
        }
        metrics.count("/x", "BREW", 405, Duration::ZERO);
        let text = metrics.render(&Gauges {
            uptime: Duration::from_secs(3),
            running: 1,
            queued: 2,
            models_memory: (3, 4),
            ready: true,
            plugins: vec![PluginCount {
                plugin: "pii".to_owned(),
                calls: 7,
                time: Duration::from_millis(1500),
                faults: 1,
                blocked: 0,
                marked: 2,
            }],
        });
        let labels = "http_request_method=\"GET\",http_route=\"/api/v1/me\",\
            http_response_status_code=\"200\"";
        for line in [
            format!("http_server_request_duration_seconds_bucket{{{labels},le=\"0.001\"}} 1"),
            format!("http_server_request_duration_seconds_bucket{{{labels},le=\"60\"}} 2"),
            format!("http_server_request_duration_seconds_bucket{{{labels},le=\"+Inf\"}} 3"),
            format!("http_server_request_duration_seconds_count{{{labels}}} 3"),
            "privatestack_queue_depth 2".to_owned(),
            "privatestack_plugin_calls_total{plugin=\"pii\"} 7".to_owned(),
            "privatestack_plugin_seconds_total{plugin=\"pii\"} 1.5".to_owned(),
            "http_server_active_requests 1".to_owned(),
        ] {
            assert!(
                text.lines().any(|found| found == line),
                "{line} not in\n{text}"
            );
        }
        assert!(text.contains("http_request_method=\"other\""));
        drop(active);
        assert_eq!(metrics.active.load(Ordering::Relaxed), 0);
        assert!(resident_bytes() > 0);
    }
}
