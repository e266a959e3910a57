//! The whole life of a license in every function family, through the use cases, against the simulator.

use std::collections::BTreeMap;

use domain::address::LicenseIp;
use domain::change::Change;
use domain::license::LicenseStatus;
use domain::operation::OperationKind;
use domain::{Currency, Money, Period};
use portal::licenses::{ChangeError, ChangeWish};
use portal::listing::Days;
use portal::orders::{PlaceError, Wish};
use portal::wallet::Credit;
use serde_json::json;
use sqlx::PgPool;
use upstream_sim::{Fault, LicenseView, SimConfig, Status, Times};
use uuid::Uuid;

use crate::harness::{TestPortal, fresh};

/// A plan of a vendor that the demo does not have.
pub struct NewPlan {
    pub slug: &'static str,
    pub dialect: &'static str,
    pub code: &'static str,
    /// Term, cost in ten-thousandths, and the vendor's code of it.
    pub terms: Vec<(i16, i64, Option<&'static str>)>,
    /// Our code, the vendor's, and what is included.
    pub addon: Option<(&'static str, &'static str, i32)>,
}

/// A portal whose vendor sells everything in the five documents.
pub async fn portal(pool: PgPool) -> TestPortal {
    TestPortal::with(pool, SimConfig::full()).await
}

/// Another login at the simulator, with plans of its own, and money of its currency for the customer.
pub async fn add_vendor(
    portal: &TestPortal,
    slug: &str,
    user: &str,
    money: &str,
    plans: &[NewPlan],
) {
    let pool = &portal.portal.pool;
    let id = Uuid::now_v7();
    sqlx::query(
        "insert into upstream_account (id, slug, name, base_url, username, secret, currency, created_at,
                call_timeout_ms, quiet_window_ms, second_sighting_ms, lease_ms)
         select $1, $2, $2, base_url, $3, $4, $5, $6, call_timeout_ms, quiet_window_ms,
                second_sighting_ms, lease_ms
           from upstream_account limit 1",
    )
    .bind(id)
    .bind(slug)
    .bind(user)
    .bind(portal.portal.key.seal(id, "SimPass2026").unwrap())
    .bind(money)
    .bind(portal.portal.clock.now())
    .execute(pool)
    .await
    .unwrap();
    for plan in plans {
        add_plan(portal, id, plan).await;
    }
    let currency = Currency::from_code(money).unwrap();
    let customer = sqlx::query_scalar("select customer_id from app_user where email = $1")
        .bind(portal::demo::CUSTOMER)
        .fetch_one(pool)
        .await
        .unwrap();
    let credit = Credit {
        id: Uuid::now_v7(),
        customer,
        amount: Money::parse("5000", currency).unwrap(),
        reason: "for a whole life".to_owned(),
    };
    portal.portal.credit_wallet(&portal.owner().await, &credit).await.unwrap();
}

async fn add_plan(portal: &TestPortal, vendor: Uuid, plan: &NewPlan) {
    let id = Uuid::now_v7();
    let text = json!({ "en": plan.slug });
    let mut tx = portal.portal.pool.begin().await.unwrap();
    sqlx::query(
        "insert into plan (id, slug, family, position, upstream_account_id, dialect, upstream_plan_code,
                name, tagline, description, needs_ip, created_at)
         values ($1, $2, 'software', 90, $3, $4, $5, $6, $6, $6, true, $7)",
    )
    .bind(id)
    .bind(plan.slug)
    .bind(vendor)
    .bind(plan.dialect)
    .bind(plan.code)
    .bind(&text)
    .bind(portal.portal.clock.now())
    .execute(&mut *tx)
    .await
    .unwrap();
    if let Some((code, upstream, base)) = plan.addon {
        sqlx::query(
            "insert into plan_addon (plan_id, code, upstream_addon_code, name, base, max, step)
             values ($1, $2, $3, $4, $5, 50, 1)",
        )
        .bind(id)
        .bind(code)
        .bind(upstream)
        .bind(&text)
        .bind(base)
        .execute(&mut *tx)
        .await
        .unwrap();
    }
    for (period, cost, code) in &plan.terms {
        sqlx::query(
            "with term as (insert into plan_period (plan_id, period, cost, upstream_code)
                           values ($1, $2, $3, $4))
             insert into cost_change (plan_id, period, addon, cost, source, at)
             values ($1, $2, null, $3, 'initial', $5)",
        )
        .bind(id)
        .bind(period)
        .bind(cost)
        .bind(code)
        .bind(portal.portal.clock.now())
        .execute(&mut *tx)
        .await
        .unwrap();
        if let Some((addon, _, _)) = plan.addon {
            sqlx::query(
                "with it as (insert into addon_cost (plan_id, code, period, cost) values ($1, $2, $3, $4))
                 insert into cost_change (plan_id, period, addon, cost, source, at)
                 values ($1, $3, $2, $4, 'initial', $5)",
            )
            .bind(id)
            .bind(addon)
            .bind(period)
            .bind(cost)
            .bind(portal.portal.clock.now())
            .execute(&mut *tx)
            .await
            .unwrap();
        }
    }
    tx.commit().await.unwrap();
}

/// What somebody wants of a plan, at the price that it has now.
pub async fn wish(portal: &TestPortal, plan: &str, period: Period) -> Wish {
    let viewer = portal.customer().await;
    let offer = portal.portal.offer("public", plan).await.unwrap().expect(plan);
    let capabilities = &offer.plan.capabilities;
    Wish {
        id: portal.portal.next_order_id(&viewer, plan).await.unwrap(),
        plan: plan.to_owned(),
        period,
        ip: if capabilities.needs_ip { "203.0.113.40".to_owned() } else { String::new() },
        name: if capabilities.named { "web 1".to_owned() } else { String::new() },
        addons: BTreeMap::new(),
        parent: None,
        fields: BTreeMap::new(),
        shown_total: offer.price_of(period).expect(plan),
        told_of_renewals: offer.plan.vendor.renews,
    }
}

