//! What the vendors' documents say beside the usual way: codes of terms, modules without their license
//! and without an end, monthly limits, products that end, and money that is short.

use std::time::Duration;

use axum::http::StatusCode;
use domain::address::LicenseIp;
use domain::change::{Change, NotNow};
use domain::license::LicenseStatus;
use domain::operation::OperationKind;
use domain::{Currency, Money, Period};
use portal::accounts::{By, NewAccount, Preset, Settings, Source};
use portal::licenses::{ChangeError, ChangeWish, LicenseDetail, Planned};
use portal::orders::{PlaceError, Wish};
use portal::upstreams::IpCheck;
use portal::wallet::Credit;
use sqlx::PgPool;
use time::macros::{date, datetime};
use upstream_sim::{CallView, ChangeLimit, Clock, Fault, LicenseView, SimConfig, Status, Times};
use uuid::Uuid;

use crate::dialects::{NewPlan, add_vendor, at_vendor, wish};
use crate::harness::{Browser, TestPortal, fresh};

const LEGACY: &str = "legacy@demo.test";
const ISPLICENSE: &str = "isplicense@demo.test";
/// The call that buys a license of a panel, and not the form before it.
const ORDER: &str = "soft.order.param!";

fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

const fn days(count: u64) -> Duration {
    Duration::from_hours(24 * count)
}

/// A portal and a vendor whose clocks only move together, by [`pass`].
async fn in_step(pool: PgPool, config: SimConfig) -> TestPortal {
    let clock = Clock::Fixed(datetime!(2026-11-21 10:00 UTC));
    TestPortal::with(pool, SimConfig { clock, ..config }).await
}

/// Lets time pass on both sides at once; the worker is awake again after it.
async fn pass(portal: &TestPortal, time: Duration) {
    portal.clock.advance(time);
    portal.vendor().advance_clock(time);
    portal.drain().await;
}

/// Lets enough time pass for every window, with the worker awake.
async fn rest(portal: &TestPortal) {
    portal.drain().await;
    for _ in 0..15 {
        pass(portal, Duration::from_mins(1)).await;
    }
}

/// The books agree with each other and with the vendor's.
async fn healthy(portal: &TestPortal) {
    portal.sound().await;
    assert_eq!(portal.portal.check_health().await.unwrap(), vec![]);
}

async fn execute(portal: &TestPortal, sql: &'static str) {
    sqlx::query(sql).execute(&portal.portal.pool).await.unwrap();
}

/// What can be spent, and what is held.
async fn wallet(portal: &TestPortal, currency: Currency) -> (Money, Money) {
    let viewer = portal.customer().await;
    let balance = portal.portal.balance(&viewer, currency).await.unwrap();
    (balance.available, balance.held)
}

async fn credit(portal: &TestPortal, amount: &str, currency: Currency) {
    let customer = sqlx::query_scalar("select customer_id from app_user where email = $1")
        .bind(portal::demo::CUSTOMER)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    let credit = Credit {
        id: Uuid::now_v7(),
        customer,
        amount: Money::parse(amount, currency).unwrap(),
        reason: "for many lives".to_owned(),
    };
    portal.portal.credit_wallet(&portal.owner().await, &credit).await.unwrap();
}

/// Another login at the simulator, which sells everything in the table that ships for its vendor, at
/// the vendor's own costs.
async fn import(portal: &TestPortal, slug: &str, user: &str, preset: Preset) {
    let pool = &portal.portal.pool;
    let mut settings = Settings::like(Some(preset));
    settings.base_url = sqlx::query_scalar("select base_url from upstream_account limit 1")
        .fetch_one(pool)
        .await
        .unwrap();
    user.clone_into(&mut settings.username);
    settings.limits.call_timeout_ms = 3_000;
    // Its pace goes by real time, and this goes on faster.
    settings.limits.calls_per_minute = None;
    let new = NewAccount {
        slug: slug.to_owned(),
        currency: preset.table().unwrap().currency,
        settings,
        password: "SimPass2026".to_owned().into(),
    };
    let by = By::CommandLine;
    portal.portal.add_account(by, new).await.unwrap();
    portal.portal.begin_import(by, slug, Source::Export, "", None).await.unwrap();
    let (stored, proposal) = portal.portal.newest_import(by, slug).await.unwrap().unwrap();
    portal.portal.apply_import(by, slug, stored.id, &proposal.hash).await.unwrap();
    sqlx::query(
        "update plan set available = true
          where upstream_account_id = (select id from upstream_account where slug = $1)",
    )
    .bind(slug)
    .execute(pool)
    .await
    .unwrap();
}

/// The plan's name in addresses, by the vendor's code.
async fn slug(portal: &TestPortal, vendor: &str, code: &str) -> String {
    sqlx::query_scalar(
        "select p.slug from plan p join upstream_account u on u.id = p.upstream_account_id
          where u.slug = $1 and p.upstream_plan_code = $2",
    )
    .bind(vendor)
    .bind(code)
    .fetch_one(&portal.portal.pool)
    .await
    .unwrap()
}

async fn ours(portal: &TestPortal, license: Uuid) -> LicenseDetail {
    let viewer = portal.customer().await;
    portal.portal.license(&viewer, license).await.unwrap().unwrap()
}

/// Buys it, without any time that passes; the license here and at the vendor.
async fn buy_now(portal: &TestPortal, wish: &Wish) -> (Uuid, LicenseView) {
    let viewer = portal.customer().await;
    portal.portal.place_order(&viewer, wish).await.unwrap();
    portal.drain().await;
    assert_eq!(portal.state(wish.id).await, "confirmed", "{}", wish.plan);
    let order = portal.portal.order(&viewer, wish.id).await.unwrap().unwrap();
    let license = order.license.unwrap();
    (license, at_vendor(portal, license).await)
}

/// Asks for a change at the price that it has; nothing is carried out yet.
async fn ask(portal: &TestPortal, license: Uuid, change: Change) -> Result<Planned, ChangeError> {
    let viewer = portal.customer().await;
    let preview = portal.portal.preview_change(&viewer, license, &change).await?;
    let shown_total = preview.quote.map(|quote| quote.total);
    let id = portal.portal.next_change_id(&viewer, license).await.unwrap();
    let wish = ChangeWish { id, license, change, shown_total, shown_until: None };
    portal.portal.change_license(&viewer, &wish).await
}

