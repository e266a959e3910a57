//! The ledger against a real Postgres: conservation, limits, once-only, immutability.
#![expect(clippy::unwrap_used, reason = "tests")]

mod model;

use domain::{Currency, Money};
use ledger::MovementKind::{Captured, Held, In, Released};
use ledger::{
    Account, AccountKind, Cause, CauseKind, LedgerError, Look, Step, Transfer, capture_in_tx,
    give_back_in_tx, hold_in_tx, house_account_in_tx, link_in_tx, post_in_tx, release_in_tx,
    statement, verify, wallet_balance, wallet_in_tx,
};
use sqlx::{AssertSqlSafe, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

fn cause() -> Cause {
    Cause { kind: CauseKind::Order, id: Uuid::now_v7(), actor: None, reason: "test".into() }
}

struct Books {
    customer: Uuid,
    wallet: Account,
    revenue: Account,
}

/// A wallet with 10.00 in it.
async fn books(pool: &PgPool) -> Books {
    let customer = Uuid::now_v7();
    let mut tx = pool.begin().await.unwrap();
    let wallet = wallet_in_tx(&mut tx, customer, Currency::EUR, NOW).await.unwrap();
    let house = |kind| (kind, None::<Uuid>);
    let (kind, owner) = house(AccountKind::Revenue);
    let revenue =
        house_account_in_tx(&mut tx, kind, owner, Currency::EUR, wallet.id, NOW).await.unwrap();
    let (kind, owner) = house(AccountKind::GatewayClearing);
    let bank =
        house_account_in_tx(&mut tx, kind, owner, Currency::EUR, wallet.id, NOW).await.unwrap();
    let top_up = Transfer {
        id: Uuid::now_v7(),
        debit: bank,
        credit: wallet,
        amount: eur("10"),
        cause: Cause { kind: CauseKind::Payment, ..cause() },
    };
    post_in_tx(&mut tx, &top_up, NOW).await.unwrap();
    tx.commit().await.unwrap();
    Books { customer, wallet, revenue }
}

impl Books {
    fn spend(&self, amount: &str) -> Transfer {
        Transfer {
            id: Uuid::now_v7(),
            debit: self.wallet,
            credit: self.revenue,
            amount: eur(amount),
            cause: cause(),
        }
    }

    async fn holds(&self, pool: &PgPool) -> (Money, Money) {
        let mut db = pool.acquire().await.unwrap();
        let balance = wallet_balance(&mut db, self.customer, Currency::EUR).await.unwrap();
        (balance.available, balance.held)
    }
}

async fn sound(pool: &PgPool) {
    assert_eq!(verify(&mut pool.acquire().await.unwrap()).await.unwrap(), vec![]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_hold_is_reserved_then_captured_or_released(pool: PgPool) {
    let books = books(&pool).await;
    let mut db = pool.acquire().await.unwrap();
    let (first, second) = (books.spend("4.90"), books.spend("5"));
    hold_in_tx(&mut db, &first, NOW).await.unwrap();
    hold_in_tx(&mut db, &second, NOW).await.unwrap();
    assert_eq!(books.holds(&pool).await, (eur("0.10"), eur("9.90")));
    capture_in_tx(&mut db, Uuid::now_v7(), first.id, None, cause(), NOW).await.unwrap();
    release_in_tx(&mut db, Uuid::now_v7(), second.id, cause(), NOW).await.unwrap();
    assert_eq!(books.holds(&pool).await, (eur("5.10"), eur("0")));
    let page = statement(&mut db, books.wallet, &Look::default(), 10).await.unwrap();
    let kinds: Vec<_> = page.movements.iter().map(|m| m.kind).collect();
    assert_eq!(kinds, [Released, Captured, Held, Held, In]);
    assert_eq!(page.movements[0].available_after, eur("5.10"));
    sound(&pool).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_part_may_be_captured_and_the_rest_comes_back(pool: PgPool) {
    let books = books(&pool).await;
    let mut db = pool.acquire().await.unwrap();
    let hold = books.spend("8");
    hold_in_tx(&mut db, &hold, NOW).await.unwrap();
    let too_much =
        capture_in_tx(&mut db, Uuid::now_v7(), hold.id, Some(eur("8.01")), cause(), NOW).await;
    assert!(matches!(too_much, Err(LedgerError::NotThatHold)), "{too_much:?}");
    capture_in_tx(&mut db, Uuid::now_v7(), hold.id, Some(eur("3")), cause(), NOW).await.unwrap();
    assert_eq!(books.holds(&pool).await, (eur("7"), eur("0")));
    sound(&pool).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_hold_is_resolved_once(pool: PgPool) {
    let books = books(&pool).await;
    let mut db = pool.acquire().await.unwrap();
    let hold = books.spend("4");
    hold_in_tx(&mut db, &hold, NOW).await.unwrap();
    release_in_tx(&mut db, Uuid::now_v7(), hold.id, cause(), NOW).await.unwrap();
    let again = capture_in_tx(&mut db, Uuid::now_v7(), hold.id, None, cause(), NOW).await;
    assert!(matches!(again, Err(LedgerError::AlreadyResolved)), "{again:?}");
    assert_eq!(books.holds(&pool).await, (eur("10"), eur("0")));
    sound(&pool).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_same_transfer_twice_is_one_and_another_is_refused(pool: PgPool) {
    let books = books(&pool).await;
    let mut db = pool.acquire().await.unwrap();
    let hold = books.spend("4");
    hold_in_tx(&mut db, &hold, NOW).await.unwrap();
    hold_in_tx(&mut db, &hold, NOW).await.unwrap();
    assert_eq!(books.holds(&pool).await, (eur("6"), eur("4")));
    let other = Transfer { amount: eur("5"), ..hold.clone() };
    assert!(matches!(hold_in_tx(&mut db, &other, NOW).await, Err(LedgerError::IdReused(_))));
    let (capture, why) = (Uuid::now_v7(), cause());
    for _ in 0..2 {
        capture_in_tx(&mut db, capture, hold.id, None, why.clone(), NOW).await.unwrap();
    }
    assert_eq!(books.holds(&pool).await, (eur("6"), eur("0")));
    sound(&pool).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn money_for_one_is_held_by_one_of_fifty(pool: PgPool) {
    let books = books(&pool).await;
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (pool, hold) = (pool.clone(), books.spend("10"));
            tokio::spawn(
                async move { hold_in_tx(&mut pool.acquire().await.unwrap(), &hold, NOW).await },
            )
        })
        .collect();
    let mut held = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(()) => held += 1,
            Err(LedgerError::InsufficientFunds) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(held, 1);
    assert_eq!(books.holds(&pool).await, (eur("0"), eur("10")));
    sound(&pool).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn hand_written_sql_cannot_break_the_books(pool: PgPool) {
    let books = books(&pool).await;
    let hold = books.spend("4");
    hold_in_tx(&mut pool.acquire().await.unwrap(), &hold, NOW).await.unwrap();
    let attacks = [
        "update ledger_account set credits_posted = credits_posted + 1",
        "update ledger_account set currency = 'USD'",
        "delete from ledger_account",
        "insert into ledger_account (id, kind, owner, currency, credits_posted, created_at)
         values (gen_random_uuid(), 'wallet', gen_random_uuid(), 'EUR', 5, 'epoch')",
        "update ledger_transfer set amount = 1",
        "delete from ledger_transfer",
        "truncate ledger_transfer cascade",
        "truncate ledger_account cascade",
        "update ledger_entry set available_after = 0",
        "delete from ledger_entry",
        "insert into ledger_entry (account_id, transfer_id, available_after, held_after)
         select account_id, transfer_id, 0, 0 from ledger_entry",
        // More than the wallet has.
        "insert into ledger_transfer (id, kind, debit_account, credit_account, amount, currency,
                cause_kind, cause_id, reason, created_at)
         select gen_random_uuid(), 'posted', debit_account, credit_account, 70000, currency,
                cause_kind, cause_id, reason, created_at from ledger_transfer where kind = 'pending'",
        // A capture of more than was held, and a partial release.
        "insert into ledger_transfer (id, kind, debit_account, credit_account, amount, currency,
                pending_id, cause_kind, cause_id, reason, created_at)
         select gen_random_uuid(), 'post', debit_account, credit_account, amount + 1, currency,
                id, cause_kind, cause_id, reason, created_at from ledger_transfer where kind = 'pending'",
        "insert into ledger_transfer (id, kind, debit_account, credit_account, amount, currency,
                pending_id, cause_kind, cause_id, reason, created_at)
         select gen_random_uuid(), 'void', debit_account, credit_account, amount - 1, currency,
                id, cause_kind, cause_id, reason, created_at from ledger_transfer where kind = 'pending'",
        // Another currency than the accounts'.
        "insert into ledger_transfer (id, kind, debit_account, credit_account, amount, currency,
                cause_kind, cause_id, reason, created_at)
         select gen_random_uuid(), 'posted', debit_account, credit_account, 1, 'USD',
                cause_kind, cause_id, reason, created_at from ledger_transfer where kind = 'pending'",
    ];
    for attack in attacks {
        let result = sqlx::query(attack).execute(&pool).await;
        assert!(result.is_err(), "went through: {attack}");
    }
    assert_eq!(books.holds(&pool).await, (eur("6"), eur("4")));
    sound(&pool).await;
}

/// An account or transfer that breaks one rule is refused by the name of that rule, also with the
/// triggers switched off.
#[sqlx::test(migrations = "../../migrations")]
async fn a_broken_rule_is_told_by_its_name(pool: PgPool) {
    let books = books(&pool).await;
    hold_in_tx(&mut pool.acquire().await.unwrap(), &books.spend("4"), NOW).await.unwrap();
    let account = |set: &str| format!("update ledger_account set {set} where kind = 'wallet'");
    let house = |set: &str| format!("update ledger_account set {set} where kind = 'revenue'");
    let transfer = |set: &str| format!("update ledger_transfer set {set} where kind = 'pending'");
    let broken = [
        ("wallet_within_limit", account("debits_posted = 70000")),
        ("ledger_account_debits_pending_check", account("debits_pending = -1")),
        ("ledger_account_debits_posted_check", account("debits_posted = -1")),
        ("ledger_account_credits_pending_check", account("credits_pending = -1")),
        ("ledger_account_credits_posted_check", house("credits_posted = -1")),
        ("ledger_account_credit_limit_check", house("credit_limit = -1")),
        ("account_chain", account("chain = 'x'")),
        ("ledger_account_kind_check", account("kind = 'purse'")),
        ("ledger_account_currency_check", account("currency = 'eur'")),
        ("ledger_account_shard_check", house("shard = 64")),
        ("wallet_has_owner", account("owner = null")),
        ("wallet_has_owner", house("owner = gen_random_uuid()")),
        ("wallet_is_not_sharded", account("shard = 1")),
        ("ledger_transfer_amount_check", transfer("amount = 0")),
        ("ledger_transfer_kind_check", transfer("kind = 'gift'")),
        ("ledger_transfer_cause_kind_check", transfer("cause_kind = 'whim'")),
        ("ledger_transfer_reason_check", transfer("reason = ''")),
        ("transfer_between_two", transfer("credit_account = debit_account")),
        ("transfer_resolves", transfer("pending_id = id")),
        ("transfer_resolves", transfer("kind = 'post'")),
        ("transfer_reversal_is_posted", transfer("reverses = id")),
        ("transfer_link_size", transfer("link_id = id, link_size = 51")),
        ("transfer_linked", transfer("link_id = id")),
    ];
    for (rule, sql) in broken {
        let mut tx = pool.begin().await.unwrap();
        sqlx::query("set local session_replication_role = replica")
            .execute(&mut *tx)
            .await
            .unwrap();
        let refused = sqlx::query(AssertSqlSafe(sql.clone())).execute(&mut *tx).await;
        let error = refused.expect_err(&sql);
        assert_eq!(error.as_database_error().and_then(|e| e.constraint()), Some(rule), "{sql}");
    }
    // Between accounts of which one is not there.
    for account in ["debit_account", "credit_account"] {
        let sql = format!(
            "insert into ledger_transfer (id, kind, debit_account, credit_account, amount, currency,
                    cause_kind, cause_id, reason, created_at)
             select gen_random_uuid(), 'pending', {}, 1, currency, cause_kind, cause_id, reason,
                    created_at from ledger_transfer where kind = 'pending'",
            "debit_account, credit_account".replace(account, "gen_random_uuid()")
        );
        let error = sqlx::query(AssertSqlSafe(sql)).execute(&pool).await.unwrap_err();
        let rule = error.as_database_error().and_then(|error| error.constraint());
        assert_eq!(rule, Some("transfer_of_accounts"));
    }
    sound(&pool).await;
}

/// What an attacker with the owner's rights could do: switch the guards off, and on again.
async fn forge(pool: &PgPool, sql: impl Into<String>) {
    let mut tx = pool.begin().await.unwrap();
    sqlx::query("set local session_replication_role = replica").execute(&mut *tx).await.unwrap();
    assert_eq!(
        sqlx::query(AssertSqlSafe(sql.into())).execute(&mut *tx).await.unwrap().rows_affected(),
        1
    );
    tx.commit().await.unwrap();
}

async fn named(pool: &PgPool) -> Vec<(&'static str, Option<Uuid>)> {
    let findings = verify(&mut pool.acquire().await.unwrap()).await.unwrap();
    findings.into_iter().map(|finding| (finding.rule, finding.row)).collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn verify_names_the_account_whose_balance_was_forged(pool: PgPool) {
    let books = books(&pool).await;
    forge(
        &pool,
        "update ledger_account set credits_posted = credits_posted + 1 where kind = 'wallet'",
    )
    .await;
    assert_eq!(
        named(&pool).await,
        [
            ("zero-sum", None),
            ("balance-is-sum", Some(books.wallet.id)),
            ("ends-where-its-lines-end", Some(books.wallet.id))
        ]
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn one_changed_byte_is_found_and_its_row_is_named(pool: PgPool) {
    let books = books(&pool).await;
    let mut db = pool.acquire().await.unwrap();
    let hold = books.spend("4");
    hold_in_tx(&mut db, &hold, NOW).await.unwrap();
    let capture = Uuid::now_v7();
    capture_in_tx(&mut db, capture, hold.id, None, cause(), NOW).await.unwrap();
    post_in_tx(&mut db, &books.spend("1"), NOW).await.unwrap();
    let wallet = books.wallet.id;
    let of = |id: Uuid| format!("where id = '{id}'");
    let line = |id: Uuid| format!("where transfer_id = '{id}' and account_id = '{wallet}'");
    // Each with what undoes it, so that every forgery stands alone. In both accounts' chains a
    // transfer's own bytes are wrong; those of a line are wrong in one, and its hash in the next.
    let forgeries = [
        ("ledger_transfer", "reason", "'tesu'", of(capture), 2),
        ("ledger_transfer", "actor", "gen_random_uuid()", of(hold.id), 2),
        ("ledger_transfer", "created_at", "created_at + interval '1 microsecond'", of(hold.id), 2),
        ("ledger_transfer", "cause_id", "gen_random_uuid()", of(capture), 2),
        ("ledger_entry", "available_after", "available_after + 1", line(hold.id), 1),
        ("ledger_entry", "at", "at - interval '1 day'", line(capture), 1),
        ("ledger_entry", "chain", "set_byte(chain, 31, get_byte(chain, 31) # 1)", line(capture), 1),
    ];
    for (table, column, value, row, chains) in forgeries {
        let kept = format!("create table kept as select {column} as was from {table} {row}");
        sqlx::query(AssertSqlSafe(kept)).execute(&pool).await.unwrap();
        forge(&pool, format!("update {table} set {column} = {value} {row}")).await;
        let findings = named(&pool).await;
        let broken = findings.iter().filter(|(rule, _)| *rule == "chain").count();
        assert_eq!(broken, chains, "{table}.{column}: {findings:?}");
        let first = findings.iter().find(|(rule, _)| *rule == "chain").unwrap().1.unwrap();
        assert!(row.contains(&first.to_string()), "{table}.{column}: {findings:?}");
        forge(&pool, format!("update {table} set {column} = (select was from kept) {row}")).await;
        sqlx::query("drop table kept").execute(&pool).await.unwrap();
        sound(&pool).await;
    }
    // What is cut off at the end is missed, too.
    forge(
        &pool,
        format!(
            "delete from ledger_entry where account_id = '{wallet}'
                and line = (select max(line) from ledger_entry where account_id = '{wallet}')"
        ),
    )
    .await;
    let rules: Vec<_> = named(&pool).await.into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(rules, ["ends-where-its-lines-end", "two-lines"]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn nothing_gives_back_more_than_was_moved(pool: PgPool) {
    let books = books(&pool).await;
    let mut db = pool.acquire().await.unwrap();
    let (hold, capture) = (books.spend("6"), Uuid::now_v7());
    hold_in_tx(&mut db, &hold, NOW).await.unwrap();
    let early = give_back_in_tx(&mut db, Uuid::now_v7(), hold.id, None, None, cause(), NOW).await;
    assert!(matches!(early, Err(LedgerError::NotGivenBack)), "a hold is not spent: {early:?}");
    capture_in_tx(&mut db, capture, hold.id, None, cause(), NOW).await.unwrap();

    let (id, why) = (Uuid::now_v7(), cause());
    for fresh in [true, false] {
        let part = Some(eur("2.50"));
        let given =
            give_back_in_tx(&mut db, id, capture, part, None, why.clone(), NOW).await.unwrap();
        assert_eq!(given, fresh);
    }
    assert_eq!(books.holds(&pool).await, (eur("6.50"), eur("0")));
    let kind = AccountKind::Refunds;
    let refunds = house_account_in_tx(&mut db, kind, None, Currency::EUR, books.wallet.id, NOW)
        .await
        .unwrap();
    let too_much = Some(eur("3.51"));
    let more =
        give_back_in_tx(&mut db, Uuid::now_v7(), capture, too_much, None, cause(), NOW).await;
    assert!(matches!(more, Err(LedgerError::NotGivenBack)), "{more:?}");
    let rest = Some(eur("3.50"));
    give_back_in_tx(&mut db, Uuid::now_v7(), capture, rest, Some(refunds), cause(), NOW)
        .await
        .unwrap();
    assert_eq!(books.holds(&pool).await, (eur("10"), eur("0")));
    // Neither what was given back, nor once more from hand-written SQL.
    let back = give_back_in_tx(&mut db, Uuid::now_v7(), id, None, None, cause(), NOW).await;
    assert!(matches!(back, Err(LedgerError::NotGivenBack)), "{back:?}");
    for amount in ["1", "25000"] {
        let sql = format!(
            "insert into ledger_transfer (id, kind, debit_account, credit_account, amount, currency,
                    reverses, cause_kind, cause_id, reason, created_at)
             select gen_random_uuid(), 'posted', credit_account, debit_account, {amount}, currency,
                    id, cause_kind, cause_id, reason, created_at
               from ledger_transfer where id = '{capture}'"
        );
        assert!(sqlx::query(AssertSqlSafe(sql)).execute(&pool).await.is_err());
    }
    sound(&pool).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn fifty_refunds_at_once_give_back_once(pool: PgPool) {
    let books = books(&pool).await;
    let spent = books.spend("6");
    post_in_tx(&mut pool.acquire().await.unwrap(), &spent, NOW).await.unwrap();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (pool, id) = (pool.clone(), spent.id);
            tokio::spawn(async move {
                let mut db = pool.acquire().await.unwrap();
                give_back_in_tx(&mut db, Uuid::now_v7(), id, None, None, cause(), NOW).await
            })
        })
        .collect();
    let mut given = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(true) => given += 1,
            Err(LedgerError::NotGivenBack) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((given, books.holds(&pool).await), (1, (eur("10"), eur("0"))));
    sound(&pool).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn linked_transfers_are_all_there_or_none(pool: PgPool) {
    let books = books(&pool).await;
    let steps =
        [Step::Post(books.spend("4")), Step::Hold(books.spend("5")), Step::Post(books.spend("2"))];
    let mut tx = pool.begin().await.unwrap();
    let refused = link_in_tx(&mut tx, Uuid::now_v7(), &steps, NOW).await;
    assert!(matches!(refused, Err(LedgerError::InsufficientFunds)), "{refused:?}");
    tx.rollback().await.unwrap();
    assert_eq!(books.holds(&pool).await, (eur("10"), eur("0")), "not even the first");

    let (link, both) = (Uuid::now_v7(), &steps[..2]);
    for fresh in [true, false] {
        let mut tx = pool.begin().await.unwrap();
        assert_eq!(link_in_tx(&mut tx, link, both, NOW).await.unwrap(), fresh);
        tx.commit().await.unwrap();
    }
    assert_eq!(books.holds(&pool).await, (eur("1"), eur("5")));
    let mut tx = pool.begin().await.unwrap();
    let half = [steps[0].clone(), Step::Post(books.spend("1"))];
    let reused = link_in_tx(&mut tx, link, &half, NOW).await;
    assert!(matches!(reused, Err(LedgerError::IdReused(_))), "{reused:?}");
    drop(tx);
    // One more later, and one alone, by hand.
    for link in [link, Uuid::now_v7()] {
        let sql = format!(
            "insert into ledger_transfer (id, kind, debit_account, credit_account, amount, currency,
                    link_id, link_size, cause_kind, cause_id, reason, created_at)
             select gen_random_uuid(), 'posted', credit_account, debit_account, 1, currency,
                    '{link}', 2, cause_kind, cause_id, reason, created_at
               from ledger_transfer where link_id is not null limit 1"
        );
        assert!(sqlx::query(AssertSqlSafe(sql)).execute(&pool).await.is_err());
    }
    sound(&pool).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_statement_pages_without_gaps(pool: PgPool) {
    let books = books(&pool).await;
    let mut db = pool.acquire().await.unwrap();
    for _ in 0..9 {
        post_in_tx(&mut db, &books.spend("1"), NOW).await.unwrap();
    }
    let mut seen = Vec::new();
    let mut cursor = None;
    loop {
        let page = statement(&mut db, books.wallet, &Look { after: cursor, ..Look::default() }, 4)
            .await
            .unwrap();
        seen.extend(page.movements.iter().map(|m| m.available_after));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let expected: Vec<_> = (1..=10).map(|left| Money::new(left * 10_000, Currency::EUR)).collect();
    assert_eq!(seen, expected);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_statement_is_in_the_order_in_which_the_balance_moved(pool: PgPool) {
    let books = books(&pool).await;
    // Another customer's open transaction keeps the house account; ours draws its place in the
    // books and waits. Meanwhile the same wallet is credited and that commits first.
    let mut other = pool.begin().await.unwrap();
    sqlx::query("select 1 from ledger_account where id = $1 for no key update")
        .bind(books.revenue.id)
        .execute(&mut *other)
        .await
        .unwrap();
    let (waiting, hold) = (pool.clone(), books.spend("3"));
    let waiting =
        tokio::spawn(
            async move { hold_in_tx(&mut waiting.acquire().await.unwrap(), &hold, NOW).await },
        );
    loop {
        let blocked: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity
              where datname = current_database() and wait_event_type = 'Lock'",
        )
        .fetch_one(&pool)
        .await
        .unwrap();
        if blocked > 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    let mut db = pool.acquire().await.unwrap();
    let kind = AccountKind::Adjustments;
    let near = Uuid::from_u128(1);
    let house = house_account_in_tx(&mut db, kind, None, Currency::EUR, near, NOW).await.unwrap();
    let credit = Transfer {
        id: Uuid::now_v7(),
        debit: house,
        credit: books.wallet,
        amount: eur("0.50"),
        cause: Cause { kind: CauseKind::Staff, ..cause() },
    };
    // The wallet's row may be held by the waiting transfer; then this one queues behind it.
    let crediting = tokio::spawn(async move { post_in_tx(&mut db, &credit, NOW).await });
    tokio::task::yield_now().await;
    other.rollback().await.unwrap();
    waiting.await.unwrap().unwrap();
    crediting.await.unwrap().unwrap();
    assert_eq!(books.holds(&pool).await, (eur("7.50"), eur("3")));
    sound(&pool).await;
}
