-- Rules of briefs in the queue, each in one place. Only an addition: a binary from before this step has the same
-- conditions in its own statements.

-- Whether a brief may be drafted now: it is not under embargo any more, and has not expired. Asked when a run is made,
-- again when an item is claimed, given up or given another try, and when an editor wants another draft. In one
-- expression, so that the planner puts it into the statement.
create function is_available(embargo_until timestamptz, expires_at timestamptz) returns boolean language sql stable
    return (embargo_until is null or embargo_until <= nightdesk_now())
        and (expires_at is null or expires_at > nightdesk_now());

-- Whether an item has its brief: it has drafted it, or its run goes on and will. What was quarantined, or left over by a
-- run that was cancelled or whose window closed, is free for another run. In one expression, so that the planner puts it
-- into the statement: every brief of a selection is asked for its items.
create function has_its_brief(item_state text, run_state text) returns boolean language sql immutable
    return item_state = 'done' or (run_state in ('queued', 'running') and item_state <> 'quarantined');

-- Whether a later run of the same campaign has the brief, or had drafted this revision of it before it was pruned: then
-- giving the item another try would draft the brief twice. Not in one expression, so each item is a call: only items in
-- quarantine are asked.
create function is_taken_by_later_run(run uuid, brief uuid, revision integer) returns boolean language sql stable as $$
    select exists (
        select from runs r
        join runs later on later.campaign_id = r.campaign_id and (later.created_at, later.id) > (r.created_at, r.id)
        join work_items w on w.run_id = later.id and w.brief_id = brief
        where r.id = run and has_its_brief(w.state, later.state)
    ) or exists (
        select from runs r join drafted_briefs d on d.campaign_id = r.campaign_id
        where r.id = run and d.brief_id = brief and d.revision = is_taken_by_later_run.revision
    )
$$;
