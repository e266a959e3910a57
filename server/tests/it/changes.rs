//! Everything that is done to a license, kind by kind and fault by fault.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::StatusCode;
use domain::address::LicenseIp;
use domain::change::{Change, NotNow};
use domain::operation::{OperationKind, OperationState};
use domain::{Currency, Money, Period};
use portal::licenses::{ChangeError, ChangeWish, LicenseDetail, Planned};
use portal::orders::Wish;
use sqlx::PgPool;
use upstream_sim::{ByHand, Fault, LicenseView, SimConfig, Status};
use uuid::Uuid;

use crate::harness::{IP, TestPortal, fresh};

fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

/// A license of the plan with nodes, bought and delivered for 12.90.
async fn license(portal: &TestPortal) -> Uuid {
    let viewer = portal.customer().await;
    let wish = Wish {
        id: Uuid::now_v7(),
        plan: "isp6-biz".to_owned(),
        period: Period::MONTH,
        ip: IP.to_owned(),
        name: "web".to_owned(),
        addons: BTreeMap::new(),
        parent: None,
        fields: BTreeMap::new(),
        shown_total: eur("12.90"),
        told_of_renewals: false,
    };
    portal.portal.place_order(&viewer, &wish).await.unwrap();
    portal.drain().await;
    let detail = portal.portal.order(&viewer, wish.id).await.unwrap().unwrap();
    detail.license.unwrap()
}

