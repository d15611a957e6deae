//! A GPU tried out by a child process, which may crash, hang or say nonsense.

use std::io::{self, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use super::Answer;
#[cfg(feature = "gpu")]
use crate::config::Device;
use crate::domain::time::Stopwatch;

/// What the line begins with that holds the answer: drivers print lines, too.
pub(super) const MARK: &str = "privatestack-device ";
/// How long a child may take: it compiles its kernels, in a build for tests slowly.
#[cfg(feature = "gpu")]
pub(super) const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 120 } else { 30 });
/// How often it is looked at.
const GLANCE: Duration = Duration::from_millis(20);
/// How long its last words may take to arrive once it is gone.
const ECHO: Duration = Duration::from_secs(1);
/// Bytes of them that are read, and characters that are repeated.
const MOST_READ: u64 = 64 << 10;
const MOST_SHOWN: usize = 300;

/// This program, asked to try out `device` (the hidden command `probe-device`).
#[cfg(all(feature = "gpu", not(test)))]
pub(super) fn command(device: Device) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("probe-device").arg(device.to_string());
    Ok(command)
}

/// The tests, asked for the one that does the same.
#[cfg(all(feature = "gpu", test))]
pub(super) fn command(device: Device) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([
        "--exact",
        "engine::device::tests::as_a_child",
        "--nocapture",
    ]);
    command.env(super::tests::CHILD, device.to_string());
    Ok(command)
}

/// Runs the child and gives its answer, or why there is none.
pub(super) fn ask(mut command: Command, patience: Duration) -> Result<Answer, String> {
    let started = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = started.map_err(|error| format!("the trial cannot be started: {error}"))?;
    let said = listen(child.stdout.take());
    let complained = listen(child.stderr.take());
    let watch = Stopwatch::start();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if watch.elapsed() < patience => std::thread::sleep(GLANCE),
            Ok(None) => {
                // If it cannot be killed it is gone already; either way it is collected.
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("no answer within {} s", patience.as_secs()));
            }
            Err(error) => return Err(format!("the trial cannot be watched: {error}")),
        }
    };
    let words = |from: Receiver<String>| from.recv_timeout(ECHO).unwrap_or_default();
    judge(status, &words(said), &words(complained))
}

/// Reads in a thread of its own, so that a child that says much is not held up.
fn listen(from: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (send, words) = mpsc::channel();
    let read = move || {
        let mut bytes = Vec::new();
        if let Some(mut from) = from {
            // What cannot be read was not said; the rest is read away.
            let _ = from.by_ref().take(MOST_READ).read_to_end(&mut bytes);
            let _ = io::copy(&mut from, &mut io::sink());
        }
        // Nobody may be listening any more.
        let _ = send.send(String::from_utf8_lossy(&bytes).into_owned());
    };
    // Without a thread nothing is heard, and the trial fails.
    let _ = std::thread::Builder::new().spawn(read);
    words
}

fn judge(status: ExitStatus, said: &str, complained: &str) -> Result<Answer, String> {
    let answer = said.lines().find_map(|line| line.strip_prefix(MARK));
    match answer.map(serde_json::from_str::<Answer>) {
        Some(Ok(answer)) if status.success() => Ok(answer),
        _ => {
            // The last words say most: drivers complain of this and that before, again and again.
            let mut lines: Vec<_> = complained.lines().map(str::trim).collect();
            lines.dedup();
            let words = lines.join(" ");
            let before = words.chars().count().saturating_sub(MOST_SHOWN);
            let words: String = words.chars().skip(before).collect();
            match words.is_empty() {
                true => Err(format!("the trial ended without an answer ({status})")),
                false => Err(format!("{words} ({status})")),
            }
        }
    }
}
