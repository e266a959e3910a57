-- Every function family of the vendors, modules of licenses, and what a plan can do.

-- Which functions an account has, and what else differs from vendor to vendor.
alter table upstream_account
    -- Names of functions that are its own: {"softexternal": {"addons": "softexternal.edit"}}; an empty
    -- name takes one away. Hosts rename functions more often than they say so.
    add column functions jsonb not null default '{}' check (jsonb_typeof(functions) = 'object'),
    -- Orders of modules name the license that they are for; one vendor's sample does not.
    add column module_names_parent boolean not null default true,
    -- How often an address or a key may be changed. "Once a month" is documented, which month is not.
    add column change_rule text not null default 'calendar_month'
        check (change_rule in ('calendar_month', 'days_31', 'unlimited')),
    -- A suspended license is deleted by the vendor after so long.
    add column kept_suspended_days smallint not null default 30
        check (kept_suspended_days between 1 and 366);

alter table plan drop constraint plan_dialect_check;
alter table plan
    add constraint plan_dialect_check check (dialect in
        ('soft', 'platform', 'softexternal', 'parallelslic', 'addition', 'software', 'manual')),
    -- After this day it is not sold; what exists goes on.
    add column sale_ends_on date,
    -- After this day it is not renewed either.
    add column renewal_ends_on date,
    -- What the family could do and this plan cannot.
    add column withheld text[] not null default '{}',
    -- The vendor delivers a key.
    add column has_key boolean not null default true,
    -- The plans whose licenses it is a module of, by their names in addresses; none for what stands
    -- alone.
    add column fits text[],
    -- What panels call a module (`additionintname`).
    add column service_name text check (service_name <> ''),
    -- What the order asks for beside the rest: [{"code": "bitninja_email", "kind": "email", "name": {}}].
    add column fields jsonb not null default '[]' check (jsonb_typeof(fields) = 'array'),
    -- A module without a license to belong to cannot be ordered, and nothing else belongs to one.
    add constraint plan_module_fits check ((dialect = 'addition') = (fits is not null)),
    add constraint plan_ends_in_order
        check (sale_ends_on is null or renewal_ends_on is null or sale_ends_on <= renewal_ends_on);

-- The vendor's own code of the term; the 2009 generation has one for each price.
alter table plan_period add column upstream_code text check (upstream_code <> '');

alter table license
    -- The license that it is a module of.
    add column parent_id uuid references license,
    -- The last change of address and of key at the vendor, which limit the next one.
    add column ip_changed_on date,
    add column key_changed_on date,
    -- Since when it is stopped: after a while the vendor deletes it.
    add column suspended_since timestamptz,
    add constraint license_not_its_own_parent check (parent_id <> id);
create index license_modules on license (parent_id) where parent_id is not null;
-- One trial per address, whoever asks for it.
create index license_trials on license (ip, plan_id) where period = -100;

alter table customer_order
    add column parent_id uuid references license,
    add column fields jsonb not null default '{}';

-- A module belongs to its license for good, and both to one customer at one vendor.
create function license_parent_fits() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and new.parent_id is distinct from old.parent_id then
        raise exception 'a module stays with its license' using errcode = 'restrict_violation';
    end if;
    if new.parent_id is not null and not exists (
            select from license p where p.id = new.parent_id and p.customer_id = new.customer_id
               and p.upstream_account_id = new.upstream_account_id and p.parent_id is null) then
        raise exception 'the module''s license is not this customer''s at this vendor'
            using errcode = 'check_violation', constraint = 'license_parent_fits';
    end if;
    return new;
end $$;
create trigger license_parent_fits before insert or update of parent_id on license
    for each row execute function license_parent_fits();

-- Keeps the moment at which a license was stopped, whoever found that out.
create function license_suspension() returns trigger language plpgsql as $$
begin
    if new.status = 'suspended' then
        new.suspended_since := coalesce(new.suspended_since, new.checked_at, new.created_at);
    else
        new.suspended_since := null;
    end if;
    return new;
end $$;
create trigger license_suspension before insert or update of status on license
    for each row execute function license_suspension();
update license set suspended_since = coalesce(checked_at, created_at) where status = 'suspended';

-- As before, and with a module's license and the fields of its product:
--   `alive`  for a module: it is open or lives on for that very license;
--   `tried`  the plan is a trial, and this address had it.
drop function order_place(uuid, bytea, uuid, uuid, bigint, uuid, smallint, inet, text, jsonb, jsonb,
    text, bigint, bigint, uuid, uuid, uuid, text, uuid, text, timestamptz);
create function order_place(
    form uuid, wish bytea, buyer uuid, buyers_user uuid, catalog bigint,
    of_plan uuid, for_period smallint, for_ip inet, called text, with_addons jsonb, agreed jsonb,
    money text, to_pay bigint, to_spend bigint, pricelist uuid, vendor uuid,
    work uuid, known_as text, hold uuid, why text, at timestamptz,
    of_license uuid, with_fields jsonb,
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
     where o.customer_id = buyer and o.plan_id = of_plan
       and (o.ip = for_ip or o.parent_id = of_license)
       and x.state not in ('rejected', 'cancelled')
       and (l.id is null or (l.status <> 'deleted' and l.ip is not distinct from o.ip))
     limit 1;
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
         price, cost, pricelist_version_id, created_at, parent_id, fields)
    values
        (form, buyer, buyers_user, wish, of_plan, for_period, for_ip, called, with_addons, agreed,
         money, to_pay, to_spend, pricelist, at, of_license, with_fields)
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
