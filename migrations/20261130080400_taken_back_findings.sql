-- taken_back: the vendor shows a last day before terms that were paid for here. Given back, it is
-- `adopted`; `borne`, if a person has put it right otherwise; `reversed`, if the vendor shows the later
-- day again. A server from before this kind would take `dismissed` for the end of the license, and `gone`
-- for what its list says: neither is possible, so its sweeps of an account with such a finding fail until
-- it is stopped.
alter table upstream_finding
    -- The renewals that paid for it. `term` is the last day that is shown, `until` the one that should be.
    add column operations uuid[],
    drop constraint upstream_finding_kind_check,
    add constraint upstream_finding_kind_check
        check (kind in ('orphan', 'stranger', 'missing', 'renewed', 'taken_back')),
    drop constraint finding_object,
    add constraint finding_object check (
        (kind = 'orphan') = (operation_id is not null)
        and (kind in ('missing', 'renewed', 'taken_back')) = (license_id is not null)
        and (kind in ('renewed', 'taken_back')) = (term is not null)
        and (term is null) = (until is null)
        and (kind = 'taken_back') = (operations is not null) and cardinality(operations) <> 0),
    drop constraint finding_renewal_stays,
    add constraint finding_renewal_stays check (
        kind not in ('renewed', 'taken_back') or resolution not in ('gone', 'dismissed'));

-- Whoever is about to take money for a license asks whether its vendor owes a term.
create index upstream_finding_taken_back on upstream_finding (license_id)
    where kind = 'taken_back' and resolved_at is null;
