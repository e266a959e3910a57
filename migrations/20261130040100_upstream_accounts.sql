-- Accounts at vendors as staff make and keep them, and what an import would do to the catalogue.

alter table upstream_account
    -- The shipped table that knows of its plans what its own price list leaves out.
    add column preset text check (preset in ('eu', 'ru', 'isplicense', 'legacy')),
    -- Below this much of our money there, staff are warned; null means never.
    add column low_balance bigint check (low_balance >= 0),
    -- Changes with every change of the settings, so that a form of an older page is refused.
    add column version integer not null default 1,
    -- The last look at everything that the account needs, for the page: [{"what", "ok", "text"}].
    add column ping jsonb check (jsonb_typeof(ping) = 'array'),
    add column ping_at timestamptz,
    add constraint upstream_ping_has_time check ((ping is null) = (ping_at is null));

-- What was read for an import, so that a page shows what is stored and asks nobody. The difference
-- to the catalogue is made when it is shown, and made again when it is applied.
create table upstream_import (
    id                  uuid primary key,
    upstream_account_id uuid not null references upstream_account,
    -- 'export', 'file', or the name of a shipped table.
    source              text not null check (source ~ '^[a-z]{1,20}$'),
    -- upstream::catalog::Table
    content             jsonb not null check (jsonb_typeof(content) = 'object'),
    -- Where new plans go, whatever the table hints; null leaves it to the table.
    family              text check (family ~ '^[a-z0-9-]{1,40}$'),
    author              uuid references app_user,
    created_at          timestamptz not null,
    applied_at          timestamptz
);
-- The newest one of an account.
create index upstream_import_of on upstream_import (upstream_account_id, created_at desc, id desc);
