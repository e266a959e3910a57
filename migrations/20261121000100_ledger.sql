-- The books: accounts, and immutable transfers between two of them.
--
-- The rules live here as well as in crates/ledger, so that hand-written SQL cannot break them:
--   * an amount leaves one account and enters another of the same currency, so all sums are zero;
--   * a balance is only ever changed by inserting a transfer (trigger ledger_apply);
--   * a pending transfer (a hold) is posted or voided once;
--   * a wallet never spends more than it has plus its credit limit;
--   * no transfer is ever changed or deleted.

create table ledger_account (
    id              uuid primary key,
    kind            text not null check (kind in (
                        'wallet', 'revenue', 'upstream_prepaid', 'cost_of_sales', 'gateway_clearing',
                        'tax_payable', 'refunds', 'adjustments', 'fx')),
    -- The customer of a wallet, the upstream account of prepaid money; null for the house's own.
    owner           uuid,
    -- The house's accounts exist several times, so that orders of different customers do not queue
    -- for one row; a balance of the house is the sum over its shards.
    shard           smallint not null default 0 check (shard between 0 and 15),
    currency        text not null check (currency ~ '^[A-Z]{3}$'),
    debits_pending  bigint not null default 0 check (debits_pending >= 0),
    debits_posted   bigint not null default 0 check (debits_posted >= 0),
    credits_pending bigint not null default 0 check (credits_pending >= 0),
    credits_posted  bigint not null default 0 check (credits_posted >= 0),
    credit_limit    bigint not null default 0 check (credit_limit >= 0),
    created_at      timestamptz not null,
    constraint wallet_within_limit check (
        kind <> 'wallet' or debits_pending + debits_posted <= credits_posted + credit_limit),
    constraint wallet_has_owner check ((kind in ('wallet', 'upstream_prepaid')) = (owner is not null)),
    constraint wallet_is_not_sharded check (kind <> 'wallet' or shard = 0)
);
-- One account per purpose: opening it twice finds the first.
create unique index ledger_account_purpose
    on ledger_account (kind, coalesce(owner, '00000000-0000-0000-0000-000000000000'), currency, shard);

create table ledger_transfer (
    id             uuid primary key,
    -- The order in which transfers were begun.
    seq            bigint generated always as identity unique,
    kind           text not null check (kind in ('posted', 'pending', 'post', 'void')),
    debit_account  uuid not null references ledger_account,
    credit_account uuid not null references ledger_account,
    amount         bigint not null check (amount > 0),
    currency       text not null,
    -- The hold that a post (capture) or void (release) resolves.
    pending_id     uuid references ledger_transfer,
    -- Why it exists: nothing moves without a cause.
    cause_kind     text not null check (cause_kind in ('order', 'operation', 'payment', 'staff')),
    cause_id       uuid not null,
    -- The user who asked; null for the portal's own automation.
    actor          uuid,
    reason         text not null check (reason <> ''),
    created_at     timestamptz not null,
    constraint transfer_between_two check (debit_account <> credit_account),
    constraint transfer_resolves check ((kind in ('post', 'void')) = (pending_id is not null))
);
-- A hold is captured or released once, never both.
create unique index ledger_transfer_resolved_once on ledger_transfer (pending_id)
    where pending_id is not null;
-- "What moved because of this order?" is asked by the order page and by support.
create index ledger_transfer_cause on ledger_transfer (cause_id);

-- The statement of a wallet: one row per movement with the balance after it, so that a page of a
-- long statement costs the same as one of a short one.
create table ledger_entry (
    account_id      uuid not null references ledger_account,
    -- Drawn while the account's row is locked, so that the order of the lines is the order in which
    -- the balance moved; a transfer's seq is drawn before that and may be out of step.
    line            bigint generated always as identity,
    transfer_id     uuid not null references ledger_transfer,
    available_after bigint not null,
    held_after      bigint not null,
    primary key (account_id, line),
    constraint ledger_entry_once unique (transfer_id, account_id)
);

