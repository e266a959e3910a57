-- Who pays which prices: customer groups, the drafts and versions of their pricelists, and where
-- each cost came from.

create function history_refuse() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;

create table customer_group (
    code       text primary key check (code ~ '^[a-z0-9-]{1,40}$'),
    name       text not null check (btrim(name) <> '' and length(name) <= 80),
    created_at timestamptz not null
);
-- Guests see the prices of this group, and it is where customers begin.
insert into customer_group (code, name, created_at) values ('public', 'Public', '2026-11-21T00:00:00Z');
insert into customer_group (code, name, created_at)
    select distinct on (code) code, code, at from (
        select group_code as code, created_at as at from customer
        union all select group_code, published_at from pricelist_version) used
     where code <> 'public' order by code, at;
alter table customer add constraint customer_in_group
    foreign key (group_code) references customer_group;
create index customer_of_group on customer (group_code);

alter table pricelist_version
    -- Why, in the author's words.
    add column note text check (length(note) <= 500),
    -- The version that this one brings back.
    add column restored_from integer check (restored_from < version),
    add constraint pricelist_of_group foreign key (group_code) references customer_group,
    add constraint pricelist_content check (jsonb_typeof(content) = 'object'
        and jsonb_typeof(content -> 'rules') = 'array');

-- Orders point at the version that they were priced with, so a version never changes; and
-- versions count without gaps, so that nobody publishes past a version that they have not seen.
create function pricelist_version_guard() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        raise exception 'a published pricelist is never changed' using errcode = 'restrict_violation';
    end if;
    if new.version <> 1 + (select coalesce(max(version), 0) from pricelist_version
                            where group_code = new.group_code) then
        raise exception 'version % does not follow the newest one of %', new.version, new.group_code
            using errcode = 'check_violation', constraint = 'pricelist_version_follows';
    end if;
    return new;
end $$;
create trigger pricelist_version_guard before insert or update or delete on pricelist_version
    for each row execute function pricelist_version_guard();
create trigger pricelist_version_kept before truncate on pricelist_version
    for each statement execute function history_refuse();

create sequence pricelist_draft_revision;
-- What somebody is about to change; one per editor and pricelist, so that two people never write
-- into the same one.
create table pricelist_draft (
    group_code   text not null references customer_group,
    author       uuid not null references app_user,
    -- The version that it began from; publishing past another one is refused.
    base_version integer not null,
    content      jsonb not null check (jsonb_typeof(content -> 'rules') = 'array'),
    -- The version that it brings back, if it does.
    restored_from integer,
    -- New with each change and never used again, also not by a later draft: a form of an older
    -- page is refused.
    revision     bigint not null default nextval('pricelist_draft_revision'),
    updated_at   timestamptz not null,
    primary key (group_code, author),
    foreign key (group_code, base_version) references pricelist_version (group_code, version)
);

-- Every cost that ever was, with its source; `plan_period` and `addon_cost` hold the newest one.
create table cost_change (
    id      bigint generated always as identity primary key,
    plan_id uuid not null,
    period  smallint not null,
    -- None: the plan itself.
    addon   text,
    -- None: the first one.
    before  bigint check (before >= 0),
    cost    bigint not null check (cost >= 0),
    source  text not null check (source in ('initial', 'manual', 'import')),
    reason  text check (length(reason) <= 500),
    author  uuid references app_user,
    at      timestamptz not null,
    foreign key (plan_id, period) references plan_period,
    foreign key (plan_id, addon, period) references addon_cost,
    -- Who changes a cost by hand says why.
    constraint cost_change_explained
        check (source <> 'manual' or (author is not null and length(btrim(reason)) >= 3))
);
-- The newest one of each, and the history of a plan.
create index cost_change_of on cost_change (plan_id, period, addon, id desc);
create trigger cost_change_immutable before update or delete on cost_change
    for each row execute function history_refuse();
create trigger cost_change_kept before truncate on cost_change
    for each statement execute function history_refuse();

insert into cost_change (plan_id, period, cost, source, at)
    select t.plan_id, t.period, t.cost, 'initial', p.created_at
      from plan_period t join plan p on p.id = t.plan_id;
insert into cost_change (plan_id, period, addon, cost, source, at)
    select c.plan_id, c.period, c.code, c.cost, 'initial', p.created_at
      from addon_cost c join plan p on p.id = c.plan_id;

-- A cost and its history say the same, or the transaction does not commit.
create function cost_is_explained() returns trigger language plpgsql as $$
declare
    now_cost  bigint;
    last_cost bigint;
    wanted    text := case tg_table_name when 'plan_period' then null
                           when 'addon_cost' then to_jsonb(new) ->> 'code'
                           else to_jsonb(new) ->> 'addon' end;
begin
    if wanted is null then
        select cost into now_cost from plan_period
         where plan_id = new.plan_id and period = new.period;
    else
        select cost into now_cost from addon_cost c
         where c.plan_id = new.plan_id and c.period = new.period and c.code = wanted;
    end if;
    select cost into last_cost from cost_change h
     where h.plan_id = new.plan_id and h.period = new.period
       and h.addon is not distinct from wanted
     order by h.id desc limit 1;
    if now_cost is distinct from last_cost then
        raise exception 'the cost % is not the newest one of its history, %', now_cost, last_cost
            using errcode = 'check_violation', constraint = 'cost_explained';
    end if;
    return null;
end $$;
create constraint trigger plan_period_cost_explained after insert or update on plan_period
    deferrable initially deferred for each row execute function cost_is_explained();
create constraint trigger addon_cost_explained after insert or update on addon_cost
    deferrable initially deferred for each row execute function cost_is_explained();
create constraint trigger cost_change_applied after insert on cost_change
    deferrable initially deferred for each row execute function cost_is_explained();

-- A license keeps the quote that it was bought with, whatever happens to prices later.
alter table license add column quote jsonb;
update license l set quote = o.quote from customer_order o where o.id = l.order_id;
alter table license alter column quote set not null;
