//! Terms that the vendor begins by itself: each is charged once, or borne by us, and none is unexplained.

use std::time::Duration;

use domain::change::{Change, NotNow};
use domain::operation::OperationKind;
use domain::{Currency, Money, Period};
use portal::licenses::ChangeError;
use portal::listing::Paging;
use portal::operations::{
    FINDINGS_BY_TIME, Finding, FindingFilter, FindingKind, Remedy, RemedyError,
};
use portal::wallet::Credit;
use sqlx::PgPool;
use time::Date;
use time::macros::date;
use upstream_sim::{ByHand, Clock, Fault, LicenseView, SimConfig, Times};
use uuid::Uuid;

use crate::dialects::{at_vendor, buy, wish};
use crate::harness::TestPortal;

fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

/// A portal and a vendor whose clocks move together, and whether orders ask for renewals there.
async fn portal(pool: PgPool, renews_there: bool) -> TestPortal {
    let clock = Clock::Fixed(time::macros::datetime!(2026-11-21 10:00 UTC));
    let portal = TestPortal::with(pool, SimConfig { clock, ..SimConfig::default() }).await;
    sqlx::query("update upstream_account set renews_there = $1")
        .bind(renews_there)
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    portal
}

async fn bought(portal: &TestPortal) -> (Uuid, LicenseView) {
    let bought = buy(portal, &wish(portal, "isp6-lite", Period::MONTH).await).await;
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("0")));
    bought
}

/// Lets days pass on both sides; every license is looked at, and what is due is done.
async fn pass(portal: &TestPortal, days: u64) {
    let time = Duration::from_hours(24 * days);
    portal.clock.advance(time);
    portal.vendor().advance_clock(time);
    look(portal).await;
}

async fn look(portal: &TestPortal) {
    sqlx::query("update license set next_check_at = $1, lease_until = null")
        .bind(portal.portal.clock.now())
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    portal.drain().await;
    portal.settle().await;
}

async fn findings(portal: &TestPortal) -> Vec<Finding> {
    let filter = FindingFilter { kind: Some(FindingKind::Renewed), ..FindingFilter::default() };
    let paging = Paging::first(FINDINGS_BY_TIME, 20);
    portal.portal.findings(&portal.owner().await, &filter, &paging).await.unwrap().rows
}

async fn until(portal: &TestPortal, license: Uuid) -> Option<Date> {
    let viewer = portal.customer().await;
    portal.portal.license(&viewer, license).await.unwrap().unwrap().row.expires_on
}

async fn top_up(portal: &TestPortal, amount: &str) {
    let customer = sqlx::query_scalar("select customer_id from license")
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    let reason = "pays at last".to_owned();
    let credit = Credit { id: Uuid::now_v7(), customer, amount: eur(amount), reason };
    portal.portal.credit_wallet(&portal.owner().await, &credit).await.unwrap();
}

const RENEWALS: &str =
    "select count(*) from operation where kind = 'renew' and state = 'confirmed'";

