-- A vendor may renew by itself (`autoprolong`). It takes our money then, and whoever has the license
-- is to pay for the term: what was seen is a finding until it is charged, or until a person says that
-- we bear it.
alter table upstream_account
    -- Orders ask the vendor to renew by itself, and what it has renewed is charged without being asked.
    add column renews_there boolean not null default false;

alter table license
    -- It was bought so: its owner agreed to pay for what the vendor begins. What somebody switched on
    -- later, at the vendor or for the account, is nobody's promise.
    add column renews_there boolean not null default false;

alter table upstream_finding
    -- renewed: the vendor has moved a license's last day on from `term` to `until`, and nothing of
    -- ours has asked for it. What is charged moves `term` on.
    add column term date,
    add column until date,
    -- It may count from another day than the last one, since the license was stopped: what was begun is
    -- for a person to see.
    add column by_person boolean not null default false,
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
    -- charged: by the portal itself; borne: by us, which says nothing of the next term; reversed: the
    -- vendor took it back.
    add constraint upstream_finding_resolution_check
        check (resolution in ('adopted', 'dismissed', 'gone', 'charged', 'borne', 'reversed')),
    -- A renewal does not go away by itself because a list is as it is.
    add constraint finding_renewal_stays
        check (kind <> 'renewed' or resolution is distinct from 'gone'),
    drop constraint finding_reason,
    add constraint finding_reason check (
        coalesce(resolution, 'gone') in ('gone', 'charged', 'reversed')
        or (resolved_by is not null and reason is not null));
