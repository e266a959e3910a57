-- A change of plan ends the terms before it, also those that were paid ahead: a renewal from a day on which
-- the new one ends is another renewal, not the old one again.
alter table operation add column superseded_at timestamptz;
update operation x set superseded_at = p.finished_at
  from (select distinct on (o.id) o.id, c.finished_at
          from operation o
          join operation c on c.license_id = o.license_id and c.kind = 'change_plan'
           and c.state = 'confirmed' and c.id <> o.id and c.finished_at >= o.finished_at
         where o.state = 'confirmed' and o.kind in ('order', 'renew', 'change_plan')
         order by o.id, c.finished_at) p
 where p.id = x.id;

create or replace function operation_obeys(x operation) returns boolean
    language plpgsql immutable parallel safe as $$
declare
    broken text := case
        when not (x.kind in ('order', 'renew', 'edit', 'change_plan', 'addons', 'suspend', 'resume',
                             'reissue_key', 'delete')) then 'operation_kind'
        when not (x.state in ('planned', 'sent', 'unknown', 'confirmed', 'rejected', 'review',
                              'parked', 'cancelled')) then 'operation_state_check'
        -- A purchase is of an order; everything else is of a license from the beginning.
        when not (case when x.kind = 'order' then x.order_id is not null and x.change is null
                       else x.order_id is null and x.license_id is not null
                            and x.change is not null and x.wish_hash is not null
                            and octet_length(x.wish_hash) = 32
                            and (x.change ->> 'kind') = x.kind end) then 'operation_object'
        when not (x.price >= 0) then 'operation_price_check'
        when not (x.cost >= 0) then 'operation_cost_check'
        when not ((x.price > 0) = (x.hold_id is not null)) then 'operation_hold_for_price'
        when not (x.price = 0 or x.kind = 'order'
                  or (x.quote is not null and x.pricelist_version_id is not null))
            then 'operation_priced'
        when not ((x.kind = 'renew') = (x.term is not null)) then 'operation_term'
        when not (x.state <> 'sent' or (x.sent_at is not null and x.lease_until is not null))
            then 'operation_sent_has_time'
        -- Nothing is done to a license of which nobody knows what it was before.
        when not (x.kind = 'order' or x.state not in ('sent', 'unknown', 'review')
                  or x.before is not null) then 'operation_sent_knows_before'
        when not (x.state <> 'confirmed' or (x.license_id is not null
                  and (x.kind <> 'order' or x.upstream_id is not null)))
            then 'operation_confirmed_has_license'
        -- Only what a purchase brings has a number of the vendor's.
        when not (x.upstream_id is null or x.kind = 'order') then 'operation_number_of_purchase'
        when not ((x.state in ('confirmed', 'rejected', 'cancelled')) = (x.finished_at is not null))
            then 'operation_final_has_end'
        when not (x.attempts between 0 and 3) then 'operation_attempts_bounded'
        when not (x.item_id is null or (x.kind = 'order' and x.item_id <> ''))
            then 'operation_item_of_purchase'
        when not (x.item_bill is null or x.item_id is not null) then 'operation_bill_of_item'
        when not ((x.alone_in is null) = (x.known_ids is null)
                  and (x.alone_in is null or x.kind = 'order')) then 'operation_alone_knows_list'
        when not (x.taken_back_at is null or (x.kind = 'renew' and x.state = 'confirmed'))
            then 'operation_taken_back_was_done'
        when not (x.superseded_at is null or (x.kind in ('order', 'renew', 'change_plan')
                  and x.state = 'confirmed')) then 'operation_superseded_was_done'
    end;
begin
    if broken is not null then
        raise exception 'operation %: it breaks the rule %', x.number, broken
            using errcode = 'check_violation', constraint = broken, table = 'operation';
    end if;
    return true;
end $$;
alter table operation
    drop constraint operation_rules,
    add constraint operation_rules check (operation_obeys(operation));

-- Whoever confirms a change of plan, an older server too, ends what was paid before it.
create function operation_supersedes() returns trigger language plpgsql as $$
begin
    update operation set superseded_at = new.finished_at
     where license_id = new.license_id and id <> new.id and state = 'confirmed'
       and kind in ('order', 'renew', 'change_plan') and superseded_at is null;
    return null;
end $$;
create trigger operation_supersedes after update of state on operation
    for each row when (new.kind = 'change_plan' and new.state = 'confirmed' and old.state <> 'confirmed')
    execute function operation_supersedes();

-- What has ended does not begin again.
create function operation_stays_superseded() returns trigger language plpgsql as $$
begin
    if new.superseded_at is distinct from old.superseded_at then
        raise exception 'operation %: its term has ended', old.number
            using errcode = 'check_violation', constraint = 'operation_stays_superseded';
    end if;
    return new;
end $$;
create trigger operation_stays_superseded before update on operation
    for each row when (old.superseded_at is not null) execute function operation_stays_superseded();

-- One renewal from one last day, among those whose term there is.
drop index operation_term_once;
create unique index operation_term_once on operation (license_id, term)
    where kind = 'renew' and state not in ('rejected', 'cancelled') and taken_back_at is null
      and superseded_at is null;

-- As before, with what has ended marked.
create or replace function paid_terms(of_license uuid)
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
       and x.superseded_at is null and x.kind in ('order', 'renew', 'change_plan') and t.months > 0
$$;

-- The renewal of a license from a day, planned or done: `operation_term_once` lets there be one.
create function renewal_from(of_license uuid, day date) returns uuid language sql stable as $$
    select x.id from operation x
     where x.license_id = of_license and x.term = day and x.kind = 'renew'
       and x.state not in ('rejected', 'cancelled') and x.taken_back_at is null
       and x.superseded_at is null
$$;

-- How many renewals of a license from a day do not count any more: taken back, ended by a change of plan, or
-- given up by a machine. What was sent may still show until this time, and the vendor's or a person's no is a
-- no: neither is tried again.
create function renewals_over(of_license uuid, day date, shown_until timestamptz)
    returns bigint language sql stable as $$
    select count(*) from operation x
     where x.license_id = of_license and x.term = day and x.kind = 'renew'
       and (x.taken_back_at is not null or x.superseded_at is not null
            or x.state = 'rejected' and not x.refused
               and (x.attempts = 0 or x.finished_at < shown_until)
               and not exists (select from operation_event e
                                where e.operation_id = x.id and e.event = 'decided'))
$$;

-- What is open between a license and its vendor, the gravest first: a term that was paid for and that the
-- vendor does not show (`taken_back`), one that it has begun and that is not settled (`renewed`), the license
-- itself (`missing`).
create function dispute_of(of_license uuid) returns text language sql stable as $$
    select f.kind from upstream_finding f
     where f.license_id = of_license and f.resolved_at is null order by f.kind desc limit 1
$$;

-- Nothing that is priced by the plan is sold while a paid term is missing. One that has begun unpaid costs
-- what the license was at its begin, so it is settled before plan or counts become others.
create function operation_waits_for_terms() returns trigger language plpgsql as $$
declare
    dispute text := dispute_of(new.license_id);
begin
    if dispute = 'taken_back' or (dispute = 'renewed' and new.kind <> 'renew') then
        raise exception 'license %: a term of it is to be settled first (%)', new.license_id, dispute
            using errcode = 'check_violation', constraint = 'operation_waits_for_terms', table = 'operation';
    end if;
    return new;
end $$;
create trigger operation_waits_for_terms before insert on operation
    for each row when (new.kind in ('renew', 'change_plan', 'addons'))
    execute function operation_waits_for_terms();
