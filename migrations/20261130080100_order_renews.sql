-- What a buyer was told of renewals is the order's: the account may say something else by the time the
-- order is sent.

alter table customer_order
    -- The page said that the vendor renews by itself: the vendor is asked to, and its terms are charged.
    add column vendor_renews boolean not null default false;
update customer_order o set vendor_renews = true
  from license l where l.order_id = o.id and l.renews_there;
-- Of what is not delivered yet the account said it, and its pages.
update customer_order o set vendor_renews = true
  from plan p join upstream_account u on u.id = p.upstream_account_id
 where p.id = o.plan_id and u.renews_there and o.period > 0
   and p.dialect not in ('software', 'manual')
   and not exists (select from license l where l.order_id = o.id);

-- Nothing that ends once and for all is renewed.
create or replace function customer_order_obeys(o customer_order) returns boolean
    language plpgsql immutable parallel safe as $$
declare
    broken text := case
        when not (o.price >= 0) then 'customer_order_price_check'
        when not (o.cost >= 0) then 'customer_order_cost_check'
        when not (o.currency ~ '^[A-Z]{3}$') then 'customer_order_currency_check'
        when not (octet_length(o.wish_hash) = 32) then 'customer_order_wish_hash_check'
        when not (o.period > 0 or not o.vendor_renews) then 'customer_order_renews_a_term'
    end;
begin
    if broken is not null then
        raise exception 'order %: it breaks the rule %', o.id, broken
            using errcode = 'check_violation', constraint = broken, table = 'customer_order';
    end if;
    return true;
end $$;
alter table customer_order
    drop constraint customer_order_rules,
    add constraint customer_order_rules check (customer_order_obeys(customer_order));

-- The one before it, with what the buyer was told of renewals.
create function order_place(
    form uuid, wish bytea, buyer uuid, buyers_user uuid, catalog bigint,
    of_plan uuid, for_period smallint, for_ip inet, called text, with_addons jsonb, agreed jsonb,
    money text, to_pay bigint, to_spend bigint, pricelist uuid, vendor uuid,
    work uuid, known_as text, hold uuid, why text, at timestamptz,
    of_license uuid, with_fields jsonb, renews_there boolean,
    out outcome text, out other uuid
) language plpgsql set plan_cache_mode = force_generic_plan as $$
declare
    owner  uuid;
    nth    bigint;
    before bytea;
    newest bigint;
    wallet uuid;
    house  uuid;
begin
    -- Owners are compared as the index `ledger_account_purpose` has them, and the shard of the house's
    -- account is chosen as `ledger::house_account_in_tx` does.
    select o.customer_id, o.wish_hash, r.revision, w.id,
           (select h.id from ledger_account h
             where h.kind = 'revenue' and h.currency = money
               and coalesce(h.owner, '00000000-0000-0000-0000-000000000000')
                 = '00000000-0000-0000-0000-000000000000'
               and h.shard = get_byte(uuid_send(w.id), 15) & 63)
      into strict owner, before, newest, wallet, house
      from customer c cross join catalog_revision r
      left join customer_order o on o.id = form
      left join ledger_account w
        on w.kind = 'wallet' and w.currency = money and w.shard = 0
       and coalesce(w.owner, '00000000-0000-0000-0000-000000000000') = buyer
     where c.id = buyer for no key update of c;
    if owner is not null then
        outcome := case when owner = buyer and before = wish then 'known' else 'used' end;
        return;
    end if;
    if newest <> catalog then
        outcome := 'stale';
        return;
    end if;

    if hold is not null and house is null then
        outcome := 'unopened';
        return;
    end if;

    -- A statement of its own: what the order before this one left behind is only seen by one that
    -- begins when this customer's lock is ours.
    -- Each look by an index of its own: one for both would read all that the customer ever ordered.
    if (for_ip is not null and exists (
            select from customer_order o
             where o.ip = for_ip and o.customer_id = buyer and o.plan_id = of_plan))
       or (of_license is not null and exists (
            select from customer_order o
             where o.parent_id = of_license and o.customer_id = buyer and o.plan_id = of_plan)) then
        select o.id into other from customer_order o
          join operation x on x.order_id = o.id
          left join license l on l.order_id = o.id
         where o.customer_id = buyer and o.plan_id = of_plan
           and (o.ip = for_ip or o.parent_id = of_license)
           and x.state not in ('rejected', 'cancelled')
           and (l.id is null or (l.status <> 'deleted' and l.ip is not distinct from o.ip))
         limit 1;
    end if;
    if other is not null then
        outcome := 'alive';
        return;
    end if;
    -- What is still open is refused by the vendor, if by anybody.
    if for_period = -100 and for_ip is not null and exists (
            select from license l where l.period = -100 and l.ip = for_ip and l.plan_id = of_plan) then
        outcome := 'tried';
        return;
    end if;

    insert into customer_order
        (id, customer_id, user_id, wish_hash, plan_id, period, ip, name, addons, quote, currency,
         price, cost, pricelist_version_id, created_at, parent_id, fields, vendor_renews)
    values
        (form, buyer, buyers_user, wish, of_plan, for_period, for_ip, called, with_addons, agreed,
         money, to_pay, to_spend, pricelist, at, of_license, with_fields, renews_there)
    on conflict on constraint customer_order_pkey do nothing
    returning number into nth;
    -- Another customer's form with the same id came first.
    if not found then
        outcome := 'used';
        return;
    end if;
    if hold is not null then
        insert into ledger_transfer
            (id, kind, debit_account, credit_account, amount, currency, cause_kind, cause_id, actor,
             reason, created_at)
        values
            (hold, 'pending', wallet, house, to_pay, money, 'order', form, buyers_user, why, at);
    end if;
    insert into operation
        (id, kind, order_id, upstream_account_id, state, reference, hold_id, currency, price, cost,
         next_at, requested_by, created_at, order_number, customer_id)
    values
        (work, 'order', form, vendor, 'planned', known_as, hold, money, to_pay, to_spend, at,
         buyers_user, at, nth, buyer);
    outcome := 'placed';
end $$;

-- A server from before this version says nothing of renewals, so its orders do not ask for them.
create or replace function order_place(
    form uuid, wish bytea, buyer uuid, buyers_user uuid, catalog bigint,
    of_plan uuid, for_period smallint, for_ip inet, called text, with_addons jsonb, agreed jsonb,
    money text, to_pay bigint, to_spend bigint, pricelist uuid, vendor uuid,
    work uuid, known_as text, hold uuid, why text, at timestamptz,
    of_license uuid, with_fields jsonb,
    out outcome text, out other uuid
) language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
    select o.outcome, o.other into outcome, other
      from order_place(form, wish, buyer, buyers_user, catalog, of_plan, for_period, for_ip, called,
                       with_addons, agreed, money, to_pay, to_spend, pricelist, vendor, work, known_as,
                       hold, why, at, of_license, with_fields, false) o;
end $$;
