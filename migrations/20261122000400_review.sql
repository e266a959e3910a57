-- What a person decides: which operations wait for one, and the checks of the whole.

-- When a person said that it is sent again: its age counts from then.
alter table operation add column decided_at timestamptz;

create index operation_in_review on operation (created_at, number) where state = 'review';

alter table operation_event
    drop constraint operation_event_event,
    add constraint operation_event_event check (event in ('planned', 'sent', 'not_sent', 'refused',
        'unclear', 'absent', 'resend', 'confirmed', 'key', 'rejected', 'review', 'found',
        'cancelled', 'already', 'decided'));

-- The last result of each check of the books and the journal (portal::health).
create table health_check (
    name       text primary key check (name ~ '^i[0-9]{2}$'),
    checked_at timestamptz not null,
    -- How many rows break the rule, and some of them in words.
    broken     bigint not null check (broken >= 0),
    examples   text[] not null,
    -- Since when it is broken without a break.
    since      timestamptz,
    constraint health_broken_since check ((broken > 0) = (since is not null))
);
