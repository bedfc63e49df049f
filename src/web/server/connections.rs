//! Who holds which connection, and who has to give way.
//!
//! A connection on which no request is being answered waits: for the head of its first one, or of the next. Where a
//! client, or everybody together, is at the limit, the one that has waited longest ends and the new one comes in. So
//! whoever opens connections and says nothing displaces only others who say nothing, and a client that asks at once
//! is answered. Where every connection is being answered, the new one gets one of a few places on which only probes are
//! answered, and where those are taken too it is refused.
//!
//! ```text
//! enter ──> waiting ──head, and its client has room──> answering ──answer is over──> waiting …
//!              └─ displaced by a newer one                                              └─ displaced
//! ```

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::limits::Limits;
use crate::web::guard::Client;

/// All connections of a listener.
#[derive(Debug)]
pub(super) struct Connections {
    limits: Limits,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    /// Counts what happens: a smaller number was earlier.
    tick: u64,
    connections: BTreeMap<u64, Entry>,
}

#[derive(Debug)]
struct Entry {
    client: Client,
    /// Since when it waits; none while it is answered.
    waits_since: Option<u64>,
    for_probes: bool,
    displaced: Arc<Notify>,
}

impl Connections {
    /// Nobody is connected yet.
    pub(super) fn new(limits: Limits) -> Arc<Self> {
        Arc::new(Self {
            limits,
            open: Mutex::default(),
        })
    }

    /// A place for a new connection; none where all there are is being answered. It is the peer's until a request
    /// says whose it is.
    pub(super) fn enter(self: &Arc<Self>, peer: Client) -> Option<Connection> {
        let mut open = self.open();
        let of_peer = |of: &Entry| of.client == peer && !of.for_probes;
        let has_room = open.count(of_peer) < self.limits.per_client || open.displace(of_peer);
        let for_probes = if has_room
            && (open.count(|of| !of.for_probes) < self.limits.all
                || open.displace(|of| !of.for_probes))
        {
            false
        } else if open.count(|of| of.for_probes) < self.limits.for_probes
            || open.displace(|of| of.for_probes)
        {
            true
        } else {
            return None;
        };
        let id = open.next();
        let displaced = Arc::new(Notify::new());
        open.connections.insert(
            id,
            Entry {
                client: peer,
                waits_since: Some(id),
                for_probes,
                displaced: Arc::clone(&displaced),
            },
        );
        Some(Connection {
            places: Arc::clone(self),
            id,
            for_probes,
            displaced,
        })
    }

    /// Ends the connection that has waited longest: this process may open no more files.
    pub(super) fn make_room(&self) -> bool {
        self.open().displace(|_| true)
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    fn next(&mut self) -> u64 {
        self.tick += 1;
        self.tick
    }

    fn count(&self, which: impl Fn(&Entry) -> bool) -> usize {
        self.connections.values().filter(|of| which(of)).count()
    }

    /// Ends the one of these that has waited longest; false where none waits.
    fn displace(&mut self, which: impl Fn(&Entry) -> bool) -> bool {
        let waiting = self.connections.iter().filter(|(_, of)| which(of));
        let longest = waiting
            .filter_map(|(id, of)| Some((of.waits_since?, *id)))
            .min();
        let Some((_, id)) = longest else {
            return false;
        };
        // Counted out here and now: its task ends when it is next looked at.
        if let Some(ended) = self.connections.remove(&id) {
            ended.displaced.notify_one();
        }
        true
    }
}

/// One connection's place; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Connection {
    places: Arc<Connections>,
    id: u64,
    for_probes: bool,
    displaced: Arc<Notify>,
}

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// Its client has too many connections.
    Client,
    /// Everybody together has.
    All,
}

impl Connection {
    /// Takes up a request: from now on the connection is its client's.
    ///
    /// # Errors
    /// [`Full`] where that client has no room, or where only probes are answered and this is none.
    pub(super) fn answer(self: &Arc<Self>, client: Client, probe: bool) -> Result<Answering, Full> {
        let mut open = self.places.open();
        let of_others = |of: &Entry| of.client == client && !of.for_probes;
        if self.for_probes && !probe {
            let own = open.count(of_others) >= self.places.limits.per_client;
            return Err(if own { Full::Client } else { Full::All });
        }
        let own = open.connections.get(&self.id);
        if own.is_some_and(|own| own.client != client && !own.for_probes)
            && open.count(of_others) >= self.places.limits.per_client
            && !open.displace(of_others)
        {
            return Err(Full::Client);
        }
        // It may have been displaced in this very moment.
        let own = open.connections.get_mut(&self.id).ok_or(Full::All)?;
        own.client = client;
        own.waits_since = None;
        Ok(Answering(Arc::clone(self)))
    }

    /// Returns when a newer connection takes this one's place.
    pub(super) async fn displaced(&self) {
        self.displaced.notified().await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.places.open().connections.remove(&self.id);
    }
}

/// A request that is being answered; its connection waits again when this is dropped.
#[derive(Debug)]
pub(super) struct Answering(Arc<Connection>);

