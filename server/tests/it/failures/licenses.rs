//! What happens to licenses, with us and past us.

use std::collections::BTreeMap;
use std::time::Duration;

use domain::Period;
use domain::change::Change;
use portal::licenses::{ChangeWish, LicenseDetail};
use portal::operations::{Finding, FindingKind, Remedy, RemedyError};
use sqlx::PgPool;
use upstream_sim::{ByHand, Fault, Times};
use uuid::Uuid;

use super::{End, assert_end, eur, healthy, in_step, open_findings, order, pass, set};
use crate::harness::{IP, TestPortal, fresh};

/// A delivered license for 4.90.
async fn license(portal: &TestPortal) -> Uuid {
    let order = order(portal).await;
    portal.drain().await;
    let viewer = portal.customer().await;
    portal.portal.order(&viewer, order).await.unwrap().unwrap().license.unwrap()
}

async fn ours(portal: &TestPortal, license: Uuid) -> LicenseDetail {
    let viewer = portal.customer().await;
    portal.portal.license(&viewer, license).await.unwrap().unwrap()
}

fn renewal(license: Uuid) -> ChangeWish {
    ChangeWish {
        id: Uuid::now_v7(),
        license,
        change: Change::Renew { period: Period::MONTH },
        shown_total: Some(eur("4.90")),
        shown_until: None,
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn r27_a_renewal_without_an_answer_renews_once(pool: PgPool) {
    let kind = || "internal".to_owned();
    for (fault, sent) in [
        (Fault::ResetAfter, 1),
        (Fault::HangAfter, 1),
        (Fault::GarbageAfter, 1),
        (Fault::ErrorAfterDebit { kind: kind() }, 1),
        (Fault::LateLanding { ms: 240_000, hang: false }, 1),
        (Fault::ResetBefore, 2),
        (Fault::HangBefore, 2),
        (Fault::TooMany, 2),
    ] {
        let name = fault.name();
        let portal = in_step(fresh(&pool).await).await;
        let license = license(&portal).await;
        let was = portal.vendor().live_licenses().pop().unwrap();
        let viewer = portal.customer().await;
        portal.vendor().add_fault("service.prolong!", fault, Times::Once);
        let wish = renewal(license);
        portal.portal.change_license(&viewer, &wish).await.unwrap();
        portal.drain().await;
        assert_eq!(portal.wallet().await, (eur("490.20"), eur("4.90")), "{name}: held");
        pass(&portal, 10).await;
        let state = "select count(*) from operation where kind = 'renew' and state = 'confirmed'";
        assert_eq!(portal.count(state).await, 1, "{name}");
        let now = portal.vendor().live_licenses().pop().unwrap();
        let days = (now.expires - was.expires).whole_days();
        assert!((28..=31).contains(&days), "{name}: {days} days");
        assert_eq!(portal.sent("service.prolong"), sent, "{name}");
        assert_eq!(portal.vendor().debits().len(), 2, "{name}: an order and a renewal");
        assert_eq!(portal.wallet().await, (eur("490.20"), eur("0")), "{name}");
        assert_eq!(ours(&portal, license).await.row.expires_on, Some(now.expires), "{name}");
        healthy(&portal).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn r28_a_click_and_the_worker_renew_once(pool: PgPool) {
    // The worker first, the click first, and both at once, from many processes.
    for (name, clicks, workers) in [("the worker", 0, 1), ("a click", 1, 0), ("all", 10, 10)] {
        let portal = in_step(fresh(&pool).await).await;
        let license = license(&portal).await;
        let viewer = portal.customer().await;
        portal.portal.set_auto_renew(&viewer, license, true).await.unwrap();
        let was = portal.vendor().live_licenses().pop().unwrap();
        // Every click is of a page that was made before anything was renewed.
        let mut page = renewal(license);
        page.id = portal.portal.next_change_id(&viewer, license).await.unwrap();
        // Two days before its last one, with nobody awake until now.
        let almost = Duration::from_hours(24 * 28);
        portal.clock.advance(almost);
        portal.vendor().advance_clock(almost);
        let mut tasks = Vec::new();
        for _ in 0..clicks {
            let (process, viewer, wish) = (portal.restarted(), viewer.clone(), page.clone());
            tasks.push(tokio::spawn(async move {
                process.change_license(&viewer, &wish).await.unwrap();
            }));
        }
        for _ in 0..workers {
            let process = portal.restarted();
            tasks.push(tokio::spawn(async move {
                while process.work_once().await.unwrap() == portal::operations::Done::Worked {}
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        portal.drain().await;
        pass(&portal, 30).await;
        // A click that comes when it is long done is still of the page before.
        let late = portal.portal.change_license(&viewer, &page).await.unwrap();
        assert!(!late.fresh, "{name}");
        pass(&portal, 5).await;
        assert_eq!(portal.count("select count(*) from operation where kind = 'renew'").await, 1);
        assert_eq!(portal.sent("service.prolong"), 1, "{name}");
        let now = portal.vendor().live_licenses().pop().unwrap();
        let days = (now.expires - was.expires).whole_days();
        assert!((28..=31).contains(&days), "{name}: {days} days");
        assert_eq!(portal.vendor().debits().len(), 2, "{name}");
        assert_eq!(portal.wallet().await, (eur("490.20"), eur("0")), "{name}");
        healthy(&portal).await;
        // The next page renews the next term.
        page.id = portal.portal.next_change_id(&viewer, license).await.unwrap();
        assert!(portal.portal.change_license(&viewer, &page).await.unwrap().fresh, "{name}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn r29_what_is_deleted_past_us_is_shown_and_not_refunded(pool: PgPool) {
    let portal = in_step(pool).await;
    let license = license(&portal).await;
    let number = portal.vendor().live_licenses()[0].id;
    pass(&portal, 90).await;
    assert!(open_findings(&portal).await.is_empty());
    portal.vendor().by_hand(number, ByHand::Delete);
    pass(&portal, 61).await;
    let found = open_findings(&portal).await;
    assert_eq!(found.len(), 1, "within the hour");
    assert_eq!(
        (found[0].kind, found[0].upstream_id.as_str()),
        (FindingKind::Missing, number.to_string().as_str())
    );
    assert_eq!(found[0].license, Some(ours(&portal, license).await.row.number));
    pass(&portal, 120).await;
    assert_eq!(open_findings(&portal).await.len(), 1, "found once");
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("0")), "nothing comes back by itself");
    let staff = portal.owner().await;
    let adopt = portal.portal.settle_finding(&staff, found[0].id, Remedy::Adopt, "by hand").await;
    assert!(matches!(adopt, Err(RemedyError::NotAnOrphan)), "{adopt:?}");
    portal.portal.settle_finding(&staff, found[0].id, Remedy::Dismiss, "by hand").await.unwrap();
    let status = ours(&portal, license).await.row.status;
    assert_eq!(status, domain::license::LicenseStatus::Deleted);
    pass(&portal, 120).await;
    assert!(open_findings(&portal).await.is_empty(), "not found again");
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("0")));
    assert_eq!(portal.sent("soft.order.param"), 1, "and nothing is bought again");
    healthy(&portal).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r29_what_is_moved_past_us_is_shown(pool: PgPool) {
    let portal = in_step(pool).await;
    let license = license(&portal).await;
    let number = portal.vendor().live_licenses()[0].id;
    portal.vendor().by_hand(number, ByHand::Move("203.0.113.99".to_owned()));
    assert_eq!(ours(&portal, license).await.row.ip.as_deref(), Some(IP));
    // Everything is read once a day.
    for _ in 0..25 {
        portal.clock.advance(Duration::from_hours(1));
        portal.vendor().advance_clock(Duration::from_hours(1));
        portal.drain().await;
    }
    assert_eq!(ours(&portal, license).await.row.ip.as_deref(), Some("203.0.113.99"));
    assert!(open_findings(&portal).await.is_empty());
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("0")));
    healthy(&portal).await;
}

/// An order that was given back, and of which the vendor has made a license hours later.
async fn delivered_after_all(portal: &TestPortal) -> (Uuid, Finding) {
    set(portal, "max_attempts = 1").await;
    let late = Fault::LateLanding { ms: 3 * 3_600_000, hang: false };
    portal.vendor().add_fault("soft.order.param", late, Times::Once);
    let order = order(portal).await;
    portal.drain().await;
    pass(portal, 30).await;
    let back = End { state: "rejected", sent: 1, licenses: 0, available: "500", held: "0" };
    assert_end(portal, order, "given back", &back).await;
    pass(portal, 149).await;
    assert!(open_findings(portal).await.is_empty());
    pass(portal, 62).await;
    let mut found = open_findings(portal).await;
    assert_eq!(found.len(), 1, "within the hour");
    let found = found.remove(0);
    assert_eq!(
        (found.kind, found.order, found.price),
        (FindingKind::Orphan, Some(order), Some(eur("4.90")))
    );
    assert_eq!(portal.vendor().debits().len(), 1);
    assert_eq!(portal.wallet().await, (eur("500"), eur("0")), "nobody is charged by itself");
    (order, found)
}

#[sqlx::test(migrations = "../migrations")]
async fn r30_an_orphan_is_adopted_for_its_price(pool: PgPool) {
    let portal = in_step(pool).await;
    let (order, found) = delivered_after_all(&portal).await;
    let staff = portal.owner().await;
    portal.portal.settle_finding(&staff, found.id, Remedy::Adopt, "it works").await.unwrap();
    // Whatever says that nobody knows a license of ours is over by itself, too.
    sqlx::query(
        "insert into upstream_finding
            (id, upstream_account_id, kind, upstream_id, evidence, first_seen_at, last_seen_at)
         select gen_random_uuid(), upstream_account_id, 'stranger', upstream_id, '', $1, $1
           from license",
    )
    .bind(portal.portal.clock.now())
    .execute(&portal.portal.pool)
    .await
    .unwrap();
    pass(&portal, 180).await;
    assert!(open_findings(&portal).await.is_empty());
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("0")), "charged again");
    let viewer = portal.customer().await;
    let licenses: Vec<(String, String)> = sqlx::query_as("select upstream_id, key from license")
        .fetch_all(&portal.portal.pool)
        .await
        .unwrap();
    let theirs = portal.vendor().live_licenses();
    assert_eq!(licenses, [(theirs[0].id.to_string(), theirs[0].key.clone())]);
    assert_eq!(portal.state(order).await, "rejected", "the old order stays as it ended");
    assert!(portal.portal.order(&viewer, order).await.unwrap().unwrap().license.is_none());
    assert_eq!((portal.sent("soft.order.param"), portal.vendor().debits().len()), (1, 1));
    healthy(&portal).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn r30_an_orphan_that_cannot_be_paid_stays(pool: PgPool) {
    let portal = in_step(pool).await;
    let (_, found) = delivered_after_all(&portal).await;
    let viewer = portal.customer().await;
    // The money went into other things meanwhile.
    let dear = portal::orders::Wish {
        plan: "isp6-biz".to_owned(),
        addons: BTreeMap::from([("node".to_owned(), 38)]),
        ..super::lite("203.0.113.50")
    };
    let priced = portal.portal.place_order(&viewer, &dear).await.unwrap_err();
    let portal::orders::PlaceError::PriceChanged { now } = priced else { panic!("{priced:?}") };
    let dear = portal::orders::Wish { shown_total: now, ..dear };
    portal.portal.place_order(&viewer, &dear).await.unwrap();
    for ip in ["203.0.113.51", "203.0.113.52"] {
        portal.portal.place_order(&viewer, &super::lite(ip)).await.unwrap();
    }
    let before = portal.wallet().await;
    assert!(before.0.amount() < eur("4.90").amount(), "{before:?}");
    let staff = portal.owner().await;
    let refused = portal.portal.settle_finding(&staff, found.id, Remedy::Adopt, "it works").await;
    assert!(matches!(refused, Err(RemedyError::NotEnough)), "{refused:?}");
    assert_eq!(portal.wallet().await, before);
    assert_eq!(open_findings(&portal).await.len(), 1, "it still waits");
    assert_eq!(portal.count("select count(*) from license").await, 0);
    // Left as it is: it is not told again.
    portal.portal.settle_finding(&staff, found.id, Remedy::Dismiss, "deleted there").await.unwrap();
    portal.drain().await;
    pass(&portal, 180).await;
    assert!(open_findings(&portal).await.is_empty());
    assert_eq!(portal.count("select count(*) from upstream_finding").await, 1);
    assert_eq!(portal.vendor().live_licenses().len(), 4, "the sweep deletes nothing that is paid");
}
