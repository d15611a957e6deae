//! Internet addresses of people's connections: public ones only. Private, loopback, link-local,
//! multicast and documentation ranges say nothing of anyone.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use regex::Regex;
use sdk::window::Hit;

use crate::context::{called, lead, stands_alone};
use crate::hit;

pub const LABEL: &str = "IP_ADDRESS";

static V4: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}").expect("the pattern is constant")
});
static V6: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}").expect("the pattern is constant")
});
const VERSIONS: [&str; 8] = [
    "v", "version", "release", "build", "firmware", "section", "chapter", "§",
];

pub fn find_v4(text: &str, from: usize, hits: &mut Vec<Hit>) {
    for found in V4.find_iter(&text[from..]) {
        let span = found.start() + from..found.end() + from;
        let Ok(address) = found.as_str().parse::<Ipv4Addr>() else {
            continue;
        };
        let alone = stands_alone(text, span.start, span.end)
            // A port or a prefix length may follow.
            || matches!(text.as_bytes().get(span.end), Some(b':' | b'/'))
                && stands_alone(&text[..span.end], span.start, span.end);
        if alone && public_v4(address) && !called(lead(text, span.start, 20), &VERSIONS, 3) {
            hits.push(hit(span, LABEL, 0.8));
        }
    }
}

pub fn find_v6(text: &str, from: usize, hits: &mut Vec<Hit>) {
    for found in V6.find_iter(&text[from..]) {
        let span = found.start() + from..found.end() + from;
        let glued = |c: char| c.is_alphanumeric() || matches!(c, ':' | '.' | '_');
        let alone = !crate::context::before(text, span.start).is_some_and(glued)
            && !crate::context::after(text, span.end).is_some_and(|c| c.is_alphanumeric());
        let Ok(address) = found.as_str().parse::<Ipv6Addr>() else {
            continue;
        };
        // 2000::/3 is what is routed; times such as 12:30:45 do not parse.
        let public = address.segments()[0] & 0xe000 == 0x2000 && address.segments()[..2] != DOCS;
        if alone && public {
            hits.push(hit(span, LABEL, 0.9));
        }
    }
}

const DOCS: [u16; 2] = [0x2001, 0xdb8];

fn public_v4(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    let shared = a == 100 && (64..128).contains(&b);
    !(a == 0
        || a >= 224
        || shared
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation())
}
