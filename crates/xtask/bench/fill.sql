-- What the measured portal holds beside its demo data: accounts with money and a session each, and
-- one with a list of licenses. `{…}` is filled in by crates/xtask/src/bench.

create schema bench;
-- Spread like real ids, and the same in each run.
create function bench.id(kind text, n bigint) returns uuid language sql immutable as
    $$ select md5(kind || '/' || n)::uuid $$;

insert into customer (id, name, created_at)
    select bench.id('customer', n), 'Customer ' || n, clock_timestamp()
      from generate_series(1, {accounts}) n;
-- The demo customer's password, hashed as the portal hashes.
insert into app_user (id, customer_id, email, email_verified_at, password_hash, created_at)
    select bench.id('user', n), bench.id('customer', n), 'account-' || n || '@bench.test',
           clock_timestamp(), demo.password_hash, clock_timestamp()
      from generate_series(1, {accounts}) n,
           (select password_hash from app_user where email = 'customer@demo.test') demo;
-- The cookie of account n is n in 21 digits and an `A`; load.lua makes the same.
insert into session (key, user_id, data, created_at, last_seen_at, expires_at)
    select sha256(convert_to(lpad(n::text, 21, '0') || 'A', 'UTF8')), bench.id('user', n),
           jsonb_build_object('user', bench.id('user', n)), clock_timestamp(), clock_timestamp(),
           clock_timestamp() + interval '14 days'
      from generate_series(1, {accounts}) n;
-- Account 0 is the house's.
insert into session (key, user_id, data, created_at, last_seen_at, expires_at)
    select sha256(convert_to(lpad('0', 21, '0') || 'A', 'UTF8')), u.id,
           jsonb_build_object('user', u.id), clock_timestamp(), clock_timestamp(),
           clock_timestamp() + interval '14 days'
      from app_user u where u.email = 'admin@demo.test';

insert into ledger_account (id, kind, owner, currency, created_at)
    select bench.id('wallet', n), 'wallet', bench.id('customer', n), 'EUR', clock_timestamp()
      from generate_series(1, {accounts}) n;
insert into ledger_transfer (id, kind, debit_account, credit_account, amount, currency, cause_kind,
                             cause_id, reason, created_at)
    select bench.id('top-up', n), 'posted', bank.id, bench.id('wallet', n), 10000000000, 'EUR',
           'payment', bench.id('top-up', n), 'for the bench', clock_timestamp()
      from generate_series(1, {accounts}) n,
           (select id from ledger_account where kind = 'gateway_clearing' limit 1) bank;

-- Account 1 owns licenses, each with its order and its operation.
insert into customer_order (id, customer_id, user_id, wish_hash, plan_id, period, ip, name, addons,
                            quote, currency, price, cost, pricelist_version_id, created_at)
    select bench.id('order', n), bench.id('customer', 1), bench.id('user', 1),
           sha256(int8send(n)), p.id, 1, ('198.18.0.0'::inet + n), 'web-' || n || '.bench.test',
           '{}', '{}', 'EUR', 0, 0, v.id, clock_timestamp()
      from generate_series(1, {licenses}) n,
           (select id from plan where slug = '{plan}') p,
           (select id from pricelist_version where group_code = 'public'
             order by version desc limit 1) v;
insert into license (id, customer_id, order_id, plan_id, upstream_account_id, upstream_id, period,
                     ip, name, addons, quote, key, status, expires_on, checked_at, created_at)
    select bench.id('license', n), o.customer_id, o.id, o.plan_id, p.upstream_account_id,
           'bench-' || n, o.period, o.ip, o.name, o.addons, o.quote, 'KEY-' || n, 'active',
           '2027-06-01', clock_timestamp(), clock_timestamp()
      from generate_series(1, {licenses}) n
      join customer_order o on o.id = bench.id('order', n) join plan p on p.id = o.plan_id;
insert into operation (id, kind, order_id, license_id, upstream_account_id, state, reference,
                       currency, price, cost, attempts, next_at, upstream_id, created_at, finished_at)
    select bench.id('operation', n), 'order', o.id, bench.id('license', n), p.upstream_account_id,
           'confirmed', 'bench-' || n, 'EUR', 0, 0, 1, clock_timestamp(), 'bench-' || n,
           clock_timestamp(), clock_timestamp()
      from generate_series(1, {licenses}) n
      join customer_order o on o.id = bench.id('order', n) join plan p on p.id = o.plan_id;

-- The bare debit's tables.
create table bench.wallet (id bigint primary key, balance bigint not null check (balance >= 0));
create table bench.entry (
    id bigint generated always as identity primary key, wallet bigint not null references bench.wallet,
    purchase uuid not null, amount bigint not null, at timestamptz not null);
create table bench.purchase (
    id uuid primary key, wallet bigint not null references bench.wallet, content jsonb not null,
    at timestamptz not null);
insert into bench.wallet select n, 10000000000 from generate_series(1, {accounts}) n;
