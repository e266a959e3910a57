-- What a vendor's list and our own books do not agree on.

alter table upstream_account
    -- When the whole list is compared again; null means now.
    add column sweep_next_at timestamptz,
    add column sweep_lease_until timestamptz;

create table upstream_finding (
    id                  uuid primary key,
    number              bigint generated always as identity unique,
    upstream_account_id uuid not null references upstream_account,
    -- orphan: paid at the vendor under our reference, and we gave the money back or have another one;
    -- stranger: paid at the vendor, and nothing of ours knows of it;
    -- missing: ours, and the vendor's list does not have it.
    kind                text not null check (kind in ('orphan', 'stranger', 'missing')),
    upstream_id         text not null check (upstream_id <> ''),
    -- Whose reference an orphan carries.
    operation_id        uuid references operation,
    -- Which license is missing.
    license_id          uuid references license,
    -- The row as the vendor shows it, or what we know of the license.
    evidence            text not null,
    first_seen_at       timestamptz not null,
    last_seen_at        timestamptz not null,
    resolved_at         timestamptz,
    -- Null where it went away by itself.
    resolved_by         uuid references app_user,
    resolution          text check (resolution in ('adopted', 'dismissed', 'gone')),
    reason              text,
    constraint finding_object check (
        (kind = 'orphan') = (operation_id is not null)
        and (kind = 'missing') = (license_id is not null)),
    constraint finding_resolved check ((resolved_at is null) = (resolution is null)),
    -- A person says why.
    constraint finding_reason check (
        coalesce(resolution, 'gone') = 'gone' or (resolved_by is not null and reason is not null))
);
-- Found once, however often it is seen; what a person has looked at is not told again.
create unique index upstream_finding_once on upstream_finding (upstream_account_id, kind, upstream_id)
    where resolution is null or resolution = 'dismissed';
-- What waits for a person, the oldest first.
create index upstream_finding_open on upstream_finding (first_seen_at, number)
    where resolved_at is null;
-- Whether a license is missing is asked by its page.
create index upstream_finding_of_license on upstream_finding (license_id)
    where license_id is not null and resolved_at is null;
