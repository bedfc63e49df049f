-- People who review, and the record of what they did. Only additions: a binary from before this step works on.

create table users (
    id uuid primary key,
    -- What they sign in with, and what stands beside their decisions.
    name text not null constraint users_name_shape check (
        length(name) between 1 and 80 and name = btrim(name) and name !~ '[[:cntrl:]]'),
    role text not null constraint users_role_known check (role in ('editor', 'supervisor', 'admin')),
    -- Argon2id as a PHC string: salt and costs are in it, so that the costs can be raised later.
    password_hash text not null constraint users_password_phc check (password_hash like '$argon2id$%'),
    -- Of the token for `/api/v1`. The token has 256 random bits, so a plain hash is enough.
    api_token_sha256 text constraint users_api_token_key unique,
    -- Never deleted: decisions name them.
    disabled_at timestamptz,
    created_at timestamptz not null default nightdesk_now()
);
-- `Kim` and `kim` would be taken for one person.
create unique index users_name_key on users (lower(name));

-- Who is signed in where. The cookie's token is stored as a hash: who reads the database cannot sign in with it.
create table sessions (
    token_sha256 text primary key,
    user_id uuid not null constraint sessions_user_fkey references users (id) on delete cascade,
    -- What every form of the session carries.
    csrf text not null,
    -- A cookie that turns up in another browser was stolen.
    user_agent_sha256 text not null,
    created_at timestamptz not null default nightdesk_now(),
    last_seen_at timestamptz not null default nightdesk_now(),
    expires_at timestamptz not null
);
create index sessions_of_user on sessions (user_id);

-- Failed sign-ins of the last hours, so that guessing is slow whichever process is asked.
create table login_failures (
    id bigint generated always as identity primary key,
    name_key text not null,
    address text not null,
    failed_at timestamptz not null default nightdesk_now()
);
create index login_failures_lately on login_failures (failed_at);

-- Every write that a person made, in order. Each row carries the hash of the one before, so that a changed, a
-- missing and an inserted row are found (`nightdesk audit verify`).
create table events (
    seq bigint primary key,
    at timestamptz not null,
    -- A user's name, or `cli:` and the name at the operating system.
    actor text not null,
    action text not null,
    subject text not null,
    details jsonb not null,
    prev_sha256 text not null,
    sha256 text not null
);

-- The end of the chain: without it, rows that were cut off at the end would not be missed.
create table audit_head (
    one boolean primary key default true constraint audit_head_one_row check (one),
    seq bigint not null,
    sha256 text not null
);
insert into audit_head (seq, sha256) values (0, repeat('0', 64));

-- What a link of the chain hashes: the hash before it, a line break, and its columns as a JSON array, the time in
-- microseconds since 1970.
create function event_sha256(prev_sha256 text, seq bigint, at timestamptz, actor text, action text, subject text, details jsonb)
    returns text language sql stable
    return encode(sha256(convert_to(prev_sha256 || E'\n' || jsonb_build_array(
        seq, (extract(epoch from at) * 1000000)::bigint, actor, action, subject, details)::text, 'UTF8')), 'hex');

-- Adds a link. Whoever else adds one waits until this transaction ends: a chain has one end.
create function record_event(actor text, action text, subject text, details jsonb) returns bigint
    language plpgsql as $$
declare
    head audit_head;
    link text;
begin
    select * into head from audit_head for update;
    link := event_sha256(head.sha256, head.seq + 1, nightdesk_now(), actor, action, subject, details);
    insert into events (seq, at, actor, action, subject, details, prev_sha256, sha256)
    values (head.seq + 1, nightdesk_now(), actor, action, subject, details, head.sha256, link);
    update audit_head set seq = head.seq + 1, sha256 = link;
    return head.seq + 1;
end $$;

-- A mistake in this program cannot rewrite what was recorded; who owns the tables can, and `audit verify` shows it.
create function events_are_kept() returns trigger language plpgsql as $$
begin
    raise exception 'events are never changed' using errcode = 'check_violation', constraint = 'events_are_kept';
end $$;
create trigger events_are_kept before update or delete on events for each row execute function events_are_kept();
create trigger events_are_not_truncated before truncate on events for each statement execute function events_are_kept();
