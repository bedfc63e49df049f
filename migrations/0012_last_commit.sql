-- A commit whose reply was lost is repeated. Only an addition: a binary from before this step leaves it
-- empty, and its repeated commits count their seconds twice, as before.

-- Hash of the batch's last commit. A worker commits one thing at a time for a batch, so the last one is
-- the only one that can come again. Without it a repeated commit would add its seconds to the run again,
-- and a failure whose item has been claimed anew since would be taken for a late worker's.
alter table batches add column last_commit uuid;
