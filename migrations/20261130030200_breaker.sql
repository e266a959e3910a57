-- How often a vendor is asked, and when it is left alone.

-- Calls per minute; none is no limit. What a vendor bears is documented by none of them.
alter table upstream_account
    add column calls_per_minute integer default 300 check (calls_per_minute between 1 and 60000);

-- Accounts that did not answer lately and are left alone; written by whichever process found out. No row
-- means that calls go through.
create table upstream_pause (
    upstream_account_id uuid primary key references upstream_account,
    since    timestamptz not null,
    retry_at timestamptz not null,
    why      text not null,
    check (retry_at >= since)
);