async fn state_of(portal: &TestPortal, operation: Uuid) -> String {
    sqlx::query_scalar("select state from operation where id = $1")
        .bind(operation)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap()
}

/// Changes it, without any time that passes; the license at the vendor.
async fn change_now(portal: &TestPortal, license: Uuid, change: Change) -> LicenseView {
    let planned = ask(portal, license, change.clone()).await.unwrap();
    portal.drain().await;
    assert_eq!(state_of(portal, planned.operation).await, "confirmed", "{change:?}");
    at_vendor(portal, license).await
}

fn moved(ip: &str) -> Change {
    Change::Edit { ip: Some(LicenseIp::parse(ip).unwrap()), name: None }
}

/// The last call of this function that did something to this license.
fn last_call(portal: &TestPortal, func: &str, license: u64) -> CallView {
    let id = license.to_string();
    let acted = |call: &CallView| {
        call.executed && call.params.contains_key("sok") && call.params.get("elid") == Some(&id)
    };
    portal.vendor().calls_of(func).into_iter().rfind(acted).unwrap()
}

/// Orders of the 2009 generation: its one function changes licenses, too.
fn legacy_orders(portal: &TestPortal) -> Vec<CallView> {
    let mut calls = portal.vendor().calls_of("software.edit");
    calls.retain(|call| call.params.contains_key("sok") && !call.params.contains_key("elid"));
    calls
}

/// Orders of a function of the newer generations.
fn orders_of(portal: &TestPortal, func: &str) -> Vec<CallView> {
    let mut calls = portal.vendor().calls_of(func);
    calls.retain(|call| call.params.contains_key("sok"));
    calls
}

