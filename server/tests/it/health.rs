//! Each invariant is found broken when it is, and only then. Whoever breaks one here is somebody with
//! the owner's rights, who switches the database's own guards off.

use portal::health::Invariant;
use sqlx::{AssertSqlSafe, PgPool};

use crate::harness::{IP, TestPortal};

/// A portal with a delivered order and one under way.
async fn lively(pool: PgPool) -> TestPortal {
    let portal = TestPortal::new(pool).await;
    let mut browser = portal.signed_in().await;
    browser.post(&portal, "/buy", &portal.lite_form(IP).await).await;
    portal.settle().await;
    browser.post(&portal, "/buy", &portal.lite_form("203.0.113.9").await).await;
    portal
}

/// That exactly these are broken, once this was done past the guards.
async fn broken_by(pool: PgPool, sql: &'static str, expected: &[Invariant]) {
    let portal = lively(pool).await;
    assert_eq!(portal.portal.check_health().await.unwrap(), vec![], "sound before");
    let mut tx = portal.portal.pool.begin().await.unwrap();
    sqlx::query("set local session_replication_role = replica").execute(&mut *tx).await.unwrap();
    let touched = sqlx::query(AssertSqlSafe(sql)).execute(&mut *tx).await.unwrap();
    assert!(touched.rows_affected() > 0, "{sql}");
    tx.commit().await.unwrap();
    let broken = portal.portal.check_health().await.unwrap();
    let found: Vec<_> = broken.iter().map(|check| check.invariant).collect();
    assert_eq!(found, expected, "{broken:?}");
    assert!(broken.iter().all(|check| !check.examples.is_empty()));
    let staff = portal.owner().await;
    let shown = portal.portal.health(&staff).await.unwrap();
    let shown: Vec<_> =
        shown.iter().filter(|check| check.broken > 0).map(|check| check.invariant).collect();
    assert_eq!(shown, expected, "the page shows it");
}

#[sqlx::test(migrations = "../migrations")]
async fn i01_all_entries_add_up_to_nothing(pool: PgPool) {
    broken_by(
        pool,
        "update ledger_account set debits_posted = debits_posted + 1
          where kind = 'gateway_clearing' and debits_posted > 0",
        &[Invariant::I01, Invariant::I03, Invariant::I06],
    )
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn i02_every_transfer_has_its_two_lines(pool: PgPool) {
    // The newest line of all: nothing comes after it in its chain.
    broken_by(
        pool,
        "delete from ledger_entry where line = (select max(line) from ledger_entry)",
        &[Invariant::I02, Invariant::I03],
    )
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn i03_no_line_is_changed(pool: PgPool) {
    broken_by(
        pool,
        "update ledger_transfer set reason = 'a gift' where kind = 'pending'",
        &[Invariant::I03],
    )
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn i04_no_wallet_is_below_its_limit(pool: PgPool) {
    let dropped = "alter table ledger_account drop constraint wallet_within_limit";
    sqlx::query(dropped).execute(&pool).await.unwrap();
    broken_by(
        pool,
        "update ledger_account set debits_pending = debits_pending + 6000000000
          where kind = 'wallet' and credits_posted > 0",
        &[Invariant::I01, Invariant::I03, Invariant::I04, Invariant::I05, Invariant::I06],
    )
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn i05_what_is_held_is_what_is_open(pool: PgPool) {
    broken_by(
        pool,
        "update operation set price = price + 1 where state = 'planned'",
        &[Invariant::I05],
    )
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn i06_balances_are_sums(pool: PgPool) {
    broken_by(
        pool,
        "update ledger_account set credits_posted = credits_posted + 1, debits_posted = debits_posted + 1
          where kind = 'wallet' and credits_posted > 0",
        &[Invariant::I06],
    )
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn i07_a_hold_ends_as_its_operation(pool: PgPool) {
    broken_by(
        pool,
        "update operation set state = 'rejected', finished_at = created_at where state = 'planned'",
        &[Invariant::I05, Invariant::I07],
    )
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn i08_what_is_confirmed_has_its_license(pool: PgPool) {
    broken_by(pool, "update license set upstream_id = upstream_id || '9'", &[Invariant::I08]).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn i09_every_license_was_bought(pool: PgPool) {
    broken_by(
        pool,
        "update license set order_id = (select order_id from operation where state = 'planned')",
        &[Invariant::I09],
    )
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn i10_nothing_is_under_way_for_too_long(pool: PgPool) {
    broken_by(
        pool,
        "update operation set created_at = created_at - interval '61 minutes' where state = 'planned'",
        &[Invariant::I10],
    )
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn i11_nothing_is_sent_without_a_record(pool: PgPool) {
    broken_by(pool, "delete from operation_attempt", &[Invariant::I11]).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn i12_vendors_are_paid_what_is_confirmed(pool: PgPool) {
    broken_by(
        pool,
        "update operation set cost = cost + 1 where state = 'confirmed'",
        &[Invariant::I12],
    )
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn i13_every_transfer_has_a_cause(pool: PgPool) {
    broken_by(
        pool,
        "update ledger_transfer set cause_id = gen_random_uuid() where kind = 'pending'
            and id = (select hold_id from operation where state = 'planned')",
        &[Invariant::I03, Invariant::I13],
    )
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn i14_a_credit_limit_is_granted_by_somebody(pool: PgPool) {
    broken_by(
        pool,
        "update ledger_account set credit_limit = 10000 where kind = 'wallet'",
        &[Invariant::I14],
    )
    .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn i14_a_credit_limit_is_the_last_one_granted(pool: PgPool) {
    let portal = lively(pool).await;
    let staff = portal.owner().await;
    let customer =
        sqlx::query_scalar("select id from customer").fetch_one(&portal.portal.pool).await.unwrap();
    let eur = |text: &str| domain::Money::parse(text, domain::Currency::EUR).unwrap();
    for (seen, limit) in [("0", "100"), ("100", "25.5"), ("25.5", "40")] {
        let new = portal::wallet::NewLimit {
            customer,
            limit: eur(limit),
            seen: eur(seen),
            reason: "pays at the end of the month".to_owned(),
        };
        portal.portal.set_credit_limit(&staff, &new).await.unwrap();
        assert_eq!(portal.portal.check_health().await.unwrap(), vec![], "{limit}");
    }
    // Granted once, and not now; or more than granted.
    for by_hand in [255_000, 400_001, 0] {
        sqlx::query("update ledger_account set credit_limit = $1 where kind = 'wallet'")
            .bind(by_hand)
            .execute(&portal.portal.pool)
            .await
            .unwrap();
        let broken = portal.portal.check_health().await.unwrap();
        let found: Vec<_> = broken.iter().map(|check| check.invariant).collect();
        assert_eq!(found, [Invariant::I14], "{by_hand}: {broken:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn every_invariant_has_its_test(_pool: PgPool) {
    let tests = include_str!("health.rs");
    for invariant in Invariant::ALL {
        let name = format!("async fn {}_", invariant.as_str());
        assert!(tests.contains(&name), "{invariant:?}");
        assert_eq!(Invariant::from_word(invariant.as_str()), Some(invariant));
    }
}
