-- taken_back: the vendor shows a last day before terms that were paid for here: `term` is that day, and
-- `until` the one on which they would end. Given back, it is `adopted`; `borne`, if a person has put it
-- right otherwise; `reversed`, if the vendor shows the later day again.
alter table upstream_finding
    drop constraint upstream_finding_kind_check,
    add constraint upstream_finding_kind_check
        check (kind in ('orphan', 'stranger', 'missing', 'renewed', 'taken_back')),
    drop constraint finding_object,
    add constraint finding_object check (
        (kind = 'orphan') = (operation_id is not null)
        and (kind in ('missing', 'renewed', 'taken_back')) = (license_id is not null)
        and (kind in ('renewed', 'taken_back')) = (term is not null)
        and (term is null) = (until is null)),
    drop constraint finding_renewal_stays,
    add constraint finding_renewal_stays
        check (kind not in ('renewed', 'taken_back') or resolution is distinct from 'gone');

-- Renewals, done before a time, whose terms begin on a license's last day or later: its vendor does not
-- give them. Vendors count terms in their own ways, so a few days say nothing. A change of plan begins a
-- term of its own and ends theirs, and what a person has put right is not found again.
create function renewals_not_given(of_license uuid, last_day date, done_before timestamptz)
    returns setof operation language sql stable as $$
    select x.* from operation x
     where x.license_id = of_license and x.kind = 'renew' and x.state = 'confirmed'
       and x.taken_back_at is null and x.term >= last_day - 3 and x.finished_at < done_before
       and not exists (select from operation p
                        where p.license_id = x.license_id and p.kind = 'change_plan'
                          and p.state = 'confirmed' and p.finished_at >= x.finished_at)
       and not exists (select from upstream_finding f
                        where f.license_id = x.license_id and f.kind = 'taken_back'
                          and f.resolution = 'borne' and f.resolved_at >= x.finished_at)
$$;
