-- The fence in one place. Only an addition: a binary from before this step has the same condition in its own
-- statements.

-- Whether a claim still holds an item. Every write of a worker's result asks it, so that one that lost its
-- lease writes nothing: the batch is a random id, so it is never handed out twice, not even after a restore;
-- the epoch is raised by every claim and never lowered. Immutable and in one expression, so that the planner
-- puts it into the statement; a test replaces it to see what breaks without it.
create function holds_lease(item_batch uuid, item_epoch bigint, item_state text, batch uuid, epoch bigint)
    returns boolean language sql immutable
    return item_batch = batch and item_epoch = epoch and item_state = 'leased';
