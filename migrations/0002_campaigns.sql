-- What drafts are made with, and campaigns.

-- Content-addressed: a draft names the hash, and the text behind a hash never changes.
create table templates (
    sha256 text primary key constraint templates_sha256_hex check (sha256 ~ '^[0-9a-f]{64}$'),
    name text not null,
    source text not null,
    created_at timestamptz not null default nightdesk_now()
);

-- The hash covers graph, weights, tokenizer and chat template.
create table models (
    sha256 text primary key constraint models_sha256_hex check (sha256 ~ '^[0-9a-f]{64}$'),
    name text not null,
    -- Tokens of prompt and answer together.
    context_limit integer not null,
    created_at timestamptz not null default nightdesk_now()
);

create table campaigns (
    id uuid primary key,
    -- One file, one name; applying the file again changes this row.
    name text not null constraint campaigns_name_key unique,
    -- The campaign file as JSON.
    spec jsonb not null constraint campaigns_spec_object check (jsonb_typeof(spec) = 'object'),
    -- Where the file was, for messages.
    file text,
    paused_at timestamptz,
    created_at timestamptz not null default nightdesk_now(),
    updated_at timestamptz not null default nightdesk_now()
);
