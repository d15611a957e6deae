//! Password hashes: argon2id (RFC 9106), off the async threads, a bounded number at once.
//!
//! One hash takes some 25 ms of a core and 19 MiB at the default cost, so a flood of sign-ins is a
//! way to take the box down. As many run at once as half the cores (at least one), a few more
//! wait, the rest are told to come back. Their memory is kept, wiped, between hashes: fresh pages
//! would cost as much as the hash.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroize;

use super::AuthError;
use crate::config::AuthConfig;
use crate::domain::secret::Secret;

/// Hashes that may wait for a place.
const WAITING: usize = 16;
/// Bytes of a password beyond which it is not looked at: such a one was never accepted.
const LONGEST_BYTES: usize = 1024;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// No stored hash asks for more memory than this; one that does was not written by us.
const LARGEST_KIB: u32 = 1 << 20;

/// What a check said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Checked {
    /// It is the password.
    pub(super) matches: bool,
    /// The hash was made at another cost than the present one.
    pub(super) outdated: bool,
}

/// Makes and checks hashes.
pub(super) struct Passwords {
    pool: Arc<Pool>,
}

struct Pool {
    params: Params,
    permits: Arc<Semaphore>,
    waiting: AtomicUsize,
    buffers: Mutex<Vec<Vec<Block>>>,
    /// A hash of nothing, checked for accounts that do not exist, so that both take as long.
    decoy: String,
}

/// A place in the queue.
struct Place<'a>(&'a AtomicUsize);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Passwords {
    pub(super) fn new(config: &AuthConfig) -> Result<Self, AuthError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let (memory, passes) = (config.argon2_memory_kib, config.argon2_passes);
        let refuse = |reason: &str| AuthError::HashCost {
            reason: reason.to_owned(),
        };
        if memory > LARGEST_KIB {
            return Err(refuse("more memory than 1 GiB"));
        }
        let params = Params::new(memory, passes, 1, Some(HASH_BYTES))
            .map_err(|error| refuse(&error.to_string()))?;
        let mut random = [0; SALT_BYTES + HASH_BYTES];
        getrandom::fill(&mut random)?;
        let decoy = phc(&params, &random[..SALT_BYTES], &random[SALT_BYTES..])?;
        let pool = Pool {
            params,
            permits: Arc::new(Semaphore::new((cores / 2).max(1))),
            waiting: AtomicUsize::new(0),
            buffers: Mutex::default(),
            decoy,
        };
        Ok(Self {
            pool: Arc::new(pool),
        })
    }

    /// The hash of a password, as a PHC string with a salt of its own.
    pub(super) async fn hash(&self, password: Secret<String>) -> Result<String, AuthError> {
        let params = self.pool.params.clone();
        self.run(move |buffer| {
            let mut salt = [0; SALT_BYTES];
            getrandom::fill(&mut salt)?;
            let hash = derive(&params, &salt, &password, buffer)?;
            phc(&params, &salt, hash.expose())
        })
        .await
    }

    /// Checks a password against a stored hash; against none it takes as long and never matches.
    pub(super) async fn check(
        &self,
        password: Secret<String>,
        stored: Option<String>,
    ) -> Result<Checked, AuthError> {
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.pool.decoy.clone());
        let present = self.pool.params.clone();
        let fits = password.expose().len() <= LONGEST_BYTES;
        let password = if fits {
            password
        } else {
            Secret::new(String::new())
        };
        self.run(move |buffer| {
            let (params, salt, hash) = parse(&stored)?;
            let outdated = (params.m_cost(), params.t_cost(), params.p_cost())
                != (present.m_cost(), present.t_cost(), present.p_cost());
            let derived = derive(&params, &salt, &password, buffer)?;
            let equal = Output::new(derived.expose()).is_ok_and(|derived| derived == hash);
            Ok(Checked {
                matches: equal && known && fits,
                outdated,
            })
        })
        .await
    }

    /// Runs `job` on the blocking pool with a buffer, when there is a place for it.
    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Vec<Block>) -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, AuthError> {
        let place = self.queue()?;
        let permits = Arc::clone(&self.pool.permits);
        let permit = permits
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        drop(place);
        let pool = Arc::clone(&self.pool);
        let task = tokio::task::spawn_blocking(move || {
            let mut buffer = pool.take();
            let result = job(&mut buffer);
            pool.give_back(buffer);
            drop(permit);
            result
        });
        match task.await {
            Ok(result) => result,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => Err(AuthError::Busy),
        }
    }

    fn queue(&self) -> Result<Place<'_>, AuthError> {
        let place = Place(&self.pool.waiting);
        // The place counts itself in before it looks, and out again when it is dropped.
        if self.pool.waiting.fetch_add(1, Ordering::AcqRel) >= WAITING {
            return Err(AuthError::Busy);
        }
        Ok(place)
    }
}

