-- Lists that are filtered, sorted and continued from a row: each way to look at one reads a stretch
-- of one index, so that a page of a million rows costs what a page of a hundred costs.
-- And what the desk changes about customers and its own staff.

-- Orders: newest first, or by price; all of them or one customer's. The date filter is a stretch
-- of the same index, hence created_at and not the number, which may be out of step by an instant.
create index customer_order_by_time on customer_order (created_at, number);
create index customer_order_by_price on customer_order (price, number);
create index customer_order_of_customer_by_time on customer_order (customer_id, created_at, number);
create index customer_order_of_customer_by_price on customer_order (customer_id, price, number);
-- The order for a server's address; also asked before the same plan is sold for it again.
create index customer_order_ip on customer_order (ip, created_at, number);
-- What these two were for is answered by the ones above and by the unique number.
drop index customer_order_list;
drop index customer_order_recent;

-- Orders of one state are found from the operation, which repeats what never changes of its order.
alter table operation add column order_number bigint, add column customer_id uuid;
update operation x set order_number = o.number, customer_id = o.customer_id
  from customer_order o where o.id = x.order_id;
alter table operation alter column order_number set not null, alter column customer_id set not null;
create function operation_of_order() returns trigger language plpgsql as $$
begin
    select number, customer_id into strict new.order_number, new.customer_id
      from customer_order where id = new.order_id;
    return new;
end $$;
create trigger operation_of_order before insert or update of order_id, order_number, customer_id
    on operation for each row execute function operation_of_order();
create index operation_by_state on operation (state, created_at, order_number);
create index operation_by_state_and_price on operation (state, price, order_number);
create index operation_of_customer_by_state
    on operation (customer_id, state, created_at, order_number);
create index operation_of_customer_by_state_and_price
    on operation (customer_id, state, price, order_number);

-- Licenses: newest first (license_list, the unique number) or what expires next; those without an
-- end stand last. `expires_on` as a number of days makes the missing ones comparable.
create index license_by_end
    on license ((coalesce(expires_on - date '2000-01-01', 2147483647)), number);
create index license_of_customer_by_end
    on license (customer_id, (coalesce(expires_on - date '2000-01-01', 2147483647)), number);
-- The same among those of one status.
create index license_by_status on license (status, number);
create index license_by_status_and_end
    on license (status, (coalesce(expires_on - date '2000-01-01', 2147483647)), number);
create index license_of_customer_by_status on license (customer_id, status, number);
create index license_of_customer_by_status_and_end
    on license (customer_id, status, (coalesce(expires_on - date '2000-01-01', 2147483647)), number);
-- By the name that its owner gave it.
create index license_of_customer_by_name on license (customer_id, (lower(name) collate "C"));
create index license_ip on license (ip, number);

-- Statements: the line of a wallet says itself what it did and when, so that one sort of movements
-- or one month is a stretch of an index.
alter table ledger_entry
    add column kind text check (kind in ('in', 'out', 'held', 'captured', 'released')),
    add column at timestamptz;
alter table ledger_entry disable trigger ledger_entry_immutable;
update ledger_entry e
   set kind = case when t.kind = 'posted' and t.debit_account = e.account_id then 'out'
                   when t.kind = 'posted' then 'in'
                   when t.kind = 'pending' then 'held'
                   when t.kind = 'post' then 'captured'
                   else 'released' end,
       at = t.at
  from (select t.*, s.account_id, max(t.created_at) over (partition by s.account_id order by s.line) as at
          from ledger_entry s join ledger_transfer t on t.id = s.transfer_id) t
 where t.id = e.transfer_id and t.account_id = e.account_id;
alter table ledger_entry enable trigger ledger_entry_immutable;
alter table ledger_entry alter column kind set not null, alter column at set not null;
create index ledger_entry_by_kind on ledger_entry (account_id, kind, line);
-- The first and the last line of a month.
create index ledger_entry_by_time on ledger_entry (account_id, at, line);

-- As before, with kind and time. The time of a line is never earlier than that of the line before
-- (a transfer's own may be: it is read before the account is locked), so that a stretch of time is
-- a stretch of lines.
create or replace function ledger_apply() returns trigger language plpgsql as $$
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

    insert into ledger_entry (account_id, transfer_id, available_after, held_after, kind, at)
    select a.id, new.id, a.credits_posted - a.debits_posted - a.debits_pending, a.debits_pending,
           case when new.kind = 'posted' and a.id = debit.id then 'out'
                when new.kind = 'posted' then 'in'
                when new.kind = 'pending' then 'held'
                when new.kind = 'post' then 'captured'
                else 'released' end,
           greatest(new.created_at, (select e.at from ledger_entry e where e.account_id = a.id
                                      order by e.line desc limit 1))
      from ledger_account a where a.id in (debit.id, credit.id) and a.kind = 'wallet';
    return null;
end $$;

-- Customers: newest first by their number, or by name. The name in small letters, byte by byte:
-- the same order on every machine, and the beginning of a name is a stretch of it.
create index customer_by_name on customer ((lower(name) collate "C"), number);
create index customer_of_group_by_number on customer (group_code, number);
create index customer_of_group_by_name on customer (group_code, (lower(name) collate "C"), number);
drop index customer_of_group;
create index customer_blocked on customer (number) where blocked_at is not null;
-- Goes up with each change of the profile: a form of an older page is refused.
alter table customer add column version integer not null default 1 check (version > 0);
-- A customer by the beginning of an address.
create index app_user_by_email on app_user ((lower(email) collate "C")) where customer_id is not null;

-- Mail: newest first, to one reader, or what has not left.
alter table email_outbox add column number bigint generated always as identity unique;
create index email_outbox_by_time on email_outbox (created_at, number);
create index email_outbox_by_recipient on email_outbox ((lower(recipient) collate "C"), created_at, number);
create index email_outbox_waiting on email_outbox (created_at, number) where sent_at is null;

-- The audit: newest first, by who, by what was done, by what it was done to.
create index audit_by_time on audit (at, id);
create index audit_by_actor on audit (actor, at, id);
create index audit_by_action on audit (action, at, id);
create index audit_by_type on audit (object_type, at, id);
create index audit_by_object on audit (object_id, at, id);

-- Members of the staff that may not sign in any more; their deeds keep their name.
alter table app_user add column disabled_at timestamptz;
alter table app_user add constraint only_staff_is_disabled
    check (disabled_at is null or staff_role is not null);
-- The few among all users.
create index app_user_staff on app_user (email) where staff_role is not null;

-- Somebody can always manage the staff: whoever takes the role or the access away from the last
-- owner is refused, also when two owners do it to each other at once.
create function staff_keep_an_owner() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtext('staff_keep_an_owner'));
    if not exists (select 1 from app_user where staff_role = 'owner' and disabled_at is null) then
        raise exception 'the last owner stays' using errcode = 'check_violation',
            constraint = 'staff_last_owner';
    end if;
    return null;
end $$;
create constraint trigger staff_last_owner after update of staff_role, disabled_at on app_user
    deferrable initially immediate for each row
    when (old.staff_role = 'owner' and old.disabled_at is null
          and (new.staff_role is distinct from 'owner' or new.disabled_at is not null))
    execute function staff_keep_an_owner();
create constraint trigger staff_last_owner_kept after delete on app_user
    deferrable initially immediate for each row
    when (old.staff_role = 'owner' and old.disabled_at is null)
    execute function staff_keep_an_owner();
