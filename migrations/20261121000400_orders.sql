-- What customers ask for, what is done at the vendor about it, and what they own afterwards.

create table customer_order (
    -- Made by the form before the first click: the same form twice is the same order.
    id          uuid primary key,
    number      bigint generated always as identity (start with 10001) unique,
    customer_id uuid not null references customer,
    user_id     uuid not null references app_user,
    -- SHA-256 of what was asked for: the same id with another wish is refused, not merged.
    wish_hash   bytea not null check (octet_length(wish_hash) = 32),
    plan_id     uuid not null references plan,
    period      smallint not null,
    ip          inet,
    name        text,
    addons      jsonb not null,
    -- domain::price::Quote: what was shown is what is charged.
    quote       jsonb not null,
    currency    text not null check (currency ~ '^[A-Z]{3}$'),
    price       bigint not null check (price >= 0),
    cost        bigint not null check (cost >= 0),
    pricelist_version_id uuid not null references pricelist_version,
    created_at  timestamptz not null,
    foreign key (plan_id, period) references plan_period
);
create index customer_order_list on customer_order (customer_id, number desc);
create index customer_order_recent on customer_order (number desc);

create table license (
    id                  uuid primary key,
    number              bigint generated always as identity (start with 70001) unique,
    customer_id         uuid not null references customer,
    order_id            uuid not null references customer_order,
    plan_id             uuid not null references plan,
    upstream_account_id uuid not null references upstream_account,
    upstream_id         text not null check (upstream_id <> ''),
    period              smallint not null,
    ip                  inet,
    name                text,
    addons              jsonb not null,
    key                 text check (key <> ''),
    status              text not null check (status in
                            ('ordered', 'active', 'suspended', 'deleted', 'processing')),
    expires_on          date,
    -- When the vendor was last read, and when it should be read again.
    checked_at          timestamptz,
    next_check_at       timestamptz,
    lease_until         timestamptz,
    created_at          timestamptz not null,
    -- One license of the vendor belongs to one of ours.
    constraint license_upstream_once unique (upstream_account_id, upstream_id),
    -- And an order is delivered once.
    constraint license_order_once unique (order_id)
);
create index license_list on license (customer_id, number desc);
create index license_due on license (next_check_at) where next_check_at is not null;

create table operation (
    id                  uuid primary key,
    number              bigint generated always as identity (start with 1) unique,
    kind                text not null check (kind in ('order')),
    order_id            uuid not null references customer_order,
    license_id          uuid references license,
    upstream_account_id uuid not null references upstream_account,
    state               text not null check (state in ('planned', 'sent', 'unknown', 'confirmed',
                            'rejected', 'review', 'parked', 'cancelled')),
    -- Guards every write of a result: whoever lost its lease cannot write any more.
    generation          integer not null default 0,
    -- Our id at the vendor (`remoteid`).
    reference           text not null unique,
    hold_id             uuid unique references ledger_transfer,
    currency            text not null,
    price               bigint not null check (price >= 0),
    cost                bigint not null check (cost >= 0),
    attempts            smallint not null default 0,
    first_sent_at       timestamptz,
    sent_at             timestamptz,
    -- Absence at the vendor, seen once; the second sighting must be later.
    absent_since        timestamptz,
    lease_until         timestamptz,
    next_at             timestamptz not null,
    upstream_id         text,
    -- The vendor's own words, for the customer and for staff.
    vendor_message      text,
    -- An answer that says "refused": absence then ends in `rejected`, not in another attempt.
    refused             boolean not null default false,
    requested_by        uuid references app_user,
    created_at          timestamptz not null,
    finished_at         timestamptz,
    -- Exactly one purchase per order.
    constraint operation_order_once unique (order_id, kind),
    constraint operation_hold_for_price check ((price > 0) = (hold_id is not null)),
    constraint operation_sent_has_time check (state <> 'sent' or (sent_at is not null and lease_until is not null)),
    constraint operation_confirmed_has_license check (state <> 'confirmed' or
        (upstream_id is not null and license_id is not null)),
    constraint operation_final_has_end check ((state in ('confirmed', 'rejected', 'cancelled')) = (finished_at is not null)),
    constraint operation_attempts_bounded check (attempts between 0 and 3)
);
create unique index operation_upstream_once on operation (upstream_account_id, upstream_id)
    where upstream_id is not null;
-- The worker's queue.
create index operation_due on operation (next_at)
    where state in ('planned', 'sent', 'unknown');
create index operation_open on operation (state) where finished_at is null;

-- The ways between states, as domain::operation::OperationState::allows has them.
create function operation_guard() returns trigger language plpgsql as $$
begin
    if new.state <> old.state and not (
           (old.state = 'planned' and new.state in ('sent', 'parked', 'cancelled', 'rejected'))
        or (old.state = 'sent'    and new.state in ('confirmed', 'unknown', 'planned'))
        or (old.state = 'unknown' and new.state in ('confirmed', 'planned', 'rejected', 'review', 'parked'))
        or (old.state = 'review'  and new.state in ('confirmed', 'planned', 'rejected'))
        or (old.state = 'parked'  and new.state in ('planned', 'cancelled', 'rejected'))) then
        raise exception 'operation %: no way from % to %', old.number, old.state, new.state
            using errcode = 'check_violation', constraint = 'operation_transition';
    end if;
    if new.generation < old.generation then
        raise exception 'operation %: the generation never goes back', old.number
            using errcode = 'check_violation', constraint = 'operation_generation';
    end if;
    if (new.id, new.kind, new.order_id, new.reference, new.hold_id, new.price, new.cost, new.currency)
       is distinct from
       (old.id, old.kind, old.order_id, old.reference, old.hold_id, old.price, old.cost, old.currency) then
        raise exception 'operation %: what was agreed does not change', old.number
            using errcode = 'check_violation', constraint = 'operation_agreed';
    end if;
    return new;
end $$;
create trigger operation_guard before update on operation
    for each row execute function operation_guard();

-- What was sent and what came back, without credentials. Nothing is sent without its row here.
create table operation_attempt (
    operation_id uuid not null references operation,
    attempt      smallint not null,
    generation   integer not null,
    sent_at      timestamptz not null,
    request      text not null,
    answered_at  timestamptz,
    outcome      text check (outcome in ('confirmed', 'refused', 'not_sent', 'unknown')),
    answer       text,
    -- The vendor's number, when the answer is a purchase: proof, even for a later owner.
    upstream_id  text,
    constraint attempt_confirmed_has_number check ((outcome = 'confirmed') = (upstream_id is not null)),
    primary key (operation_id, attempt, generation)
);

-- The timeline that customers and staff see.
create table operation_event (
    id           bigint generated always as identity primary key,
    operation_id uuid not null references operation,
    at           timestamptz not null,
    event        text not null check (event in ('planned', 'sent', 'not_sent', 'refused', 'unclear',
                     'absent', 'resend', 'confirmed', 'key', 'rejected', 'review', 'found')),
    detail       text
);
create index operation_event_of on operation_event (operation_id, id);

-- When a worker was last alive, for the readiness of the whole.
create table worker_pulse (
    only_one boolean primary key default true check (only_one),
    at       timestamptz not null
);
