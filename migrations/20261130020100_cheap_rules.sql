-- What an order writes costs less: the same rules, looked at in a cheaper way.

-- PostgreSQL reads the text of every CHECK of a table anew in every statement that writes a row of
-- it, and that, not the rules themselves, was a fifth of an order. A function is read once per
-- connection, so tables with many rules have one CHECK that calls one. It says by the old name which
-- rule is broken. Like any CHECK it holds with triggers switched off, too. As in any CHECK, null
-- breaks nothing. That a wallet stays within its limit, on which all money rests, stays a constraint of
-- its own, wallet_within_limit.
create function ledger_account_obeys(a ledger_account) returns boolean
    language plpgsql immutable parallel safe as $$
declare
    broken text := case
        when not (a.debits_pending >= 0) then 'ledger_account_debits_pending_check'
        when not (a.debits_posted >= 0) then 'ledger_account_debits_posted_check'
        when not (a.credits_pending >= 0) then 'ledger_account_credits_pending_check'
        when not (a.credits_posted >= 0) then 'ledger_account_credits_posted_check'
        when not (a.credit_limit >= 0) then 'ledger_account_credit_limit_check'
        when not (octet_length(a.chain) = 32) then 'account_chain'
        when not (a.kind in ('wallet', 'revenue', 'upstream_prepaid', 'cost_of_sales',
                             'gateway_clearing', 'tax_payable', 'refunds', 'adjustments', 'fx'))
            then 'ledger_account_kind_check'
        when not (a.currency ~ '^[A-Z]{3}$') then 'ledger_account_currency_check'
        when not (a.shard between 0 and 63) then 'ledger_account_shard_check'
        when not ((a.kind in ('wallet', 'upstream_prepaid')) = (a.owner is not null))
            then 'wallet_has_owner'
        when not (a.kind <> 'wallet' or a.shard = 0) then 'wallet_is_not_sharded'
    end;
begin
    if broken is not null then
        raise exception 'ledger: account % breaks the rule %', a.id, broken
            using errcode = 'check_violation', constraint = broken, table = 'ledger_account';
    end if;
    return true;
end $$;
alter table ledger_account
    drop constraint account_chain, drop constraint ledger_account_credit_limit_check,
    drop constraint ledger_account_credits_pending_check,
    drop constraint ledger_account_credits_posted_check,
    drop constraint ledger_account_currency_check,
    drop constraint ledger_account_debits_pending_check,
    drop constraint ledger_account_debits_posted_check,
    drop constraint ledger_account_kind_check, drop constraint ledger_account_shard_check,
    drop constraint wallet_has_owner, drop constraint wallet_is_not_sharded,
    add constraint ledger_account_rules check (ledger_account_obeys(ledger_account));

create function ledger_transfer_obeys(t ledger_transfer) returns boolean
    language plpgsql immutable parallel safe as $$
declare
    broken text := case
        when not (t.amount > 0) then 'ledger_transfer_amount_check'
        when not (t.kind in ('posted', 'pending', 'post', 'void'))
            then 'ledger_transfer_kind_check'
        when not (t.cause_kind in ('order', 'operation', 'payment', 'staff'))
            then 'ledger_transfer_cause_kind_check'
        when not (t.reason <> '') then 'ledger_transfer_reason_check'
        when not (t.debit_account <> t.credit_account) then 'transfer_between_two'
        when not ((t.kind in ('post', 'void')) = (t.pending_id is not null))
            then 'transfer_resolves'
        when not (t.reverses is null or t.kind = 'posted') then 'transfer_reversal_is_posted'
        when not (t.link_size between 2 and 50) then 'transfer_link_size'
        when not ((t.link_id is null) = (t.link_size is null)) then 'transfer_linked'
    end;
begin
    if broken is not null then
        raise exception 'ledger: transfer % breaks the rule %', t.id, broken
            using errcode = 'check_violation', constraint = broken, table = 'ledger_transfer';
    end if;
    return true;