create function ledger_apply() returns trigger language plpgsql as $$
declare
    held   ledger_transfer;
    debit  ledger_account;
    credit ledger_account;
begin
    -- Both rows in one order everywhere: two opposite transfers cannot deadlock.
    perform 1 from ledger_account
     where id in (new.debit_account, new.credit_account) order by id for no key update;
    select * into strict debit from ledger_account where id = new.debit_account;
    select * into strict credit from ledger_account where id = new.credit_account;
    if debit.currency <> new.currency or credit.currency <> new.currency then
        raise exception 'ledger: currencies differ' using errcode = 'check_violation',
            constraint = 'transfer_one_currency';
    end if;

    if new.kind = 'posted' then
        update ledger_account set debits_posted = debits_posted + new.amount where id = debit.id;
        update ledger_account set credits_posted = credits_posted + new.amount where id = credit.id;
    elsif new.kind = 'pending' then
        update ledger_account set debits_pending = debits_pending + new.amount where id = debit.id;
        update ledger_account set credits_pending = credits_pending + new.amount where id = credit.id;
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
        update ledger_account
           set debits_pending = debits_pending - held.amount,
               debits_posted = debits_posted + case new.kind when 'post' then new.amount else 0 end
         where id = debit.id;
        update ledger_account
           set credits_pending = credits_pending - held.amount,
               credits_posted = credits_posted + case new.kind when 'post' then new.amount else 0 end
         where id = credit.id;
    end if;

    insert into ledger_entry (account_id, transfer_id, available_after, held_after)
    select id, new.id, credits_posted - debits_posted - debits_pending, debits_pending
      from ledger_account where id in (debit.id, credit.id) and kind = 'wallet';
    return null;
end $$;
-- After, not before: a transfer that already exists (`on conflict do nothing`) moves nothing.
create trigger ledger_apply after insert on ledger_transfer
    for each row execute function ledger_apply();

create function ledger_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'ledger: % on % is forbidden', tg_op, tg_table_name
        using errcode = 'restrict_violation';
end $$;
create trigger ledger_transfer_immutable before update or delete on ledger_transfer
    for each row execute function ledger_refuse();
create trigger ledger_transfer_kept before truncate on ledger_transfer
    for each statement execute function ledger_refuse();
create trigger ledger_entry_immutable before update or delete on ledger_entry
    for each row execute function ledger_refuse();
create trigger ledger_entry_kept before truncate on ledger_entry
    for each statement execute function ledger_refuse();
create trigger ledger_account_kept before delete on ledger_account
    for each row execute function ledger_refuse();

create function ledger_account_guard() returns trigger language plpgsql as $$
begin
    if (new.id, new.kind, new.owner, new.shard, new.currency, new.created_at)
       is distinct from (old.id, old.kind, old.owner, old.shard, old.currency, old.created_at) then
        raise exception 'ledger: an account keeps its identity' using errcode = 'restrict_violation';
    end if;
    if pg_trigger_depth() < 2 and
       (new.debits_pending, new.debits_posted, new.credits_pending, new.credits_posted)
       is distinct from
       (old.debits_pending, old.debits_posted, old.credits_pending, old.credits_posted) then
        raise exception 'ledger: balances move only with transfers'
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger ledger_account_guard before update on ledger_account
    for each row execute function ledger_account_guard();
create function ledger_account_starts_empty() returns trigger language plpgsql as $$
begin
    if (new.debits_pending, new.debits_posted, new.credits_pending, new.credits_posted) <> (0, 0, 0, 0) then
        raise exception 'ledger: an account starts empty' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger ledger_account_starts_empty before insert on ledger_account
    for each row execute function ledger_account_starts_empty();
-- An entry is written by ledger_apply and by nobody else.
create function ledger_entry_guard() returns trigger language plpgsql as $$
begin
    if pg_trigger_depth() < 2 then
        raise exception 'ledger: entries are written by transfers' using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger ledger_entry_guard before insert on ledger_entry
    for each row execute function ledger_entry_guard();