#[sqlx::test(migrations = "../migrations")]
async fn a_term_that_the_vendor_begins_is_charged_once(pool: PgPool) {
    let portal = portal(pool, true).await;
    let (license, vendor) = bought(&portal).await;
    assert_eq!(vendor.autoprolong, Some(1), "the order asked for its own term");
    let seen = portal.portal.license(&portal.customer().await, license).await.unwrap().unwrap();
    assert_eq!(seen.renews, portal::licenses::Renews::ByAgreement);
    assert_eq!(until(&portal, license).await, Some(date!(2026 - 12 - 21)));
    pass(&portal, 31).await;
    assert_eq!(until(&portal, license).await, Some(date!(2027 - 01 - 21)));
    assert_eq!(portal.vendor().debits().len(), 2, "the order, and the term");
    assert_eq!(portal.wallet().await, (eur("490.20"), eur("0")));
    assert_eq!(portal.count(RENEWALS).await, 1);
    assert_eq!(findings(&portal).await.len(), 0);
    // However often it is looked at.
    look(&portal).await;
    pass(&portal, 3).await;
    assert_eq!(portal.wallet().await, (eur("490.20"), eur("0")));
    // And the next one is another one.
    pass(&portal, 31).await;
    assert_eq!(portal.count(RENEWALS).await, 2);
    assert_eq!(portal.wallet().await, (eur("485.30"), eur("0")));
    let how =
        "select count(*) from upstream_finding where kind = 'renewed' and resolution = 'charged'";
    assert_eq!(portal.count(how).await, 2);
    assert!(portal.vendor().calls_of("service.prolong").is_empty(), "nothing was sent for it");
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_the_wallet_cannot_pay_waits_and_is_told(pool: PgPool) {
    let portal = portal(pool, true).await;
    let (license, _) = bought(&portal).await;
    portal.leave(0).await;
    pass(&portal, 31).await;
    assert_eq!(portal.count(RENEWALS).await, 0);
    let [found] = &findings(&portal).await[..] else { panic!("one finding") };
    assert_eq!(found.term, Some((date!(2026 - 12 - 21), date!(2027 - 01 - 21))));
    assert_eq!(until(&portal, license).await, Some(date!(2027 - 01 - 21)), "it works on");
    let letters = "select count(*) from email_outbox where template = 'renewal-unpaid'";
    assert_eq!(portal.count(letters).await, 1);
    let owner = portal.owner().await;
    let adopt = portal.portal.settle_finding(&owner, found.id, Remedy::Adopt, "their term");
    assert!(matches!(adopt.await, Err(RemedyError::NotEnough)));
    // It costs what the license was when it began: that stays until it is paid, by hand too.
    let viewer = portal.customer().await;
    let can = portal.portal.possible_changes(&viewer, license).await.unwrap().unwrap();
    assert!(!can.allows(OperationKind::ChangePlan) && !can.allows(OperationKind::Addons));
    assert!(can.allows(OperationKind::Suspend) && can.allows(OperationKind::Edit));
    let pro = Change::ChangePlan { plan: "isp6-pro".to_owned(), period: Period::MONTH };
    let refused = portal.portal.preview_change(&viewer, license, &pro).await;
    assert!(matches!(refused, Err(ChangeError::NotNow(NotNow::Unpaid))), "{refused:?}");
    let mut own = portal.sign_in(portal::demo::CUSTOMER).await;
    let page = own.get(&portal, &format!("/my/licenses/{license}")).await.body;
    assert!(page.contains("A new term has begun that is not settled yet"), "{page}");
    let page = own.get(&portal, &format!("/my/licenses/{license}/change_plan")).await.body;
    assert!(page.contains("A term that the vendor has begun is not settled yet"), "{page}");
    let by_hand = sqlx::query(
        "insert into operation
            (id, kind, license_id, upstream_account_id, state, reference, currency, price, cost,
             next_at, created_at, customer_id, change, wish_hash)
         select gen_random_uuid(), 'change_plan', l.id, l.upstream_account_id, 'planned', 'by hand',
                'EUR', 0, 0, $1, $1, l.customer_id, '{\"kind\": \"change_plan\"}',
                decode(repeat('00', 32), 'hex') from license l",
    )
    .bind(portal.portal.clock.now())
    .execute(&portal.portal.pool)
    .await
    .unwrap_err();
    assert!(by_hand.to_string().contains("to be settled first"), "{by_hand}");
    // Two terms are behind by now: each is charged by itself once there is money.
    pass(&portal, 31).await;
    let [found] = &findings(&portal).await[..] else { panic!("one finding") };
    assert_eq!(found.term, Some((date!(2026 - 12 - 21), date!(2027 - 02 - 21))));
    top_up(&portal, "20").await;
    portal.clock.advance(Duration::from_hours(7));
    portal.drain().await;
    assert_eq!(portal.count(RENEWALS).await, 2);
    assert_eq!(portal.wallet().await, (eur("10.20"), eur("0")));
    assert_eq!(findings(&portal).await.len(), 0);
    let can = portal.portal.possible_changes(&viewer, license).await.unwrap().unwrap();
    assert!(can.allows(OperationKind::ChangePlan));
    portal.sound().await;
}

/// A change of plan that was confirmed beside it all the same: what the term had cost is not known any more.
#[sqlx::test(migrations = "../migrations")]
async fn a_term_of_another_plan_is_charged_by_nobody(pool: PgPool) {
    let portal = portal(pool, true).await;
    let (license, _) = bought(&portal).await;
    let pro = Change::ChangePlan { plan: "isp6-pro".to_owned(), period: Period::MONTH };
    crate::dialects::change(&portal, license, pro).await;
    look(&portal).await;
    portal.leave(0).await;
    pass(&portal, 31).await;
    let [found] = &findings(&portal).await[..] else { panic!("one finding") };
    // As if it had been noted at the very moment in which the change was planned.
    sqlx::query("update upstream_finding set first_seen_at = '2026-11-21'")
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    top_up(&portal, "50").await;
    portal.clock.advance(Duration::from_hours(7));
    portal.drain().await;
    assert_eq!(portal.count(RENEWALS).await, 0);
    assert_eq!(portal.wallet().await, (eur("50"), eur("0")));
    let owner = portal.owner().await;
    let adopt = portal.portal.settle_finding(&owner, found.id, Remedy::Adopt, "their term");
    assert!(matches!(adopt.await, Err(RemedyError::NoPrice)));
    portal.portal.settle_finding(&owner, found.id, Remedy::Dismiss, "ours").await.unwrap();
    assert_eq!(portal.wallet().await, (eur("50"), eur("0")));
    portal.sound().await;
}

/// What was given up because the vendor could not be looked at is planned again; what the vendor has refused
/// is not asked again.
#[sqlx::test(migrations = "../migrations")]
async fn a_renewal_that_was_given_up_is_planned_again(pool: PgPool) {
    let portal = portal(pool, false).await;
    let (license, _) = bought(&portal).await;
    portal.portal.set_auto_renew(&portal.customer().await, license, true).await.unwrap();
    let days = Duration::from_hours(28 * 24);
    portal.clock.advance(days);
    portal.vendor().advance_clock(days);
    for func in ["soft", "soft.edit"] {
        portal.vendor().add_fault(func, Fault::HttpBefore { status: 502 }, Times::Forever);
    }
    portal.settle().await;
    let given_up = "select count(*) from operation where kind = 'renew' and state = 'rejected'";
    let ended = async || (portal.count(given_up).await, portal.count(RENEWALS).await);
    assert_eq!(ended().await, (1, 0));
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("0")));
    portal.vendor().clear_faults();
    portal.clock.advance(Duration::from_hours(6));
    portal.settle().await;
    assert_eq!(portal.count(RENEWALS).await, 1);
    assert_eq!(portal.wallet().await, (eur("490.20"), eur("0")));
    pass(&portal, 1).await;
    assert_eq!(until(&portal, license).await, Some(date!(2027 - 01 - 21)));
    // What was sent and cannot be seen may still show: it is asked again when no list lags so long.
    portal.vendor().add_fault("service.prolong!", Fault::ResetBefore, Times::Forever);
    pass(&portal, 29).await;
    assert_eq!(ended().await, (2, 1));
    portal.vendor().clear_faults();
    portal.clock.advance(Duration::from_hours(7));
    portal.settle().await;
    assert_eq!(ended().await, (2, 1));
    pass(&portal, 2).await;
    assert_eq!(ended().await, (2, 2));
    assert_eq!(portal.wallet().await, (eur("485.30"), eur("0")));
    pass(&portal, 1).await;
    assert_eq!(until(&portal, license).await, Some(date!(2027 - 02 - 21)));
    let fault = Fault::ErrorDoc { kind: "internal".to_owned() };
    portal.vendor().add_fault("service.prolong!", fault, Times::Forever);
    pass(&portal, 28).await;
    for _ in 0..3 {
        portal.clock.advance(Duration::from_hours(7));
        portal.settle().await;
    }
    assert_eq!(ended().await, (3, 2));
    assert_eq!(portal.wallet().await, (eur("485.30"), eur("0")));
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_nobody_asked_for_is_judged_by_a_person(pool: PgPool) {
    let portal = portal(pool, false).await;
    let (license, vendor) = bought(&portal).await;
    assert_eq!(vendor.autoprolong, None, "never on at both levels");
    let number = vendor.id;
    portal.vendor().by_hand(number, ByHand::Autoprolong(Some(1)));
    pass(&portal, 31).await;
    // The customer never agreed to it by an order, so nothing is charged by itself; not either when
    // the account begins to renew there.
    sqlx::query("update upstream_account set renews_there = true")
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    look(&portal).await;
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("0")));
    let [found] = &findings(&portal).await[..] else { panic!("one finding") };
    let owner = portal.owner().await;
    portal.portal.settle_finding(&owner, found.id, Remedy::Adopt, "they agreed").await.unwrap();
    assert_eq!(portal.wallet().await, (eur("490.20"), eur("0")));
    assert_eq!(portal.count(RENEWALS).await, 1);
    let again = portal.portal.settle_finding(&owner, found.id, Remedy::Adopt, "twice").await;
    assert!(matches!(again, Err(RemedyError::NotOpen)), "{again:?}");
    // The next one is borne by us: nothing is charged, and the license stays.
    pass(&portal, 31).await;
    let [found] = &findings(&portal).await[..] else { panic!("one finding") };
    portal.portal.settle_finding(&owner, found.id, Remedy::Dismiss, "our slip").await.unwrap();
    assert_eq!(portal.wallet().await, (eur("490.20"), eur("0")));
    assert_eq!(at_vendor(&portal, license).await.status, upstream_sim::Status::Active);
    let seen = portal.portal.license(&portal.customer().await, license).await.unwrap().unwrap();
    assert_eq!(seen.row.status, domain::license::LicenseStatus::Active);
    assert_eq!(seen.dispute, None);
    // And the one after it is a finding of its own.
    pass(&portal, 31).await;
    assert_eq!(findings(&portal).await.len(), 1);
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    let page = desk.get(&portal, "/admin/vendors?kind=renewed").await.body;
    assert!(page.contains("Charge the term") && page.contains("We bear it"), "{page}");
    portal.sound().await;
}