impl Pool {
    fn take(&self) -> Vec<Block> {
        let mut buffers = self.buffers.lock().unwrap_or_else(PoisonError::into_inner);
        buffers.pop().unwrap_or_default()
    }

    /// Wipes a buffer and keeps it; there are never more than permits.
    fn give_back(&self, mut buffer: Vec<Block>) {
        buffer.iter_mut().for_each(Zeroize::zeroize);
        // A hash of an older, higher cost must not keep its memory for good.
        buffer.truncate(self.params.block_count());
        buffer.shrink_to(self.params.block_count());
        self.buffers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(buffer);
    }
}

fn derive(
    params: &Params,
    salt: &[u8],
    password: &Secret<String>,
    buffer: &mut Vec<Block>,
) -> Result<Secret<[u8; HASH_BYTES]>, AuthError> {
    // NFKC (NIST SP 800-63B): the same password typed on another keyboard stays the same.
    let typed: Secret<String> = Secret::new(password.expose().nfkc().collect());
    if buffer.len() < params.block_count() {
        buffer.resize(params.block_count(), Block::default());
    }
    let mut hash = [0; HASH_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_into_with_memory(typed.expose().as_bytes(), salt, &mut hash, buffer)
        .map_err(|error| AuthError::HashCost {
            reason: error.to_string(),
        })?;
    Ok(Secret::new(hash))
}

fn phc(params: &Params, salt: &[u8], hash: &[u8]) -> Result<String, AuthError> {
    let parts = || {
        Ok::<_, argon2::password_hash::Error>(PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(params)?,
            salt: Some(Salt::new(salt)?),
            hash: Some(Output::new(hash)?),
        })
    };
    let parts = parts().map_err(|error| AuthError::HashCost {
        reason: error.to_string(),
    })?;
    Ok(parts.to_string())
}

