//! Rates with their intervals.

use std::collections::BTreeMap;

use crate::rows::{Class, Row};

/// A rate with its 95 % interval (Wilson 1927).
pub fn rate(hits: usize, of: usize) -> String {
    if of == 0 {
        return "      –".to_owned();
    }
    let (n, z) = (of as f64, 1.96f64);
    let p = hits as f64 / n;
    let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z * ((p * (1.0 - p) + z * z / (4.0 * n)) / n).sqrt() / (1.0 + z * z / n);
    let low = if hits == 0 { 0.0 } else { middle - half };
    let high = if hits == of { 1.0 } else { middle + half };
    format!(
        "{:5.1} % ({:.1}–{:.1}; {hits}/{of})",
        100.0 * p,
        100.0 * low,
        100.0 * high
    )
}

/// What was blocked of each class and source, on both halves.
pub fn table(rows: &[Row], blocked: &[bool]) {
    let mut counts: BTreeMap<(Class, &str), [(usize, usize); 2]> = BTreeMap::new();
    for (row, hit) in rows.iter().zip(blocked) {
        for name in ["= all", row.source] {
            let cell = &mut counts.entry((row.class, name)).or_default()[usize::from(row.test)];
            cell.0 += usize::from(*hit);
            cell.1 += 1;
        }
    }
    println!("{:<10} {:<16} {:<34} test", "class", "source", "train");
    for ((class, source), [train, test]) in counts {
        println!(
            "{:<10} {source:<16} {:<34} {}",
            format!("{class:?}"),
            rate(train.0, train.1),
            rate(test.0, test.1)
        );
    }
}

/// What blocks at which score, on the half for training.
pub fn sweep(rows: &[Row], scores: &[f32]) {
    let classes = [
        Class::Direct,
        Class::Benign,
        Class::Hard,
        Class::Indirect,
        Class::Carrier,
    ];
    println!("train rows blocked from a score of … on");
    for step in 1..20u8 {
        let threshold = f32::from(step) * 0.05;
        let rates = classes.map(|class| {
            let of = |(row, _): &(&Row, &f32)| row.class == class && !row.test;
            let all = rows.iter().zip(scores).filter(of);
            let (mut hits, mut n) = (0, 0);
            for (_, score) in all {
                hits += usize::from(*score >= threshold);
                n += 1;
            }
            format!(
                "{class:?} {:5.1}",
                100.0 * hits as f64 / f64::from(n.max(1))
            )
        });
        println!("  {threshold:.2}: {}", rates.join("  "));
    }
}