/// What we renew ourselves is no finding, and a customer who renews by hand meanwhile pays once.
#[sqlx::test(migrations = "../migrations")]
async fn our_own_renewals_are_ours(pool: PgPool) {
    let portal = portal(pool, false).await;
    let viewer = portal.customer().await;
    let (license, _) = bought(&portal).await;
    let renew = Change::Renew { period: Period::MONTH };
    crate::dialects::change(&portal, license, renew).await;
    look(&portal).await;
    assert_eq!(until(&portal, license).await, Some(date!(2027 - 01 - 21)));
    assert_eq!(findings(&portal).await.len(), 0);
    portal.portal.set_auto_renew(&viewer, license, true).await.unwrap();
    pass(&portal, 59).await;
    pass(&portal, 1).await;
    assert_eq!(portal.count(RENEWALS).await, 2);
    assert_eq!(until(&portal, license).await, Some(date!(2027 - 02 - 21)));
    assert_eq!(findings(&portal).await.len(), 0);
    assert_eq!(portal.wallet().await, (eur("485.30"), eur("0")));
    portal.sound().await;
}

/// The vendor's switch may say another term than the license had here: what it began is what is paid.
#[sqlx::test(migrations = "../migrations")]
async fn the_term_that_was_begun_is_the_one_that_is_paid(pool: PgPool) {
    let portal = portal(pool, true).await;
    let (license, vendor) = bought(&portal).await;
    portal.vendor().by_hand(vendor.id, ByHand::Autoprolong(Some(12)));
    pass(&portal, 31).await;
    assert_eq!(until(&portal, license).await, Some(date!(2027 - 12 - 21)));
    assert_eq!(portal.wallet().await, (eur("445.20"), eur("0")), "a year at 49.90");
    let seen = portal.portal.license(&portal.customer().await, license).await.unwrap().unwrap();
    assert_eq!(seen.period, Period::YEAR);
    portal.sound().await;
}

