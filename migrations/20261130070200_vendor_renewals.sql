-- A vendor may renew by itself (`autoprolong`). It takes our money then, and whoever has the license
-- is to pay for the term: what was seen is a finding until it is charged, or until a person says that
-- we bear it.
alter table upstream_account
    -- Orders ask the vendor to renew by itself, and what it has renewed is charged without being asked.
    add column renews_there boolean not null default false;

alter table upstream_finding
    -- renewed: the vendor has moved a license's last day on from `term` to `until`, and nothing of
    -- ours has asked for it. What is charged moves `term` on.
    add column term date,
    add column until date,
    -- When it is charged again where there was too little money.
    add column next_try_at timestamptz,
    drop constraint upstream_finding_kind_check,
    add constraint upstream_finding_kind_check
        check (kind in ('orphan', 'stranger', 'missing', 'renewed')),
    drop constraint finding_object,
    add constraint finding_object check (
        (kind = 'orphan') = (operation_id is not null)
        and (kind in ('missing', 'renewed')) = (license_id is not null)
        and (kind = 'renewed') = (term is not null) and (term is null) = (until is null)),
    drop constraint upstream_finding_resolution_check,
    -- charged: by the portal itself; borne: by us, which says nothing of the next term.
    add constraint upstream_finding_resolution_check
        check (resolution in ('adopted', 'dismissed', 'gone', 'charged', 'borne')),
    drop constraint finding_reason,
    add constraint finding_reason check (
        coalesce(resolution, 'gone') in ('gone', 'charged')
        or (resolved_by is not null and reason is not null));
