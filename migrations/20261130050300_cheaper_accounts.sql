-- As with lines: the function looks itself whether the statement is one of ledger_apply.
create or replace function ledger_account_stands_still() returns trigger language plpgsql as $$
begin
    if pg_trigger_depth() < 2
       and (new.debits_pending, new.debits_posted, new.credits_pending, new.credits_posted,
            new.chain, new.moved_at)
           is distinct from
           (old.debits_pending, old.debits_posted, old.credits_pending, old.credits_posted,
            old.chain, old.moved_at) then
        raise exception 'ledger: % on % is forbidden', tg_op, tg_table_name
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
drop trigger ledger_account_moves_with_transfers on ledger_account;
create trigger ledger_account_moves_with_transfers before update on ledger_account
    for each row execute function ledger_account_stands_still();
