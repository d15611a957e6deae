//! Failed attempts, counted before any password is hashed.
//!
//! An attempt is charged when it comes in and taken back when it succeeds, so that a thousand
//! attempts at once cannot all slip in before the first has failed. Three things are counted
//! over a window: an account from one network, a whole network, and a whole account. The second
//! stops trying one password on many accounts; the third stops many networks on one account and
//! is the widest, since it can keep the rightful owner out.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::AuthError;
use crate::config::AuthConfig;
use crate::domain::time::{Clock, Timestamp};

/// Attempts of a network, as a multiple of those on one account: an office shares an address.
const NETWORK_FACTOR: u32 = 5;
/// Attempts on one account from everywhere, likewise.
const ACCOUNT_FACTOR: u32 = 10;
/// Things counted at once; beyond, the oldest are forgotten.
const BUCKETS: usize = 16_384;

/// What is counted. Hashed before it is kept: the map holds no address and no e-mail.
#[derive(Hash)]
enum Counted<'a> {
    AccountFrom(&'a str, IpAddr),
    Network(IpAddr),
    Account(&'a str),
}

#[derive(Clone, Copy)]
struct Bucket {
    failures: u32,
    since: Timestamp,
}

/// Counts failed attempts.
pub(super) struct Throttle {
    limit: u32,
    window: Duration,
    clock: Clock,
    hasher: RandomState,
    buckets: Mutex<HashMap<u64, Bucket>>,
}

/// An attempt that was let in and is charged until it is known to be good.
#[must_use = "an attempt that succeeded has to be taken back"]
pub(super) struct Attempt {
    keys: Vec<u64>,
}

impl Throttle {
    pub(super) fn new(config: &AuthConfig, clock: Clock) -> Self {
        Self {
            limit: config.attempts.max(1),
            window: Duration::from_secs(config.attempts_window_s.into()),
            clock,
            hasher: RandomState::new(),
            buckets: Mutex::default(),
        }
    }

    /// Lets an attempt on `account` from `address` in, or says how long to wait.
    pub(super) fn admit(&self, account: &str, address: IpAddr) -> Result<Attempt, AuthError> {
        let network = network(address);
        self.charge(&[
            (Counted::AccountFrom(account, network), 1),
            (Counted::Network(network), NETWORK_FACTOR),
            (Counted::Account(account), ACCOUNT_FACTOR),
        ])
    }

    /// The same for somebody who is signed in and gives the password once more.
    pub(super) fn admit_known(&self, account: &str) -> Result<Attempt, AuthError> {
        self.charge(&[(Counted::Account(account), 1)])
    }

    fn charge(&self, counted: &[(Counted<'_>, u32)]) -> Result<Attempt, AuthError> {
        let now = self.clock.now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let keys: Vec<u64> = counted
            .iter()
            .map(|(what, _)| self.hasher.hash_one(what))
            .collect();
        let mut wait = Duration::ZERO;
        for (key, (_, factor)) in keys.iter().zip(counted) {
            if let Some(left) = self.left(buckets.get(key), *factor, now) {
                wait = wait.max(left);
            }
        }
        if wait > Duration::ZERO {
            return Err(AuthError::TooManyAttempts { wait });
        }
        self.make_room(&mut buckets, keys.len(), now);
        for key in &keys {
            let fresh = Bucket {
                failures: 0,
                since: now,
            };
            let bucket = buckets.entry(*key).or_insert(fresh);
            if now.since(bucket.since) >= self.window {
                *bucket = fresh;
            }
            bucket.failures = bucket.failures.saturating_add(1);
        }
        Ok(Attempt { keys })
    }

    /// How long this bucket still refuses attempts, if it does.
    fn left(&self, bucket: Option<&Bucket>, factor: u32, now: Timestamp) -> Option<Duration> {
        let bucket = bucket?;
        let left = self.window.checked_sub(now.since(bucket.since))?;
        let full = bucket.failures >= self.limit.saturating_mul(factor);
        (full && !left.is_zero()).then_some(left)
    }

    /// Forgets what is over, and if that is not enough the oldest half.
    fn make_room(&self, buckets: &mut HashMap<u64, Bucket>, wanted: usize, now: Timestamp) {
        if buckets.len() + wanted <= BUCKETS {
            return;
        }
        buckets.retain(|_, bucket| now.since(bucket.since) < self.window);
        if buckets.len() + wanted > BUCKETS {
            let mut ages: Vec<Timestamp> = buckets.values().map(|bucket| bucket.since).collect();
            let middle = ages.len() / 2;
            let (_, &mut border, _) = ages.select_nth_unstable(middle);
            buckets.retain(|_, bucket| bucket.since > border);
        }
    }

    /// The attempt was good, or failed for a reason that is not the asker's: it does not count.
    pub(super) fn take_back(&self, attempt: Attempt) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        for key in attempt.keys {
            if let Some(bucket) = buckets.get_mut(&key) {
                bucket.failures = bucket.failures.saturating_sub(1);
            }
        }
    }

    /// The attempt was good: the failures of this account from this network are forgiven too.
    /// Those of the network are not, or one own account would be enough to go on guessing.
    pub(super) fn forgive(&self, attempt: Attempt) {
        let first = attempt.keys.first().copied();
        self.take_back(attempt);
        if let Some(key) = first {
            self.buckets
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&key);
        }
    }
}

/// The network that an address is counted with: /24, or /64 in version 6.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4((u32::from(v4) & 0xFFFF_FF00).into()),
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle() -> (Throttle, Clock) {
        let clock = Clock::held(Timestamp::from_millis(1_800_000_000_000));
        let config = AuthConfig {
            attempts: 3,
            attempts_window_s: 900,
            ..AuthConfig::default()
        };
        (Throttle::new(&config, clock.clone()), clock)
    }

    fn at(address: &str) -> IpAddr {
        address.parse().expect("an address")
    }

    fn wait(result: Result<Attempt, AuthError>) -> Option<u64> {
        match result {
            Ok(_) => None,
            Err(AuthError::TooManyAttempts { wait }) => Some(wait.as_secs()),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn the_fourth_attempt_in_a_window_waits_for_its_end() {
        let (throttle, clock) = throttle();
        for _ in 0..3 {
            assert_eq!(wait(throttle.admit("ada", at("192.0.2.7"))), None);
        }
        clock.advance(Duration::from_secs(100));
        assert_eq!(
            wait(throttle.admit("ada", at("192.0.2.200"))),
            Some(800),
            "the same /24"
        );
        assert_eq!(
            wait(throttle.admit("bob", at("192.0.2.7"))),
            None,
            "another account"
        );
        assert_eq!(
            wait(throttle.admit("ada", at("192.0.3.7"))),
            None,
            "another network"
        );
        clock.advance(Duration::from_secs(800));
        assert_eq!(wait(throttle.admit("ada", at("192.0.2.7"))), None);
    }

    #[test]
    fn one_network_cannot_try_a_password_on_many_accounts() {
        let (throttle, _) = throttle();
        for person in 0..15 {
            assert_eq!(
                wait(throttle.admit(&format!("p{person}"), at("2001:db8::1"))),
                None
            );
        }
        assert_eq!(
            wait(throttle.admit("p99", at("2001:db8::2"))),
            Some(900),
            "the same /64"
        );
        assert_eq!(
            wait(throttle.admit("p99", at("2001:db8:0:1::2"))),
            None,
            "another /64"
        );
    }

    #[test]
    fn many_networks_cannot_try_passwords_on_one_account() {
        let (throttle, _) = throttle();
        for host in 0..30 {
            assert_eq!(
                wait(throttle.admit("ada", at(&format!("10.0.{host}.1")))),
                None
            );
        }
        assert_eq!(wait(throttle.admit("ada", at("10.1.1.1"))), Some(900));
        assert_eq!(wait(throttle.admit("bob", at("10.1.1.1"))), None);
    }

    #[test]
    fn success_forgives_the_account_and_not_the_network() {
        let (throttle, _) = throttle();
        for round in 0..20 {
            let first = throttle.admit("ada", at("192.0.2.7"));
            let failed = throttle.admit("ada", at("192.0.2.7"));
            let good = throttle.admit("ada", at("192.0.2.7"));
            match (first, failed, good) {
                (Ok(_), Ok(_), Ok(good)) => throttle.forgive(good),
                _ => return assert_eq!(round, 7, "two failures a round, 15 for the network"),
            }
        }
        panic!("a network may fail for ever if it also succeeds");
    }

    #[test]
    fn what_was_not_the_askers_fault_is_taken_back() {
        let (throttle, _) = throttle();
        for _ in 0..50 {
            let attempt = throttle
                .admit("ada", at("::ffff:192.0.2.7"))
                .expect("let in");
            throttle.take_back(attempt);
        }
        assert_eq!(network(at("::ffff:192.0.2.7")), at("192.0.2.0"));
    }

    #[test]
    fn the_map_does_not_grow_without_bound() {
        let (throttle, clock) = throttle();
        for person in 0..BUCKETS {
            let address = IpAddr::V4((u32::try_from(person).expect("small") << 8).into());
            assert_eq!(wait(throttle.admit(&format!("p{person}"), address)), None);
            clock.advance(Duration::from_millis(1));
        }
        assert!(throttle.buckets.lock().expect("not poisoned").len() <= BUCKETS);
    }
}
