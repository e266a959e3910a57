-- The books prove themselves: every account has a chain of hashes over its movements, so that a row
-- that was changed, removed or slipped in past the triggers is found and named. And what the model
-- still lacked: refunds that cannot exceed what they refund, transfers that exist together or not
-- at all.

alter table ledger_account
    -- The hash of the account's last movement; 32 zeros before the first one.
    add column chain bytea not null default decode(repeat('00', 32), 'hex')
        constraint account_chain check (octet_length(chain) = 32),
    -- The time of the account's last movement; the next one's is not earlier.
    add column moved_at timestamptz;
-- Balances are updated all the time; room for the new version on the row's own page keeps the
-- indexes out of it.
alter table ledger_account set (fillfactor = 60);

alter table ledger_transfer
    -- The transfer whose money this one gives back, in whole or in part.
    add column reverses uuid references ledger_transfer,
    -- Transfers that exist together or not at all, and how many they are.
    add column link_id uuid,
    add column link_size smallint constraint transfer_link_size check (link_size between 2 and 50),
    add constraint transfer_linked check ((link_id is null) = (link_size is null)),
    add constraint transfer_reversal_is_posted check (reverses is null or kind = 'posted');
create index ledger_transfer_reverses on ledger_transfer (reverses) where reverses is not null;
create index ledger_transfer_link on ledger_transfer (link_id) where link_id is not null;

-- From now on every account has lines; the statement's indexes are for wallets only.
alter table ledger_entry add column chain bytea constraint entry_chain check (octet_length(chain) = 32);
alter table ledger_entry add column of_wallet boolean not null default true;
drop index ledger_entry_by_kind;
drop index ledger_entry_by_time;
create index ledger_entry_by_kind on ledger_entry (account_id, kind, line) where of_wallet;
create index ledger_entry_by_time on ledger_entry (account_id, at, line) where of_wallet;

-- The hash of a movement: of the one before, of the whole transfer, and of what the account's line
-- says. Words of free length come last, with their lengths, so that no two movements read the same.
create function ledger_link(
    before bytea, t ledger_transfer, account uuid, kind text, at timestamptz,
    available_after bigint, held_after bigint
) returns bytea language sql immutable parallel safe as $$
    select sha256(before || convert_to(concat_ws('|',
        t.id, t.kind, t.debit_account, t.credit_account, t.amount, t.currency,
        coalesce(t.pending_id::text, '-'), coalesce(t.reverses::text, '-'),
        coalesce(t.link_id::text, '-'), coalesce(t.link_size::text, '-'),
        t.cause_kind, t.cause_id, coalesce(t.actor::text, '-'),
        extract(epoch from t.created_at), account, kind, extract(epoch from at), available_after,
        held_after, length(t.reason), t.reason), 'UTF8'))
$$;

-- Lines of the house's accounts, which had none, in the order in which their transfers were begun.
alter table ledger_entry disable trigger ledger_entry_guard;
insert into ledger_entry (account_id, transfer_id, available_after, held_after, kind, at, of_wallet)
    select account, id,
           (sum(posted) over so_far) - (sum(pending) over so_far), sum(pending) over so_far,
           kind, max(created_at) over so_far, false
      from (select a.id as account, t.id, t.seq, t.created_at,
                   case when t.kind = 'posted' and t.debit_account = a.id then 'out'
                        when t.kind = 'posted' then 'in'
                        when t.kind = 'pending' then 'held'
                        when t.kind = 'post' then 'captured'
                        else 'released' end as kind,
                   case when t.kind not in ('posted', 'post') then 0
                        when t.debit_account = a.id then -t.amount else t.amount end as posted,
                   case when t.debit_account <> a.id or t.kind = 'posted' then 0
                        when t.kind = 'pending' then t.amount else -h.amount end as pending
              from ledger_account a
              join ledger_transfer t on a.id in (t.debit_account, t.credit_account)
              left join ledger_transfer h on h.id = t.pending_id
             where a.kind <> 'wallet') movement
    window so_far as (partition by account order by seq)
     order by seq;
alter table ledger_entry enable trigger ledger_entry_guard;

-- The chains of what there is.
alter table ledger_entry disable trigger ledger_entry_immutable;
alter table ledger_account disable trigger ledger_account_guard;
do $$
declare
    account ledger_account;
    line record;
    head bytea;
begin
    for account in select * from ledger_account loop
        head := account.chain;
        for line in select e.*, t from ledger_entry e join ledger_transfer t on t.id = e.transfer_id
                     where e.account_id = account.id order by e.line loop
            head := ledger_link(head, line.t, account.id, line.kind, line.at, line.available_after,
                                line.held_after);
            update ledger_entry e set chain = head
             where e.account_id = account.id and e.line = line.line;
        end loop;
        update ledger_account a
           set chain = head,
               moved_at = (select max(e.at) from ledger_entry e where e.account_id = account.id)
         where a.id = account.id;
    end loop;
end $$;
alter table ledger_entry enable trigger ledger_entry_immutable;
alter table ledger_account enable trigger ledger_account_guard;
alter table ledger_entry alter column chain set not null, alter column of_wallet drop default;

-- The guards as conditions of their triggers: what is allowed costs no call.
drop trigger ledger_account_guard on ledger_account;
drop function ledger_account_guard();
create trigger ledger_account_identity before update on ledger_account for each row
    when ((new.id, new.kind, new.owner, new.shard, new.currency, new.created_at)
          is distinct from
          (old.id, old.kind, old.owner, old.shard, old.currency, old.created_at))
    execute function ledger_refuse();
