//! Choosing a device, with children that answer, fail, crash and hang.

use std::process::Command;
use std::time::Duration;

use super::*;

const BOTH: [Device; 2] = [Device::Cuda(0), Device::Vulkan(0)];

fn answer(software: bool) -> Answer {
    Answer {
        gpu: Gpu {
            number: (0, 1),
            half: true,
        },
        name: "Card".to_owned(),
        memory: Some(1 << 33),
        software,
    }
}

/// The name of what is chosen, why it is no GPU, and whether more was wished for.
fn chosen(wanted: Device, built: &[Device], found: &[(Device, bool)]) -> (String, String, bool) {
    let decision = decide(wanted, built, |device| {
        let found = found.iter().find(|(there, _)| *there == device);
        found.map_or_else(
            || Err("not there".to_owned()),
            |(_, software)| Ok(answer(*software)),
        )
    });
    let is_gpu = decision.chosen.place == Place::Gpu(answer(false).gpu);
    assert!(is_gpu || decision.chosen.place == Place::Cpu);
    assert_eq!(is_gpu, decision.chosen.name != "cpu");
    assert_eq!(is_gpu, decision.chosen.memory.is_some());
    let Decision {
        chosen,
        cause,
        wished_for_more,
    } = decision;
    (chosen.name, cause, wished_for_more)
}

#[test]
fn auto_takes_the_first_gpu_that_answers() {
    let says = |name: &str, cause: &str| (name.to_owned(), cause.to_owned(), false);
    let auto = |built, found| chosen(Device::Auto, built, found);
    assert_eq!(auto(&[], &[]), says("cpu", ""));
    let both = [(BOTH[0], false), (BOTH[1], false)];
    assert_eq!(auto(&BOTH, &both), says("cuda:0 (Card)", ""));
    assert_eq!(auto(&BOTH, &both[1..]), says("vulkan:0 (Card)", ""));
    let none = "cuda:0: not there; vulkan:0: not there";
    assert_eq!(auto(&BOTH, &[]), says("cpu", none));
    // A CPU that plays a GPU is taken only where it is named.
    let disguised = [(BOTH[1], true)];
    let cause = "vulkan:0: Card is a CPU, too";
    assert_eq!(auto(&BOTH[1..], &disguised), says("cpu", cause));
    let named = chosen(BOTH[1], &BOTH[1..], &disguised);
    assert_eq!(named, says("vulkan:0 (Card)", ""));
}

#[test]
fn a_named_device_that_cannot_be_had_is_missed_aloud() {
    let there = [(Device::Vulkan(0), false)];
    let (name, cause, missed) = chosen(Device::Vulkan(1), &BOTH[1..], &there);
    assert_eq!((&*name, missed), ("cpu", true));
    assert_eq!(cause, "vulkan:1: not there");
    let (name, cause, missed) = chosen(Device::Cuda(0), &BOTH[1..], &there);
    assert_eq!((&*name, missed), ("cpu", true));
    assert!(cause.contains("without the feature cuda"), "{cause}");
    let (name, cause, missed) = chosen(Device::Cpu, &BOTH, &there);
    assert_eq!((&*name, &*cause, missed), ("cpu", "", false));
}

#[test]
fn weights_are_plain_on_a_gpu_only() {
    let gpu = |half| {
        Place::Gpu(Gpu {
            number: (0, 0),
            half,
        })
    };
    let (quantised, single) = ([Format::Q4_K, Format::Q6_K], [Format::Q8_0, Format::F32]);
    assert_eq!(Place::Cpu.plain(quantised), None);
    assert_eq!(gpu(true).plain(quantised), Some(Format::F16));
    assert_eq!(gpu(true).plain(single), Some(Format::F32));
    assert_eq!(gpu(false).plain(quantised), Some(Format::F32));
    assert_eq!(Place::Cpu.bytes_of(10, 16), 10);
    assert_eq!(gpu(true).bytes_of(10, 16), 32);
    assert_eq!(gpu(false).bytes_of(10, 16), 64);
}

#[cfg(unix)]
fn shell(script: &str) -> Result<Answer, String> {
    let mut command = Command::new("sh");
    command.arg("-c").arg(script);
    trial::ask(command, Duration::from_secs(20))
}

#[test]
#[cfg(unix)]
fn what_a_child_says_counts_if_it_ends_well() {
    let line = format!(
        "{}{}",
        trial::MARK,
        serde_json::to_string(&answer(false)).expect("plain data")
    );
    let ok = shell(&format!("echo a driver; echo '{line}'; echo it warns >&2"));
    assert_eq!(ok, Ok(answer(false)));
    // More than a pipe holds, on both sides.
    let much = "yes noise | head -c 300000; yes noise | head -c 300000 >&2";
    assert_eq!(shell(&format!("echo '{line}'; {much}")), Ok(answer(false)));
    let error = shell(&format!("echo '{line}'; echo late failure >&2; exit 3"));
    let error = error.expect_err("it failed");
    assert!(
        error.contains("late failure") && error.contains('3'),
        "{error}"
    );
    let error = shell("echo nothing of use").expect_err("no answer");
    assert!(error.contains("without an answer"), "{error}");
    let error = shell(&format!("echo '{}{{}}'", trial::MARK)).expect_err("no answer");
    assert!(error.contains("without an answer"), "{error}");
}

#[test]
#[cfg(unix)]
fn a_child_that_crashes_or_hangs_is_no_device() {
    let error = shell("kill -SEGV $$").expect_err("it crashed");
    assert!(error.contains("signal"), "{error}");
    let mut command = Command::new("sleep");
    command.arg("600");
    let error = trial::ask(command, Duration::from_millis(100)).expect_err("it hung");
    assert!(error.contains("no answer within"), "{error}");
}

#[test]
#[cfg(unix)]
fn a_program_that_is_not_there_is_no_device() {
    let error = trial::ask(Command::new("/nothing/here"), Duration::from_secs(1));
    assert!(error.expect_err("no program").contains("cannot be started"));
}

/// Says to [`as_a_child`] that it is one, and which device it tries out.
#[cfg(feature = "gpu")]
pub(super) const CHILD: &str = "PRIVATESTACK_TEST_CHILD";

/// What the command `probe-device` does in the product.
#[test]
#[cfg(feature = "gpu")]
fn as_a_child() {
    if let Ok(device) = std::env::var(CHILD) {
        let device = device.parse().expect("a device");
        println!("\n{}", probe::run(device).expect("a device that computes"));
    }
}

/// The GPU of the tests: the one that `PRIVATESTACK_TEST_DEVICE` names, which must be there, or the
/// first that answers. Where none does the test says so and passes.
#[cfg(feature = "gpu")]
pub(in crate::engine) fn gpu() -> Option<(Device, Place)> {
    static FOUND: std::sync::OnceLock<Option<(Device, Place)>> = std::sync::OnceLock::new();
    *FOUND.get_or_init(|| {
        let named = std::env::var("PRIVATESTACK_TEST_DEVICE").ok();
        let named = named.map(|device| device.parse().expect("a device"));
        let all = named.map_or(BUILT.to_vec(), |device| vec![device]);
        for device in all {
            match try_out(device) {
                Ok(answer) => {
                    eprintln!("{device} is {answer:?}");
                    return Some((device, Place::Gpu(answer.gpu)));
                }
                Err(cause) => eprintln!("SKIPPED: {device}: {cause}"),
            }
        }
        assert!(named.is_none(), "the named device must answer");
        None
    })
}