/// Every kind of change, with the vendor's function that it calls.
fn every_kind() -> [(Change, &'static str); 8] {
    [
        (Change::Renew { period: Period::MONTH }, "service.prolong"),
        (
            Change::Edit {
                ip: Some(LicenseIp::parse("203.0.113.8").unwrap()),
                name: Some("mail".to_owned()),
            },
            "soft.edit",
        ),
        (
            Change::ChangePlan { plan: "isp6-pro".to_owned(), period: Period::MONTH },
            "service.changepricelist",
        ),
        (Change::Addons { counts: BTreeMap::from([("node".to_owned(), 3)]) }, "soft.edit"),
        (Change::ReissueKey, "soft.edit"),
        (Change::Suspend, "soft.suspend"),
        (Change::Resume, "soft.resume"),
        (Change::Delete, "soft.delete"),
    ]
}

/// Makes sense of the change: what is to be resumed is suspended.
async fn prepare(portal: &TestPortal, license: Uuid, change: &Change) {
    if *change == Change::Resume {
        plan(portal, license, Change::Suspend).await.unwrap();
        portal.drain().await;
    }
}

async fn plan(portal: &TestPortal, license: Uuid, change: Change) -> Result<Planned, ChangeError> {
    let viewer = portal.customer().await;
    let preview = portal.portal.preview_change(&viewer, license, &change).await?;
    let id = portal.portal.next_change_id(&viewer, license).await.unwrap();
    let shown_total = preview.quote.map(|quote| quote.total);
    let wish = ChangeWish { id, license, change, shown_total, shown_until: None };
    portal.portal.change_license(&viewer, &wish).await
}

async fn state(portal: &TestPortal, planned: Planned) -> OperationState {
    let word: String = sqlx::query_scalar("select state from operation where id = $1")
        .bind(planned.operation)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    OperationState::from_word(&word).unwrap()
}

async fn ours(portal: &TestPortal, license: Uuid) -> LicenseDetail {
    let viewer = portal.customer().await;
    portal.portal.license(&viewer, license).await.unwrap().unwrap()
}

fn theirs(portal: &TestPortal) -> LicenseView {
    portal.vendor().licenses().pop().unwrap()
}

/// What the customer has paid for after the purchase.
async fn spent(portal: &TestPortal) -> Money {
    let (available, held) = portal.wallet().await;
    assert_eq!(held, eur("0"));
    eur("487.10").checked_sub(available).unwrap()
}

/// That the change is there, once, at the vendor and with us, and is paid.
async fn assert_done(portal: &TestPortal, license: Uuid, change: &Change, was: &LicenseView) {
    let kind = change.kind();
    let (now, ours) = (theirs(portal), ours(portal, license).await);
    let paid = portal.vendor().debits().len() - 1;
    let day = |days| was.expires + time::Duration::days(days);
    match change {
        Change::Renew { .. } => {
            assert!((day(28)..=day(31)).contains(&now.expires), "{now:?}");
            assert_eq!((spent(portal).await, paid), (eur("12.90"), 1));
            assert_eq!(ours.row.expires_on, Some(now.expires));
        }
        Change::Edit { .. } => {
            assert_eq!(
                (now.ip.as_str(), ours.row.ip.as_deref()),
                ("203.0.113.8", Some("203.0.113.8"))
            );
            assert!(now.licname.starts_with("mail ks-"), "{}", now.licname);
            assert_eq!(ours.row.name.as_deref(), Some("mail"));
        }
        Change::ChangePlan { .. } => {
            assert_eq!((now.plan, ours.slug.as_str()), (55228, "isp6-pro"));
            assert_eq!((spent(portal).await, paid), (eur("9.90"), 1));
            assert!(ours.addons.is_empty());
        }
        Change::Addons { .. } => {
            assert_eq!(now.addons.get(&55236), Some(&3));
            assert_eq!(ours.addons.get("node"), Some(&3));
            assert_eq!(paid, 1);
            assert!(spent(portal).await.amount() > 0);
        }
        Change::ReissueKey => {
            assert_ne!(now.key, was.key);
            assert_eq!(ours.key, Some(now.key));
        }
        Change::Suspend => assert_eq!(now.status, Status::Suspended),
        Change::Resume => assert_eq!(now.status, Status::Active),
        Change::Delete => assert_eq!(now.status, Status::Deleted),
    }
    if ours.row.status != domain::license::LicenseStatus::Deleted {
        assert_eq!(ours.row.status.as_str(), format!("{:?}", theirs(portal).status).to_lowercase());
    }
    if !matches!(kind, OperationKind::Renew | OperationKind::ChangePlan | OperationKind::Addons) {
        assert_eq!((spent(portal).await, paid), (eur("0"), 0), "{kind:?}");
    }
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn every_change_is_carried_out(pool: PgPool) {
    for (change, func) in every_kind() {
        let portal = TestPortal::new(fresh(&pool).await).await;
        let license = license(&portal).await;
        prepare(&portal, license, &change).await;
        let was = theirs(&portal);
        let planned = plan(&portal, license, change.clone()).await.unwrap();
        assert!(planned.fresh);
        // What can be taken back is not sent before its time.
        portal.clock.advance(Duration::from_secs(1));
        portal.drain().await;
        if change == Change::Delete {
            assert_eq!(state(&portal, planned).await, OperationState::Planned);
            portal.settle().await;
        }
        assert_eq!(state(&portal, planned).await, OperationState::Confirmed, "{func}");
        portal.drain().await;
        assert_done(&portal, license, &change, &was).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_lost_answer_is_found_at_the_license(pool: PgPool) {
    for fault in
        [Fault::ResetAfter, Fault::GarbageAfter, Fault::ErrorAfterDebit { kind: "x".to_owned() }]
    {
        for (change, func) in every_kind() {
            let portal = TestPortal::new(fresh(&pool).await).await;
            let license = license(&portal).await;
            prepare(&portal, license, &change).await;
            let was = theirs(&portal);
            let planned = plan(&portal, license, change.clone()).await.unwrap();
            portal.add_fault_to_action(func, fault.clone());
            portal.settle().await;
            let name = fault.name();
            assert_eq!(state(&portal, planned).await, OperationState::Confirmed, "{name} {func}");
            assert_done(&portal, license, &change, &was).await;
            assert_eq!(portal.sent(func), 1, "{name} {func}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_had_no_effect_is_sent_once_more(pool: PgPool) {
    for fault in [Fault::ResetBefore, Fault::HttpBefore { status: 502 }] {
        for (change, func) in every_kind() {
            let portal = TestPortal::new(fresh(&pool).await).await;
            let license = license(&portal).await;
            prepare(&portal, license, &change).await;
            let was = theirs(&portal);
            let planned = plan(&portal, license, change.clone()).await.unwrap();
            portal.add_fault_to_action(func, fault.clone());
            portal.settle().await;
            let name = fault.name();
            assert_eq!(state(&portal, planned).await, OperationState::Confirmed, "{name} {func}");
            assert_done(&portal, license, &change, &was).await;
            assert_eq!(portal.sent(func), 2, "{name} {func}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refusal_is_told_and_costs_nothing(pool: PgPool) {
    for (change, func) in every_kind() {
        let portal = TestPortal::new(fresh(&pool).await).await;
        let license = license(&portal).await;
        prepare(&portal, license, &change).await;
        let was = theirs(&portal);
        let deletes = change == Change::Delete;
        let planned = plan(&portal, license, change).await.unwrap();
        portal.add_fault_to_action(func, Fault::ErrorDoc { kind: "value".to_owned() });
        portal.settle().await;
        assert_eq!(state(&portal, planned).await, OperationState::Rejected, "{func}");
        assert_eq!(portal.sent(func), 1, "{func}");
        assert_eq!(spent(&portal).await, eur("0"), "{func}");
        assert_eq!(portal.vendor().debits().len(), 1, "{func}");
        let now = theirs(&portal);
        assert_eq!(
            (now.expires, now.key, now.status),
            (was.expires, was.key, was.status),
            "{func}"
        );
        // What was to be deleted had been stopped first, and works again.
        let resumed = usize::from(deletes || func == "soft.resume");
        assert_eq!(portal.sent("soft.resume"), resumed, "{func}");
        let history =
            portal.portal.license_history(&portal.customer().await, license).await.unwrap();
        assert!(history.iter().any(|row| row.vendor_message.is_some()), "{func}");
        portal.sound().await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_license_is_renewed_once_from_one_last_day(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let license = license(&portal).await;
    let viewer = portal.customer().await;
    let renewal = |id| ChangeWish {
        id,
        license,
        change: Change::Renew { period: Period::MONTH },
        shown_total: Some(eur("12.90")),
        shown_until: None,
    };
    // Twenty forms at once: pages, tabs and the worker of another process.
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let (portal, viewer) = (portal.restarted(), viewer.clone());
            let wish = renewal(Uuid::now_v7());
            tokio::spawn(async move { portal.change_license(&viewer, &wish).await })
        })
        .collect();
    let mut planned = Vec::new();
    for task in tasks {
        planned.push(task.await.unwrap().unwrap());
    }
    assert_eq!(planned.iter().filter(|planned| planned.fresh).count(), 1);
    assert!(planned.iter().all(|other| other.operation == planned[0].operation));
    portal.settle().await;
    assert_eq!(portal.sent("service.prolong"), 1);
    assert_eq!(spent(&portal).await, eur("12.90"));
    // The next term is another one.
    let next = plan(&portal, license, Change::Renew { period: Period::MONTH }).await.unwrap();
    assert!(next.fresh && next.operation != planned[0].operation);
    portal.settle().await;
    assert_eq!(portal.sent("service.prolong"), 2);
    // By hand neither.
    let twice = sqlx::query(
        "insert into operation (id, kind, license_id, upstream_account_id, state, reference, currency,
                price, cost, next_at, created_at, change, wish_hash, term)
         select gen_random_uuid(), kind, license_id, upstream_account_id, 'planned', 'x', currency, 0,
                0, next_at, created_at, change, wish_hash, term
           from operation where kind = 'renew' limit 1",
    );
    let error = twice.execute(&portal.portal.pool).await.unwrap_err();
    let constraint = error.as_database_error().and_then(|error| error.constraint());
    assert_eq!(constraint, Some("operation_term_once"));
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_renewed_past_us_is_not_renewed_again(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let license = license(&portal).await;
    let was = theirs(&portal);
    let planned = plan(&portal, license, Change::Renew { period: Period::MONTH }).await.unwrap();
    portal.vendor().by_hand(was.id, ByHand::Expire(was.expires + time::Duration::days(31)));
    portal.settle().await;
    assert_eq!(state(&portal, planned).await, OperationState::Rejected);
    assert_eq!((portal.sent("service.prolong"), spent(&portal).await), (0, eur("0")));
    portal.sound().await;
}

/// A stopped license is renewed from today, so what is paid ahead would be lost (found by the life of seed 602).
#[sqlx::test(migrations = "../migrations")]
async fn what_is_paid_ahead_is_not_lost_by_renewing_a_stopped_license(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let license = license(&portal).await;
    let renew = Change::Renew { period: Period::MONTH };
    let year = Change::Renew { period: Period::YEAR };
    let ahead = plan(&portal, license, year).await.unwrap();
    portal.settle().await;
    assert_eq!(state(&portal, ahead).await, OperationState::Confirmed);
    let (until, paid) = (theirs(&portal).expires, spent(&portal).await);
    // While it is being stopped nobody knows from when the next term counts.
    let stop = plan(&portal, license, Change::Suspend).await.unwrap();
    let refused = plan(&portal, license, renew.clone()).await;
    assert!(matches!(refused, Err(ChangeError::NotNow(NotNow::Stopping))), "{refused:?}");
    portal.settle().await;
    assert_eq!(state(&portal, stop).await, OperationState::Confirmed);
    let refused = plan(&portal, license, renew.clone()).await;
    assert!(matches!(refused, Err(ChangeError::NotNow(NotNow::PaidAhead))), "{refused:?}");
    // No button that must fail, and the page says what to do instead.
    let viewer = portal.customer().await;
    let can = portal.portal.possible_changes(&viewer, license).await.unwrap().unwrap();
    assert!(can.allows(OperationKind::Resume) && !can.allows(OperationKind::Renew));
    let mut own = portal.sign_in(portal::demo::CUSTOMER).await;
    let page = own.get(&portal, &format!("/my/licenses/{license}/renew")).await;
    assert!(page.body.contains("would cost money and bring nothing"), "{}", page.body);
    assert!(page.body.contains(&format!("/my/licenses/{license}/resume")), "{}", page.body);
    plan(&portal, license, Change::Resume).await.unwrap();
    portal.settle().await;
    // And what was planned before somebody stopped it at the vendor's site is not sent.
    let planned = plan(&portal, license, renew).await.unwrap();
    portal.vendor().by_hand(theirs(&portal).id, ByHand::Suspend);
    portal.settle().await;
    assert_eq!(state(&portal, planned).await, OperationState::Rejected);
    assert_eq!((theirs(&portal).expires, spent(&portal).await), (until, paid));
    assert_eq!(portal.sent("service.prolong"), 1);
    portal.sound().await;
}

/// Who paid for a term from the last day on is not given one from today.
#[sqlx::test(migrations = "../migrations")]
async fn a_term_that_would_begin_sooner_than_was_shown_is_not_bought(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    portal.vendor().set_clock(portal.portal.clock.now());
    let license = license(&portal).await;
    let (until, paid) = (theirs(&portal).expires, spent(&portal).await);
    let time = Duration::from_hours(24 * 20);
    portal.clock.advance(time);
    portal.vendor().advance_clock(time);
    portal.settle().await;
    let renew = Change::Renew { period: Period::MONTH };
    let planned = plan(&portal, license, renew.clone()).await.unwrap();
    portal.vendor().by_hand(theirs(&portal).id, ByHand::Suspend);
    portal.settle().await;
    assert_eq!(state(&portal, planned).await, OperationState::Rejected);
    assert_eq!((theirs(&portal).expires, spent(&portal).await), (until, paid));
    // Now it is known to be stopped: what a page showed before that is not what would be bought.
    let viewer = portal.customer().await;
    let mut own = portal.sign_in(portal::demo::CUSTOMER).await;
    let id = portal.portal.next_change_id(&viewer, license).await.unwrap();
    let shown = |choice: String| {
        let (license, id) = (license.to_string(), id.to_string());
        [("license", license), ("change", "renew".to_owned()), ("id", id), ("choice", choice)]
    };
    let before = shown("1 12.90 EUR 2027-01-21".to_owned());
    let refused = own.post(&portal, "/my/license-change", &before).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("would end sooner than the page said"), "{}", refused.body);
    // And the day that is shown is the day that comes.
    let seen = portal.portal.preview_change(&viewer, license, &renew).await.unwrap();
    let now = format!("1 12.90 EUR {}", seen.until_then.unwrap());
    assert!(refused.body.contains(&now), "{}", refused.body);
    let accepted = own.post(&portal, "/my/license-change", &shown(now)).await;
    assert_eq!(accepted.status, StatusCode::SEE_OTHER);
    portal.settle().await;
    let renewed = "select count(*) from operation where kind = 'renew' and state = 'confirmed'";
    assert_eq!(portal.count(renewed).await, 1);
    assert_eq!(portal.sent("service.prolong"), 1);
    let then = theirs(&portal).expires;
    assert!(then > until && Some(then) == seen.until_then, "{then} {seen:?}");
    portal.sound().await;
    // The same rules in the database.
    for (sql, rule) in [
        ("update operation set agreed_until = term + 90 where kind = 'renew'", "operation_agreed"),
        (
            "select operation_obeys(jsonb_populate_record(x, jsonb_build_object('agreed_until', x.term)))
               from operation x where kind = 'renew'",
            "operation_agreed_brings_days",
        ),
    ] {
        let refused = sqlx::query(sql).execute(&portal.portal.pool).await.unwrap_err();
        let broken = refused.as_database_error().and_then(|error| error.constraint());
        assert_eq!(broken, Some(rule), "{refused}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_not_sent_can_be_taken_back(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let license = license(&portal).await;
    let viewer = portal.customer().await;
    let modules = portal.portal.modules_of(&viewer, license).await.unwrap();
    assert!(!modules.waits && !modules.available.is_empty());
    let deletion = plan(&portal, license, Change::Delete).await.unwrap();
    // It works still, but what is added now would go with it.
    let modules = portal.portal.modules_of(&viewer, license).await.unwrap();
    assert!(modules.waits && modules.available.is_empty());
    portal.drain().await;
    let history = portal.portal.license_history(&viewer, license).await.unwrap();
    assert!(history[0].can_cancel && history[0].undo_until.is_some());
    // It is stopped meanwhile, and works again when the deletion is taken back.
    assert_eq!(theirs(&portal).status, Status::Suspended);
    // Nothing is done to what is about to go, and nothing offered.
    let can = portal.portal.possible_changes(&viewer, license).await.unwrap().unwrap();
    assert!(!OperationKind::ALL.into_iter().any(|kind| can.allows(kind)));
    let renew = plan(&portal, license, Change::Renew { period: Period::MONTH }).await;
    assert!(matches!(renew, Err(ChangeError::NotNow(NotNow::Deleting))), "{renew:?}");
    let mut own = portal.sign_in(portal::demo::CUSTOMER).await;
    let page = own.get(&portal, &format!("/my/licenses/{license}/renew")).await.body;
    assert!(page.contains("about to be deleted"), "{page}");
    for _ in 0..2 {
        portal.portal.cancel_operation(&viewer, deletion.operation).await.unwrap();
    }
    portal.settle().await;
    assert_eq!(state(&portal, deletion).await, OperationState::Cancelled);
    assert_eq!(theirs(&portal).status, Status::Active);
    assert_eq!((portal.sent("soft.delete"), portal.sent("soft.suspend")), (0, 1));
    // Taken back at once, nothing was sent at all.
    let hasty = plan(&portal, license, Change::Delete).await.unwrap();
    portal.portal.cancel_operation(&viewer, hasty.operation).await.unwrap();
    portal.settle().await;
    assert_eq!((portal.sent("soft.delete"), portal.sent("soft.suspend")), (0, 1));
    assert_eq!(theirs(&portal).status, Status::Active);
    // The stop was on its way once and did not leave: it will be sent, and is undone after that.
    let torn = plan(&portal, license, Change::Delete).await.unwrap();
    let touched = "update operation set first_sent_at = '2026-11-21', sent_at = '2026-11-21'
                    where kind = 'suspend' and state = 'planned'";
    let touched = sqlx::query(touched).execute(&portal.portal.pool).await.unwrap();
    assert_eq!(touched.rows_affected(), 1);
    portal.portal.cancel_operation(&viewer, torn.operation).await.unwrap();
    portal.settle().await;
    assert_eq!((portal.sent("soft.delete"), portal.sent("soft.suspend")), (0, 2));
    assert_eq!(theirs(&portal).status, Status::Active);

    // What costs something gives its money back, once.
    let renewal = plan(&portal, license, Change::Renew { period: Period::MONTH }).await.unwrap();
    assert_eq!(portal.wallet().await, (eur("474.20"), eur("12.90")));
    portal.portal.cancel_operation(&viewer, renewal.operation).await.unwrap();
    assert_eq!(portal.wallet().await, (eur("487.10"), eur("0")));
    // The last day is free for another renewal.
    let again = plan(&portal, license, Change::Renew { period: Period::MONTH }).await.unwrap();
    portal.drain().await;
    let late = portal.portal.cancel_operation(&viewer, again.operation).await;
    assert!(matches!(late, Err(ChangeError::TooLate)), "{late:?}");
    assert_eq!(state(&portal, again).await, OperationState::Confirmed);
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_worker_that_has_it_already_loses_it_to_the_owner(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let license = license(&portal).await;
    let viewer = portal.customer().await;
    let renewal = plan(&portal, license, Change::Renew { period: Period::MONTH }).await.unwrap();
    // The worker looks at the license before it promises to send.
    let gate = portal.vendor().gate("soft.edit", upstream_sim::GatePoint::Before);
    let other = portal.portal.clone();
    let working = tokio::spawn(async move { other.work_once().await });
    gate.arrived().await;
    portal.portal.cancel_operation(&viewer, renewal.operation).await.unwrap();
    gate.release();
    working.await.unwrap().unwrap();
    portal.settle().await;
    assert_eq!(state(&portal, renewal).await, OperationState::Cancelled);
    assert_eq!((portal.sent("service.prolong"), spent(&portal).await), (0, eur("0")));
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn one_thing_at_a_time_is_done_to_a_license(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let license = license(&portal).await;
    // The first answer is lost; until it is known what became of it, the second one waits.
    portal.add_fault_to_action("soft.suspend", Fault::ResetBefore);
    let suspend = plan(&portal, license, Change::Suspend).await.unwrap();
    let viewer = portal.customer().await;
    portal.drain().await;
    assert_eq!(state(&portal, suspend).await, OperationState::Unknown);
    let rename = Change::Edit { ip: None, name: Some("second".to_owned()) };
    assert!(portal.portal.preview_change(&viewer, license, &rename).await.unwrap().waits);
    let rename = plan(&portal, license, rename).await.unwrap();
    portal.drain().await;
    assert_eq!(state(&portal, rename).await, OperationState::Planned);
    assert_eq!(portal.sent("soft.edit"), 0);
    portal.settle().await;
    assert_eq!(portal.sent("soft.edit"), 1);
    for planned in [suspend, rename] {
        assert_eq!(state(&portal, planned).await, OperationState::Confirmed);
    }
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_makes_no_sense_is_refused_before_anything_happens(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let license = license(&portal).await;
    let name = |name: &str| Change::Edit { ip: None, name: Some(name.to_owned()) };
    let nodes = |count| Change::Addons { counts: BTreeMap::from([("node".to_owned(), count)]) };
    for change in [name("web"), name(" web "), nodes(1)] {
        let refused = plan(&portal, license, change.clone()).await;
        assert!(
            matches!(refused, Err(ChangeError::NotNow(NotNow::Same))),
            "{change:?}: {refused:?}"
        );
    }
    let resume = plan(&portal, license, Change::Resume).await;
    assert!(matches!(resume, Err(ChangeError::NotNow(NotNow::Active))), "{resume:?}");
    for change in [nodes(0), Change::Renew { period: Period::Lifetime }] {
        let refused = plan(&portal, license, change.clone()).await;
        assert!(matches!(refused, Err(ChangeError::Choice(_))), "{change:?}: {refused:?}");
    }
    let nowhere = Change::ChangePlan { plan: "no-such".to_owned(), period: Period::MONTH };
    assert!(matches!(plan(&portal, license, nowhere).await, Err(ChangeError::NoPrice)));
    let nobody = plan(&portal, Uuid::now_v7(), Change::Suspend).await;
    assert!(matches!(nobody, Err(ChangeError::NoSuchLicense)), "{nobody:?}");

    let viewer = portal.customer().await;
    let renew = |total| ChangeWish {
        id: Uuid::now_v7(),
        license,
        change: Change::Renew { period: Period::MONTH },
        shown_total: total,
        shown_until: None,
    };
    for shown in [None, Some(eur("12.89"))] {
        let changed = portal.portal.change_license(&viewer, &renew(shown)).await;
        let now = eur("12.90");
        assert!(
            matches!(changed, Err(ChangeError::PriceChanged { now: n }) if n == now),
            "{changed:?}"
        );
    }
    // Hold everything that there is but a cent of the price.
    sqlx::query(
        "insert into ledger_transfer (id, kind, debit_account, credit_account, amount, currency,
                cause_kind, cause_id, reason, created_at)
         select gen_random_uuid(), 'posted', w.id, r.id, 4742100, 'EUR', 'staff', w.id, 'test', 'now'
           from ledger_account w, ledger_account r
          where w.kind = 'wallet' and w.credits_posted > 0 and r.kind = 'revenue' limit 1",
    )
    .execute(&portal.portal.pool)
    .await
    .unwrap();
    let poor = portal.portal.change_license(&viewer, &renew(Some(eur("12.90")))).await;
    let cent = eur("0.01");
    assert!(
        matches!(poor, Err(ChangeError::NotEnough { missing, .. }) if missing == cent),
        "{poor:?}"
    );
    assert_eq!(portal.count("select count(*) from operation where kind <> 'order'").await, 0);
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn one_form_is_one_change(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let license = license(&portal).await;
    let viewer = portal.customer().await;
    let wish = ChangeWish {
        id: Uuid::now_v7(),
        license,
        change: Change::Suspend,
        shown_total: None,
        shown_until: None,
    };
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let (portal, viewer, wish) = (portal.restarted(), viewer.clone(), wish.clone());
            tokio::spawn(async move { portal.change_license(&viewer, &wish).await })
        })
        .collect();
    let mut fresh = 0;
    for task in tasks {
        fresh += u32::from(task.await.unwrap().unwrap().fresh);
    }
    assert_eq!(fresh, 1);
    let other = ChangeWish { change: Change::ReissueKey, ..wish };
    let used = portal.portal.change_license(&viewer, &other).await;
    assert!(matches!(used, Err(ChangeError::FormUsed)), "{used:?}");
    portal.settle().await;
    assert_eq!(portal.sent("soft.suspend"), 1);
    portal.sound().await;
}

/// Both dates are shown before anybody pays: from its end if it works, from today if it is suspended.
#[sqlx::test(migrations = "../migrations")]
async fn a_renewal_shows_from_when_and_until_when(pool: PgPool) {
    use time::macros::date;
    let config = SimConfig {
        clock: upstream_sim::Clock::Fixed(time::macros::datetime!(2026-11-21 10:00 UTC)),
        ..SimConfig::default()
    };
    let portal = TestPortal::with(pool, config).await;
    let license = license(&portal).await;
    let viewer = portal.customer().await;
    let mut own = portal.signed_in().await;
    let renewal = Change::Renew { period: Period::MONTH };
    let preview = async || {
        let seen = portal.portal.preview_change(&viewer, license, &renewal).await.unwrap();
        (seen.until.unwrap(), seen.until_then.unwrap())
    };
    assert_eq!(preview().await, (date!(2026 - 12 - 21), date!(2027 - 01 - 21)));
    let page = own.get(&portal, &format!("/my/licenses/{license}/renew")).await.body;
    for day in ["21\u{a0}Dec\u{a0}2026", "21\u{a0}Jan\u{a0}2027"] {
        assert!(page.contains(day), "{day}: {page}");
    }
    let ten = Duration::from_hours(240);
    portal.clock.advance(ten);
    portal.vendor().advance_clock(ten);
    plan(&portal, license, Change::Suspend).await.unwrap();
    portal.drain().await;
    assert_eq!(preview().await, (date!(2026 - 12 - 21), date!(2027 - 01 - 01)));
    let page = own.get(&portal, &format!("/my/licenses/{license}/renew")).await.body;
    assert!(
        page.contains("1\u{a0}Jan\u{a0}2027") && page.contains("The next term begins today"),
        "{page}"
    );
    // How long the vendor keeps it is counted down.
    let page = own.get(&portal, &format!("/my/licenses/{license}")).await.body;
    assert!(page.contains("30 days") && page.contains("31\u{a0}Dec\u{a0}2026"), "{page}");
    // Where no term has a price there is no button for it, and the page says so.
    let renew = format!("href=\"/my/licenses/{license}/renew\"");
    assert!(page.contains(&renew), "{page}");
    sqlx::query("update license set addons = '{\"node\": 99999}'")
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    let page = own.get(&portal, &format!("/my/licenses/{license}")).await.body;
    assert!(!page.contains(&renew), "{page}");
    let page = own.get(&portal, &format!("/my/licenses/{license}/renew")).await.body;
    assert!(page.contains("There is no price for this"), "{page}");
}
