-- The last day that a renewal was agreed on for. A vendor counts the term of a stopped license from today: what
-- was bought for a working one is not sent if that would bring less. Renewals of older servers have none.
alter table operation add column agreed_until date;

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
        -- Nobody pays for a term that ends no later than the one before.
        when not (x.agreed_until is null or (x.kind = 'renew' and x.agreed_until > x.term))
            then 'operation_agreed_brings_days'
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

create function operation_keeps_agreed_day() returns trigger language plpgsql as $$
begin
    raise exception 'operation %: the day that was agreed on does not change', old.number
        using errcode = 'check_violation', constraint = 'operation_agreed';
end $$;
create trigger operation_keeps_agreed_day before update on operation
    for each row when (new.agreed_until is distinct from old.agreed_until)
    execute function operation_keeps_agreed_day();