create trigger ledger_account_moves_with_transfers before update on ledger_account for each row
    when (pg_trigger_depth() < 1 and
          (new.debits_pending, new.debits_posted, new.credits_pending, new.credits_posted,
           new.chain, new.moved_at)
          is distinct from
          (old.debits_pending, old.debits_posted, old.credits_pending, old.credits_posted,
           old.chain, old.moved_at))
    execute function ledger_refuse();
drop trigger ledger_entry_guard on ledger_entry;
drop function ledger_entry_guard();
create trigger ledger_entry_comes_with_transfer before insert on ledger_entry for each row
    when (pg_trigger_depth() < 1)
    execute function ledger_refuse();

-- As before, with the chains, and with lines for both accounts. What is new of the rules:
--   * a transfer that gives back names what it gives back, ends where that began, and all of them
--     together are not more than that.
create or replace function ledger_apply() returns trigger language plpgsql as $$
declare
    held          ledger_transfer;
    given         ledger_transfer;
    given_back    bigint;
    debit         ledger_account;
    credit        ledger_account;
    pending       bigint := 0;
    posted        bigint := 0;
    debit_kind    text;
    credit_kind   text;
    debit_at      timestamptz;
    credit_at     timestamptz;
    debit_chain   bytea;
    credit_chain  bytea;
begin
    -- Both rows in one order everywhere: two opposite transfers cannot deadlock.
    if new.debit_account < new.credit_account then
        select * into strict debit from ledger_account where id = new.debit_account for no key update;
        select * into strict credit from ledger_account where id = new.credit_account for no key update;
    else
        select * into strict credit from ledger_account where id = new.credit_account for no key update;
        select * into strict debit from ledger_account where id = new.debit_account for no key update;
    end if;
    if debit.currency <> new.currency or credit.currency <> new.currency then
        raise exception 'ledger: currencies differ' using errcode = 'check_violation',
            constraint = 'transfer_one_currency';
    end if;

    if new.kind = 'posted' then
        posted := new.amount;
        debit_kind := 'out';
        credit_kind := 'in';
        if new.reverses is not null then
            select * into strict given from ledger_transfer where id = new.reverses;
            -- Whoever gives back holds the account where it all ends, so the sum is the sum.
            select coalesce(sum(amount), 0) into strict given_back
              from ledger_transfer where reverses = new.reverses;
            if given.kind not in ('posted', 'post') or new.credit_account <> given.debit_account
               or given.reverses is not null or given_back > given.amount then
                raise exception 'ledger: this does not give back transfer %', given.id
                    using errcode = 'check_violation', constraint = 'transfer_gives_back';
            end if;
        end if;
    elsif new.kind = 'pending' then
        pending := new.amount;
        debit_kind := 'held';
        credit_kind := 'held';
    else
        select * into strict held from ledger_transfer where id = new.pending_id;
        if held.kind <> 'pending'
           or held.debit_account <> new.debit_account or held.credit_account <> new.credit_account
           or new.amount > held.amount
           or (new.kind = 'void' and new.amount <> held.amount) then
            raise exception 'ledger: this does not resolve hold %', held.id
                using errcode = 'check_violation', constraint = 'transfer_resolves_its_hold';
        end if;
        -- A partial capture gives the rest of the hold back.
        pending := -held.amount;
        if new.kind = 'post' then
            posted := new.amount;
            debit_kind := 'captured';
        else
            debit_kind := 'released';
        end if;
        credit_kind := debit_kind;
    end if;

    debit.debits_pending := debit.debits_pending + pending;
    debit.debits_posted := debit.debits_posted + posted;
    credit.credits_pending := credit.credits_pending + pending;
    credit.credits_posted := credit.credits_posted + posted;
    -- The time of a line is never earlier than that of the line before (a transfer's own may be: it
    -- is read before the account is locked), so that a stretch of time is a stretch of lines.
    debit_at := greatest(new.created_at, debit.moved_at);
    credit_at := greatest(new.created_at, credit.moved_at);
    debit_chain := ledger_link(debit.chain, new, debit.id, debit_kind, debit_at,
        debit.credits_posted - debit.debits_posted - debit.debits_pending, debit.debits_pending);
    credit_chain := ledger_link(credit.chain, new, credit.id, credit_kind, credit_at,
        credit.credits_posted - credit.debits_posted - credit.debits_pending, credit.debits_pending);

    update ledger_account
       set debits_pending = debit.debits_pending, debits_posted = debit.debits_posted,
           chain = debit_chain, moved_at = debit_at
     where id = debit.id;
    update ledger_account
       set credits_pending = credit.credits_pending, credits_posted = credit.credits_posted,
           chain = credit_chain, moved_at = credit_at
     where id = credit.id;
    insert into ledger_entry
        (account_id, transfer_id, available_after, held_after, kind, at, of_wallet, chain)
    values
        (debit.id, new.id, debit.credits_posted - debit.debits_posted - debit.debits_pending,
         debit.debits_pending, debit_kind, debit_at, debit.kind = 'wallet', debit_chain),
        (credit.id, new.id, credit.credits_posted - credit.debits_posted - credit.debits_pending,
         credit.debits_pending, credit_kind, credit_at, credit.kind = 'wallet', credit_chain);
    return null;
end $$;

create function ledger_all_linked() returns trigger language plpgsql as $$
begin
    if (select count(*) <> new.link_size or min(link_size) <> max(link_size)
          from ledger_transfer where link_id = new.link_id) then
        raise exception 'ledger: of link % some transfers are missing', new.link_id
            using errcode = 'check_violation', constraint = 'transfers_all_linked';
    end if;
    return null;
end $$;
create constraint trigger ledger_all_linked after insert on ledger_transfer
    deferrable initially deferred for each row when (new.link_id is not null)
    execute function ledger_all_linked();