/// The form of `/my/licenses/{license}/renew`, as its page fills it in.
async fn renewal_form(
    portal: &TestPortal,
    license: Uuid,
    choice: &str,
) -> [(&'static str, String); 4] {
    let viewer = portal.customer().await;
    let id = portal.portal.next_change_id(&viewer, license).await.unwrap();
    [
        ("license", license.to_string()),
        ("change", "renew".to_owned()),
        ("id", id.to_string()),
        ("choice", choice.to_owned()),
    ]
}

/// A product of the 2009 generation: its price, and the code of each of its terms.
type Product = (&'static str, &'static [(Period, &'static str)]);

/// As seed 003 has them, and an installation script of that time (protocol section 6); written down
/// once more, since the table that ships is what is tested.
const PRODUCTS: [Product; 17] = [
    ("7", &[(Period::Trial, "7"), (Period::MONTH, "8"), (Period::Lifetime, "9")]),
    ("11", &[(Period::Trial, "15"), (Period::MONTH, "16"), (Period::Lifetime, "17")]),
    ("15", &[(Period::Trial, "24"), (Period::MONTH, "25"), (Period::Lifetime, "26")]),
    ("884", &[(Period::Trial, "534"), (Period::MONTH, "535"), (Period::Lifetime, "536")]),
    ("432", &[(Period::Trial, "246"), (Period::MONTH, "380"), (Period::YEAR, "381")]),
    ("434", &[(Period::Trial, "247"), (Period::MONTH, "382"), (Period::YEAR, "383")]),
    ("435", &[(Period::Trial, "248"), (Period::MONTH, "384"), (Period::YEAR, "385")]),
    (
        "16",
        &[
            (Period::Trial, "27"),
            (Period::MONTH, "28"),
            (Period::YEAR, "29"),
            (Period::Lifetime, "661"),
        ],
    ),
    ("17", &[(Period::Trial, "30"), (Period::Lifetime, "31")]),
    ("18", &[(Period::Trial, "32"), (Period::Lifetime, "33")]),
    ("5", &[(Period::Trial, "2")]),
    ("9", &[(Period::Trial, "10")]),
    ("112", &[(Period::Trial, "68")]),
    ("2891", &[(Period::Trial, "1814")]),
    ("3045", &[(Period::Trial, "1898")]),
    ("3136", &[(Period::Trial, "1926")]),
    ("3193", &[(Period::Trial, "1951")]),
];

/// A license of this product for this term, ordered by their codes and paid on both sides.
async fn ordered_with_its_code(
    portal: &TestPortal,
    price: &str,
    (period, code): (Period, &str),
    host: u8,
) -> Uuid {
    let case = format!("price {price}, {period}");
    let plan = slug(portal, "legacy", price).await;
    let mut wish = wish(portal, &plan, period).await;
    wish.ip = format!("203.0.113.{host}");
    let (before, held) = portal.wallet().await;
    let (license, theirs) = buy_now(portal, &wish).await;
    let order = legacy_orders(portal).pop().unwrap();
    for (name, value) in [("price", price), ("period", code), ("ip", wish.ip.as_str())] {
        assert_eq!(order.params.get(name).map(String::as_str), Some(value), "{case}: {name}");
    }
    assert!(theirs.licname.starts_with("web 1 ks-"), "{case}: {}", theirs.licname);
    assert_eq!(theirs.family, "software", "{case}");
    assert_eq!(theirs.plan.to_string(), price, "{case}");
    assert_eq!(theirs.period, i32::from(period.code()), "{case}");
    assert_eq!((theirs.ip.as_str(), theirs.status), (wish.ip.as_str(), Status::Active), "{case}");
    let cost: i64 = sqlx::query_scalar("select cost from operation where order_id = $1")
        .bind(wish.id)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    let debit = portal.vendor().debits().pop().unwrap();
    assert_eq!((debit.license, debit.amount), (theirs.id, cost), "{case}");
    let left = before.checked_sub(wish.shown_total).unwrap();
    assert_eq!(portal.wallet().await, (left, held), "{case}");
    license
}

/// Its name is changed, its address, and both; then it is stopped and started. All of it is free.
async fn changed_in_every_way(portal: &TestPortal, license: Uuid, host: u8) {
    let money = portal.wallet().await;
    let born = at_vendor(portal, license).await;
    let mark = born.licname.strip_prefix("web 1 ").unwrap();

    let name = Change::Edit { ip: None, name: Some("mail".to_owned()) };
    let named = change_now(portal, license, name).await;
    let call = last_call(portal, "software.edit", born.id);
    assert!(!call.params.contains_key("ip"), "{call:?}");
    assert_eq!((named.licname, named.ip), (format!("mail {mark}"), born.ip.clone()));

    // The name goes with the address: it is where our mark is.
    let ip = format!("198.51.100.{host}");
    let moved = change_now(portal, license, moved(&ip)).await;
    let call = last_call(portal, "software.edit", born.id);
    assert_eq!(call.params.get("ip"), Some(&ip));
    assert_eq!((moved.licname, moved.ip), (format!("mail {mark}"), ip));

    let ip = format!("192.0.2.{host}");
    let both =
        Change::Edit { ip: Some(LicenseIp::parse(&ip).unwrap()), name: Some("web 2".to_owned()) };
    let both = change_now(portal, license, both).await;
    assert_eq!((both.licname, both.ip), (format!("web 2 {mark}"), ip.clone()));
    let known = ours(portal, license).await.row;
    assert_eq!((known.name.as_deref(), known.ip.as_deref()), (Some("web 2"), Some(ip.as_str())));

    let stopped = change_now(portal, license, Change::Suspend).await;
    assert_eq!(stopped.status, Status::Suspended);
    assert!(last_call(portal, "software.disable", born.id).executed);
    let back = change_now(portal, license, Change::Resume).await;
    assert_eq!(back.status, Status::Active);
    assert!(last_call(portal, "software.enable", born.id).executed);
    assert_eq!(portal.wallet().await, money);
}

/// Another term, by its code, until the day that was shown, paid on both sides.
async fn renewed_with_its_code(portal: &TestPortal, license: Uuid, (period, code): (Period, &str)) {
    let viewer = portal.customer().await;
    let renewal = Change::Renew { period };
    let preview = portal.portal.preview_change(&viewer, license, &renewal).await.unwrap();
    let price = preview.quote.unwrap().total;
    let (before, held) = portal.wallet().await;
    let renewed = change_now(portal, license, renewal).await;
    let said = last_call(portal, "software.period", renewed.id);
    assert_eq!(said.params.get("period").map(String::as_str), Some(code));
    assert_eq!(Some(renewed.expires), preview.until_then, "{code}");
    assert_eq!(ours(portal, license).await.row.expires_on, preview.until_then, "{code}");
    let cost: i64 = sqlx::query_scalar(
        "select cost from operation where license_id = $1 and kind = 'renew'
          order by number desc limit 1",
    )
    .bind(license)
    .fetch_one(&portal.portal.pool)
    .await
    .unwrap();
    let debit = portal.vendor().debits().pop().unwrap();
    assert_eq!(
        (debit.reason.as_str(), debit.license, debit.amount),
        ("prolong", renewed.id, cost),
        "{code}"
    );
    let left = before.checked_sub(price).unwrap();
    assert_eq!(portal.wallet().await, (left, held), "{code}");
}

#[sqlx::test(migrations = "../migrations")]
async fn every_product_of_2009_lives_by_its_own_codes(pool: PgPool) {
    // As often as one likes on both sides, for an address is changed twice in one day.
    let config = SimConfig { ip_changes: ChangeLimit::Off, ..SimConfig::full() };
    let portal = in_step(pool, config).await;
    import(&portal, "legacy", LEGACY, Preset::Legacy).await;
    execute(&portal, "update upstream_account set change_rule = 'unlimited'").await;
    credit(&portal, "10000", Currency::EUR).await;
    let (mut host, mut renewals) = (0, 0);
    for (price, terms) in PRODUCTS {
        let mut bought = Vec::new();
        for term in terms {
            host += 1;
            let order = ordered_with_its_code(&portal, price, *term, host);
            let license = Box::pin(order).await;
            let never = match term.0 {
                Period::Trial => Some(NotNow::Trial),
                Period::Lifetime => Some(NotNow::Lifetime),
                Period::Months(_) => None,
            };
            if let Some(never) = never {
                let refused = ask(&portal, license, Change::Renew { period: Period::MONTH }).await;
                assert!(
                    matches!(&refused, Err(ChangeError::NotNow(why)) if *why == never),
                    "price {price}: {refused:?}"
                );
            }
            bought.push((license, term.0.months()));
        }
        let renewable = bought.iter().find(|(_, months)| months.is_some());
        let (license, _) = *renewable.or(bought.first()).unwrap();
        // Nobody waits for a key: what is sold here is bound to the address alone.
        assert!(!ours(&portal, license).await.awaits_key, "price {price}");
        Box::pin(changed_in_every_way(&portal, license, host)).await;
        for term in terms.iter().filter(|(period, _)| period.months().is_some()) {
            renewals += 1;
            Box::pin(renewed_with_its_code(&portal, license, *term)).await;
        }
    }
    // Each was sent once, and only what a product has a code for.
    assert_eq!(legacy_orders(&portal).len(), usize::from(host));
    assert_eq!((host, renewals), (36, 12));
    assert_eq!(portal.vendor().calls_of("software.period").len(), 12);
    assert_eq!(portal.vendor().debits().len(), 48);
    let mut own = portal.sign_in(portal::demo::CUSTOMER).await;
    let license: Uuid = sqlx::query_scalar("select id from license order by number limit 1")
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    let order = ours(&portal, license).await.order;
    let viewer = portal.customer().await;
    assert!(portal.portal.order(&viewer, order).await.unwrap().unwrap().row.has_key, "it is done");
    let slug = ours(&portal, license).await.slug;
    for path in
        [format!("/my/licenses/{license}"), format!("/my/orders/{order}"), format!("/p/{slug}")]
    {
        let page = own.get(&portal, &path).await.body;
        for said in ["Enter the key", "You get the key", "Key delivery", "making its key"] {
            assert!(!page.contains(said), "{path}: {said}");
        }
    }
    healthy(&portal).await;
}

/// Seed 002's order of a module has no `item`, and nothing at the vendor says whose it is.
#[sqlx::test(migrations = "../migrations")]
async fn a_module_that_is_ordered_without_its_license_belongs_to_it_here(pool: PgPool) {
    for (fault, sent) in [(None, 1), (Some(Fault::ResetAfter), 1), (Some(Fault::ResetBefore), 2)] {
        let case = fault.as_ref().map_or("no fault", Fault::name);
        let portal = in_step(fresh(&pool).await, SimConfig::full()).await;
        import(&portal, "isplicense", ISPLICENSE, Preset::IspLicense).await;
        let silent = "select count(*) from upstream_account where not module_names_parent";
        assert_eq!(portal.count(silent).await, 1, "as its table says");
        credit(&portal, "500", Currency::USD).await;
        let viewer = portal.customer().await;
        let panel = slug(&portal, "isplicense", "229").await;
        let (license, _) = buy_now(&portal, &wish(&portal, &panel, Period::MONTH).await).await;

        // With us it belongs to one all the same.
        let plan = slug(&portal, "isplicense", "354").await;
        let nobodys = wish(&portal, &plan, Period::MONTH).await;
        let refused = portal.portal.place_order(&viewer, &nobodys).await;
        assert!(matches!(refused, Err(PlaceError::NoParent)), "{case}: {refused:?}");

        let (before, held) = wallet(&portal, Currency::USD).await;
        if let Some(fault) = fault {
            portal.vendor().add_fault("addition.order.param!", fault, Times::Once);
        }
        let module = Wish { parent: Some(license), ..nobodys };
        portal.portal.place_order(&viewer, &module).await.unwrap();
        rest(&portal).await;
        assert_eq!(portal.state(module.id).await, "confirmed", "{case}");
        let orders = orders_of(&portal, "addition.order.param");
        assert_eq!(orders.len(), sent, "{case}");
        for order in &orders {
            assert!(!order.params.contains_key("item"), "{case}: {order:?}");
            assert_eq!(order.params["pricelist"], "354", "{case}");
            assert_eq!(order.params["period"], "1", "{case}");
        }

        let order = portal.portal.order(&viewer, module.id).await.unwrap().unwrap();
        let bought = order.license.unwrap();
        let theirs = at_vendor(&portal, bought).await;
        assert_eq!((theirs.family.as_str(), theirs.item), ("addition", None), "{case}");
        let known = ours(&portal, bought).await;
        assert_eq!(known.row.status, LicenseStatus::Active, "{case}: delivered");
        assert_eq!(known.parent.map(|(id, _)| id), Some(license), "{case}");
        let modules = portal.portal.modules_of(&viewer, license).await.unwrap();
        let owned: Vec<_> = modules.owned.iter().map(|one| (one.license, &one.slug)).collect();
        assert_eq!(owned, [(Some(bought), &plan)], "{case}");
        assert!(modules.available.iter().all(|one| one.plan.slug != plan), "{case}");
        let again = Wish { id: Uuid::now_v7(), ..module.clone() };
        let refused = portal.portal.place_order(&viewer, &again).await;
        assert!(matches!(refused, Err(PlaceError::AlreadyOrdered { .. })), "{case}: {refused:?}");

        let left = before.checked_sub(module.shown_total).unwrap();
        assert_eq!(wallet(&portal, Currency::USD).await, (left, held), "{case}");
        assert_eq!(portal.vendor().live_licenses().len(), 2, "{case}");
        assert_eq!(portal.vendor().debits().len(), 2, "{case}: each paid once");
        healthy(&portal).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_module_for_ever_has_no_end_and_no_renewal(pool: PgPool) {
    let portal = in_step(pool, SimConfig::full()).await;
    import(&portal, "isplicense", ISPLICENSE, Preset::IspLicense).await;
    credit(&portal, "1000", Currency::USD).await;
    let viewer = portal.customer().await;
    let panel = slug(&portal, "isplicense", "229").await;
    let (license, _) = buy_now(&portal, &wish(&portal, &panel, Period::YEAR).await).await;
    let (before, held) = wallet(&portal, Currency::USD).await;
    let plan = slug(&portal, "isplicense", "356").await;
    let wanted = wish(&portal, &plan, Period::Lifetime).await;
    let wanted = Wish { parent: Some(license), ..wanted };
    let (module, theirs) = buy_now(&portal, &wanted).await;
    let order = orders_of(&portal, "addition.order.param").pop().unwrap();
    assert_eq!((order.params["period"].as_str(), theirs.is_lifetime()), ("0", true));
    let paid = (before.checked_sub(wanted.shown_total).unwrap(), held);
    assert_eq!(wallet(&portal, Currency::USD).await, paid);

    let known = ours(&portal, module).await;
    assert_eq!((known.row.status, known.row.expires_on), (LicenseStatus::Active, None));
    assert_eq!(known.period, Period::Lifetime);
    let possible = portal.portal.possible_changes(&viewer, module).await.unwrap().unwrap();
    assert!(!possible.allows(OperationKind::Renew) && !possible.may_renew());
    for period in [Period::MONTH, Period::YEAR, Period::Lifetime] {
        let refused = ask(&portal, module, Change::Renew { period }).await;
        let lifetime = matches!(&refused, Err(ChangeError::NotNow(NotNow::Lifetime)));
        assert!(lifetime, "{period}: {refused:?}");
    }
    let refused = portal.portal.set_auto_renew(&viewer, module, true).await;
    assert!(refused.is_err(), "{refused:?}");
    let modules = portal.portal.modules_of(&viewer, license).await.unwrap();
    let offered = modules.owned.iter().map(|one| (one.expires_on, one.renewal));
    assert_eq!(offered.collect::<Vec<_>>(), [(None, None)]);

    let mut own = portal.signed_in().await;
    let page = own.get(&portal, &format!("/my/licenses/{module}")).await.body;
    assert!(page.contains("Lifetime"), "{page}");
    let renewal = format!("/my/licenses/{module}/renew");
    assert!(!page.contains(&renewal) && !page.contains("action=\"/my/auto-renew\""), "{page}");
    let parent = own.get(&portal, &format!("/my/licenses/{license}")).await.body;
    assert!(parent.contains(&format!("/my/licenses/{module}")) && !parent.contains(&renewal));
    let form = own.get(&portal, &renewal).await.body;
    assert!(!form.contains("action=\"/my/license-change\""), "{form}");
    let forged = renewal_form(&portal, module, "12 26.90 USD").await;
    let refused = own.post(&portal, "/my/license-change", &forged).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("This license has no end."), "{}", refused.body);
    portal.drain().await;
    assert_eq!(wallet(&portal, Currency::USD).await, paid);
    assert_eq!(portal.count("select count(*) from operation where kind <> 'order'").await, 0);
    assert_eq!(portal.vendor().debits().len(), 2);
    healthy(&portal).await;
}

/// Not once in a calendar month, as most tests have it: from the 21st of a month to the 22nd of the
/// next one.
#[sqlx::test(migrations = "../migrations")]
async fn an_address_and_a_key_are_changed_again_after_31_days(pool: PgPool) {
    let config = SimConfig {
        ip_changes: ChangeLimit::Days31,
        key_changes: ChangeLimit::Days31,
        ..SimConfig::default()
    };
    let portal = in_step(pool, config).await;
    execute(&portal, "update upstream_account set change_rule = 'days_31'").await;
    let viewer = portal.customer().await;
    let (license, born) = buy_now(&portal, &wish(&portal, "isp6-lite", Period::YEAR).await).await;
    let paid = portal.wallet().await;
    change_now(&portal, license, moved("203.0.113.41")).await;
    let keyed = change_now(&portal, license, Change::ReissueKey).await;
    assert_ne!(keyed.key, born.key);
    let pages =
        [format!("/my/licenses/{license}/edit"), format!("/my/licenses/{license}/reissue_key")];
    let kinds = [moved("203.0.113.42"), Change::ReissueKey];

    pass(&portal, days(30)).await;
    let mut own = portal.signed_in().await;
    for (page, change) in pages.iter().zip(&kinds) {
        let refused = portal.portal.preview_change(&viewer, license, change).await;
        let from = date!(2026 - 12 - 22);
        assert!(matches!(refused, Err(ChangeError::TooSoon(day)) if day == from), "{refused:?}");
        // Known before the click, and told after it.
        let seen = own.get(&portal, page).await.body;
        assert!(seen.contains("the next change on 22\u{a0}Dec\u{a0}2026"), "{page}: {seen}");
        let id = portal.portal.next_change_id(&viewer, license).await.unwrap();
        let mut form = vec![
            ("license", license.to_string()),
            ("change", change.kind().as_str().to_owned()),
            ("id", id.to_string()),
        ];
        if change.kind() == OperationKind::Edit {
            form.push(("ip", "203.0.113.42".to_owned()));
            form.push(("name", "web 1".to_owned()));
        }
        let refused = own.post(&portal, "/my/license-change", &form).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{page}");
        assert!(refused.body.contains("the next change on 22\u{a0}Dec\u{a0}2026"), "{page}");
    }
    portal.drain().await;
    assert_eq!(portal.sent("soft.edit"), 2, "nothing else was asked of the vendor");
    assert_eq!(at_vendor(&portal, license).await.ip, "203.0.113.41");

    pass(&portal, days(1)).await;
    let mut own = portal.signed_in().await;
    for page in &pages {
        let seen = own.get(&portal, page).await.body;
        assert!(seen.contains("action=\"/my/license-change\""), "{page}: {seen}");
        assert!(!seen.contains("the next change on"), "{page}: {seen}");
    }
    for change in &kinds {
        change_now(&portal, license, change.clone()).await;
        let again = portal.portal.preview_change(&viewer, license, &moved("203.0.113.43")).await;
        let from = date!(2027 - 01 - 22);
        assert!(matches!(again, Err(ChangeError::TooSoon(day)) if day == from), "{again:?}");
    }
    let theirs = at_vendor(&portal, license).await;
    assert_eq!(theirs.ip, "203.0.113.42");
    assert_ne!(theirs.key, keyed.key);
    assert_eq!(portal.sent("soft.edit"), 4);
    assert_eq!(portal.wallet().await, paid, "all of it is free");
    assert_eq!(portal.vendor().debits().len(), 1);
    healthy(&portal).await;
}

/// Plesk has no name that could be changed meanwhile, so its page has nothing else to say.
#[sqlx::test(migrations = "../migrations")]
async fn the_page_says_when_an_address_can_be_changed_where_there_is_no_name(pool: PgPool) {
    let config = SimConfig { ip_changes: ChangeLimit::Days31, ..SimConfig::full() };
    let portal = in_step(pool, config).await;
    import(&portal, "isplicense", ISPLICENSE, Preset::IspLicense).await;
    execute(&portal, "update upstream_account set change_rule = 'days_31'").await;
    credit(&portal, "500", Currency::USD).await;
    let plesk = slug(&portal, "isplicense", "250").await;
    let (license, _) = buy_now(&portal, &wish(&portal, &plesk, Period::YEAR).await).await;
    let theirs = change_now(&portal, license, moved("203.0.113.41")).await;
    assert_eq!(theirs.ip, "203.0.113.41");
    let mut own = portal.signed_in().await;
    let page = own.get(&portal, &format!("/my/licenses/{license}/edit")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("the next change on 22\u{a0}Dec\u{a0}2026"), "{}", page.body);
}

/// Status 5: it is paid, and the vendor has not finished it.
#[sqlx::test(migrations = "../migrations")]
async fn what_the_vendor_is_making_is_left_alone_and_then_delivered_once(pool: PgPool) {
    let portal = in_step(pool, SimConfig::default()).await;
    portal.vendor().add_fault(ORDER, Fault::Processing { ms: 20 * 60_000 }, Times::Once);
    let (license, _) = buy_now(&portal, &wish(&portal, "isp6-lite", Period::MONTH).await).await;
    let paid = (eur("495.10"), eur("0"));
    assert_eq!(portal.wallet().await, paid, "it is bought");
    let known = ours(&portal, license).await;
    assert_eq!((known.row.status, known.key), (LicenseStatus::Processing, None));
    for change in [
        Change::Renew { period: Period::MONTH },
        moved("203.0.113.41"),
        Change::ChangePlan { plan: "isp6-pro".to_owned(), period: Period::MONTH },
        Change::ReissueKey,
        Change::Suspend,
        Change::Delete,
    ] {
        let refused = ask(&portal, license, change.clone()).await;
        let not_live = matches!(&refused, Err(ChangeError::NotNow(NotNow::NotLive)));
        assert!(not_live, "{change:?}: {refused:?}");
    }
    let mut own = portal.signed_in().await;
    let page = own.get(&portal, &format!("/my/licenses/{license}")).await.body;
    assert!(page.contains("The vendor is still making it."), "{page}");
    assert!(!page.contains("id=\"manage\"") && !page.contains(&format!("{license}/renew")));

    let mails = "select count(*) from email_outbox where template = 'license-ready'";
    rest(&portal).await;
    assert_eq!(ours(&portal, license).await.row.status, LicenseStatus::Processing);
    assert_eq!(portal.count(mails).await, 0);
    rest(&portal).await;
    let known = ours(&portal, license).await;
    let theirs = at_vendor(&portal, license).await;
    assert_eq!((known.row.status, known.key), (LicenseStatus::Active, Some(theirs.key)));
    assert_eq!(portal.count(mails).await, 1);
    let moved = change_now(&portal, license, moved("203.0.113.41")).await;
    assert_eq!((moved.ip.as_str(), portal.sent("soft.edit")), ("203.0.113.41", 1));
    assert_eq!((portal.sent("soft.order.param"), portal.vendor().debits().len()), (1, 1));
    assert_eq!((portal.wallet().await, portal.count(mails).await), (paid, 1));
    healthy(&portal).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_order_that_is_lost_while_the_vendor_makes_it_is_found_and_not_sent_again(pool: PgPool) {
    let failed = Fault::ErrorAfterDebit { kind: "internal".to_owned() };
    for (ordering, func, fault) in [
        ("at_once", ORDER, Fault::ResetAfter),
        ("at_once", ORDER, Fault::HangAfter),
        ("at_once", ORDER, Fault::GarbageAfter),
        ("at_once", ORDER, failed),
        ("basket", "payment.add", Fault::ResetAfter),
    ] {
        let case = format!("{ordering} {}", fault.name());
        let portal = in_step(fresh(&pool).await, SimConfig::default()).await;
        sqlx::query("update upstream_account set ordering = $1")
            .bind(ordering)
            .execute(&portal.portal.pool)
            .await
            .unwrap();
        let viewer = portal.customer().await;
        portal.vendor().add_fault(ORDER, Fault::Processing { ms: 3_600_000 }, Times::Once);
        portal.vendor().add_fault(func, fault, Times::Once);
        let lost = wish(&portal, "isp6-lite", Period::MONTH).await;
        portal.portal.place_order(&viewer, &lost).await.unwrap();
        portal.drain().await;
        assert_eq!(portal.state(lost.id).await, "unknown", "{case}");
        assert_eq!(portal.wallet().await, (eur("495.10"), eur("4.90")), "{case}: held");
        rest(&portal).await;
        assert_eq!(portal.state(lost.id).await, "confirmed", "{case}");
        let order = portal.portal.order(&viewer, lost.id).await.unwrap().unwrap();
        let license = order.license.unwrap();
        assert_eq!(ours(&portal, license).await.row.status, LicenseStatus::Processing, "{case}");
        pass(&portal, Duration::from_hours(2)).await;
        let known = ours(&portal, license).await;
        assert_eq!(known.row.status, LicenseStatus::Active, "{case}");
        assert_eq!(known.key, Some(at_vendor(&portal, license).await.key), "{case}");
        let paid: Vec<i64> = portal.vendor().debits().iter().map(|debit| debit.amount).collect();
        assert_eq!((portal.sent("soft.order.param"), paid), (1, vec![35_000]), "{case}");
        assert_eq!(portal.vendor().licenses().len(), 1, "{case}");
        assert_eq!(portal.wallet().await, (eur("495.10"), eur("0")), "{case}");
        healthy(&portal).await;
    }
}

/// A license that the vendor works on again after it was delivered. The simulator does so after orders
/// alone; what we knew of it before is put in by hand.
async fn worked_on_again(pool: &PgPool) -> (TestPortal, Uuid) {
    let portal = in_step(fresh(pool).await, SimConfig::default()).await;
    portal.vendor().add_fault(ORDER, Fault::Processing { ms: 30 * 60_000 }, Times::Once);
    let (license, _) = buy_now(&portal, &wish(&portal, "isp6-lite", Period::MONTH).await).await;
    execute(&portal, "update license set status = 'active'").await;
    (portal, license)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_change_that_meets_what_the_vendor_works_on_is_done_once(pool: PgPool) {
    for (fault, sent) in [
        (Fault::ResetAfter, 1),
        (Fault::HangAfter, 1),
        (Fault::ResetBefore, 2),
        (Fault::HttpBefore { status: 502 }, 2),
    ] {
        let case = fault.name();
        let (portal, license) = worked_on_again(&pool).await;
        let paid = portal.wallet().await;
        let edit = Change::Edit {
            ip: Some(LicenseIp::parse("203.0.113.41").unwrap()),
            name: Some("mail".to_owned()),
        };
        let planned = ask(&portal, license, edit).await.unwrap();
        portal.add_fault_to_action("soft.edit", fault);
        rest(&portal).await;
        assert_eq!(state_of(&portal, planned.operation).await, "confirmed", "{case}");
        assert_eq!(portal.sent("soft.edit"), sent, "{case}");
        pass(&portal, Duration::from_hours(1)).await;
        let (theirs, known) = (at_vendor(&portal, license).await, ours(&portal, license).await);
        assert!(theirs.licname.starts_with("mail ks-"), "{case}: {}", theirs.licname);
        assert_eq!((theirs.ip.as_str(), theirs.status), ("203.0.113.41", Status::Active), "{case}");
        assert_eq!(known.row.ip.as_deref(), Some("203.0.113.41"), "{case}");
        assert_eq!(known.row.status, LicenseStatus::Active, "{case}");
        assert_eq!((portal.wallet().await, portal.vendor().debits().len()), (paid, 1), "{case}");
        healthy(&portal).await;
    }
}

/// While the vendor works on it there is no key to see; that one is there afterwards proves no other.
#[sqlx::test(migrations = "../migrations")]
async fn a_key_that_was_not_replaced_is_not_taken_for_another_one(pool: PgPool) {
    let (portal, license) = worked_on_again(&pool).await;
    let paid = portal.wallet().await;
    let planned = ask(&portal, license, Change::ReissueKey).await.unwrap();
    portal.add_fault_to_action("soft.edit", Fault::ResetBefore);
    portal.drain().await;
    pass(&portal, Duration::from_mins(35)).await;
    rest(&portal).await;
    let (state, theirs) =
        (state_of(&portal, planned.operation).await, at_vendor(&portal, license).await);
    assert_eq!(state == "confirmed", theirs.key_changed.is_some(), "{state}: {theirs:?}");
    assert_eq!(portal.wallet().await, paid);
    healthy(&portal).await;
}

/// The pace goes by the machine's clock: what comes too early has half a minute to wait.
#[sqlx::test(migrations = "../migrations")]
async fn a_vendor_is_asked_no_faster_than_its_account_says(pool: PgPool) {
    let portal = in_step(pool, SimConfig::default()).await;
    let viewer = portal.customer().await;
    execute(&portal, "update upstream_account set calls_per_minute = 2").await;
    let check = async |host: u8| {
        let ip = format!("203.0.113.{host}");
        portal.portal.check_ip("public", "isp6-lite", &ip, "a test").await.unwrap()
    };
    // Two at once are within the pace. Somebody's curiosity is not kept waiting for its turn.
    assert_eq!((check(1).await, check(2).await), (IpCheck::Free, IpCheck::Free));
    assert_eq!((check(3).await, check(4).await), (IpCheck::Unchecked, IpCheck::Unchecked));
    assert_eq!(portal.vendor().calls().len(), 2);

    // An order is, with its money, and is none the worse for it.
    let wanted = wish(&portal, "isp6-lite", Period::MONTH).await;
    portal.portal.place_order(&viewer, &wanted).await.unwrap();
    let early = tokio::time::timeout(Duration::from_millis(300), portal.drain()).await;
    assert!(early.is_err(), "the worker waits for its turn");
    assert_eq!(portal.vendor().calls().len(), 2, "and asks nothing before it");
    assert_eq!(portal.state(wanted.id).await, "planned");
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("4.90")));
    healthy(&portal).await;

    // Another limit counts at once. The worker above was taken away; the next one has its work when
    // its lease is over.
    execute(&portal, "update upstream_account set calls_per_minute = null").await;
    assert_eq!(check(5).await, IpCheck::Free);
    pass(&portal, Duration::from_mins(3)).await;
    assert_eq!(portal.state(wanted.id).await, "confirmed");
    assert_eq!((portal.sent("soft.order.param"), portal.vendor().debits().len()), (1, 1));
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("0")));
    healthy(&portal).await;
}

/// What the product's own page answers, and whether the catalogue leads to it.
async fn is_offered(portal: &TestPortal, browser: &mut Browser) -> (StatusCode, bool) {
    let page = browser.get(portal, "/p/dns5").await.status;
    let catalog = browser.get(portal, "/catalog").await;
    assert_eq!(catalog.status, StatusCode::OK);
    assert!(catalog.body.contains("href=\"/p/ipm5\""), "the others stay");
    (page, catalog.body.contains("href=\"/p/dns5\""))
}

async fn ends(portal: &TestPortal, sale: &str, renewal: &str) {
    sqlx::query(
        "update plan set sale_ends_on = $1::date, renewal_ends_on = $2::date where slug = 'dns5'",
    )
    .bind(sale)
    .bind(renewal)
    .execute(&portal.portal.pool)
    .await
    .unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_product_that_ends_leaves_the_pages_and_its_renewal_later(pool: PgPool) {
    let portal = in_step(pool, SimConfig::default()).await;
    let viewer = portal.customer().await;
    let mut own = portal.signed_in().await;
    let (license, _) = buy_now(&portal, &wish(&portal, "dns5", Period::MONTH).await).await;
    let late = wish(&portal, "dns5", Period::MONTH).await;
    assert_eq!(portal.wallet().await, (eur("497.01"), eur("0")));
    // The last day of the sale is one.
    ends(&portal, "2026-11-21", "2026-12-31").await;
    assert_eq!(is_offered(&portal, &mut own).await, (StatusCode::OK, true));
    ends(&portal, "2026-11-20", "2026-12-31").await;
    for browser in [&mut own, &mut Browser::default()] {
        assert_eq!(is_offered(&portal, browser).await, (StatusCode::NOT_FOUND, false));
    }
    let order = late.id.to_string();
    let form = [
        ("plan", "dns5"),
        ("period", "1"),
        ("ip", "203.0.113.44"),
        ("order", order.as_str()),
        ("total", "2.99 EUR"),
    ];
    assert_eq!(own.post(&portal, "/buy", &form).await.status, StatusCode::NOT_FOUND);
    assert_eq!(portal.count("select count(*) from customer_order").await, 1);
    assert_eq!(portal.wallet().await, (eur("497.01"), eur("0")));

    // Who has it is told until when it can be renewed, and renews it.
    let home = format!("/my/licenses/{license}");
    let link = format!("href=\"{home}/renew\"");
    let page = own.get(&portal, &home).await.body;
    assert!(page.contains("It can be renewed until 31\u{a0}Dec\u{a0}2026"), "{page}");
    assert!(page.contains(&link), "{page}");
    let renewal = renewal_form(&portal, license, "1 2.99 EUR").await;
    let answer = own.post(&portal, "/my/license-change", &renewal).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    portal.drain().await;
    let until = date!(2027 - 01 - 21);
    assert_eq!(ours(&portal, license).await.row.expires_on, Some(until));
    assert_eq!(portal.wallet().await, (eur("494.02"), eur("0")));

    // On the last day still; it is even to renew by itself.
    pass(&portal, days(40)).await;
    let mut own = portal.signed_in().await;
    let page = own.get(&portal, &home).await.body;
    assert!(page.contains(&link) && page.contains("action=\"/my/auto-renew\""), "{page}");
    portal.portal.set_auto_renew(&viewer, license, true).await.unwrap();

    pass(&portal, days(1)).await;
    let page = own.get(&portal, &home).await.body;
    assert!(!page.contains(&link) && !page.contains("action=\"/my/auto-renew\""), "{page}");
    let page = own.get(&portal, &format!("{home}/renew")).await.body;
    assert!(!page.contains("action=\"/my/license-change\""), "{page}");
    let renewal = renewal_form(&portal, license, "1 2.99 EUR").await;
    let refused = own.post(&portal, "/my/license-change", &renewal).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let why = "The vendor does not renew this product any more.";
    assert!(refused.body.contains(why), "{}", refused.body);
    let switch = [("license", license.to_string()), ("on", "true".to_owned())];
    let refused = own.post(&portal, "/my/auto-renew", &switch).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);

    // Two days before its end nothing renews it, and nobody tries again.
    pass(&portal, days(18)).await;
    assert_eq!(portal.count("select count(*) from license where auto_renew").await, 0);
    assert_eq!(portal.count("select count(*) from operation where kind = 'renew'").await, 1);
    assert_eq!(portal.sent("service.prolong"), 1);
    assert_eq!(at_vendor(&portal, license).await.expires, until);
    assert_eq!(portal.wallet().await, (eur("494.02"), eur("0")));
    assert_eq!(portal.vendor().debits().len(), 2);
    healthy(&portal).await;
}

/// `accountinfo` shows a number, `dashboard.info` words as people of the vendor's country read them.
#[sqlx::test(migrations = "../migrations")]
async fn an_order_waits_for_money_however_its_vendor_tells_the_balance(pool: PgPool) {
    for lang in ["en", "ru"] {
        let config = SimConfig { lang: lang.to_owned(), ..SimConfig::full() };
        let portal = in_step(fresh(&pool).await, config).await;
        let plan = |slug, dialect, code, cost, term| NewPlan {
            slug,
            dialect,
            code,
            terms: vec![(1, cost, term)],
            addon: None,
        };
        let old = [plan("isp4-lite", "software", "7", 55_000, Some("8"))];
        let new = [plan("il-lite", "softexternal", "546", 45_000, None)];
        add_vendor(&portal, "legacy", LEGACY, "EUR", &old).await;
        add_vendor(&portal, "isplicense", ISPLICENSE, "USD", &new).await;
        execute(
            &portal,
            "update upstream_account
                set balance_function = case slug when 'legacy' then 'accountinfo'
                                                 else 'dashboard.info' end
              where slug in ('legacy', 'isplicense')",
        )
        .await;
        let vendor = portal.vendor();
        vendor.set_balance(LEGACY, 54_999);
        vendor.set_balance(ISPLICENSE, 44_900);
        let viewer = portal.customer().await;
        let (first, second) = (
            wish(&portal, "isp4-lite", Period::MONTH).await,
            wish(&portal, "il-lite", Period::MONTH).await,
        );
        let mut held = Vec::new();
        for wanted in [&first, &second] {
            let currency = wanted.shown_total.currency();
            let (before, nothing) = wallet(&portal, currency).await;
            let left = before.checked_sub(wanted.shown_total).unwrap();
            held.push((currency, (left, wanted.shown_total), (left, nothing)));
            portal.portal.place_order(&viewer, wanted).await.unwrap();
        }
        let states = async || (portal.state(first.id).await, portal.state(second.id).await);
        let both = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        let sent =
            || (legacy_orders(&portal).len(), orders_of(&portal, "softexternal.order.param").len());
        portal.drain().await;
        for _ in 0..2 {
            assert_eq!(states().await, both("parked", "parked"), "{lang}");
            assert_eq!((sent(), vendor.debits().len()), ((0, 0), 0), "{lang}");
            for (currency, waiting, _) in &held {
                assert_eq!(wallet(&portal, *currency).await, *waiting, "{lang}: still held");
            }
            rest(&portal).await;
        }
        for (func, user) in [("accountinfo", LEGACY), ("dashboard.info", ISPLICENSE)] {
            let calls = vendor.calls_of(func);
            assert!(!calls.is_empty() && calls.iter().all(|call| call.user() == user), "{func}");
        }
        let mails = "select count(*) from email_outbox where template = 'vendor-balance'";
        assert_eq!(portal.count(mails).await, 2, "{lang}: who can top up is told of each");

        // Money at one vendor is none at the other.
        vendor.set_balance(LEGACY, 55_000);
        rest(&portal).await;
        assert_eq!(states().await, both("confirmed", "parked"), "{lang}");
        vendor.set_balance(ISPLICENSE, 45_000);
        rest(&portal).await;
        assert_eq!(states().await, both("confirmed", "confirmed"), "{lang}");
        assert_eq!(sent(), (1, 1), "{lang}");
        assert_eq!((vendor.balance(LEGACY), vendor.balance(ISPLICENSE)), (0, 0), "{lang}");
        let paid: Vec<i64> = vendor.debits().iter().map(|debit| debit.amount).collect();
        assert_eq!(paid, [55_000, 45_000], "{lang}");
        for (currency, _, charged) in &held {
            assert_eq!(wallet(&portal, *currency).await, *charged, "{lang}");
        }

        // Thousands are no cents.
        vendor.set_balance(LEGACY, 12_345_678_900);
        vendor.set_balance(ISPLICENSE, 12_345_678_900);
        rest(&portal).await;
        let rich = "select count(*) from upstream_account where balance = 12345678900";
        assert_eq!(portal.count(rich).await, 2, "{lang}");
        healthy(&portal).await;
    }
}