/// What the vendor takes back is paid by nobody, and a day that fits no term is for a person.
#[sqlx::test(migrations = "../migrations")]
async fn what_is_taken_back_or_fits_no_term_is_not_charged(pool: PgPool) {
    let portal = portal(pool, true).await;
    let (license, vendor) = bought(&portal).await;
    portal.leave(0).await;
    let expire = async |day: Date| {
        portal.vendor().by_hand(vendor.id, ByHand::Expire(day));
        look(&portal).await;
    };
    expire(date!(2027 - 01 - 21)).await;
    assert_eq!(findings(&portal).await.len(), 1);
    expire(date!(2026 - 12 - 21)).await;
    assert_eq!(findings(&portal).await.len(), 0, "taken back");
    assert_eq!(until(&portal, license).await, Some(date!(2026 - 12 - 21)));
    let owner = portal.owner().await;
    top_up(&portal, "100").await;
    expire(date!(2027 - 01 - 10)).await;
    let [found] = &findings(&portal).await[..] else { panic!("one finding") };
    assert_eq!(portal.wallet().await, (eur("100"), eur("0")));
    let adopt = portal.portal.settle_finding(&owner, found.id, Remedy::Adopt, "twenty days").await;
    assert!(matches!(adopt, Err(RemedyError::NoPrice)), "{adopt:?}");
    let bear = portal.portal.settle_finding(&owner, found.id, Remedy::Dismiss, "a gift").await;
    assert!(bear.is_ok(), "{bear:?}");
    portal.sound().await;
}

/// What the customer asked for meanwhile is not lost from sight when the vendor was faster.
#[sqlx::test(migrations = "../migrations")]
async fn a_renewal_under_way_does_not_hide_the_vendors(pool: PgPool) {
    let portal = portal(pool, true).await;
    let viewer = portal.customer().await;
    let (license, _) = bought(&portal).await;
    // Planned, and not sent yet when the vendor begins the term.
    let change = Change::Renew { period: Period::MONTH };
    let preview = portal.portal.preview_change(&viewer, license, &change).await.unwrap();
    let id = portal.portal.next_change_id(&viewer, license).await.unwrap();
    let shown_total = preview.quote.map(|quote| quote.total);
    let wish = portal::licenses::ChangeWish { id, license, change, shown_total, shown_until: None };
    portal.portal.change_license(&viewer, &wish).await.unwrap();
    portal.clock.advance(Duration::from_hours(31 * 24));
    portal.vendor().advance_clock(Duration::from_hours(31 * 24));
    look(&portal).await;
    look(&portal).await;
    portal.clock.advance(Duration::from_hours(7));
    look(&portal).await;
    assert_eq!(portal.count(RENEWALS).await, 1, "one term, one charge");
    assert_eq!(portal.wallet().await, (eur("490.20"), eur("0")));
    assert_eq!(portal.vendor().debits().len(), 2);
    assert_eq!(findings(&portal).await.len(), 0);
    portal.sound().await;
}

/// A stopped license counts from the day on which it is renewed, whoever does that.
#[sqlx::test(migrations = "../migrations")]
async fn a_stopped_license_is_renewed_from_the_day_itself(pool: PgPool) {
    let portal = portal(pool, false).await;
    let (license, _) = bought(&portal).await;
    pass(&portal, 50).await;
    assert_eq!(at_vendor(&portal, license).await.status, upstream_sim::Status::Suspended);
    let renew = Change::Renew { period: Period::MONTH };
    crate::dialects::change(&portal, license, renew).await;
    look(&portal).await;
    pass(&portal, 1).await;
    assert_eq!(until(&portal, license).await, Some(date!(2027 - 02 - 10)));
    assert_eq!(findings(&portal).await.len(), 0, "one term, and it is ours");
    assert_eq!(portal.wallet().await, (eur("490.20"), eur("0")));
    portal.sound().await;
}

