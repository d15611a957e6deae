//! Counts connections: so many for the box, so many for one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Lets connections in while there is room.
pub(super) struct Gate {
    slots: Arc<Semaphore>,
    per_address: u32,
    counts: Arc<Mutex<HashMap<IpAddr, u32>>>,
}

/// One connection's place; dropping it makes room.
pub(super) struct Pass {
    address: IpAddr,
    counts: Arc<Mutex<HashMap<IpAddr, u32>>>,
    _slot: OwnedSemaphorePermit,
}

impl Gate {
    pub(super) fn new(connections: u32, per_address: u32) -> Self {
        let slots = usize::try_from(connections).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            slots: Arc::new(Semaphore::new(slots.min(Semaphore::MAX_PERMITS))),
            per_address,
            counts: Arc::default(),
        }
    }

    /// Waits until the box has room for one more connection.
    pub(super) async fn slot(&self) -> OwnedSemaphorePermit {
        self.slots
            .clone()
            .acquire_owned()
            .await
            .expect("the semaphore is never closed")
    }

    /// A place for a connection from `address`, unless that address has its share already.
    pub(super) fn admit(&self, address: IpAddr, slot: OwnedSemaphorePermit) -> Option<Pass> {
        let address = network(address);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_insert(0);
        if *count >= self.per_address {
            return None;
        }
        *count += 1;
        Some(Pass {
            address,
            counts: self.counts.clone(),
            _slot: slot,
        })
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// What counts as one address: an IPv4 address, or the /64 that one IPv6 customer is given.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_gets_its_share_and_no_more() {
        let gate = Gate::new(10, 2);
        let here: IpAddr = "192.0.2.1".parse().expect("an address");
        let mapped: IpAddr = "::ffff:192.0.2.1".parse().expect("an address");
        let there: IpAddr = "2001:db8::1".parse().expect("an address");
        let first = gate.admit(here, gate.slot().await).expect("room");
        let _second = gate.admit(mapped, gate.slot().await).expect("room");
        assert!(gate.admit(here, gate.slot().await).is_none());
        assert!(gate.admit(there, gate.slot().await).is_some());
        drop(first);
        assert!(gate.admit(here, gate.slot().await).is_some());
    }

    #[test]
    fn one_ipv6_customer_is_one_address() {
        let parse = |text: &str| text.parse::<IpAddr>().expect("an address");
        assert_eq!(
            network(parse("2001:db8:1:2:3:4:5:6")),
            network(parse("2001:db8:1:2::9"))
        );
        assert_ne!(
            network(parse("2001:db8:1:2::9")),
            network(parse("2001:db8:1:3::9"))
        );
        assert_eq!(network(parse("::1")), parse("::1"));
    }
}