impl Drop for Answering {
    fn drop(&mut self) {
        let mut open = self.0.places.open();
        let now = open.next();
        if let Some(own) = open.connections.get_mut(&self.0.id) {
            own.waits_since = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn places(per_client: usize, all: usize, for_probes: usize) -> Arc<Connections> {
        Connections::new(Limits {
            per_client,
            all,
            for_probes,
            ..Limits::default()
        })
    }

    fn client(n: u8) -> Client {
        Client::from(std::net::IpAddr::from([10, 0, 0, n]))
    }

    fn entered(places: &Arc<Connections>, n: u8) -> Arc<Connection> {
        Arc::new(places.enter(client(n)).expect("a place"))
    }

    fn is_open(place: &Connection) -> bool {
        place.places.open().connections.contains_key(&place.id)
    }

    #[test]
    fn of_one_client_the_newest_comes_in_and_the_longest_silence_ends() {
        let places = places(2, 10, 0);
        let (first, second) = (entered(&places, 1), entered(&places, 1));
        let other = entered(&places, 2);
        let third = entered(&places, 1);
        assert!(!is_open(&first) && is_open(&second) && is_open(&third) && is_open(&other));
        let answering = [
            second.answer(client(1), false).expect("room"),
            third.answer(client(1), false).expect("room"),
        ];
        assert!(places.enter(client(1)).is_none(), "both are being answered");
        assert!(places.enter(client(2)).is_some());
        drop(answering);
        assert!(places.enter(client(1)).is_some(), "both wait again");
        assert!(
            matches!(first.answer(client(1), false), Err(Full::All)),
            "it was displaced"
        );
    }

    #[test]
    fn behind_a_proxy_a_connection_belongs_to_whom_it_asks_for() {
        let places = places(2, 10, 0);
        let proxy: Vec<_> = (0..2).map(|_| entered(&places, 9)).collect();
        let held: Vec<_> = proxy
            .iter()
            .map(|place| place.answer(client(1), false))
            .collect();
        assert!(held.iter().all(Result::is_ok));
        let third = entered(&places, 9);
        assert!(matches!(third.answer(client(1), false), Err(Full::Client)));
        assert!(
            third.answer(client(2), false).is_ok(),
            "the same connection, somebody else's request"
        );
        drop(held);
        assert!(third.answer(client(1), false).is_ok());
    }

    #[test]
    fn where_all_are_being_answered_probes_are_answered_beside_them() {
        let places = places(10, 2, 1);
        let busy = [entered(&places, 1), entered(&places, 2)];
        let held: Vec<_> = (0..2)
            .map(|n| busy[n].answer(client(n as u8 + 1), false))
            .collect();
        let beside = entered(&places, 3);
        assert!(matches!(beside.answer(client(3), false), Err(Full::All)));
        // Who holds that place and says nothing is displaced too.
        let probe = entered(&places, 4);
        assert!(!is_open(&beside));
        let probed = probe.answer(client(4), true).expect("a probe");
        assert!(places.enter(client(5)).is_none());
        drop((probed, held));
        assert!(places.enter(client(5)).is_some());
    }

    #[test]
    fn whoever_has_all_of_their_connections_answered_may_still_ask_for_a_probe() {
        let places = places(2, 10, 1);
        let busy = [entered(&places, 1), entered(&places, 1)];
        let held: Vec<_> = busy
            .iter()
            .map(|place| place.answer(client(1), false))
            .collect();
        assert!(held.iter().all(Result::is_ok));
        let third = entered(&places, 1);
        assert!(matches!(third.answer(client(1), false), Err(Full::Client)));
        assert!(third.answer(client(1), true).is_ok());
        drop(held);
        assert!(entered(&places, 1).answer(client(1), false).is_ok());
    }

    #[test]
    fn without_files_the_longest_silence_ends() {
        let places = places(10, 10, 0);
        assert!(!places.make_room());
        let waiting = entered(&places, 1);
        assert!(places.make_room());
        assert!(!is_open(&waiting) && !places.make_room());
    }

    proptest! {
        #[test]
        fn there_are_never_more_than_the_limits(steps in prop::collection::vec((0_u8..4, 0_u8..4, 0_usize..20), 0..200)) {
            let places = places(3, 6, 2);
            let (mut connected, mut answered) = (Vec::new(), Vec::new());
            for (what, who, which) in steps {
                match what {
                    0 => connected.extend(places.enter(client(who)).map(Arc::new)),
                    1 if !connected.is_empty() => {
                        let place: &Arc<Connection> = &connected[which % connected.len()];
                        answered.extend(place.answer(client(who), which % 2 == 0));
                    }
                    2 if !connected.is_empty() => drop(connected.swap_remove(which % connected.len())),
                    3 if !answered.is_empty() => drop(answered.swap_remove(which % answered.len())),
                    _ => {}
                }
                let open = places.open();
                prop_assert!(open.count(|of| !of.for_probes) <= 6 && open.count(|of| of.for_probes) <= 2);
                for who in 0..4 {
                    prop_assert!(open.count(|of| of.client == client(who) && !of.for_probes) <= 3);
                }
            }
        }
    }
}
