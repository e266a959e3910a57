-- Which function families an account speaks, as staff say it; until now only its plans told.

alter table upstream_account
    -- Null is every family: what accounts have that are older than the setting, and what one made
    -- without a shipped table begins with. One that speaks nothing could sell nothing.
    add column dialects text[]
        check (cardinality(dialects) > 0 and dialects <@
            '{soft,platform,softexternal,parallelslic,addition,software,manual}'::text[]);

-- A plan of a family that its account does not speak could not be bought.
create function plan_dialect_of_account() returns trigger language plpgsql as $$
declare
    spoken text[];
begin
    -- Held until the end: the set does not shrink beside a plan that is not there for others yet. Who
    -- shrinks it holds the row as well, so that this reads what came out of it.
    select u.dialects into spoken from upstream_account u
     where u.id = new.upstream_account_id for share;
    if new.dialect <> all (spoken) then
        raise exception 'plan %: its account does not speak %', new.slug, new.dialect
            using errcode = 'check_violation', constraint = 'plan_dialect_of_account', table = 'plan';
    end if;
    return new;
end $$;
create trigger plan_dialect_of_account before insert on plan for each row
    execute function plan_dialect_of_account();
-- Saving the rest of a plan asks for no account and waits for none.
create trigger plan_dialect_of_account_kept before update of dialect, upstream_account_id on plan
    for each row
    when ((old.dialect, old.upstream_account_id) is distinct from (new.dialect, new.upstream_account_id))
    execute function plan_dialect_of_account();

create function account_dialects_of_plans() returns trigger language plpgsql as $$
declare
    used text;
begin
    -- The row is held by the update itself, and whoever held it for a plan has ended by now.
    select string_agg(distinct p.dialect, ', ' order by p.dialect) into used from plan p
     where p.upstream_account_id = new.id and p.dialect <> all (new.dialects);
    if used is not null then
        raise exception 'account %: it has plans of %', new.slug, used
            using errcode = 'check_violation', constraint = 'plan_dialect_of_account',
                  table = 'upstream_account';
    end if;
    return new;
end $$;
create trigger account_dialects_of_plans before update of dialects on upstream_account for each row
    when (old.dialects is distinct from new.dialects)
    execute function account_dialects_of_plans();
