-- What has left the building, in which format, and what was said about it afterwards. Only additions.

-- A correction or a kill of an approved text. The next export in every format that the text had left in says so to
-- whoever has it; without this row nothing would know why a text was changed after its approval.
create table amendments (
    id uuid primary key,
    item_id uuid not null constraint amendments_item_fkey references review_items (id),
    kind text not null constraint amendments_kind_known check (kind in ('correct', 'kill')),
    -- The text that stood until then: of the first correction, the one that reviewers had approved.
    before_id uuid not null constraint amendments_before_fkey references revisions (id),
    -- The text that stands since then; a killed text has none.
    revision_id uuid constraint amendments_revision_fkey references revisions (id),
    reason text not null constraint amendments_reason_length check (length(reason) between 1 and 2000),
    made_by text not null,
    made_at timestamptz not null default nightdesk_now(),
    constraint amendments_correction_has_text check ((revision_id is not null) = (kind = 'correct'))
);
create index amendments_of_item on amendments (item_id, made_at, id);
-- Killed is killed: a second kill would be a second cancellation.
create unique index amendments_one_kill on amendments (item_id) where kind = 'kill';

-- One export: which bytes left, on whose request. The bytes are not kept: the same texts make them again, and the
-- hash proves it.
create table exports (
    id uuid primary key,
    format text not null constraint exports_format_known check (
        format in ('jsonl', 'csv', 'markdown', 'ninjs', 'json-ld', 'google-ads-editor')),
    -- What was asked for, as JSON: campaign, run, only what is new.
    selection jsonb not null constraint exports_selection_object check (jsonb_typeof(selection) = 'object'),
    sha256 text not null constraint exports_sha256_hex check (sha256 ~ '^[0-9a-f]{64}$'),
    bytes bigint not null constraint exports_bytes_not_negative check (bytes >= 0),
    texts integer not null constraint exports_texts_positive check (texts > 0),
    made_by text not null,
    made_at timestamptz not null default nightdesk_now(),
    -- The same bytes asked for again are the same export, not another one.
    constraint exports_content_key unique (format, sha256, selection)
);
create index exports_by_time on exports (made_at desc, id);

-- Every version of a text that has left in a format, with the export that it left in first. A row a version and not
-- one an export: a snapshot of a year's texts, exported every morning, would write all of them again each day.
create table export_items (
    format text not null,
    item_id uuid not null constraint export_items_item_fkey references review_items (id),
    -- From 1, without gaps: what receivers order by.
    version integer not null constraint export_items_version_positive check (version > 0),
    kind text not null constraint export_items_kind_known check (kind in ('publish', 'correct', 'cancel')),
    -- The text that left; of a cancellation, the one that is taken down.
    revision_id uuid not null constraint export_items_revision_fkey references revisions (id),
    export_id uuid not null constraint export_items_export_fkey references exports (id),
    primary key (format, item_id, version),
    -- Only the first version is a publication, and nothing is told of a text that had not left.
    constraint export_items_begins_published check ((kind = 'publish') = (version = 1))
);
create index export_items_of_item on export_items (item_id);
create index export_items_of_export on export_items (export_id);