fn parse(stored: &str) -> Result<(Params, Salt, Output), AuthError> {
    let unreadable = |_| AuthError::HashUnreadable;
    let parsed = PasswordHash::new(stored).map_err(|_| AuthError::HashUnreadable)?;
    let params = Params::try_from(&parsed).map_err(unreadable)?;
    let ours = parsed.algorithm == ARGON2ID_IDENT
        && parsed.version == Some(Version::V0x13.into())
        && params.output_len() == Some(HASH_BYTES)
        && params.m_cost() <= LARGEST_KIB;
    match (parsed.salt, parsed.hash) {
        (Some(salt), Some(hash)) if ours => Ok((params, salt, hash)),
        _ => Err(AuthError::HashUnreadable),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Stopwatch;

    fn cheap(passes: u32) -> Passwords {
        let config = AuthConfig {
            argon2_memory_kib: 64,
            argon2_passes: passes,
            ..AuthConfig::default()
        };
        Passwords::new(&config).expect("a cost in range")
    }

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_no_other_is() {
        let passwords = cheap(1);
        let hash = passwords
            .hash(secret("correct horse battery"))
            .await
            .expect("hash");
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        let other = passwords
            .hash(secret("correct horse battery"))
            .await
            .expect("hash");
        assert_ne!(hash, other, "each hash has a salt of its own");
        for (typed, matches) in [
            ("correct horse battery", true),
            ("correct horse batterz", false),
            ("", false),
            (&"x".repeat(LONGEST_BYTES + 1), false),
        ] {
            let checked = passwords
                .check(secret(typed), Some(hash.clone()))
                .await
                .expect("check");
            assert_eq!(
                checked,
                Checked {
                    matches,
                    outdated: false
                },
                "{typed}"
            );
        }
    }

    #[tokio::test]
    async fn the_same_password_from_another_keyboard_matches() {
        let passwords = cheap(1);
        let hash = passwords
            .hash(secret("Stra\u{df}e \u{e9}t\u{e9} 2026"))
            .await
            .expect("hash");
        let typed = secret("Stra\u{df}e e\u{301}te\u{301} 2026");
        assert!(
            passwords
                .check(typed, Some(hash))
                .await
                .expect("check")
                .matches
        );
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_still_opens_and_is_outdated() {
        let hash = cheap(1)
            .hash(secret("correct horse battery"))
            .await
            .expect("hash");
        let checked = cheap(2)
            .check(secret("correct horse battery"), Some(hash))
            .await;
        assert_eq!(
            checked.expect("check"),
            Checked {
                matches: true,
                outdated: true
            }
        );
    }

    #[tokio::test]
    async fn nobody_takes_as_long_as_somebody_and_never_matches() {
        let config = AuthConfig::default();
        let passwords = Passwords::new(&config).expect("default cost");
        let hash = passwords
            .hash(secret("correct horse battery"))
            .await
            .expect("hash");
        let mut spent = [std::time::Duration::MAX; 2];
        for _ in 0..3 {
            for (at, stored) in [Some(hash.clone()), None].into_iter().enumerate() {
                let watch = Stopwatch::start();
                let checked = passwords.check(secret("wrong horse battery"), stored).await;
                assert!(!checked.expect("check").matches);
                spent[at] = spent[at].min(watch.elapsed());
            }
        }
        let (somebody, nobody) = (spent[0].as_secs_f64(), spent[1].as_secs_f64());
        assert!(
            (0.3..3.0).contains(&(nobody / somebody)),
            "{somebody} s and {nobody} s"
        );
    }

    #[tokio::test]
    async fn a_stored_hash_that_is_not_ours_is_refused_before_it_costs_anything() {
        let stored = |algorithm: &str, memory: u32| {
            let hash = "A".repeat(43);
            format!("${algorithm}$v=19$m={memory},t=1,p=1$c2FsdHNhbHRzYWx0${hash}")
        };
        let ours = cheap(1)
            .check(secret("x"), Some(stored("argon2id", 64)))
            .await;
        assert!(!ours.expect("readable").matches);
        for stored in [
            "",
            "$argon2id$v=19$m=64,t=1,p=1",
            &stored("argon2i", 64),
            &stored("argon2id", 4_194_304),
        ] {
            let result = cheap(1).check(secret("x"), Some(stored.to_owned())).await;
            assert!(matches!(result, Err(AuthError::HashUnreadable)), "{stored}");
        }
    }

    #[tokio::test]
    async fn a_flood_is_told_to_come_back_and_the_queue_opens_again() {
        let passwords = Arc::new(cheap(1));
        let all = Arc::clone(&passwords.pool.permits);
        let count = u32::try_from(all.available_permits()).expect("a few");
        let taken = all.acquire_many(count).await.expect("all free");
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..WAITING {
            let passwords = Arc::clone(&passwords);
            waiting.spawn(async move { passwords.hash(secret("correct horse battery")).await });
        }
        while passwords.pool.waiting.load(Ordering::Acquire) < WAITING {
            tokio::task::yield_now().await;
        }
        let one_more = passwords.hash(secret("correct horse battery")).await;
        assert!(matches!(one_more, Err(AuthError::Busy)));
        drop(taken);
        while let Some(result) = waiting.join_next().await {
            assert!(result.expect("no panic").is_ok());
        }
        assert!(
            passwords
                .hash(secret("correct horse battery"))
                .await
                .is_ok()
        );
        let buffers = passwords.pool.buffers.lock().expect("not poisoned");
        assert!(
            buffers.len() <= count as usize,
            "one buffer for each permit"
        );
        assert!(
            buffers
                .iter()
                .flatten()
                .all(|block| block.as_ref().iter().all(|&w| w == 0))
        );
    }
}
