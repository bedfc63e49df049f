-- Word of what went wrong at night, and of the morning report. Only additions: a binary from before this
-- step works on, it just tells nobody.

-- One row for each thing that somebody has to hear of. Every process that looks finds the same things, and
-- the unique key makes them one message; a sender that dies leaves its row to the next one.
create table alerts (
    -- Goes with the message: who receives it twice, because a reply was lost, can tell.
    id uuid primary key,
    kind text not null constraint alerts_kind_known check (
        kind in ('run_failed', 'run_parked', 'run_late', 'slot_late', 'window_expired', 'report')),
    -- What it is about: a run's id, a campaign and an instant, a day. No foreign key: it outlives the run.
    subject text not null,
    -- What it says, fixed when it is noticed: a second try says the same.
    content jsonb not null constraint alerts_content_object check (jsonb_typeof(content) = 'object'),
    -- Channels that have taken it: where one of two fails, the other must not hear it again.
    delivered_to text[] not null default '{}',
    delivered_at timestamptz,
    attempts integer not null default 0,
    -- No sender takes it before this. A sender pushes it ahead, and so holds the row without a transaction
    -- that would stay open while a mail server thinks.
    next_attempt_at timestamptz not null default nightdesk_now(),
    last_error text,
    created_at timestamptz not null default nightdesk_now(),
    -- What makes it one message, however many processes look.
    constraint alerts_kind_subject_key unique (kind, subject)
);

-- What a sender looks for every few seconds.
create index alerts_undelivered on alerts (next_attempt_at) where delivered_at is null;

-- The morning report and the alerts ask for the runs that ended lately.
create index runs_finished on runs (finished_at) where finished_at is not null;
