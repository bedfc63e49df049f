-- Briefs pulled from a newsroom's own tables: how far each campaign's source has been read, and the rows
-- that could not become briefs. Only additions: a binary from before this step works on, it just pulls nothing.

-- How far a campaign's source has been read. The position moves in the transaction that imports the page it
-- stands behind, so a crash between two pages loses nothing and repeats nothing.
create table sources (
    -- One campaign, one source.
    campaign_id uuid primary key constraint sources_campaign_fkey references campaigns (id) on delete cascade,
    -- Hash of the campaign's `[source]`. With another query or mapping the position means nothing, and rows
    -- that were rejected may pass: everything is read again.
    spec_sha256 text not null constraint sources_spec_hex check (spec_sha256 ~ '^[0-9a-f]{64}$'),
    -- The last row that was read, in the order of reading. The cursor is carried as text, because its type is
    -- that of the foreign column.
    cursor_value text,
    cursor_ref text,
    -- The last pull; not finished where it failed, or where its process died.
    started_at timestamptz,
    finished_at timestamptz,
    -- Why the last pull failed, as `{"code", "message", "hint"}`; null once one has succeeded.
    last_error jsonb constraint sources_error_object check (jsonb_typeof(last_error) = 'object'),
    failed_at timestamptz,
    -- What the last pull that began has come to so far.
    row_count bigint not null default 0,
    new_count bigint not null default 0,
    revised_count bigint not null default 0,
    rejected_count bigint not null default 0,
    constraint sources_position_whole check ((cursor_value is null) = (cursor_ref is null)),
    constraint sources_error_has_time check ((last_error is null) = (failed_at is null))
);

-- Rows of a source that are no briefs, with the reason. A row leaves when it becomes valid, so what stands
-- here is what somebody still has to correct, however long ago the cursor passed it.
create table source_rejects (
    campaign_id uuid not null constraint source_rejects_campaign_fkey references campaigns (id) on delete cascade,
    external_ref text not null,
    code text not null,
    message text not null,
    -- Key path inside the brief; null where the whole row is meant.
    key text,
    hint text,
    -- The mapped columns as they came, long texts cut: enough to find the row, and no second copy of a
    -- newsroom's table.
    raw jsonb not null constraint source_rejects_raw_small check (octet_length(raw::text) <= 65536),
    first_seen_at timestamptz not null default nightdesk_now(),
    last_seen_at timestamptz not null default nightdesk_now(),
    primary key (campaign_id, external_ref)
);
