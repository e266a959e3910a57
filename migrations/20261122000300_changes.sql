-- Everything that is done to a license goes through the journal, not only its purchase.

alter table operation
    drop constraint operation_kind_check,
    add constraint operation_kind check (kind in ('order', 'renew', 'edit', 'change_plan', 'addons',
        'suspend', 'resume', 'reissue_key', 'delete')),
    alter column order_id drop not null,
    alter column order_number drop not null,
    -- domain::change::Change: what is asked for.
    add column change jsonb,
    -- SHA-256 of what the form asked for: the same id with another wish is refused, not merged.
    add column wish_hash bytea,
    -- domain::price::Quote of what costs something, and the pricelist that it was made with.
    add column quote jsonb,
    add column pricelist_version_id uuid references pricelist_version,
    -- The last day from which a renewal begins.
    add column term date,
    -- upstream::effect::Before: the license right before the call, by which the effect is told.
    add column before jsonb,
    -- Until then it is not sent and can be taken back.
    add column undo_until timestamptz,
    -- It begins when that one is confirmed, and ends with it otherwise.
    add column waits_for uuid references operation,
    -- A purchase is of an order; everything else is of a license from the beginning.
    add constraint operation_object check (
        case when kind = 'order' then order_id is not null and change is null
             else order_id is null and license_id is not null and change is not null
                  and wish_hash is not null and octet_length(wish_hash) = 32
                  and (change ->> 'kind') = kind end),
    add constraint operation_term check ((kind = 'renew') = (term is not null)),
    add constraint operation_priced check (price = 0 or kind = 'order'
        or (quote is not null and pricelist_version_id is not null)),
    drop constraint operation_confirmed_has_license,
    add constraint operation_confirmed_has_license check (state <> 'confirmed' or
        (license_id is not null and (kind <> 'order' or upstream_id is not null))),
    -- Only what a purchase brings has a number of the vendor's.
    add constraint operation_number_of_purchase check (upstream_id is null or kind = 'order'),
    -- Nothing is done to a license of which nobody knows what it was before.
    add constraint operation_sent_knows_before check
        (kind = 'order' or state not in ('sent', 'unknown', 'review') or before is not null);

-- A license is renewed once from one last day, whoever asks for it and how often.
create unique index operation_term_once on operation (license_id, term)
    where kind = 'renew' and state not in ('rejected', 'cancelled');
-- One thing at a time is done to a license: the effect of two could not be told apart.
create unique index operation_one_at_the_vendor on operation (license_id)
    where kind <> 'order' and state in ('sent', 'unknown', 'review');
-- What is under way for a license, and its history.
create index operation_of_license on operation (license_id, created_at);
-- A worker asks whether something older is still open for the license.
create index operation_open_of_license on operation (license_id, number)
    where finished_at is null and license_id is not null;
create index operation_waiting on operation (waits_for) where waits_for is not null;

alter table operation_attempt
    drop constraint attempt_confirmed_has_number,
    add constraint attempt_number_when_confirmed
        check (upstream_id is null or coalesce(outcome = 'confirmed', false));

alter table operation_event
    drop constraint operation_event_event_check,
    add constraint operation_event_event check (event in ('planned', 'sent', 'not_sent', 'refused',
        'unclear', 'absent', 'resend', 'confirmed', 'key', 'rejected', 'review', 'found',
        'cancelled', 'already'));

-- How long something drastic can be taken back before it is sent.
alter table upstream_account add column undo_window_ms integer not null default 3600000
    check (undo_window_ms >= 0);

-- Lists of orders look at purchases only.
drop index operation_by_state;
drop index operation_by_state_and_price;
drop index operation_of_customer_by_state;
drop index operation_of_customer_by_state_and_price;
create index operation_by_state on operation (state, created_at, order_number)
    where order_id is not null;
create index operation_by_state_and_price on operation (state, price, order_number)
    where order_id is not null;
create index operation_of_customer_by_state
    on operation (customer_id, state, created_at, order_number) where order_id is not null;
create index operation_of_customer_by_state_and_price
    on operation (customer_id, state, price, order_number) where order_id is not null;

create or replace function operation_of_order() returns trigger language plpgsql as $$
begin
    if new.order_id is not null then
        select number, customer_id into strict new.order_number, new.customer_id
          from customer_order where id = new.order_id;
    else
        new.order_number := null;
        select customer_id into strict new.customer_id from license where id = new.license_id;
    end if;
    return new;
end $$;

create or replace function operation_guard() returns trigger language plpgsql as $$
begin
    if new.state <> old.state and not (
           (old.state = 'planned' and new.state in ('sent', 'parked', 'cancelled', 'rejected'))
        or (old.state = 'sent'    and new.state in ('confirmed', 'unknown', 'planned'))
        or (old.state = 'unknown' and new.state in ('confirmed', 'planned', 'rejected', 'review', 'parked'))
        or (old.state = 'review'  and new.state in ('confirmed', 'planned', 'rejected'))
        or (old.state = 'parked'  and new.state in ('planned', 'cancelled', 'rejected'))) then
        raise exception 'operation %: no way from % to %', old.number, old.state, new.state
            using errcode = 'check_violation', constraint = 'operation_transition';
    end if;
    -- Taking back is for what was never sent.
    if new.state = 'cancelled' and old.state <> 'cancelled' and old.attempts > 0 then
        raise exception 'operation %: it was sent and cannot be taken back', old.number
            using errcode = 'check_violation', constraint = 'operation_cancelled_unsent';
    end if;
    if new.generation < old.generation then
        raise exception 'operation %: the generation never goes back', old.number
            using errcode = 'check_violation', constraint = 'operation_generation';
    end if;
    if (new.id, new.kind, new.order_id, new.reference, new.hold_id, new.price, new.cost, new.currency,
        new.change, new.wish_hash, new.quote, new.pricelist_version_id, new.term, new.undo_until,
        new.waits_for)
       is distinct from
       (old.id, old.kind, old.order_id, old.reference, old.hold_id, old.price, old.cost, old.currency,
        old.change, old.wish_hash, old.quote, old.pricelist_version_id, old.term, old.undo_until,
        old.waits_for)
       or (old.license_id is not null and new.license_id is distinct from old.license_id) then
        raise exception 'operation %: what was agreed does not change', old.number
            using errcode = 'check_violation', constraint = 'operation_agreed';
    end if;
    return new;
end $$;

-- What cannot begin yet: it waits for another operation, or something older is under way for the
-- same license.
create function operation_is_blocked(x operation) returns boolean language sql stable as $$
    select x.state = 'planned' and (
        exists (select from operation w where w.id = x.waits_for and w.finished_at is null)
        or (x.kind <> 'order' and exists (
            select from operation e
             where e.license_id = x.license_id and e.finished_at is null and e.number < x.number)))
$$;

-- Goes up with every change that we made: what was read from the vendor before one is not kept
-- after it.
alter table license add column version integer not null default 0 check (version >= 0);
