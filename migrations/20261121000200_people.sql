-- Who uses the portal: customers with their users, staff, sessions, throttles, mail and the audit.

create table customer (
    id         uuid primary key,
    number     bigint generated always as identity (start with 1001) unique,
    name       text not null check (name <> ''),
    -- The pricing group; pricelists hang on it.
    group_code text not null default 'public',
    blocked_at timestamptz,
    created_at timestamptz not null
);

create table app_user (
    id            uuid primary key,
    -- A user belongs to a customer or to the staff, never to both.
    customer_id   uuid references customer,
    staff_role    text check (staff_role in ('owner', 'support', 'pricing', 'readonly')),
    email         text not null check (email <> ''),
    -- Null until the owner of the mailbox has followed our mail. An address can be claimed by
    -- several unproved accounts, so that signing up neither tells who is known here nor lets
    -- anybody occupy somebody else's address; it belongs to one proved account.
    email_verified_at timestamptz,
    password_hash text not null,
    -- For the BILLmanager-compatible API; null until set.
    api_password_hash text,
    locale        text not null default 'en' check (locale in ('en', 'ru')),
    created_at    timestamptz not null,
    last_seen_at  timestamptz,
    constraint app_user_one_side check ((customer_id is null) <> (staff_role is null))
);
-- Two spellings of one mailbox are one account.
create unique index app_user_email on app_user (lower(email)) where email_verified_at is not null;
create index app_user_sign_in on app_user (lower(email));
create index app_user_customer on app_user (customer_id);

-- Links in mails that prove a mailbox: hashed, single use.
create table email_proof (
    token_hash bytea primary key check (octet_length(token_hash) = 32),
    user_id    uuid not null references app_user,
    expires_at timestamptz not null,
    used_at    timestamptz
);

create table session (
    -- SHA-256 of the cookie's id: a leaked table does not leak live sessions.
    key          bytea primary key check (octet_length(key) = 32),
    user_id      uuid references app_user,
    data         jsonb not null,
    created_at   timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at   timestamptz not null
);
create index session_of_user on session (user_id);
-- The sweeper deletes what ran out.
create index session_expiry on session (expires_at);

-- Token buckets for sign-in and sign-up: by account and by address of the caller.
create table throttle (
    key        text primary key,
    tokens     double precision not null,
    updated_at timestamptz not null
);

create table email_outbox (
    id           uuid primary key,
    template     text not null,
    -- What the mail is about; a template is sent once per object and event.
    object_id    uuid not null,
    event        text not null,
    recipient    text not null,
    -- The text is made from the catalogues when it is sent or looked at.
    locale       text not null check (locale in ('en', 'ru')),
    args         jsonb not null,
    created_at   timestamptz not null,
    next_try_at  timestamptz not null,
    lease_until  timestamptz,
    attempts     integer not null default 0,
    sent_at      timestamptz,
    last_error   text,
    constraint email_once unique (template, object_id, event, recipient)
);
create index email_outbox_due on email_outbox (next_try_at) where sent_at is null;

create table audit (
    id          bigint generated always as identity primary key,
    at          timestamptz not null,
    actor       uuid references app_user,
    action      text not null,
    object_type text not null,
    object_id   uuid not null,
    before      jsonb,
    after       jsonb,
    reason      text
);
create index audit_object on audit (object_type, object_id, id desc);

create function audit_refuse() returns trigger language plpgsql as $$
begin
    raise exception 'the audit is append-only' using errcode = 'restrict_violation';
end $$;
create trigger audit_immutable before update or delete on audit
    for each row execute function audit_refuse();
create trigger audit_kept before truncate on audit
    for each statement execute function audit_refuse();

-- Which mode this database was filled in: demo data never appears in a real one.
create table installation (
    only_one   boolean primary key default true check (only_one),
    demo       boolean not null,
    created_at timestamptz not null
);
