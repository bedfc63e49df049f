//! What a worker has in hand: its batches, and which task works on which item.

use std::collections::HashMap;

use tokio::task::{AbortHandle, Id};
use uuid::Uuid;

use crate::store::Lease;

/// A claimed item, and what it is claimed by.
#[derive(Debug, Clone, Copy)]
pub(super) struct ItemKey {
    pub(super) run_id: Uuid,
    pub(super) batch_id: Uuid,
    pub(super) brief_id: Uuid,
    pub(super) epoch: i64,
    /// Rows of a step that it fills.
    pub(super) rows: usize,
}

#[derive(Debug)]
struct Open {
    run_id: Uuid,
    /// Items that are not settled yet.
    items: usize,
    /// Whether it is a suspect's.
    isolated: bool,
}

/// Batches in hand.
#[derive(Debug, Default)]
pub(super) struct Leases {
    open: HashMap<Uuid, Open>,
    tasks: HashMap<Id, (ItemKey, AbortHandle)>,
}

impl Leases {
    pub(super) fn add(&mut self, run_id: Uuid, lease: &Lease) {
        let open = Open {
            run_id,
            items: lease.items.len(),
            isolated: lease.isolated,
        };
        self.open.insert(lease.batch_id, open);
    }

    pub(super) fn task(&mut self, task: AbortHandle, key: ItemKey) {
        self.tasks.insert(task.id(), (key, task));
    }

    pub(super) fn forget_task(&mut self, id: Id) -> Option<ItemKey> {
        self.tasks.remove(&id).map(|(key, _)| key)
    }

    /// Takes items off a batch; an empty batch needs no heartbeat.
    pub(super) fn settled(&mut self, batch_id: Uuid, items: usize) {
        if let Some(open) = self.open.get_mut(&batch_id) {
            open.items = open.items.saturating_sub(items);
            if open.items == 0 {
                self.open.remove(&batch_id);
            }
        }
    }

    /// Forgets a batch and ends its tasks: somebody else has it, or it is given back.
    pub(super) fn drop_batch(&mut self, batch_id: Uuid) {
        self.open.remove(&batch_id);
        self.tasks.retain(|_, (key, task)| {
            let kept = key.batch_id != batch_id;
            if !kept {
                task.abort();
            }
            kept
        });
    }

    pub(super) fn batches(&self) -> Vec<Uuid> {
        self.open.keys().copied().collect()
    }

    /// The batches of one run.
    pub(super) fn batches_of(&self, run_id: Uuid) -> Vec<Uuid> {
        let of_run = self.open.iter().filter(|(_, open)| open.run_id == run_id);
        of_run.map(|(batch_id, _)| *batch_id).collect()
    }

    pub(super) fn holds_suspect(&self) -> bool {
        self.open.values().any(|open| open.isolated)
    }

    /// Rows of a step that the items being drafted fill.
    pub(super) fn rows(&self) -> usize {
        self.tasks.values().map(|(key, _)| key.rows).sum()
    }

    /// Items that are being drafted.
    pub(super) fn drafting(&self) -> usize {
        self.tasks.len()
    }
}
