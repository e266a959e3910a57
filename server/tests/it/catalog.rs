//! The shelf in memory: never behind the database without knowing.

use std::time::Duration;

use axum::http::StatusCode;
use portal::catalog::ShelfListener;
use sqlx::PgPool;

use crate::harness::{Browser, TestPortal};

/// A change that nobody hears of would be waited for without end.
const HEARD_WITHIN: Duration = Duration::from_secs(30);

async fn hears(listener: &mut ShelfListener) -> bool {
    tokio::time::timeout(HEARD_WITHIN, listener.hear()).await.expect("something is heard")
}

async fn execute(portal: &TestPortal, sql: &'static str) {
    sqlx::query(sql).execute(&portal.portal.pool).await.unwrap();
}

/// Whether the catalogue and the plan's own page say this.
async fn shows(portal: &TestPortal, text: &str) -> bool {
    let page = async |path| {
        let page = Browser::default().get(portal, path).await;
        assert_eq!(page.status, StatusCode::OK);
        page.body.contains(text)
    };
    let catalog = page("/catalog").await;
    assert_eq!(catalog, page("/p/isp6-lite").await, "{text}");
    catalog
}

const RENAME: &str =
    r#"update plan set name = '{"en": "Renamed", "ru": "Renamed"}' where slug = 'isp6-lite'"#;

#[sqlx::test(migrations = "../migrations")]
async fn a_change_is_on_the_pages_once_it_is_heard(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut listener = ShelfListener::connect(&portal.portal).await.unwrap();
    assert!(!shows(&portal, "Renamed").await);
    execute(&portal, RENAME).await;
    assert!(!shows(&portal, "Renamed").await, "the pages come from memory");
    assert!(hears(&mut listener).await);
    assert!(shows(&portal, "Renamed").await);
}

#[sqlx::test(migrations = "../migrations")]
async fn every_table_of_the_shelf_tells_of_its_changes(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut listener = ShelfListener::connect(&portal.portal).await.unwrap();
    for change in [
        "update product_family set position = position",
        "update plan set position = position",
        "update plan_period set cost = cost",
        "update plan_addon set max = max",
        "update addon_cost set cost = cost",
        "update upstream_account set enabled = enabled",
        "insert into pricelist_version (id, group_code, version, content, published_at)
         select gen_random_uuid(), group_code, version + 1, content, published_at
           from pricelist_version",
    ] {
        execute(&portal, change).await;
        assert!(hears(&mut listener).await, "{change}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn who_hears_nothing_reads_the_database(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut listener = ShelfListener::connect(&portal.portal).await.unwrap();
    assert!(!shows(&portal, "Renamed").await);
    execute(
        &portal,
        "select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and query like 'LISTEN%'",
    )
    .await;
    assert!(!hears(&mut listener).await, "the connection is lost");
    execute(&portal, RENAME).await;
    assert!(shows(&portal, "Renamed").await);
    // A new one keeps shelves again, and begins with what is there.
    let _listener = ShelfListener::connect(&portal.portal).await.unwrap();
    assert!(shows(&portal, "Renamed").await);
    execute(&portal, "update plan set available = false").await;
    assert!(shows(&portal, "Renamed").await, "the pages come from memory");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_order_is_priced_from_the_database_whatever_the_pages_show(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let _listener = ShelfListener::connect(&portal.portal).await.unwrap();
    let mut browser = portal.signed_in().await;
    let form = portal.lite_form(crate::harness::IP).await;
    assert_eq!(browser.get(&portal, "/p/isp6-lite").await.status, StatusCode::OK);
    execute(&portal, "update plan set available = false where slug = 'isp6-lite'").await;
    assert_eq!(browser.get(&portal, "/p/isp6-lite").await.status, StatusCode::OK);
    assert_eq!(browser.post(&portal, "/buy", &form).await.status, StatusCode::NOT_FOUND);
    assert_eq!(portal.count("select count(*) from customer_order").await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_of_guests_touch_no_session(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    execute(&portal, "drop table session").await;
    for path in ["/", "/catalog", "/p/isp6-lite", "/login"] {
        let page = Browser::default().get(&portal, path).await;
        assert_eq!((page.status, page.cookies.len()), (StatusCode::OK, 0), "{path}");
    }
}
