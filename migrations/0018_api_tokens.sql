-- Tokens of the API end, and failed sign-ins are kept apart by what they were for. Only additions: a binary from before
-- this step works on, and what it does to a token or a password has the same consequences, for they are drawn here.

-- When the token was made; null where that was before this step.
alter table users add column api_token_made_at timestamptz;
-- From when on it is refused. It stays in its place until then, so that its holder is told that it expired.
alter table users add column api_token_expires_at timestamptz;
-- When it was last shown, give or take a minute: what nobody uses can be taken away.
alter table users add column api_token_last_used_at timestamptz;

-- Those that were made without an end have a quarter of a year to be replaced.
update users set api_token_expires_at = nightdesk_now() + interval '90 days' where api_token_sha256 is not null;

-- Whoever took a token while they knew a password, or before they were disabled, must not keep it. Here and not in the
-- program, so that no way to change a password forgets it.
create function users_token_ends() returns trigger language plpgsql as $$
begin
    if new.password_hash is distinct from old.password_hash or new.disabled_at is not null then
        new.api_token_sha256 := null;
    end if;
    if new.api_token_sha256 is null then
        new.api_token_made_at := null;
        new.api_token_expires_at := null;
        new.api_token_last_used_at := null;
    elsif new.api_token_sha256 is distinct from old.api_token_sha256 then
        new.api_token_made_at := nightdesk_now();
        new.api_token_last_used_at := null;
        if new.api_token_expires_at is not distinct from old.api_token_expires_at then
            new.api_token_expires_at := nightdesk_now() + interval '90 days';
        end if;
    end if;
    return new;
end $$;
create trigger users_token_ends before update on users for each row execute function users_token_ends();

-- A token without an end would be one for ever.
alter table users add constraint users_api_token_ends check ((api_token_sha256 is null) = (api_token_expires_at is null));

-- What was tried: `sign_in`, by a name from an address; `own_password`, somebody's own, asked for again at a page; or
-- `limit`, a note that the record has an event about attempts that were turned away. One limit must never count
-- another's: a proxy that sends an odd address must not keep people from changing their passwords.
alter table login_failures add column kind text not null default 'sign_in'
    constraint login_failures_kind_known check (kind in ('sign_in', 'own_password', 'limit'));
-- Whether the record has an event about it: not every failure has, or guessing would grow the record without end.
alter table login_failures add column recorded boolean not null default false;

-- From where somebody has signed in: their failures there are limited by what happens there, and not by what others do
-- in their name from elsewhere, who could lock them out otherwise.
create table login_addresses (
    user_id uuid not null constraint login_addresses_user_fkey references users (id) on delete cascade,
    address text not null,
    -- Forgotten 30 days after the last time.
    last_at timestamptz not null default nightdesk_now(),
    primary key (user_id, address)
);