/// What was begun for a stopped license looks like more terms than it is: nobody is charged for it by
/// a machine.
#[sqlx::test(migrations = "../migrations")]
async fn what_a_vendor_begins_for_a_stopped_license_is_for_a_person(pool: PgPool) {
    let portal = portal(pool, true).await;
    let (license, vendor) = bought(&portal).await;
    portal.vendor().by_hand(vendor.id, ByHand::Autoprolong(None));
    pass(&portal, 50).await;
    assert_eq!(at_vendor(&portal, license).await.status, upstream_sim::Status::Suspended);
    portal.vendor().by_hand(vendor.id, ByHand::Expire(date!(2027 - 02 - 20)));
    portal.vendor().by_hand(vendor.id, ByHand::Resume);
    look(&portal).await;
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("0")));
    let [found] = &findings(&portal).await[..] else { panic!("one finding") };
    let owner = portal.owner().await;
    portal.portal.settle_finding(&owner, found.id, Remedy::Adopt, "a month").await.unwrap();
    assert_eq!(portal.wallet().await, (eur("490.20"), eur("0")), "one term at a time");
    portal.sound().await;
}

/// What the vendor takes back after it was paid is found, given back once, and can be bought again; and
/// nothing more is charged for the license before that.
#[sqlx::test(migrations = "../migrations")]
async fn a_paid_term_that_is_taken_back_is_given_back_and_bought_again(pool: PgPool) {
    let portal = portal(pool, false).await;
    let (license, vendor) = bought(&portal).await;
    let renew = Change::Renew { period: Period::MONTH };
    crate::dialects::change(&portal, license, renew.clone()).await;
    look(&portal).await;
    assert_eq!(until(&portal, license).await, Some(date!(2027 - 01 - 21)));
    assert_eq!(portal.wallet().await, (eur("490.20"), eur("0")));
    let expire = async |day: Date| {
        portal.vendor().by_hand(vendor.id, ByHand::Expire(day));
        look(&portal).await;
    };
    // Not to the very day: that is no other term that could be sold.
    expire(date!(2026 - 12 - 20)).await;
    let [found] = &taken_back(&portal).await[..] else { panic!("one finding") };
    assert_eq!(found.price, Some(eur("4.90")));
    assert_eq!(found.term, Some((date!(2026 - 12 - 20), date!(2027 - 01 - 21))));
    refused_as_disputed(&portal, license, &renew).await;
    // Seen again, it is as it was.
    expire(date!(2027 - 01 - 20)).await;
    assert_eq!(taken_back(&portal).await.len() + findings(&portal).await.len(), 0);
    assert_eq!(portal.wallet().await, (eur("490.20"), eur("0")));
    expire(date!(2026 - 12 - 21)).await;
    let [found] = &taken_back(&portal).await[..] else { panic!("one finding") };
    // It renews by itself, but not for a second time before somebody has looked.
    sqlx::query("update license set auto_renew = true").execute(&portal.portal.pool).await.unwrap();
    portal.clock.advance(Duration::from_hours(28 * 24));
    portal.vendor().advance_clock(Duration::from_hours(28 * 24));
    look(&portal).await;
    assert_eq!(portal.count(RENEWALS).await, 1);
    let mut own = portal.sign_in(portal::demo::CUSTOMER).await;
    let page = own.get(&portal, &format!("/my/licenses/{license}")).await.body;
    assert!(page.contains("action=\"/my/auto-renew\""), "it can be switched off: {page}");
    portal.portal.set_auto_renew(&portal.customer().await, license, false).await.unwrap();
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    let page = desk.get(&portal, "/admin/vendors?kind=taken_back").await.body;
    assert!(page.contains("Give the money back"), "{page}");
    // Part of it went back already: only the rest does now.
    let operation = sqlx::query_scalar("select id from operation where kind = 'renew'")
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    let owner = portal.owner().await;
    let part = portal::wallet::Refund {
        id: Uuid::now_v7(),
        operation,
        amount: eur("1.90"),
        reason: "an apology".to_owned(),
    };
    portal.portal.refund(&owner, &part).await.unwrap();
    let give = async || {
        portal.portal.settle_finding(&owner, found.id, Remedy::Adopt, "the vendor took it").await
    };
    give().await.unwrap();
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("0")));
    assert!(matches!(give().await, Err(RemedyError::NotOpen)));
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("0")));
    look(&portal).await;
    assert_eq!(taken_back(&portal).await.len(), 0, "it is settled");
    // Nobody takes that back again, by hand either.
    let undo = sqlx::query("update operation set taken_back_at = null where id = $1")
        .bind(operation)
        .execute(&portal.portal.pool)
        .await
        .unwrap_err();
    assert!(undo.to_string().contains("was settled"), "{undo}");
    // The same day is renewed from once more, and pays once more.
    crate::dialects::change(&portal, license, renew.clone()).await;
    look(&portal).await;
    assert_eq!(until(&portal, license).await, Some(date!(2027 - 01 - 21)));
    assert_eq!(portal.wallet().await, (eur("490.20"), eur("0")));
    assert_eq!(portal.count(RENEWALS).await, 2);
    pass(&portal, 3).await;
    assert_eq!(taken_back(&portal).await.len() + findings(&portal).await.len(), 0);
    portal.sound().await;
}