end $$;
alter table ledger_transfer
    drop constraint ledger_transfer_amount_check, drop constraint ledger_transfer_cause_kind_check,
    drop constraint ledger_transfer_kind_check, drop constraint ledger_transfer_reason_check,
    drop constraint transfer_between_two, drop constraint transfer_link_size,
    drop constraint transfer_linked, drop constraint transfer_resolves,
    drop constraint transfer_reversal_is_posted,
    add constraint ledger_transfer_rules check (ledger_transfer_obeys(ledger_transfer));

create function operation_obeys(x operation) returns boolean
    language plpgsql immutable parallel safe as $$
declare
    broken text := case
        when not (x.kind in ('order', 'renew', 'edit', 'change_plan', 'addons', 'suspend', 'resume',
                             'reissue_key', 'delete')) then 'operation_kind'
        when not (x.state in ('planned', 'sent', 'unknown', 'confirmed', 'rejected', 'review',
                              'parked', 'cancelled')) then 'operation_state_check'
        -- A purchase is of an order; everything else is of a license from the beginning.
        when not (case when x.kind = 'order' then x.order_id is not null and x.change is null
                       else x.order_id is null and x.license_id is not null
                            and x.change is not null and x.wish_hash is not null
                            and octet_length(x.wish_hash) = 32
                            and (x.change ->> 'kind') = x.kind end) then 'operation_object'
        when not (x.price >= 0) then 'operation_price_check'
        when not (x.cost >= 0) then 'operation_cost_check'
        when not ((x.price > 0) = (x.hold_id is not null)) then 'operation_hold_for_price'
        when not (x.price = 0 or x.kind = 'order'
                  or (x.quote is not null and x.pricelist_version_id is not null))
            then 'operation_priced'
        when not ((x.kind = 'renew') = (x.term is not null)) then 'operation_term'
        when not (x.state <> 'sent' or (x.sent_at is not null and x.lease_until is not null))
            then 'operation_sent_has_time'
        -- Nothing is done to a license of which nobody knows what it was before.
        when not (x.kind = 'order' or x.state not in ('sent', 'unknown', 'review')
                  or x.before is not null) then 'operation_sent_knows_before'
        when not (x.state <> 'confirmed' or (x.license_id is not null
                  and (x.kind <> 'order' or x.upstream_id is not null)))
            then 'operation_confirmed_has_license'
        -- Only what a purchase brings has a number of the vendor's.
        when not (x.upstream_id is null or x.kind = 'order') then 'operation_number_of_purchase'
        when not ((x.state in ('confirmed', 'rejected', 'cancelled')) = (x.finished_at is not null))
            then 'operation_final_has_end'
        when not (x.attempts between 0 and 3) then 'operation_attempts_bounded'
        when not (x.item_id is null or (x.kind = 'order' and x.item_id <> ''))
            then 'operation_item_of_purchase'
        when not (x.item_bill is null or x.item_id is not null) then 'operation_bill_of_item'
    end;
begin
    if broken is not null then
        raise exception 'operation %: it breaks the rule %', x.number, broken
            using errcode = 'check_violation', constraint = broken, table = 'operation';
    end if;
    return true;
end $$;
alter table operation
    drop constraint operation_kind, drop constraint operation_state_check,
    drop constraint operation_price_check, drop constraint operation_cost_check,
    drop constraint operation_hold_for_price, drop constraint operation_object,
    drop constraint operation_term, drop constraint operation_priced,
    drop constraint operation_sent_has_time, drop constraint operation_sent_knows_before,
    drop constraint operation_confirmed_has_license, drop constraint operation_number_of_purchase,
    drop constraint operation_final_has_end, drop constraint operation_attempts_bounded,
    drop constraint operation_item_of_purchase, drop constraint operation_bill_of_item,
    add constraint operation_rules check (operation_obeys(operation));

