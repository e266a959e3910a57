-- Places an order: queues behind every other order that this customer is placing, finds the one that
-- this form placed before, and writes the order, its hold, its operation and the first line of the
-- timeline. One statement and so one round trip, during which the customer's other orders wait.
-- Says `placed`; or, having written nothing:
--   `known`    this form placed this very order before, `used` it placed another one;
--   `stale`    the catalogue is not the one that the price was made from;
--   `alive`    an order of this customer for this plan and address is open or a license: `other`;
--   `unopened` one of the two accounts does not exist yet.
-- A wallet with too little in it is an error, `wallet_within_limit`.
create function order_place(
    form uuid, wish bytea, buyer uuid, buyers_user uuid, catalog bigint,
    of_plan uuid, for_period smallint, for_ip inet, called text, with_addons jsonb, agreed jsonb,
    money text, to_pay bigint, to_spend bigint, pricelist uuid, vendor uuid,
    work uuid, known_as text, hold uuid, why text, at timestamptz,
    out outcome text, out other uuid
) language plpgsql as $$
declare
    owner  uuid;
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
    select o.id into other from customer_order o
      join operation x on x.order_id = o.id
      left join license l on l.order_id = o.id
     where o.customer_id = buyer and o.plan_id = of_plan and o.ip = for_ip
       and x.state not in ('rejected', 'cancelled')
       and (l.id is null or (l.status <> 'deleted' and l.ip = o.ip))
     limit 1;
    if other is not null then
        outcome := 'alive';
        return;
    end if;

    insert into customer_order
        (id, customer_id, user_id, wish_hash, plan_id, period, ip, name, addons, quote, currency,
         price, cost, pricelist_version_id, created_at)
    values
        (form, buyer, buyers_user, wish, of_plan, for_period, for_ip, called, with_addons, agreed,
         money, to_pay, to_spend, pricelist, at)
    on conflict on constraint customer_order_pkey do nothing;
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
         next_at, requested_by, created_at)
    values
        (work, 'order', form, vendor, 'planned', known_as, hold, money, to_pay, to_spend, at,
         buyers_user, at);
    insert into operation_event (operation_id, at, event) values (work, at, 'planned');
    outcome := 'placed';
end $$;