/// The page says so and has no button, and a form from before is refused.
async fn refused_as_disputed(portal: &TestPortal, license: Uuid, renew: &Change) {
    let viewer = portal.customer().await;
    let can = portal.portal.possible_changes(&viewer, license).await.unwrap().unwrap();
    assert!(!can.allows(OperationKind::Renew) && can.allows(OperationKind::Suspend));
    let id = portal.portal.next_change_id(&viewer, license).await.unwrap();
    let wish = portal::licenses::ChangeWish {
        id,
        license,
        change: renew.clone(),
        shown_total: Some(eur("4.90")),
        shown_until: None,
    };
    let refused = portal.portal.change_license(&viewer, &wish).await;
    assert!(
        matches!(refused, Err(portal::licenses::ChangeError::NotNow(NotNow::Disputed))),
        "{refused:?}"
    );
    let mut own = portal.sign_in(portal::demo::CUSTOMER).await;
    let page = own.get(portal, &format!("/my/licenses/{license}")).await.body;
    assert!(page.contains("a term that you have paid for"), "{page}");
}

/// A renewal that the vendor has confirmed and never shows: a late list is no reason, days are.
#[sqlx::test(migrations = "../migrations")]
async fn a_paid_term_that_never_comes_is_found(pool: PgPool) {
    let portal = portal(pool, false).await;
    let (license, vendor) = bought(&portal).await;
    let renew = Change::Renew { period: Period::MONTH };
    crate::dialects::change(&portal, license, renew).await;
    portal.vendor().by_hand(vendor.id, ByHand::Expire(date!(2026 - 12 - 21)));
    // As if it had not been read since.
    sqlx::query("update license set expires_on = '2026-12-21'")
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    look(&portal).await;
    pass(&portal, 1).await;
    assert_eq!(taken_back(&portal).await.len(), 0);
    pass(&portal, 2).await;
    let [found] = &taken_back(&portal).await[..] else { panic!("one finding") };
    assert_eq!(found.term, Some((date!(2026 - 12 - 21), date!(2027 - 01 - 21))));
    let owner = portal.owner().await;
    let promised = "they promised it";
    portal.portal.settle_finding(&owner, found.id, Remedy::Dismiss, promised).await.unwrap();
    pass(&portal, 8).await;
    assert_eq!(taken_back(&portal).await.len(), 0, "a person has settled it");
    // And nobody is shut out: from the same day there is another one.
    let renew = Change::Renew { period: Period::MONTH };
    crate::dialects::change(&portal, license, renew).await;
    look(&portal).await;
    assert_eq!(until(&portal, license).await, Some(date!(2027 - 01 - 21)));
    assert_eq!(portal.wallet().await, (eur("485.30"), eur("0")));
    pass(&portal, 3).await;
    assert_eq!(taken_back(&portal).await.len() + findings(&portal).await.len(), 0);
    // Nothing takes it for a license that is over.
    for sql in [
        "update upstream_finding set resolution = 'dismissed'",
        "update upstream_finding set resolution = 'gone'",
        "update upstream_finding set operations = '{}'",
    ] {
        let by_hand = sqlx::query(sql).execute(&portal.portal.pool).await.unwrap_err();
        assert!(by_hand.to_string().contains("finding_"), "{by_hand}");
    }
    portal.sound().await;
}

async fn taken_back(portal: &TestPortal) -> Vec<Finding> {
    let filter = FindingFilter { kind: Some(FindingKind::TakenBack), ..FindingFilter::default() };
    let paging = Paging::first(FINDINGS_BY_TIME, 20);
    portal.portal.findings(&portal.owner().await, &filter, &paging).await.unwrap().rows
}

/// A term that the vendor began, charged by itself, taken back and given again: no machine charges it twice.
#[sqlx::test(migrations = "../migrations")]
async fn a_charged_term_that_is_taken_back_is_for_a_person(pool: PgPool) {
    let portal = portal(pool, true).await;
    let (license, vendor) = bought(&portal).await;
    pass(&portal, 31).await;
    assert_eq!(portal.wallet().await, (eur("490.20"), eur("0")));
    pass(&portal, 3).await;
    portal.vendor().by_hand(vendor.id, ByHand::Autoprolong(None));
    portal.vendor().by_hand(vendor.id, ByHand::Expire(date!(2026 - 12 - 21)));
    look(&portal).await;
    let [found] = &taken_back(&portal).await[..] else { panic!("one finding") };
    let owner = portal.owner().await;
    let put_right = "they will give it again";
    portal.portal.settle_finding(&owner, found.id, Remedy::Dismiss, put_right).await.unwrap();
    look(&portal).await;
    assert_eq!(taken_back(&portal).await.len(), 0);
    assert_eq!(portal.wallet().await, (eur("490.20"), eur("0")));
    // They do, and who put it right knows whether that is paid.
    portal.vendor().by_hand(vendor.id, ByHand::Expire(date!(2027 - 01 - 21)));
    look(&portal).await;
    assert_eq!(until(&portal, license).await, Some(date!(2027 - 01 - 21)));
    assert_eq!(portal.count(RENEWALS).await, 1);
    assert_eq!(portal.wallet().await, (eur("490.20"), eur("0")), "it was paid");
    let [found] = &findings(&portal).await[..] else { panic!("one finding") };
    portal.portal.settle_finding(&owner, found.id, Remedy::Dismiss, "as promised").await.unwrap();
    portal.sound().await;
}