/// Buys it and waits for it; the license here and at the vendor.
pub async fn buy(portal: &TestPortal, wish: &Wish) -> (Uuid, LicenseView) {
    let viewer = portal.customer().await;
    portal.portal.place_order(&viewer, wish).await.unwrap();
    portal.settle().await;
    assert_eq!(portal.state(wish.id).await, "confirmed", "{}", wish.plan);
    let order = portal.portal.order(&viewer, wish.id).await.unwrap().unwrap();
    let license = order.license.unwrap();
    (license, at_vendor(portal, license).await)
}

/// The license as it really is at the vendor.
pub async fn at_vendor(portal: &TestPortal, license: Uuid) -> LicenseView {
    let id: String = sqlx::query_scalar("select upstream_id from license where id = $1")
        .bind(license)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    let all = portal.vendor().licenses();
    all.into_iter().find(|view| view.id.to_string() == id).unwrap()
}

/// Asks for a change at the price that it has, and waits for it.
pub async fn change(portal: &TestPortal, license: Uuid, change: Change) -> LicenseView {
    let viewer = portal.customer().await;
    let preview = portal.portal.preview_change(&viewer, license, &change).await.unwrap();
    let shown_total = preview.quote.map(|quote| quote.total);
    let id = portal.portal.next_change_id(&viewer, license).await.unwrap();
    let wish = ChangeWish { id, license, change: change.clone(), shown_total, shown_until: None };
    let planned = portal.portal.change_license(&viewer, &wish).await.unwrap();
    portal.settle().await;
    let state: String = sqlx::query_scalar("select state from operation where id = $1")
        .bind(planned.operation)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    assert_eq!(state, "confirmed", "{change:?}");
    at_vendor(portal, license).await
}

async fn can(portal: &TestPortal, plan: &str) -> Vec<OperationKind> {
    portal.portal.offer("public", plan).await.unwrap().unwrap().plan.capabilities.can
}

/// Does everything to a license that its family can, in the order of a life.
async fn live(portal: &TestPortal, license: Uuid, plan: &str, addon: Option<(&str, u32)>) {
    Box::pin(whole_life(portal, license, plan, addon)).await;
}

