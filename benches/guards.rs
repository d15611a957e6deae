//! What judging costs: `cargo bench --bench guards`.
//!
//! Prints the time of a start with and without compiled guests, and, for each guard and the whole
//! chain, of a short question, of 2 KiB with and without anything to find, and of one token of a
//! stream. Percentiles, because other work on the machine only ever adds.

#![allow(clippy::print_stdout, reason = "a benchmark prints")]
#![allow(missing_docs, reason = "a program")]

use privatestack::config::PluginsConfig;
use privatestack::domain::time::Stopwatch;
use privatestack::domain::verdict::Side;
use privatestack::pipeline::{Guardrail, Pipeline, Step, Subject};
use privatestack::plugin::PluginHost;

const CLEAN: &str = "The quarterly meeting notes say that the pump in the north hall was repaired \
    and that the invoice has been paid on time. ";
const HITS: &str = " mail anna.maier@example.com or call +49 170 1234567, IBAN DE89 3704 0044 \
    0532 0130 00, card 4111 1111 1111 1111, key AKIAIOSFODNN7EXAMPLQ. ";

fn main() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let config = PluginsConfig::default();
    let open = || PluginHost::open(&config, data.path()).expect("run `make plugins` first");
    let watch = Stopwatch::start();
    drop(open());
    println!(
        "start, guests compiled:    {:>10.1} ms",
        watch.elapsed().as_secs_f64() * 1e3
    );
    let watch = Stopwatch::start();
    let host = open();
    println!(
        "start, guests from cache:  {:>10.1} ms",
        watch.elapsed().as_secs_f64() * 1e3
    );

    let clean: String = CLEAN.repeat(20).chars().take(2048).collect();
    let hits = format!("{}{HITS}", &clean[..2048 - HITS.len()]);
    let short = "Where is the spare impeller kept?".to_owned();
    for guard in host.guardrails() {
        for (what, text) in [
            ("question", &short),
            ("2 KiB clean", &clean),
            ("2 KiB hits", &hits),
        ] {
            let subject = Subject::new(Side::Input, text.clone());
            measure(&format!("{}, {what}", guard.name()), || {
                guard.check(&subject).expect("a guard judges");
            });
        }
        stream(guard.as_ref());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .build()
        .expect("a runtime");
    let pipeline = Pipeline::new(host.guardrails(), &config);
    for (what, text) in [
        ("question", &short),
        ("2 KiB clean", &clean),
        ("2 KiB hits", &hits),
    ] {
        measure(&format!("pipeline, {what}"), || {
            drop(runtime.block_on(pipeline.admit(Side::Input, text)));
        });
    }
    let mut release = pipeline.release();
    measure("pipeline, one token", || {
        runtime
            .block_on(release.push(" token"))
            .expect("a stream is judged");
    });
}

/// One token of a stream, with what is held back as the pipeline would show it.
fn stream(guard: &dyn Guardrail) {
    let mut session = guard.session(Side::Output).expect("a session opens");
    let mut held = String::new();
    measure(&format!("{}, one token", guard.name()), || {
        held.push_str(" token");
        let subject = Subject::new(Side::Output, held.clone());
        match session.push(&subject).expect("a stream is judged") {
            Step::Emit { upto, .. } => drop(held.drain(..upto as usize)),
            Step::Hold => {}
            Step::Stop(_) => held.clear(),
        }
    });
}

fn measure(what: &str, mut work: impl FnMut()) {
    const ROUNDS: usize = 2000;
    (0..50).for_each(|_| work());
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let watch = Stopwatch::start();
            work();
            watch.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let at = |part: usize| times[ROUNDS * part / 100];
    println!(
        "{what:<28} p10 {:>9.1}  p50 {:>9.1}  p99 {:>9.1} µs",
        at(10),
        at(50),
        at(99)
    );
}
