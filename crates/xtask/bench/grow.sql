-- Makes the lists of an account longer: licenses with their orders, and movements in the wallet.
-- `{…}` is filled in by crates/xtask/src/bench.

-- Triggers and foreign keys would take minutes for a million rows, and nobody checks these books.
set session_replication_role = replica;

insert into customer_order (id, customer_id, user_id, wish_hash, plan_id, period, ip, name, addons,
                            quote, currency, price, cost, pricelist_version_id, created_at)
    select bench.id('order-{account}', n), bench.id('customer', {account}),
           bench.id('user', {account}), sha256(int8send(n)), p.id, 1, '198.18.0.0'::inet + n,
           'web-' || n || '.bench.test', '{}', '{}', 'EUR', 0, 0, v.id, clock_timestamp()
      from generate_series({first}, {last}) n, (select id from plan where slug = '{plan}') p,
           (select id from pricelist_version where group_code = 'public'
             order by version desc limit 1) v;
insert into license (id, customer_id, order_id, plan_id, upstream_account_id, upstream_id, period,
                     ip, name, addons, quote, key, status, expires_on, checked_at, created_at)
    select bench.id('license-{account}', n), bench.id('customer', {account}),
           bench.id('order-{account}', n), p.id, p.upstream_account_id, 'bench-{account}-' || n, 1,
           '198.18.0.0'::inet + n, 'web-' || n || '.bench.test', '{}', '{}', 'KEY-' || n, 'active',
           '2027-06-01', clock_timestamp(), clock_timestamp()
      from generate_series({first}, {last}) n, (select * from plan where slug = '{plan}') p;
insert into operation (id, kind, order_id, license_id, upstream_account_id, state, reference,
                       currency, price, cost, attempts, next_at, upstream_id, created_at, finished_at,
                       order_number, customer_id)
    select bench.id('operation-{account}', n), 'order', o.id, bench.id('license-{account}', n),
           p.upstream_account_id, 'confirmed', 'bench-{account}-' || n, 'EUR', 0, 0, 1,
           clock_timestamp(), 'bench-{account}-' || n, clock_timestamp(), clock_timestamp(),
           o.number, o.customer_id
      from generate_series({first}, {last}) n
      join customer_order o on o.id = bench.id('order-{account}', n)
      join plan p on p.id = o.plan_id;
insert into ledger_transfer (id, kind, debit_account, credit_account, amount, currency, cause_kind,
                             cause_id, reason, created_at)
    select bench.id('movement-{account}', n), 'posted', bank.id, bench.id('wallet', {account}),
           10000, 'EUR', 'payment', bench.id('movement-{account}', n), 'for the bench',
           clock_timestamp()
      from generate_series({first}, {last}) n,
           (select id from ledger_account where kind = 'gateway_clearing' limit 1) bank;
insert into ledger_entry (account_id, transfer_id, available_after, held_after, kind, at, of_wallet,
                          chain)
    select bench.id('wallet', {account}), bench.id('movement-{account}', n), 10000::bigint * n, 0, 'in',
           clock_timestamp(), true, decode(repeat('00', 32), 'hex')
      from generate_series({first}, {last}) n;