-- A new word goes in here: the constraint stays.
create function operation_event_is_known(event text) returns boolean
    language plpgsql immutable parallel safe as $$
begin
    return event in ('planned', 'sent', 'not_sent', 'refused', 'unclear', 'absent', 'resend',
        'confirmed', 'key', 'rejected', 'review', 'found', 'cancelled', 'already', 'decided',
        'item', 'short', 'parked', 'resumed');
end $$;
alter table operation_event
    drop constraint operation_event_event,
    add constraint operation_event_event check (operation_event_is_known(event)),
    -- The timeline is read by its operation: one index instead of two.
    drop constraint operation_event_pkey,
    add primary key (operation_id, id);
drop index operation_event_of;

-- The condition of a trigger is read in every statement like a CHECK; of columns that a statement
-- does not name it is not even looked at, and a balance is written without naming an identity.
drop trigger ledger_account_identity on ledger_account;
create trigger ledger_account_identity
    before update of id, kind, owner, shard, currency, created_at on ledger_account for each row
    when ((new.id, new.kind, new.owner, new.shard, new.currency, new.created_at)
          is distinct from
          (old.id, old.kind, old.owner, old.shard, old.currency, old.created_at))
    execute function ledger_refuse();
-- Whoever writes a balance outside of a trigger gives none of it another value.
drop trigger ledger_account_moves_with_transfers on ledger_account;
create function ledger_account_stands_still() returns trigger language plpgsql as $$
begin
    if (new.debits_pending, new.debits_posted, new.credits_pending, new.credits_posted,
        new.chain, new.moved_at)
       is distinct from
       (old.debits_pending, old.debits_posted, old.credits_pending, old.credits_posted,
        old.chain, old.moved_at) then
        raise exception 'ledger: % on % is forbidden', tg_op, tg_table_name
            using errcode = 'restrict_violation';
    end if;
    return new;
end $$;
create trigger ledger_account_moves_with_transfers before update on ledger_account for each row
    when (pg_trigger_depth() < 1)
    execute function ledger_account_stands_still();

-- A line is written by ledger_apply alone (ledger_entry_comes_with_transfer), for a transfer that is
-- there and accounts that it has just written. Neither is ever deleted or given another id, so these
-- four look-ups of every movement found what was known. An account is kept from truncation, too,
-- from which the references kept it.
alter table ledger_entry
    drop constraint ledger_entry_account_id_fkey, drop constraint ledger_entry_transfer_id_fkey;
create trigger ledger_account_kept_whole before truncate on ledger_account
    for each statement execute function ledger_refuse();

-- A transfer is between accounts that are there because ledger_apply finds both of them: a look-up of
-- each before that share-locked the row of the house, and orders that came at once had to list each
-- other in it.
alter table ledger_transfer
    drop constraint ledger_transfer_debit_account_fkey,
    drop constraint ledger_transfer_credit_account_fkey;

-- The same hash as before. In plpgsql, because an SQL function is parsed and planned anew in every
-- transaction, which took far longer than the hash.
create or replace function ledger_link(
    before bytea, t ledger_transfer, account uuid, kind text, at timestamptz,
    available_after bigint, held_after bigint
) returns bytea language plpgsql immutable parallel safe as $$
begin
    return sha256(before || convert_to(concat_ws('|',
        t.id, t.kind, t.debit_account, t.credit_account, t.amount, t.currency,
        coalesce(t.pending_id::text, '-'), coalesce(t.reverses::text, '-'),
        coalesce(t.link_id::text, '-'), coalesce(t.link_size::text, '-'),
        t.cause_kind, t.cause_id, coalesce(t.actor::text, '-'),
        extract(epoch from t.created_at), account, kind, extract(epoch from at), available_after,
        held_after, length(t.reason), t.reason), 'UTF8'));
end $$;

