//! What a worker has in hand: its batches, and which task works on which item.

use std::collections::HashMap;

use tokio::task::Id;
use uuid::Uuid;

use crate::store::Lease;

/// Batch, brief and epoch of a claimed item.
pub(super) type ItemKey = (Uuid, Uuid, i64);

/// Batches in hand.
#[derive(Debug, Default)]
pub(super) struct Leases {
    /// Items of each batch that are not settled yet, and whether it is a suspect's.
    open: HashMap<Uuid, (usize, bool)>,
    tasks: HashMap<Id, ItemKey>,
}

impl Leases {
    pub(super) fn add(&mut self, lease: &Lease) {
        self.open
            .insert(lease.batch_id, (lease.items.len(), lease.alone));
    }

    pub(super) fn task(&mut self, id: Id, key: ItemKey) {
        self.tasks.insert(id, key);
    }

    pub(super) fn forget_task(&mut self, id: Id) -> Option<ItemKey> {
        self.tasks.remove(&id)
    }

    /// Takes items off a batch; an empty batch needs no heartbeat.
    pub(super) fn settled(&mut self, batch_id: Uuid, items: usize) {
        if let Some((open, _)) = self.open.get_mut(&batch_id) {
            *open = open.saturating_sub(items);
            if *open == 0 {
                self.open.remove(&batch_id);
            }
        }
    }

    pub(super) fn batches(&self) -> Vec<Uuid> {
        self.open.keys().copied().collect()
    }

    pub(super) fn holds_suspect(&self) -> bool {
        self.open.values().any(|(_, alone)| *alone)
    }
}
