-- taken_back: the vendor shows a last day that falls short of a term that was paid for here. Given back, it
-- is `adopted`; `borne`, if a person has put it right otherwise; `reversed`, if the vendor shows the later
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

-- The terms that were paid for a license and that count for it, with the day on which each really began:
-- one of a license that was stopped, or that had run out, begins when it was sent; one that its vendor
-- began has no call of ours and is written down later. A change of plan begins a term of its own and ends
-- those before it.
create function paid_terms(of_license uuid)
    returns table (operation uuid, kind text, finished_at timestamptz, starts date, ends date)
    language sql stable as $$
    select x.id, x.kind, x.finished_at, b.day, (b.day + make_interval(months => t.months))::date
      from operation x
      left join customer_order o on o.id = x.order_id
      cross join lateral (
        select coalesce(o.period, (x.change ->> 'period')::smallint)::int as months,
               (coalesce(x.sent_at, x.finished_at) at time zone 'utc')::date as done) t
      cross join lateral (
        select case when x.kind <> 'renew' or lower(x.before ->> 'status') = 'suspended' then t.done
                    when x.before ->> 'expires_on' is null then x.term
                    else greatest(x.term, t.done) end as day) b
     where x.license_id = of_license and x.state = 'confirmed' and x.taken_back_at is null
       and x.kind in ('order', 'renew', 'change_plan') and t.months > 0
       and not exists (select from operation p
                        where p.license_id = of_license and p.kind = 'change_plan'
                          and p.state = 'confirmed' and p.id <> x.id
                          and p.finished_at >= x.finished_at)
$$;
