-- Lines of the ledger: one CHECK, and a trigger without a condition, which is parsed in every statement,
-- too; the function looks itself. It is one level deep in a statement of somebody's own, and two in one
-- of ledger_apply.
create function ledger_entry_obeys(e ledger_entry) returns boolean
    language plpgsql immutable parallel safe as $$
declare
    broken text := case
        when not (octet_length(e.chain) = 32) then 'entry_chain'
        when not (e.kind in ('in', 'out', 'held', 'captured', 'released'))
            then 'ledger_entry_kind_check'
    end;
begin
    if broken is not null then
        raise exception 'ledger: line % breaks the rule %', e.line, broken
            using errcode = 'check_violation', constraint = broken, table = 'ledger_entry';
    end if;
    return true;
end $$;
alter table ledger_entry
    drop constraint entry_chain, drop constraint ledger_entry_kind_check,
    add constraint ledger_entry_rules check (ledger_entry_obeys(ledger_entry));

create function ledger_entry_comes_with_transfer() returns trigger language plpgsql as $$
begin
    if pg_trigger_depth() < 2 then
        raise exception 'ledger: % on % is forbidden', tg_op, tg_table_name
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
drop trigger ledger_entry_comes_with_transfer on ledger_entry;
create trigger ledger_entry_comes_with_transfer before insert on ledger_entry
    for each row execute function ledger_entry_comes_with_transfer();