-- As before, but each account is locked, read and written by one statement.
create or replace function ledger_apply() returns trigger language plpgsql as $$
declare
    held             ledger_transfer;
    given            ledger_transfer;
    given_back       bigint;
    pending          bigint := 0;
    posted           bigint := 0;
    debit_kind       text;
    credit_kind      text;
    debit_at         timestamptz;
    debit_available  bigint;
    debit_held       bigint;
    debit_of_wallet  boolean;
    debit_chain      bytea;
    credit_at        timestamptz;
    credit_available bigint;
    credit_held      bigint;
    credit_of_wallet boolean;
    credit_chain     bytea;
    debit_first      boolean := new.debit_account < new.credit_account;
begin
    if new.kind = 'pending' then
        pending := new.amount;
        debit_kind := 'held';
        credit_kind := 'held';
    elsif new.kind = 'posted' then
        posted := new.amount;
        debit_kind := 'out';
        credit_kind := 'in';
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

    -- Both rows in one order everywhere: two opposite transfers cannot deadlock. The time of a line
    -- is never earlier than that of the line before (a transfer's own may be: it is read before the
    -- account is locked), so that a stretch of time is a stretch of lines.
    for turn in 1..2 loop
        if (turn = 1) = debit_first then
            update ledger_account a
               set debits_pending = a.debits_pending + pending,
                   debits_posted = a.debits_posted + posted,
                   moved_at = greatest(new.created_at, a.moved_at),
                   chain = ledger_link(a.chain, new, a.id, debit_kind,
                       greatest(new.created_at, a.moved_at),
                       a.credits_posted - a.debits_posted - posted - a.debits_pending - pending,
                       a.debits_pending + pending)
             where a.id = new.debit_account and a.currency = new.currency
            returning a.moved_at, a.credits_posted - a.debits_posted - a.debits_pending,
                      a.debits_pending, a.kind = 'wallet', a.chain
                 into debit_at, debit_available, debit_held, debit_of_wallet, debit_chain;
        else
            update ledger_account a
               set credits_pending = a.credits_pending + pending,
                   credits_posted = a.credits_posted + posted,
                   moved_at = greatest(new.created_at, a.moved_at),
                   chain = ledger_link(a.chain, new, a.id, credit_kind,
                       greatest(new.created_at, a.moved_at),
                       a.credits_posted + posted - a.debits_posted - a.debits_pending,
                       a.debits_pending)
             where a.id = new.credit_account and a.currency = new.currency
            returning a.moved_at, a.credits_posted - a.debits_posted - a.debits_pending,
                      a.debits_pending, a.kind = 'wallet', a.chain
                 into credit_at, credit_available, credit_held, credit_of_wallet, credit_chain;
        end if;
        if not found then
            if (select count(*) < 2 from ledger_account
                 where id in (new.debit_account, new.credit_account)) then
                raise exception 'ledger: transfer % is not between two accounts', new.id
                    using errcode = 'foreign_key_violation', table = 'ledger_transfer',
                          constraint = 'transfer_of_accounts';
            end if;
            raise exception 'ledger: currencies differ' using errcode = 'check_violation',
                constraint = 'transfer_one_currency';
        end if;
    end loop;

    if new.reverses is not null then
        select * into strict given from ledger_transfer where id = new.reverses;
        -- Whoever gives back holds the account where it all ends, so the sum is the sum.
        select coalesce(sum(amount), 0) into strict given_back
          from ledger_transfer where reverses = new.reverses;
        if new.kind <> 'posted'
           or given.kind not in ('posted', 'post') or new.credit_account <> given.debit_account
           or given.reverses is not null or given_back > given.amount then
            raise exception 'ledger: this does not give back transfer %', given.id
                using errcode = 'check_violation', constraint = 'transfer_gives_back';
        end if;
    end if;

    insert into ledger_entry
        (account_id, transfer_id, available_after, held_after, kind, at, of_wallet, chain)
    values
        (new.debit_account, new.id, debit_available, debit_held, debit_kind, debit_at,
         debit_of_wallet, debit_chain),
        (new.credit_account, new.id, credit_available, credit_held, credit_kind, credit_at,
         credit_of_wallet, credit_chain);
    return null;
