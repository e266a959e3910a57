-- What is sold, from whom it is bought, what it costs and for how much it sells.

create table upstream_account (
    id            uuid primary key,
    slug          text not null unique check (slug ~ '^[a-z0-9-]{1,40}$'),
    name          text not null,
    base_url      text not null,
    username      text not null,
    -- XChaCha20-Poly1305: key id, nonce and ciphertext; the row's id is associated data.
    secret        bytea not null,
    currency      text not null check (currency ~ '^[A-Z]{3}$'),
    -- How long an outcome may still change at this vendor; tests and the demo use seconds.
    connect_timeout_ms   integer not null default 5000   check (connect_timeout_ms between 50 and 60000),
    call_timeout_ms      integer not null default 60000  check (call_timeout_ms between 50 and 300000),
    check_timeout_ms     integer not null default 2000   check (check_timeout_ms between 50 and 10000),
    send_deadline_ms     integer not null default 30000  check (send_deadline_ms between 50 and 60000),
    lease_ms             integer not null default 120000 check (lease_ms >= 200),
    quiet_window_ms      integer not null default 300000 check (quiet_window_ms >= 100),
    second_sighting_ms   integer not null default 60000  check (second_sighting_ms >= 50),
    -- Money and the order age end the repetitions of an order that is proved absent.
    max_attempts         smallint not null default 3 check (max_attempts between 1 and 3),
    resend_within_ms     integer not null default 3600000 check (resend_within_ms >= 0),
    -- Calls at one time; the vendor's limit is not documented, so it is a setting.
    max_concurrency      smallint not null default 4 check (max_concurrency between 1 and 64),
    enabled       boolean not null default true,
    created_at    timestamptz not null,
    -- The lease must outlive a call, or a second worker would judge it while it runs.
    constraint upstream_lease_outlives_call
        check (lease_ms > send_deadline_ms + connect_timeout_ms + call_timeout_ms)
);

create table product_family (
    code     text primary key check (code ~ '^[a-z0-9-]{1,40}$'),
    position smallint not null,
    name     jsonb not null,
    summary  jsonb not null
);

create table plan (
    id                  uuid primary key,
    -- The wire wants numbers: this is the plan's `pricelist` code in our own API.
    number              bigint generated always as identity (start with 5001) unique,
    slug                text not null unique check (slug ~ '^[a-z0-9-]{1,60}$'),
    family              text not null references product_family,
    position            smallint not null,
    upstream_account_id uuid not null references upstream_account,
    dialect             text not null check (dialect in ('soft')),
    upstream_plan_code  text not null check (upstream_plan_code <> ''),
    name                jsonb not null,
    tagline             jsonb not null,
    description         jsonb not null,
    needs_ip            boolean not null,
    available           boolean not null default true,
    created_at          timestamptz not null,
    constraint plan_upstream unique (upstream_account_id, dialect, upstream_plan_code)
);

create table plan_period (
    plan_id uuid not null references plan,
    -- -100 trial, 0 lifetime, N months, as on the wire.
    period  smallint not null check (period in (-100, 0) or period between 1 and 120),
    cost    bigint not null check (cost >= 0),
    primary key (plan_id, period)
);

create table plan_addon (
    plan_id             uuid not null references plan,
    code                text not null check (code ~ '^[a-z0-9_]{1,30}$'),
    upstream_addon_code text not null,
    name                jsonb not null,
    base                integer not null check (base >= 0),
    max                 integer not null,
    step                integer not null check (step >= 1),
    primary key (plan_id, code),
    constraint addon_range check (max >= base)
);

create table addon_cost (
    plan_id uuid not null,
    code    text not null,
    period  smallint not null,
    cost    bigint not null check (cost >= 0),
    primary key (plan_id, code, period),
    foreign key (plan_id, code) references plan_addon,
    foreign key (plan_id, period) references plan_period
);

-- A pricelist's versions are published and never changed; the newest one is in force.
create table pricelist_version (
    id           uuid primary key,
    group_code   text not null,
    version      integer not null check (version > 0),
    -- domain::price::Pricelist
    content      jsonb not null,
    author       uuid references app_user,
    published_at timestamptz not null,
    constraint pricelist_version_once unique (group_code, version)
);
