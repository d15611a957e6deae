//! Guests that fail again and again leave nothing behind.

use super::*;

/// Each fault throws an instance away with its memory.
#[test]
fn a_thousand_faults_leave_nothing_behind_and_are_counted() {
    let panics = Does::Runs(
        "(if (i32.gt_u (local.get $len) (i32.const 5)) (then unreachable))
         (i32.store8 (i32.const 0x1000) (i32.const 0))
         (i32.const 0x1000)",
    );
    let (host, guard) = guard(&Faulty::check(panics));
    let sandbox = &host.0.loader.sandbox;
    let round = |faults: usize| {
        for _ in 0..faults {
            why(guard.check(&subject("a hostile text")));
            guard.check(&subject("hello")).unwrap();
        }
        (sandbox.live(), resident_pages())
    };
    let (alive, pages) = round(100);
    let (still, later) = round(1000);
    assert_eq!((alive, still), (1, 1));
    // A page kept of each would be a thousand; allocators keep some.
    assert!(later < pages + 700, "{pages} pages, then {later}");
    let count = host.counts().remove(0);
    assert_eq!((count.faults, count.blocked), (1100, 0));
    assert!(count.calls >= 2200, "{count:?}");
}

/// Pages of memory that this process has.
fn resident_pages() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse().unwrap()
}