/// Of two terms that were paid ahead one is given again: only the other one is owed.
#[sqlx::test(migrations = "../migrations")]
async fn what_is_given_again_is_not_given_back(pool: PgPool) {
    let portal = portal(pool, false).await;
    let (license, vendor) = bought(&portal).await;
    let renew = Change::Renew { period: Period::MONTH };
    for _ in 0..2 {
        crate::dialects::change(&portal, license, renew.clone()).await;
        look(&portal).await;
    }
    assert_eq!(until(&portal, license).await, Some(date!(2027 - 02 - 21)));
    let expire = async |day: Date| {
        portal.vendor().by_hand(vendor.id, ByHand::Expire(day));
        look(&portal).await;
    };
    expire(date!(2026 - 12 - 21)).await;
    let [found] = &taken_back(&portal).await[..] else { panic!("one finding") };
    assert_eq!(found.price, Some(eur("9.80")));
    expire(date!(2027 - 01 - 21)).await;
    let [found] = &taken_back(&portal).await[..] else { panic!("one finding") };
    assert_eq!(found.price, Some(eur("4.90")));
    assert_eq!(found.term, Some((date!(2027 - 01 - 21), date!(2027 - 02 - 21))));
    assert_eq!(findings(&portal).await.len(), 0, "it was paid");
    let owner = portal.owner().await;
    portal.portal.settle_finding(&owner, found.id, Remedy::Adopt, "one month less").await.unwrap();
    assert_eq!(portal.wallet().await, (eur("490.20"), eur("0")));
    pass(&portal, 3).await;
    assert_eq!(taken_back(&portal).await.len(), 0);
    // Both at once are given again: one of them is paid.
    crate::dialects::change(&portal, license, renew).await;
    look(&portal).await;
    expire(date!(2026 - 12 - 21)).await;
    expire(date!(2027 - 02 - 21)).await;
    assert_eq!(taken_back(&portal).await.len() + findings(&portal).await.len(), 0);
    assert_eq!(portal.wallet().await, (eur("485.30"), eur("0")));
    portal.sound().await;
}

/// What a stopped license is renewed for begins on the day itself, and a change of plan ends what was
/// paid ahead: neither is owed, and both are renewed again.
#[sqlx::test(migrations = "../migrations")]
async fn what_ended_otherwise_is_not_owed(pool: PgPool) {
    let portal = portal(pool, false).await;
    let (license, _) = bought(&portal).await;
    let renew = Change::Renew { period: Period::MONTH };
    crate::dialects::change(&portal, license, Change::Suspend).await;
    pass(&portal, 2).await;
    crate::dialects::change(&portal, license, renew.clone()).await;
    pass(&portal, 3).await;
    assert_eq!(until(&portal, license).await, Some(date!(2026 - 12 - 23)));
    assert_eq!(taken_back(&portal).await.len() + findings(&portal).await.len(), 0);
    crate::dialects::change(&portal, license, renew.clone()).await;
    look(&portal).await;
    assert_eq!(until(&portal, license).await, Some(date!(2027 - 01 - 23)));
    // From this day, so that it ends near to where what was paid ahead began.
    let pro = Change::ChangePlan { plan: "isp6-pro".to_owned(), period: Period::MONTH };
    crate::dialects::change(&portal, license, pro).await;
    pass(&portal, 5).await;
    assert_eq!(until(&portal, license).await, Some(date!(2026 - 12 - 26)));
    assert_eq!(taken_back(&portal).await.len() + findings(&portal).await.len(), 0);
    let paid = portal.wallet().await;
    crate::dialects::change(&portal, license, renew).await;
    look(&portal).await;
    assert_eq!(until(&portal, license).await, Some(date!(2027 - 01 - 26)));
    assert_eq!(portal.wallet().await, (paid.0.checked_sub(eur("9.90")).unwrap(), eur("0")));
    portal.sound().await;
}

/// A change of plan that ends on the very day from which a term had been paid ahead: it ended that term, so
/// that from the same day there is another one, by hand and by itself.
#[sqlx::test(migrations = "../migrations")]
async fn what_a_change_of_plan_has_ended_is_renewed_again(pool: PgPool) {
    let portal = portal(pool, false).await;
    let (license, _) = bought(&portal).await;
    let renew = Change::Renew { period: Period::MONTH };
    let to = |plan: &str| Change::ChangePlan { plan: plan.to_owned(), period: Period::MONTH };
    let ahead = async |count: i64| {
        let paid = portal.wallet().await.0.amount();
        crate::dialects::change(&portal, license, renew.clone()).await;
        look(&portal).await;
        assert_eq!(until(&portal, license).await, Some(date!(2027 - 01 - 21)));
        assert!(portal.wallet().await.0.amount() < paid, "it was paid");
        assert_eq!(portal.count(RENEWALS).await, count);
    };
    let replan = async |plan: &str| {
        crate::dialects::change(&portal, license, to(plan)).await;
        look(&portal).await;
        assert_eq!(until(&portal, license).await, Some(date!(2026 - 12 - 21)));
    };
    ahead(1).await;
    replan("isp6-pro").await;
    ahead(2).await;
    replan("isp6-host").await;
    portal.portal.set_auto_renew(&portal.customer().await, license, true).await.unwrap();
    let paid = portal.wallet().await.0.amount();
    pass(&portal, 28).await;
    assert_eq!(until(&portal, license).await, Some(date!(2027 - 01 - 21)));
    assert_eq!(portal.count(RENEWALS).await, 3);
    assert!(portal.wallet().await.0.amount() < paid);
    let paid = portal.wallet().await;
    look(&portal).await;
    assert_eq!((portal.count(RENEWALS).await, portal.wallet().await), (3, paid), "once");
    assert_eq!(taken_back(&portal).await.len() + findings(&portal).await.len(), 0);
    // What has ended does not begin again, by hand either.
    let undo = sqlx::query("update operation set superseded_at = null")
        .execute(&portal.portal.pool)
        .await
        .unwrap_err();
    assert!(undo.to_string().contains("its term has ended"), "{undo}");
    portal.sound().await;
}