async fn whole_life(portal: &TestPortal, license: Uuid, plan: &str, addon: Option<(&str, u32)>) {
    let can = can(portal, plan).await;
    let viewer = portal.customer().await;
    let born = at_vendor(portal, license).await;
    let mut done = vec![OperationKind::Order];
    let offer = portal.portal.offer("public", plan).await.unwrap().unwrap();
    if can.contains(&OperationKind::Edit) {
        let capabilities = &offer.plan.capabilities;
        let ip = capabilities.needs_ip.then(|| LicenseIp::parse("203.0.113.41").unwrap());
        let name = capabilities.named.then(|| "mail".to_owned());
        let edited = change(portal, license, Change::Edit { ip, name: name.clone() }).await;
        if ip.is_some() {
            assert_eq!(edited.ip, "203.0.113.41", "{plan}");
            // Once a month, also where the vendor shows no date of it.
            let ip = Some(LicenseIp::parse("203.0.113.42").unwrap());
            let again = Change::Edit { ip, name: None };
            let again = portal.portal.preview_change(&viewer, license, &again).await;
            assert!(matches!(again, Err(ChangeError::TooSoon(_))), "{plan}: {again:?}");
        }
        if name.is_some() {
            let shown = format!("{}{}", edited.licname, edited.comment);
            assert!(shown.starts_with("mail ks-"), "{plan}: {shown}");
        }
        done.push(OperationKind::Edit);
    }
    if let Some((code, count)) = addon {
        let counts = BTreeMap::from([(code.to_owned(), count)]);
        let more = change(portal, license, Change::Addons { counts }).await;
        assert!(more.addons.values().any(|known| *known == count), "{plan}: {:?}", more.addons);
        done.push(OperationKind::Addons);
    }
    if can.contains(&OperationKind::ReissueKey) {
        let other = change(portal, license, Change::ReissueKey).await;
        assert_ne!(other.key, born.key, "{plan}");
        done.push(OperationKind::ReissueKey);
        // Once a month, and known before the click.
        let again = portal.portal.preview_change(&viewer, license, &Change::ReissueKey).await;
        assert!(matches!(again, Err(ChangeError::TooSoon(_))), "{plan}: {again:?}");
    }
    if can.contains(&OperationKind::Suspend) {
        let stopped = change(portal, license, Change::Suspend).await;
        assert_eq!(stopped.status, Status::Suspended, "{plan}");
        let back = change(portal, license, Change::Resume).await;
        assert_eq!(back.status, Status::Active, "{plan}");
        done.extend([OperationKind::Suspend, OperationKind::Resume]);
    }
    let until = at_vendor(portal, license).await.expires;
    let renewed = change(portal, license, Change::Renew { period: Period::MONTH }).await;
    assert!(renewed.expires > until, "{plan}: {until} to {}", renewed.expires);
    done.push(OperationKind::Renew);
    if can.contains(&OperationKind::Delete) {
        let gone = change(portal, license, Change::Delete).await;
        assert_eq!(gone.status, Status::Deleted, "{plan}");
        done.push(OperationKind::Delete);
    }
    let left: Vec<_> = can.iter().filter(|kind| !done.contains(kind)).collect();
    let untested = match addon {
        Some(_) => vec![&OperationKind::ChangePlan],
        None => vec![&OperationKind::ChangePlan, &OperationKind::Addons],
    };
    assert!(left.iter().all(|kind| untested.contains(kind)), "{plan}: {left:?} was not tried");
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_life_in_soft(pool: PgPool) {
    let portal = portal(pool).await;
    let mut first = wish(&portal, "isp6-biz", Period::MONTH).await;
    first.addons = BTreeMap::from([("node".to_owned(), 1)]);
    let (license, vendor) = buy(&portal, &first).await;
    assert_eq!((vendor.family.as_str(), vendor.autoprolong), ("soft", None));
    let lite = Change::ChangePlan { plan: "isp6-host".to_owned(), period: Period::MONTH };
    let changed = change(&portal, license, lite).await;
    assert_eq!(changed.plan, 55229);
    live(&portal, license, "isp6-host", None).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_life_in_platform(pool: PgPool) {
    let portal = portal(pool).await;
    let year = wish(&portal, "vm6", Period::YEAR).await;
    let (_, vendor) = buy(&portal, &year).await;
    assert_eq!((vendor.family.as_str(), vendor.period), ("platform", 12));
    assert_eq!((vendor.ip.as_str(), vendor.autoprolong), ("", None));
    assert!(vendor.comment.starts_with("web 1 ks-"), "{}", vendor.comment);
    let month = wish(&portal, "vm6", Period::MONTH).await;
    let (license, _) = buy(&portal, &month).await;
    live(&portal, license, "vm6", Some(("vm", 20))).await;
}

/// `autoprolong` is never on at both levels: an order says `null`, and what somebody switches on at the
/// vendor's site ends ours.
#[sqlx::test(migrations = "../migrations")]
async fn a_license_renews_by_itself_on_one_side_only(pool: PgPool) {
    let portal = portal(pool).await;
    let viewer = portal.customer().await;
    let (license, vendor) = buy(&portal, &wish(&portal, "vm6", Period::MONTH).await).await;
    let number = vendor.id;
    portal.portal.set_auto_renew(&viewer, license, true).await.unwrap();
    portal.vendor().by_hand(number, upstream_sim::ByHand::Autoprolong(Some(1)));
    sqlx::query("update license set next_check_at = $1")
        .bind(portal.portal.clock.now())
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    portal.drain().await;
    let seen = portal.portal.license(&viewer, license).await.unwrap().unwrap();
    assert_eq!(seen.renews, portal::licenses::Renews::ByVendor);
    let refused = portal.portal.set_auto_renew(&viewer, license, true).await;
    assert!(refused.is_err(), "{refused:?}");
    // Two days before its end nothing is planned here.
    let renewals = "select count(*) from operation where kind = 'renew'";
    let end = seen.row.expires_on.unwrap().midnight().assume_utc();
    let left = std::time::Duration::try_from(end - portal.portal.clock.now()).unwrap();
    portal.clock.advance(left.checked_sub(std::time::Duration::from_hours(48)).unwrap());
    portal.drain().await;
    assert_eq!(portal.count(renewals).await, 0);
    // Switched off there, it is ours again.
    portal.vendor().by_hand(number, upstream_sim::ByHand::Autoprolong(None));
    portal.drain().await;
    sqlx::query("update license set next_check_at = $1")
        .bind(portal.portal.clock.now())
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    portal.drain().await;
    portal.settle().await;
    assert_eq!(portal.count(renewals).await, 1);
}

/// A free term of a plan that is sold, too (seed 000).
async fn add_trial(portal: &TestPortal, plan: &str) {
    sqlx::query(
        "with plan as (select id from plan where slug = $1),
              term as (insert into plan_period (plan_id, period, cost) select id, -100, 0 from plan),
              counted as (insert into addon_cost (plan_id, code, period, cost)
                          select a.plan_id, a.code, -100, 0 from plan_addon a join plan on plan.id = a.plan_id)
         insert into cost_change (plan_id, period, addon, cost, source, at)
         select id, -100, null, 0, 'initial', $2::timestamptz from plan
         union all
         select a.plan_id, -100, a.code, 0, 'initial', $2
           from plan_addon a join plan on plan.id = a.plan_id",
    )
    .bind(plan)
    .bind(portal.portal.clock.now())
    .execute(&portal.portal.pool)
    .await
    .unwrap();
}

/// A trial cannot be renewed; it becomes a paid license from today by a change of plan: of another one
/// in `soft`, of the same one where a plan has both terms.
#[sqlx::test(migrations = "../migrations")]
async fn a_trial_becomes_a_paid_license_from_today(pool: PgPool) {
    for (trial, paid) in [("isp6-trial", "isp6-lite"), ("vm6", "vm6")] {
        for fault in [None, Some(Fault::ResetAfter)] {
            let portal = portal(fresh(&pool).await).await;
            add_trial(&portal, "vm6").await;
            let viewer = portal.customer().await;
            let (license, born) = buy(&portal, &wish(&portal, trial, Period::Trial).await).await;
            let possible = portal.portal.possible_changes(&viewer, license).await.unwrap().unwrap();
            assert!(!possible.allows(OperationKind::Renew) && !possible.may_renew(), "{trial}");
            assert!(possible.allows(OperationKind::ChangePlan), "{trial}");
            let offered: Vec<_> = possible.plans.iter().map(|offer| &offer.plan.slug).collect();
            assert!(offered.iter().any(|slug| *slug == paid), "{trial}: {offered:?}");
            assert!(possible.plans.iter().all(|offer| offer.price_of(Period::Trial).is_none()));
            let forged = Change::ChangePlan { plan: paid.to_owned(), period: Period::Trial };
            let refused = portal.portal.preview_change(&viewer, license, &forged).await;
            assert!(refused.is_err(), "{trial}: {refused:?}");
            if let Some(fault) = fault {
                portal.vendor().add_fault("service.changepricelist!", fault, Times::Once);
            }
            let bought = portal.vendor().debits().len();
            let month = Change::ChangePlan { plan: paid.to_owned(), period: Period::MONTH };
            let now = change(&portal, license, month).await;
            assert!(now.expires != born.expires && now.status == Status::Active, "{trial}");
            assert_eq!((now.period, portal.vendor().debits().len()), (1, bought + 1), "{trial}");
            let possible = portal.portal.possible_changes(&viewer, license).await.unwrap().unwrap();
            assert!(possible.may_renew(), "{trial}");
            assert_eq!(possible.allows(OperationKind::ChangePlan), trial == "isp6-trial");
        }
    }
}

/// Vendors change one edition of a product for another, and nothing else.
#[sqlx::test(migrations = "../migrations")]
async fn a_license_becomes_only_what_its_vendor_makes_of_it(pool: PgPool) {
    let portal = portal(pool).await;
    let viewer = portal.customer().await;
    for (plan, others) in [
        ("isp6-lite", vec!["isp6-pro", "isp6-host", "isp6-biz"]),
        ("dci5-essential", vec!["dci5-progressive", "dci5-enterprise"]),
        ("vm5-kvm", vec![]),
        ("dns5", vec![]),
        ("vm6", vec![]),
    ] {
        let (license, _) = buy(&portal, &wish(&portal, plan, Period::MONTH).await).await;
        let possible = portal.portal.possible_changes(&viewer, license).await.unwrap().unwrap();
        let offered: Vec<_> = possible.plans.iter().map(|offer| offer.plan.slug.as_str()).collect();
        assert_eq!(offered, others, "{plan}");
        assert_eq!(possible.allows(OperationKind::ChangePlan), !others.is_empty(), "{plan}");
        // Nor is it made by a form of somebody's own.
        let forged = Change::ChangePlan { plan: "bill5".to_owned(), period: Period::MONTH };
        let refused = portal.portal.preview_change(&viewer, license, &forged).await;
        assert!(matches!(refused, Err(ChangeError::NoPrice | ChangeError::NotNow(_))), "{plan}");
    }
    // What staff know that a plan cannot is offered to nobody.
    sqlx::query("update plan set withheld = '{change_plan,suspend}' where slug = 'isp6-lite'")
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    let lite: Uuid = sqlx::query_scalar(
        "select l.id from license l join plan p on p.id = l.plan_id where p.slug = 'isp6-lite'",
    )
    .fetch_one(&portal.portal.pool)
    .await
    .unwrap();
    let possible = portal.portal.possible_changes(&viewer, lite).await.unwrap().unwrap();
    assert!(
        !possible.allows(OperationKind::ChangePlan) && !possible.allows(OperationKind::Suspend)
    );
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_life_in_softexternal(pool: PgPool) {
    let portal = portal(pool).await;
    let (license, vendor) = buy(&portal, &wish(&portal, "cloudlinux", Period::MONTH).await).await;
    assert_eq!((vendor.family.as_str(), vendor.ip.as_str()), ("softexternal", "203.0.113.40"));
    live(&portal, license, "cloudlinux", None).await;
    // A key product has no address at all.
    let (_, vendor) = buy(&portal, &wish(&portal, "bitninja", Period::MONTH).await).await;
    assert_eq!((vendor.plan, vendor.ip.as_str()), (55369, ""));
    portal.sound().await;
}

/// What `ISPlicense` sells (seed 002), in dollars.
fn isplicense() -> [NewPlan; 3] {
    let terms = vec![(1, 80_000, None), (12, 800_000, None), (0, 2_400_000, None)];
    let node = Some(("node", "550", 1));
    [
        NewPlan {
            slug: "il-biz",
            dialect: "softexternal",
            code: "549",
            terms: terms.clone(),
            addon: node,
        },
        NewPlan {
            slug: "plesk-host",
            dialect: "parallelslic",
            code: "236",
            terms: terms.clone(),
            addon: None,
        },
        NewPlan { slug: "plesk-pro", dialect: "parallelslic", code: "264", terms, addon: None },
    ]
}

#[sqlx::test(migrations = "../migrations")]
async fn a_life_at_isplicense(pool: PgPool) {
    let portal = portal(pool).await;
    add_vendor(&portal, "isplicense", "isplicense@demo.test", "USD", &isplicense()).await;
    // Nodes are added by a function of another family.
    let (license, vendor) = buy(&portal, &wish(&portal, "il-biz", Period::MONTH).await).await;
    assert_eq!(
        (vendor.family.as_str(), vendor.user.as_str()),
        ("softexternal", "isplicense@demo.test")
    );
    live(&portal, license, "il-biz", Some(("node", 3))).await;
    assert_eq!(portal.vendor().calls_of("soft.edit").len(), 1);
    for (plan, period) in
        [("il-biz", Period::Lifetime), ("plesk-host", Period::MONTH), ("plesk-pro", Period::YEAR)]
    {
        if plan == "plesk-host" {
            // Its family's list is empty, whatever the other families have: that is no partial list.
            portal.vendor().add_fault("parallelslic.order.param!", Fault::ResetBefore, Times::Once);
        }
        let mut wish = wish(&portal, plan, period).await;
        wish.ip = format!("203.0.113.{}", 50 + period.code());
        let (license, vendor) = buy(&portal, &wish).await;
        assert_eq!(vendor.ip, wish.ip, "{plan}");
        if period == Period::Lifetime {
            let viewer = portal.customer().await;
            let owned = portal.portal.license(&viewer, license).await.unwrap().unwrap();
            assert_eq!((owned.row.status, owned.row.expires_on), (LicenseStatus::Active, None));
            let renew = Change::Renew { period: Period::MONTH };
            let refused = portal.portal.preview_change(&viewer, license, &renew).await;
            assert!(matches!(refused, Err(ChangeError::NotNow(_))), "{refused:?}");
        } else {
            live(&portal, license, plan, None).await;
        }
    }
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_life_in_software(pool: PgPool) {
    let portal = portal(pool).await;
    let plans = [
        NewPlan {
            slug: "isp4-lite",
            dialect: "software",
            code: "7",
            terms: vec![(-100, 0, Some("7")), (1, 40_000, Some("8")), (0, 1_200_000, Some("9"))],
            addon: None,
        },
        NewPlan {
            slug: "isp4-pro",
            dialect: "software",
            code: "11",
            // Without a code of its own a term cannot be said, so it is not sold.
            terms: vec![(1, 70_000, Some("16")), (12, 700_000, None)],
            addon: None,
        },
    ];
    add_vendor(&portal, "legacy", "legacy@demo.test", "EUR", &plans).await;
    // The 2009 generation has no basket; the account's way does not matter to it.
    sqlx::query("update upstream_account set ordering = 'basket' where slug = 'legacy'")
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    let offer = portal.portal.offer("public", "isp4-pro").await.unwrap().unwrap();
    assert_eq!(offer.plan.capabilities.periods, [Period::MONTH]);
    let (license, vendor) = buy(&portal, &wish(&portal, "isp4-lite", Period::MONTH).await).await;
    assert_eq!((vendor.family.as_str(), vendor.plan), ("software", 7));
    live(&portal, license, "isp4-lite", None).await;
    let mut pro = wish(&portal, "isp4-pro", Period::MONTH).await;
    pro.ip = "203.0.113.60".to_owned();
    // An answer that is lost is found by the name, in a list that a filter was left on.
    portal.vendor().add_fault("software.edit!", Fault::ResetAfter, Times::Once);
    let (license, vendor) = buy(&portal, &pro).await;
    assert_eq!(vendor.plan, 11);
    let periods = portal.vendor().calls_of("software.period");
    assert_eq!(periods[0].params["period"], "8", "Lite's own code");
    live(&portal, license, "isp4-pro", None).await;
    let periods = portal.vendor().calls_of("software.period");
    assert_eq!(periods.last().unwrap().params["period"], "16", "Pro's own code");
    assert_eq!(portal.count("select count(*) from license").await, 2);
    // What ends between two days, by the vendor's own filter; who reads next takes it away.
    let days = |from, to| Days { from: Days::parse(from), to: Days::parse(to) };
    let there = async |days| {
        let by = portal::accounts::By::CommandLine;
        let found = portal.portal.licenses_at_vendor(by, "legacy", days).await.unwrap();
        assert!(found.failed.is_empty(), "{:?}", found.failed);
        assert!(found.rows.iter().all(|row| row.ours.is_some()));
        found.rows.len()
    };
    assert_eq!(there(days("2026-11-01", "2031-01-01")).await, 2);
    let filters = portal.vendor().calls_of("software.filter");
    assert_eq!(filters.last().unwrap().params["expires"], "2026-11-01");
    assert_eq!(filters.last().unwrap().params["expiree"], "2031-01-01");
    assert_eq!(there(days("2020-01-01", "2020-12-31")).await, 0);
    assert_eq!(there(Days::default()).await, 2);
    assert_eq!(portal.vendor().calls_of("software.filter").last().unwrap().params["expires"], "");
}

/// Whether an address is free is asked before an order, of the families that have a function for it.
#[sqlx::test(migrations = "../migrations")]
async fn an_address_is_checked_before_it_is_ordered_for(pool: PgPool) {
    use portal::upstreams::IpCheck;
    let portal = portal(pool).await;
    let plans = [NewPlan {
        slug: "isp4-lite",
        dialect: "software",
        code: "7",
        terms: vec![(1, 40_000, Some("8"))],
        addon: None,
    }];
    add_vendor(&portal, "legacy", "legacy@demo.test", "EUR", &plans).await;
    for (plan, func) in [("isp6-lite", "soft.checkip"), ("isp4-lite", "software.licinfo")] {
        let check = async || {
            let ip = "203.0.113.40";
            portal.portal.check_ip("public", plan, ip, "a test").await.unwrap()
        };
        assert_eq!(check().await, IpCheck::Free, "{plan}");
        assert_eq!(portal.vendor().calls_of(func).len(), 1, "{plan}");
        buy(&portal, &wish(&portal, plan, Period::MONTH).await).await;
        let taken = check().await;
        assert!(matches!(taken, IpCheck::Refused(_)), "{plan}: {taken:?}");
        portal.vendor().add_fault(func, Fault::HttpBefore { status: 502 }, Times::Once);
        assert_eq!(check().await, IpCheck::Unchecked, "{plan}: an order stays possible");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_module_belongs_to_its_license(pool: PgPool) {
    let portal = portal(pool).await;
    let viewer = portal.customer().await;
    let (license, parent) = buy(&portal, &wish(&portal, "isp6-lite", Period::MONTH).await).await;
    let wish = |wish: Wish, parent: Option<Uuid>| Wish { parent, ..wish };
    let ddos = self::wish(&portal, "ddos-guard", Period::MONTH).await;
    for nobodys in [None, Some(Uuid::now_v7())] {
        let refused = portal.portal.place_order(&viewer, &wish(ddos.clone(), nobodys)).await;
        assert!(matches!(refused, Err(PlaceError::NoParent)), "{refused:?}");
    }
    // Of another edition.
    let pro = self::wish(&portal, "drweb-pro", Period::MONTH).await;
    let refused = portal.portal.place_order(&viewer, &wish(pro, Some(license))).await;
    assert!(matches!(refused, Err(PlaceError::NoParent)), "{refused:?}");

    let ddos = wish(ddos, Some(license));
    let (module, vendor) = buy(&portal, &ddos).await;
    assert_eq!((vendor.family.as_str(), vendor.item), ("addition", Some(parent.id)));
    let owned = portal.portal.license(&viewer, module).await.unwrap().unwrap();
    assert_eq!(owned.parent.map(|(id, _)| id), Some(license));
    assert_eq!(owned.row.status, LicenseStatus::Active);
    // Five fast clicks, and another form for the same license, buy once.
    let again = Wish { id: Uuid::now_v7(), ..ddos.clone() };
    let refused = portal.portal.place_order(&viewer, &again).await;
    assert!(matches!(refused, Err(PlaceError::AlreadyOrdered { .. })), "{refused:?}");
    let modules = portal.portal.modules_of(&viewer, license).await.unwrap();
    assert_eq!(
        modules.owned.iter().map(|one| one.slug.as_str()).collect::<Vec<_>>(),
        ["ddos-guard"]
    );
    let mut free: Vec<_> = modules.available.iter().map(|one| one.plan.slug.as_str()).collect();
    free.sort_unstable();
    assert_eq!(free, ["bitninja-module", "drweb-lite"]);

    // What the product asks for beside the rest.
    let ninja = wish(self::wish(&portal, "bitninja-module", Period::MONTH).await, Some(license));
    let refused = portal.portal.place_order(&viewer, &ninja).await;
    assert!(matches!(refused, Err(PlaceError::Choice(_))), "{refused:?}");
    let fields = BTreeMap::from([("bitninja_email".to_owned(), " a@example.org ".to_owned())]);
    let (_, vendor) = buy(&portal, &Wish { fields, ..ninja }).await;
    assert_eq!(vendor.details["bitninja_email"], "a@example.org");
    live(&portal, module, "ddos-guard", None).await;
    let by_hand = sqlx::query("update license set parent_id = null where id = $1")
        .bind(module)
        .execute(&portal.portal.pool)
        .await;
    assert!(by_hand.is_err(), "a module stays with its license");
}

/// A lost answer to an order whose list shows neither a name nor a reference.
#[sqlx::test(migrations = "../migrations")]
async fn what_shows_no_mark_is_never_bought_twice(pool: PgPool) {
    let config =
        SimConfig { list_shows_remoteid: false, view_shows_remoteid: false, ..SimConfig::full() };
    let portal = TestPortal::with(pool, config).await;
    add_vendor(&portal, "isplicense", "isplicense@demo.test", "USD", &isplicense()).await;
    let viewer = portal.customer().await;
    portal.vendor().add_fault("parallelslic.order.param!", Fault::ResetAfter, Times::Once);
    let lost = wish(&portal, "plesk-host", Period::MONTH).await;
    portal.portal.place_order(&viewer, &lost).await.unwrap();
    portal.settle().await;
    // It was bought, and nothing in the list says by whom: a person decides, nobody buys again.
    assert_eq!(portal.state(lost.id).await, "review");
    assert_eq!(portal.vendor().live_licenses().len(), 1);
    let owner = portal.owner().await;
    let number = portal.vendor().live_licenses()[0].id.to_string();
    let operation: Uuid = sqlx::query_scalar("select id from operation where order_id = $1")
        .bind(lost.id)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    let verdict = portal::operations::Verdict::Happened {
        upstream_id: number,
        shown: portal::operations::Shown::default(),
    };
    portal.portal.decide(&owner, operation, &verdict, "it is the one").await.unwrap();
    portal.settle().await;
    assert_eq!(portal.state(lost.id).await, "confirmed");
    // The next one that is lost is told from the one that we know by now.
    portal.vendor().add_fault("parallelslic.order.param!", Fault::ResetBefore, Times::Once);
    let mut other = wish(&portal, "plesk-host", Period::MONTH).await;
    other.ip = "203.0.113.61".to_owned();
    portal.portal.place_order(&viewer, &other).await.unwrap();
    portal.settle().await;
    assert_eq!(portal.state(other.id).await, "confirmed", "absent, and sent once more");
    assert_eq!(portal.vendor().live_licenses().len(), 2);
    portal.sound().await;
}

/// A portal that knows that lists of Plesk licenses show no marks, where somebody has bought one past
/// it already.
async fn unmarked(pool: &PgPool) -> TestPortal {
    let config =
        SimConfig { list_shows_remoteid: false, view_shows_remoteid: false, ..SimConfig::full() };
    let portal = TestPortal::with(fresh(pool).await, config).await;
    add_vendor(&portal, "isplicense", "isplicense@demo.test", "USD", &isplicense()).await;
    sqlx::query(
        "update upstream_account set unmarked = '{parallelslic}' where slug = 'isplicense'",
    )
    .execute(&portal.portal.pool)
    .await
    .unwrap();
    past_us(&portal).await;
    portal
}

/// Somebody buys a license like ours at the vendor's own site.
async fn past_us(portal: &TestPortal) {
    let base: String = sqlx::query_scalar("select base_url from upstream_account limit 1")
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    let form = [
        ("authinfo", "isplicense@demo.test:SimPass2026"),
        ("func", "parallelslic.order.param"),
        ("pricelist", "236"),
        ("period", "1"),
        ("pa_ip", "203.0.113.40"),
        ("skipbasket", "on"),
        ("sok", "ok"),
        ("out", "xml"),
    ];
    let before = portal.vendor().live_licenses().len();
    reqwest::Client::new().post(base).form(&form).send().await.unwrap();
    assert_eq!(portal.vendor().live_licenses().len(), before + 1);
}

const PLESK_ORDER: &str = "parallelslic.order.param!";

fn plesk_orders(portal: &TestPortal) -> usize {
    let calls = portal.vendor().calls_of("parallelslic.order.param");
    calls.iter().filter(|call| call.params.contains_key("remoteid")).count()
}

/// Without a mark it is found by what is new in the list (`reliability.md` B.2).
#[sqlx::test(migrations = "../migrations")]
async fn what_shows_no_mark_is_found_by_what_is_new(pool: PgPool) {
    for (fault, sent) in [
        (Fault::ResetAfter, 1),
        (Fault::HangAfter, 1),
        (Fault::GarbageAfter, 1),
        (Fault::ErrorAfterDebit { kind: "internal".to_owned() }, 1),
        (Fault::ResetBefore, 2),
    ] {
        let name = fault.name();
        let portal = unmarked(&pool).await;
        let viewer = portal.customer().await;
        portal.vendor().add_fault(PLESK_ORDER, fault, Times::Once);
        let lost = wish(&portal, "plesk-host", Period::MONTH).await;
        portal.portal.place_order(&viewer, &lost).await.unwrap();
        portal.settle().await;
        assert_eq!(portal.state(lost.id).await, "confirmed", "{name}");
        assert_eq!(plesk_orders(&portal), sent, "{name}");
        assert_eq!(portal.vendor().live_licenses().len(), 2, "{name}");
        let number: i64 = sqlx::query_scalar("select upstream_id::bigint from license")
            .fetch_one(&portal.portal.pool)
            .await
            .unwrap();
        let newest = portal.vendor().live_licenses().iter().map(|view| view.id).max();
        assert_eq!(u64::try_from(number).ok(), newest, "{name}: not the one bought past us");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_shows_no_mark_is_sent_one_at_a_time(pool: PgPool) {
    let portal = unmarked(&pool).await;
    let viewer = portal.customer().await;
    portal.vendor().add_fault(PLESK_ORDER, Fault::HangAfter, Times::Once);
    let mut orders = Vec::new();
    for host in 40..44 {
        let mut wish = wish(&portal, "plesk-host", Period::MONTH).await;
        wish.ip = format!("203.0.113.{host}");
        portal.portal.place_order(&viewer, &wish).await.unwrap();
        orders.push(wish.id);
    }
    portal.settle().await;
    for order in orders {
        assert_eq!(portal.state(order).await, "confirmed");
    }
    assert_eq!(plesk_orders(&portal), 4);
    assert_eq!(portal.vendor().live_licenses().len(), 5);
    let overlap = "select count(*) from operation a join operation b on a.id <> b.id
                    where a.first_sent_at < b.first_sent_at and a.finished_at > b.first_sent_at";
    assert_eq!(portal.count(overlap).await, 0);
    // So that even a worker that knows no turns cannot have two under way.
    let twice = sqlx::query(
        "update operation set state = 'unknown', finished_at = null
          where alone_in is not null and state = 'confirmed'",
    )
    .execute(&portal.portal.pool)
    .await;
    assert!(twice.is_err());
}

/// What an earlier call has made after all is seen before another one is sent.
#[sqlx::test(migrations = "../migrations")]
async fn what_shows_no_mark_is_looked_for_before_it_is_sent_again(pool: PgPool) {
    let portal = unmarked(&pool).await;
    let viewer = portal.customer().await;
    portal.vendor().add_fault(PLESK_ORDER, Fault::ResetAfter, Times::Once);
    let lost = wish(&portal, "plesk-host", Period::MONTH).await;
    portal.portal.place_order(&viewer, &lost).await.unwrap();
    portal.drain().await;
    assert_eq!(portal.state(lost.id).await, "unknown");
    sqlx::query("update operation set state = 'planned', next_at = $1")
        .bind(portal.portal.clock.now())
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    portal.settle().await;
    assert_eq!(portal.state(lost.id).await, "confirmed");
    assert_eq!((plesk_orders(&portal), portal.vendor().live_licenses().len()), (1, 2));
}

/// Two that may be it are a person's to judge, and until then no other one is sent.
#[sqlx::test(migrations = "../migrations")]
async fn what_shows_no_mark_and_is_there_twice_is_judged_by_a_person(pool: PgPool) {
    let portal = unmarked(&pool).await;
    let viewer = portal.customer().await;
    portal.vendor().add_fault(PLESK_ORDER, Fault::ResetAfter, Times::Once);
    let lost = wish(&portal, "plesk-host", Period::MONTH).await;
    portal.portal.place_order(&viewer, &lost).await.unwrap();
    portal.drain().await;
    past_us(&portal).await;
    portal.settle().await;
    assert_eq!(portal.state(lost.id).await, "review");
    let mut other = wish(&portal, "plesk-host", Period::MONTH).await;
    other.ip = "203.0.113.61".to_owned();
    portal.portal.place_order(&viewer, &other).await.unwrap();
    portal.clock.advance(std::time::Duration::from_mins(1));
    portal.drain().await;
    assert_eq!((portal.state(other.id).await, plesk_orders(&portal)), ("planned".to_owned(), 1));
    let numbers = portal.vendor().live_licenses();
    let verdict = portal::operations::Verdict::Happened {
        upstream_id: numbers[1].id.to_string(),
        shown: portal::operations::Shown::default(),
    };
    let operation: Uuid = sqlx::query_scalar("select id from operation where order_id = $1")
        .bind(lost.id)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    let owner = portal.owner().await;
    portal.portal.decide(&owner, operation, &verdict, "by its date").await.unwrap();
    portal.settle().await;
    assert_eq!(portal.state(other.id).await, "confirmed");
    assert_eq!(portal.vendor().live_licenses().len(), 4);
}

/// What a person has judged is not looked at again as if nobody had.
#[sqlx::test(migrations = "../migrations")]
async fn what_shows_no_mark_is_sent_again_if_a_person_says_so(pool: PgPool) {
    let portal = unmarked(&pool).await;
    let viewer = portal.customer().await;
    portal.vendor().add_fault(PLESK_ORDER, Fault::ResetBefore, Times::Once);
    let lost = wish(&portal, "plesk-host", Period::MONTH).await;
    portal.portal.place_order(&viewer, &lost).await.unwrap();
    portal.drain().await;
    for _ in 0..2 {
        past_us(&portal).await;
    }
    portal.settle().await;
    assert_eq!(portal.state(lost.id).await, "review");
    let operation: Uuid = sqlx::query_scalar("select id from operation where order_id = $1")
        .bind(lost.id)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    let owner = portal.owner().await;
    let again = portal::operations::Verdict::SendAgain;
    portal.portal.decide(&owner, operation, &again, "both are ours by hand").await.unwrap();
    portal.settle().await;
    assert_eq!(portal.state(lost.id).await, "confirmed");
    let theirs = portal.vendor().live_licenses();
    let number: String = sqlx::query_scalar("select upstream_id from license")
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    assert_eq!((plesk_orders(&portal), theirs.len()), (2, 4));
    assert_eq!(number, theirs[3].id.to_string());
}

/// A product that its vendor ends (seed 001: ISPmanager 5).
#[sqlx::test(migrations = "../migrations")]
async fn a_product_that_ends_is_not_sold_and_then_not_renewed(pool: PgPool) {
    let portal = portal(pool).await;
    let viewer = portal.customer().await;
    let (license, _) = buy(&portal, &wish(&portal, "dns5", Period::MONTH).await).await;
    let late = wish(&portal, "ipm5", Period::MONTH).await;
    let end = |sale: &'static str, renewal: &'static str| {
        let pool = portal.portal.pool.clone();
        async move {
            sqlx::query(
                "update plan set sale_ends_on = $1::date, renewal_ends_on = $2::date
                  where slug in ('dns5', 'ipm5')",
            )
            .bind(sale)
            .bind(renewal)
            .execute(&pool)
            .await
            .unwrap();
        }
    };
    end("2026-11-20", "2026-12-31").await;
    assert!(portal.portal.offer("public", "ipm5").await.unwrap().is_none());
    let refused = portal.portal.place_order(&viewer, &late).await;
    assert!(matches!(refused, Err(PlaceError::NoSuchPlan)), "{refused:?}");
    let renewed = change(&portal, license, Change::Renew { period: Period::MONTH }).await;
    assert_eq!(renewed.status, Status::Active);
    end("2026-11-20", "2026-11-20").await;
    let renew = Change::Renew { period: Period::MONTH };
    let refused = portal.portal.preview_change(&viewer, license, &renew).await;
    let over = domain::change::NotNow::RenewalOver;
    assert!(matches!(&refused, Err(ChangeError::NotNow(why)) if *why == over), "{refused:?}");
    portal.sound().await;
}

/// One trial per address, whoever asks (protocol section 4).
#[sqlx::test(migrations = "../migrations")]
async fn an_address_has_one_trial(pool: PgPool) {
    let portal = portal(pool).await;
    let viewer = portal.customer().await;
    let (license, _) = buy(&portal, &wish(&portal, "isp6-trial", Period::Trial).await).await;
    change(&portal, license, Change::Delete).await;
    let again = wish(&portal, "isp6-trial", Period::Trial).await;
    let refused = portal.portal.place_order(&viewer, &again).await;
    assert!(matches!(refused, Err(PlaceError::Tried)), "{refused:?}");
    portal.sound().await;
}

/// What no function does is carried out by a person at the vendor's site (seed 004).
#[sqlx::test(migrations = "../migrations")]
async fn a_life_by_hand(pool: PgPool) {
    let portal = portal(pool).await;
    let plans = [NewPlan {
        slug: "by-hand",
        dialect: "manual",
        code: "any",
        terms: vec![(1, 100_000, None)],
        addon: None,
    }];
    add_vendor(&portal, "by-phone", "nobody", "EUR", &plans).await;
    let (viewer, owner) = (portal.customer().await, portal.owner().await);
    let asked = wish(&portal, "by-hand", Period::MONTH).await;
    portal.portal.place_order(&viewer, &asked).await.unwrap();
    portal.settle().await;
    assert_eq!(portal.state(asked.id).await, "review", "it waits for a person, with its money");
    let decide = async |number: &str, key: &str, until: Option<time::Date>| {
        let operation: Uuid = sqlx::query_scalar("select id from operation where state = 'review'")
            .fetch_one(&portal.portal.pool)
            .await
            .unwrap();
        let shown = portal::operations::Shown {
            key: Some(key.to_owned()).filter(|key| !key.is_empty()),
            expires_on: until,
        };
        let verdict =
            portal::operations::Verdict::Happened { upstream_id: number.to_owned(), shown };
        portal.portal.decide(&owner, operation, &verdict, "done at their site").await.unwrap();
        portal.settle().await;
    };
    let (first, second) =
        (time::macros::date!(2026 - 12 - 21), time::macros::date!(2027 - 01 - 21));
    decide("PLSK.00012345", "A0B1-C2D3", Some(first)).await;
    let order = portal.portal.order(&viewer, asked.id).await.unwrap().unwrap();
    let license = order.license.unwrap();
    let owned = portal.portal.license(&viewer, license).await.unwrap().unwrap();
    assert_eq!(owned.key.as_deref(), Some("A0B1-C2D3"));
    assert_eq!((owned.row.status, owned.row.expires_on), (LicenseStatus::Active, Some(first)));
    let ask = async |change: Change| {
        let preview = portal.portal.preview_change(&viewer, license, &change).await.unwrap();
        let shown_total = preview.quote.map(|quote| quote.total);
        let id = portal.portal.next_change_id(&viewer, license).await.unwrap();
        let change_wish = ChangeWish { id, license, change, shown_total, shown_until: None };
        portal.portal.change_license(&viewer, &change_wish).await.unwrap();
        portal.settle().await;
    };
    let renew = Change::Renew { period: Period::MONTH };
    let ip = LicenseIp::parse("203.0.113.80").unwrap();
    // The second month is entered as less: nobody reads that license, and nobody is shut out.
    let less = time::macros::date!(2027 - 01 - 23);
    for (change, until) in [
        (renew.clone(), Some(second)),
        (Change::Edit { ip: Some(ip), name: None }, None),
        (renew.clone(), Some(less)),
    ] {
        ask(change).await;
        decide("", "", until).await;
    }
    let renewals = "select count(*) from operation where kind = 'renew'";
    ask(renew.clone()).await;
    assert_eq!(portal.count(renewals).await, 2, "so soon it is the one that was just done");
    portal.clock.advance(std::time::Duration::from_hours(3 * 24));
    ask(renew).await;
    assert_eq!(portal.count(renewals).await, 3);
    let third = time::macros::date!(2027 - 02 - 23);
    decide("", "", Some(third)).await;
    // What a person has given up is not planned again by a machine.
    portal.portal.set_auto_renew(&viewer, license, true).await.unwrap();
    portal.clock.advance(std::time::Duration::from_hours(90 * 24));
    portal.settle().await;
    assert_eq!(portal.count(renewals).await, 4);
    let operation = sqlx::query_scalar("select id from operation where state = 'review'")
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    let give_up = portal::operations::Verdict::GiveUp;
    portal.portal.decide(&owner, operation, &give_up, "they are away").await.unwrap();
    for _ in 0..3 {
        portal.clock.advance(std::time::Duration::from_hours(7));
        portal.settle().await;
    }
    assert_eq!(portal.count(renewals).await, 4);
    ask(Change::Suspend).await;
    decide("", "", None).await;
    let owned = portal.portal.license(&viewer, license).await.unwrap().unwrap();
    assert_eq!((owned.row.status, owned.row.expires_on), (LicenseStatus::Suspended, Some(third)));
    assert_eq!(owned.row.ip.as_deref(), Some("203.0.113.80"));
    assert!(portal.vendor().calls_of("soft.order.param").is_empty());
    portal.sound().await;
}