end $$;

-- Every order looked up and share-locked the same four rows of the catalogue, and orders that come
-- at once must then list each other in every one of them. What an order is of is never deleted nor
-- given another id, which is stronger, so that it is enough to see that it is there.
create function catalog_kept() returns trigger language plpgsql as $$
begin
    raise exception '% on %: orders may be of it', tg_op, tg_table_name
        using errcode = 'restrict_violation';
end $$;
create trigger plan_period_kept before delete or update of plan_id, period on plan_period
    for each row execute function catalog_kept();
create trigger plan_period_kept_whole before truncate on plan_period
    for each statement execute function catalog_kept();
create trigger upstream_account_kept before delete or update of id on upstream_account
    for each row execute function catalog_kept();
create trigger upstream_account_kept_whole before truncate on upstream_account
    for each statement execute function catalog_kept();
-- Versions of pricelists are kept by pricelist_version_guard and pricelist_version_kept; a plan by
-- its periods.
alter table customer_order
    drop constraint customer_order_plan_id_fkey, drop constraint customer_order_plan_id_period_fkey,
    drop constraint customer_order_pricelist_version_id_fkey;
create function customer_order_of_catalog() returns trigger language plpgsql as $$
begin
    if not exists (select from plan_period where plan_id = new.plan_id and period = new.period)
       or not exists (select from pricelist_version where id = new.pricelist_version_id) then
        raise exception 'order %: there is no such term or pricelist', new.id
            using errcode = 'foreign_key_violation', table = 'customer_order',
                  constraint = 'customer_order_of_catalog';
    end if;
    return null;
end $$;
-- After, as references are looked at: what is not inserted (`on conflict do nothing`) may be of
-- anything.
create trigger customer_order_of_catalog
    after insert or update of plan_id, period, pricelist_version_id on customer_order
    for each row execute function customer_order_of_catalog();

-- The same for operations. Their order was looked up twice: operation_of_order reads it anyway.
create trigger customer_order_kept before delete or update of id on customer_order
    for each row execute function catalog_kept();
create trigger customer_order_kept_whole before truncate on customer_order
    for each statement execute function catalog_kept();
alter table operation
    drop constraint operation_order_id_fkey, drop constraint operation_hold_id_fkey,
    drop constraint operation_upstream_account_id_fkey;
create or replace function operation_of_order() returns trigger language plpgsql as $$
begin
    if new.order_id is not null then
        select number, customer_id into new.order_number, new.customer_id
          from customer_order where id = new.order_id;
        if not found then
            raise exception 'operation %: there is no such order', new.number
                using errcode = 'foreign_key_violation', table = 'operation',
                      constraint = 'operation_order_id_fkey';
        end if;
    else
        new.order_number := null;
        select customer_id into strict new.customer_id from license where id = new.license_id;
    end if;
    return new;
end $$;
create function operation_points_somewhere() returns trigger language plpgsql as $$
begin
    if not exists (select from upstream_account where id = new.upstream_account_id)
       or (new.hold_id is not null
           and not exists (select from ledger_transfer where id = new.hold_id)) then
        raise exception 'operation %: there is no such vendor account or hold', new.number
            using errcode = 'foreign_key_violation', table = 'operation',
                  constraint = 'operation_points_somewhere';
    end if;
    return null;
end $$;
create trigger operation_points_somewhere
    after insert or update of upstream_account_id, hold_id on operation
    for each row execute function operation_points_somewhere();

-- Whether a customer has an order of a plan for an address is found by the address
-- (customer_order_ip), of which there are few orders.
drop index customer_order_for_ip;
-- Nothing asked for what is open by its state.
drop index operation_open;
-- Purchases have no license before they are done; nobody looks for those without one.
drop index operation_of_license;
create index operation_of_license on operation (license_id, created_at, number)
    where license_id is not null;