/// A change of plan that its vendor takes back: what was paid ahead before it is no term that it has begun.
#[sqlx::test(migrations = "../migrations")]
async fn what_comes_back_after_a_change_of_plan_is_for_a_person(pool: PgPool) {
    let portal = portal(pool, true).await;
    let (license, vendor) = bought(&portal).await;
    crate::dialects::change(&portal, license, Change::Renew { period: Period::MONTH }).await;
    look(&portal).await;
    let pro = Change::ChangePlan { plan: "isp6-pro".to_owned(), period: Period::MONTH };
    crate::dialects::change(&portal, license, pro).await;
    pass(&portal, 3).await;
    let paid = portal.wallet().await;
    assert_eq!(until(&portal, license).await, Some(date!(2026 - 12 - 21)));
    portal.vendor().by_hand(vendor.id, ByHand::Expire(date!(2027 - 01 - 21)));
    look(&portal).await;
    assert_eq!((findings(&portal).await.len(), portal.wallet().await), (1, paid));
    portal.sound().await;
}

/// What the order itself has paid for is nobody's renewal, however the vendor's day goes back and forth.
#[sqlx::test(migrations = "../migrations")]
async fn the_first_term_is_paid_by_the_order(pool: PgPool) {
    let portal = portal(pool, true).await;
    let (_, vendor) = bought(&portal).await;
    for day in [date!(2026 - 11 - 25), date!(2026 - 12 - 21)] {
        portal.vendor().by_hand(vendor.id, ByHand::Expire(day));
        look(&portal).await;
    }
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("0")));
    assert_eq!(findings(&portal).await.len(), 0);
    portal.sound().await;
}

/// What the page said of renewals is what the order says, whatever the account says by then.
#[sqlx::test(migrations = "../migrations")]
async fn the_order_asks_for_what_its_page_said(pool: PgPool) {
    let portal = portal(pool, false).await;
    let told = async |renews: bool| {
        sqlx::query("update upstream_account set renews_there = $1")
            .bind(renews)
            .execute(&portal.portal.pool)
            .await
            .unwrap();
    };
    let viewer = portal.customer().await;
    // The page is from before the vendor began to renew.
    let before = wish(&portal, "isp6-lite", Period::MONTH).await;
    assert!(!before.told_of_renewals);
    told(true).await;
    let refused = portal.portal.place_order(&viewer, &before).await;
    assert!(matches!(refused, Err(portal::orders::PlaceError::RenewalChanged)), "{refused:?}");
    assert_eq!(portal.count("select count(*) from customer_order").await, 0);
    // It says so now; and when it is sent, the account says something else already.
    let mut own = portal.sign_in(portal::demo::CUSTOMER).await;
    let page = own.get(&portal, "/p/isp6-lite").await.body;
    assert!(page.contains(r#"name="renews" value="1""#), "{page}");
    let agreed = wish(&portal, "isp6-lite", Period::MONTH).await;
    assert!(agreed.told_of_renewals);
    portal.portal.place_order(&viewer, &agreed).await.unwrap();
    told(false).await;
    portal.drain().await;
    let license = portal.portal.order(&viewer, agreed.id).await.unwrap().unwrap().license.unwrap();
    assert_eq!(at_vendor(&portal, license).await.autoprolong, Some(1));
    pass(&portal, 31).await;
    assert_eq!(portal.count(RENEWALS).await, 1, "agreed, and charged");
    // And the other way round.
    let plain = portal::orders::Wish {
        ip: "203.0.113.41".to_owned(),
        ..wish(&portal, "isp6-lite", Period::MONTH).await
    };
    portal.portal.place_order(&viewer, &plain).await.unwrap();
    told(true).await;
    portal.drain().await;
    let license = portal.portal.order(&viewer, plain.id).await.unwrap().unwrap().license.unwrap();
    assert_eq!(at_vendor(&portal, license).await.autoprolong, None);
    // What ends for good is not renewed, and the database knows.
    let by_hand = "update customer_order set vendor_renews = true, period = -100";
    let broken = sqlx::query(by_hand).execute(&portal.portal.pool).await.unwrap_err();
    assert!(broken.to_string().contains("customer_order_renews_a_term"), "{broken}");
    portal.sound().await;
}
