-- Orders in two steps, money that is missing at the vendor, and renewals by themselves.

alter table upstream_account
    -- 'basket': an order is an unpaid item first, which costs nothing, and then exactly that item
    -- is paid. Whether a vendor allows it is not documented, so it is a setting.
    add column ordering text not null default 'at_once' check (ordering in ('at_once', 'basket')),
    -- The function that shows the balance; null where a vendor has none, and then nothing is parked.
    add column balance_function text default 'subaccount'
        check (balance_function in ('subaccount', 'accountinfo', 'dashboard.info')),
    -- What it showed last, and when. Money may be owed to a vendor, too.
    add column balance bigint,
    add column balance_at timestamptz,
    -- When it is looked at again; null means now.
    add column balance_next_at timestamptz,
    add column balance_lease_until timestamptz,
    add constraint upstream_balance_has_time check ((balance is null) = (balance_at is null));

alter table operation rename column decided_at to counts_from;
alter table operation
    -- The unpaid item at the vendor, and the number under which it is paid. The first one stays.
    add column item_id text,
    add column item_bill text,
    -- The vendor refused while its balance was lower than the cost: it is parked once its absence is
    -- proved, and not given up.
    add column short boolean not null default false,
    add constraint operation_item_of_purchase
        check (item_id is null or (kind = 'order' and item_id <> '')),
    add constraint operation_bill_of_item check (item_bill is null or item_id is not null);
comment on column operation.counts_from is
    'Its age counts from then: a person decided, or the vendor has money again.';

-- What goes on once there is money at the vendor, the oldest first.
create index operation_parked on operation (upstream_account_id, created_at, number)
    where state = 'parked';
-- An item belongs to one operation.
create unique index operation_item_once on operation (upstream_account_id, item_id)
    where item_id is not null;

create function operation_keeps_item() returns trigger language plpgsql as $$
begin
    if new.item_id is distinct from old.item_id
       or (old.item_bill is not null and new.item_bill is distinct from old.item_bill) then
        raise exception 'operation %: the first item stays', old.number
            using errcode = 'check_violation', constraint = 'operation_first_item_stays';
    end if;
    return new;
end $$;
create trigger operation_keeps_item before update on operation
    for each row when (old.item_id is not null) execute function operation_keeps_item();

alter table operation_event
    drop constraint operation_event_event,
    add constraint operation_event_event check (event in ('planned', 'sent', 'not_sent', 'refused',
        'unclear', 'absent', 'resend', 'confirmed', 'key', 'rejected', 'review', 'found',
        'cancelled', 'already', 'decided', 'item', 'short', 'parked', 'resumed'));

alter table license
    -- The owner wants it renewed before it ends, as long as the wallet has the money.
    add column auto_renew boolean not null default false,
    -- When that is tried again; null means as soon as it is due.
    add column renew_next_at timestamptz;
-- What renews by itself, by its last day.
create index license_auto_renew on license (expires_on)
    where auto_renew and status = 'active' and expires_on is not null;

alter table operation_attempt
    drop constraint operation_attempt_outcome_check,
    drop constraint attempt_number_when_confirmed,
    -- 'item': it lies in the basket under this number, which is no purchase yet.
    add constraint operation_attempt_outcome
        check (outcome in ('confirmed', 'refused', 'not_sent', 'unknown', 'item')),
    add constraint attempt_number_when_confirmed
        check (upstream_id is null or coalesce(outcome in ('confirmed', 'item'), false));

-- What is due at the same instant is done in the order in which it was asked for.
drop index operation_due;
create index operation_due on operation (next_at, number)
    where state in ('planned', 'sent', 'unknown');
drop index license_due;
create index license_due on license (next_check_at, number) where next_check_at is not null;
