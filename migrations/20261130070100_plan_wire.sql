-- What a plan is called at its vendor may be corrected, but not under the feet of what is under way:
-- whoever looks for a purchase by another code than it was sent with does not find it and buys again.
create function plan_wire_at_rest(of_plan uuid, of_slug text) returns void
    language plpgsql as $$
begin
    if exists (
        select from operation x
          left join customer_order o on o.id = x.order_id
          left join license l on l.id = x.license_id
         where x.finished_at is null
           and (o.plan_id = of_plan or l.plan_id = of_plan or x.change ->> 'plan' = of_slug)
    ) then
        raise exception 'plan %: something is under way for it', of_slug
            using errcode = 'check_violation', constraint = 'plan_wire_at_rest', table = 'plan';
    end if;
end $$;

create function plan_wire_kept() returns trigger language plpgsql as $$
begin
    perform plan_wire_at_rest(new.id, new.slug);
    -- The functions of another family act on other things of the same number.
    if new.dialect <> old.dialect
        and exists (select from license where plan_id = new.id and status <> 'deleted')
    then
        raise exception 'plan %: it has licenses of its family', new.slug
            using errcode = 'check_violation', constraint = 'plan_family_of_licenses', table = 'plan';
    end if;
    return new;
end $$;
create trigger plan_wire_kept before update of dialect, upstream_plan_code on plan for each row
    when (old.dialect <> new.dialect or old.upstream_plan_code <> new.upstream_plan_code)
    execute function plan_wire_kept();

create function plan_part_wire_kept() returns trigger language plpgsql as $$
begin
    perform plan_wire_at_rest(p.id, p.slug) from plan p where p.id = new.plan_id;
    return new;
end $$;
create trigger plan_period_wire_kept before update of upstream_code on plan_period for each row
    when (old.upstream_code is distinct from new.upstream_code)
    execute function plan_part_wire_kept();
-- What is included is part of every count that is sent, and what can be had at all of every one that
-- was asked for.
create trigger plan_addon_wire_kept before update of upstream_addon_code, base, max, step on plan_addon
    for each row
    when ((old.upstream_addon_code, old.base, old.max, old.step)
          is distinct from (new.upstream_addon_code, new.base, new.max, new.step))
    execute function plan_part_wire_kept();
