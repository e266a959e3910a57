//! Pricelists and costs: drafts, versions, two editors at once, and the same cent everywhere.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::pricelist::{Markup, Rule, Scope};
use domain::{Currency, Decimal, Money, Period};
use portal::listing::Paging;
use portal::orders::{PlaceError, Wish};
use portal::people::{StaffRole, StaffViewer, Viewer};
use portal::pricing::{
    CostEdit, CostError, Edit, EditError, Editor, PriceKey, PublishError, Seen, VERSIONS_BY_NUMBER,
    VersionFilter,
};
use sqlx::PgPool;
use uuid::Uuid;

use crate::harness::{Browser, IP, TestPortal};

fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

/// A second member of the staff who sets prices.
const PAT: &str = "pat@example.org";

async fn staff(portal: &TestPortal, email: &str) -> StaffViewer {
    let user: Uuid = sqlx::query_scalar("select id from app_user where email = $1")
        .bind(email)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    match portal.portal.viewer(user).await.unwrap() {
        Viewer::Staff(viewer) => viewer,
        other => panic!("{other:?}"),
    }
}

async fn two_editors(portal: &TestPortal) -> (StaffViewer, StaffViewer) {
    let role = StaffRole::Pricing;
    portal.portal.create_staff(PAT, portal::demo::PASSWORD, role).await.unwrap();
    (staff(portal, portal::demo::ADMIN).await, staff(portal, PAT).await)
}

async fn editor(portal: &TestPortal, staff: &StaffViewer) -> Editor {
    portal.portal.pricelist_editor(staff, "public").await.unwrap().unwrap()
}

async fn seen(portal: &TestPortal, staff: &StaffViewer) -> Seen {
    let editor = editor(portal, staff).await;
    match editor.draft {
        Some(draft) => Seen { version: draft.base_version, revision: draft.revision },
        None => Seen { version: editor.version, revision: 0 },
    }
}

fn lite(price: &str) -> Edit {
    let scope = Scope {
        plan: Some("isp6-lite".to_owned()),
        period: Some(Period::MONTH),
        ..Scope::default()
    };
    let markup = Markup::Explicit(eur(price));
    Edit::Rule { place: None, rule: Rule { scope, markup, below_cost: false } }
}

async fn edit(portal: &TestPortal, staff: &StaffViewer, edit: Edit) -> Result<(), EditError> {
    let seen = seen(portal, staff).await;
    portal.portal.edit_pricelist(staff, "public", seen, edit).await
}

async fn publish(portal: &TestPortal, staff: &StaffViewer) -> Result<i32, PublishError> {
    let seen = seen(portal, staff).await;
    portal.portal.publish_draft(staff, "public", seen, "").await
}

async fn price_in_shop(portal: &TestPortal) -> Money {
    let offer = portal.portal.offer("public", "isp6-lite").await.unwrap().unwrap();
    offer.price_of(Period::MONTH).unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_changes_nothing_until_it_is_published(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let owner = staff(&portal, portal::demo::ADMIN).await;
    edit(&portal, &owner, lite("5.50")).await.unwrap();
    assert_eq!(price_in_shop(&portal).await, eur("4.90"));
    let shown = editor(&portal, &owner).await;
    assert_eq!(shown.changes.len(), 1);
    assert_eq!(shown.changes[0].before, Some(eur("4.90")));
    assert_eq!(shown.changes[0].after.price(), Some(eur("5.50")));

    assert_eq!(publish(&portal, &owner).await.unwrap(), 2);
    assert_eq!(price_in_shop(&portal).await, eur("5.50"));
    assert!(editor(&portal, &owner).await.draft.is_none());
    let (action, before, after): (String, String, String) = sqlx::query_as(
        "select action, before->'prices'->>'isp6-lite 1', after->'prices'->>'isp6-lite 1'
           from audit order by id desc limit 1",
    )
    .fetch_one(&portal.portal.pool)
    .await
    .unwrap();
    assert_eq!(
        (action.as_str(), before.as_str(), after.as_str()),
        ("pricelist.publish", "4.90 EUR", "5.50 EUR")
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn the_second_editor_is_told_and_nothing_is_overwritten(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let (owner, pat) = two_editors(&portal).await;
    edit(&portal, &owner, lite("5.50")).await.unwrap();
    edit(&portal, &pat, Edit::Margin(Decimal::from(12))).await.unwrap();
    assert_eq!(editor(&portal, &pat).await.others.len(), 1, "each sees the other");
    publish(&portal, &owner).await.unwrap();

    let told = publish(&portal, &pat).await.unwrap_err();
    let PublishError::Overtaken { version: 2, by } = told else { panic!("{told:?}") };
    assert_eq!(by.author.as_deref(), Some(portal::demo::ADMIN));
    let theirs = editor(&portal, &pat).await;
    assert_eq!(theirs.list.minimum_margin, Decimal::from(12), "the draft is as it was");

    let now = seen(&portal, &pat).await;
    assert_eq!(portal.portal.rebase_draft(&pat, "public", now).await.unwrap(), 0);
    assert_eq!(publish(&portal, &pat).await.unwrap(), 3);
    assert_eq!(price_in_shop(&portal).await, eur("5.50"), "the first one's price is kept");
    let list = editor(&portal, &pat).await.list;
    assert_eq!(list.minimum_margin, Decimal::from(12));
}

#[sqlx::test(migrations = "../migrations")]
async fn two_publish_at_the_same_moment_and_one_wins(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let (owner, pat) = two_editors(&portal).await;
    edit(&portal, &owner, lite("5.50")).await.unwrap();
    edit(&portal, &pat, lite("6.50")).await.unwrap();
    let (one, other) = tokio::join!(publish(&portal, &owner), publish(&portal, &pat));
    assert_eq!([one.is_ok(), other.is_ok()].iter().filter(|good| **good).count(), 1);
    assert_eq!(portal.count("select count(*) from pricelist_version").await, 3);
    assert_eq!(portal.count("select count(*) from pricelist_draft").await, 1, "nothing is lost");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_form_of_an_older_page_is_refused(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let owner = staff(&portal, portal::demo::ADMIN).await;
    let first = seen(&portal, &owner).await;
    edit(&portal, &owner, lite("5.50")).await.unwrap();
    let second = seen(&portal, &owner).await;
    let stale = portal.portal.edit_pricelist(&owner, "public", first, lite("6.50")).await;
    assert!(matches!(stale, Err(EditError::Stale)));
    // A later draft never takes the number of an earlier one.
    portal.portal.discard_draft(&owner, "public", second).await.unwrap();
    edit(&portal, &owner, Edit::Margin(Decimal::from(12))).await.unwrap();
    for old in [first, second] {
        let stale = portal.portal.edit_pricelist(&owner, "public", old, lite("6.50")).await;
        assert!(matches!(stale, Err(EditError::Stale)));
        let stale = portal.portal.discard_draft(&owner, "public", old).await;
        assert!(matches!(stale, Err(EditError::Stale)));
    }
    assert_eq!(price_in_shop(&portal).await, eur("4.90"));
}

#[sqlx::test(migrations = "../migrations")]
async fn selling_below_cost_must_be_said(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let owner = staff(&portal, portal::demo::ADMIN).await;
    edit(&portal, &owner, lite("3.00")).await.unwrap();
    let refused = publish(&portal, &owner).await.unwrap_err();
    assert!(matches!(refused, PublishError::BelowCost(1)), "{refused:?}");
    assert_eq!(price_in_shop(&portal).await, eur("4.90"));

    let rules = editor(&portal, &owner).await.list.rules;
    let place = rules.len() - 1;
    let rule = Rule { below_cost: true, ..rules[place].clone() };
    edit(&portal, &owner, Edit::Rule { place: Some(place), rule }).await.unwrap();
    publish(&portal, &owner).await.unwrap();
    assert_eq!(price_in_shop(&portal).await, eur("3.00"));
    let rows = editor(&portal, &owner).await.rows;
    assert_eq!(rows.iter().filter(|row| row.sells_at_a_loss()).count(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn any_version_can_be_brought_back(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let owner = staff(&portal, portal::demo::ADMIN).await;
    edit(&portal, &owner, lite("5.50")).await.unwrap();
    publish(&portal, &owner).await.unwrap();
    let nothing = portal.portal.restore_version(&owner, "public", 2).await;
    assert!(matches!(nothing, Err(EditError::Nothing)));
    portal.portal.restore_version(&owner, "public", 1).await.unwrap();
    let in_the_way = portal.portal.restore_version(&owner, "public", 1).await;
    assert!(matches!(in_the_way, Err(EditError::DraftInTheWay)));
    assert_eq!(publish(&portal, &owner).await.unwrap(), 3);
    assert_eq!(price_in_shop(&portal).await, eur("4.90"));
    let newest = Paging::first(VERSIONS_BY_NUMBER, 10);
    let any = VersionFilter::default();
    let listed = portal.portal.pricelist_versions(&owner, "public", &any, &newest).await.unwrap();
    let versions = listed.rows;
    assert_eq!(versions[0].info.restored_from, Some(1));
    assert!(versions[0].in_force && !versions[1].in_force);
    assert_eq!(versions.len(), 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_database_keeps_versions_and_costs_as_they_are(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let pool = &portal.portal.pool;
    for sql in [
        "update pricelist_version set content = '{\"rules\": []}'",
        "delete from pricelist_version",
        "insert into pricelist_version (id, group_code, version, content, published_at)
         select gen_random_uuid(), group_code, 5, content, published_at from pricelist_version",
        "update plan_period set cost = cost + 1",
        "update addon_cost set cost = cost + 1",
        "insert into cost_change (plan_id, period, cost, source, at)
         select plan_id, period, cost + 1, 'import', '2026-11-21' from plan_period",
        "insert into cost_change (plan_id, period, cost, source, at)
         select plan_id, period, cost, 'manual', '2026-11-21' from plan_period",
        "update cost_change set cost = 0",
        "delete from cost_change",
    ] {
        assert!(sqlx::query(sql).execute(pool).await.is_err(), "{sql}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cost_is_changed_once_with_its_reason(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let owner = staff(&portal, portal::demo::ADMIN).await;
    let key = PriceKey { plan: "isp6-lite".to_owned(), period: Period::MONTH, addon: None };
    let effects = portal.portal.preview_cost(&owner, &key, eur("4.50")).await.unwrap().unwrap();
    let prices: Vec<_> = effects
        .iter()
        .map(|(group, change)| (group.code.as_str(), change.before, change.after.price()))
        .collect();
    assert_eq!(
        prices,
        [
            ("public", Some(eur("4.90")), Some(eur("6.90"))),
            ("partners", Some(eur("4.03")), Some(eur("5.18"))),
        ]
    );
    let wish = |cost: &str, reason: &str| CostEdit {
        key: key.clone(),
        seen: eur("3.50"),
        cost: eur(cost),
        reason: reason.to_owned(),
    };
    let set = async |edit| portal.portal.set_cost(&owner, &edit).await;
    assert!(matches!(set(wish("4.50", "  ")).await, Err(CostError::Reason)));
    assert!(matches!(set(wish("3.50", "same")).await, Err(CostError::Nothing)));
    assert!(matches!(set(wish("-1", "refund")).await, Err(CostError::Amount)));
    set(wish("4.50", "vendor's letter")).await.unwrap();
    // Somebody with the page of before.
    let stale = set(wish("4.20", "vendor's letter")).await;
    assert!(matches!(stale, Err(CostError::Stale { now }) if now == eur("4.50")));
    assert_eq!(price_in_shop(&portal).await, eur("6.90"), "what was previewed");
    let history = portal.portal.cost_history(&owner, "isp6-lite").await.unwrap().unwrap();
    let newest = history.events.last().unwrap();
    assert_eq!((newest.before, newest.cost), (Some(eur("3.50")), eur("4.50")));
    assert_eq!(newest.by.author.as_deref(), Some(portal::demo::ADMIN));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cost_above_an_explicit_price_takes_the_plan_off_the_shelf(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let owner = staff(&portal, portal::demo::ADMIN).await;
    let key = PriceKey { plan: "dns5".to_owned(), period: Period::MONTH, addon: None };
    let edit =
        CostEdit { key, seen: eur("2"), cost: eur("3"), reason: "vendor's letter".to_owned() };
    portal.portal.set_cost(&owner, &edit).await.unwrap();
    let offer = portal.portal.offer("public", "dns5").await.unwrap().unwrap();
    assert_eq!(offer.price_of(Period::MONTH), None, "2.99 would be below cost");
    assert!(offer.price_of(Period::YEAR).is_some());
    let rows = editor(&portal, &owner).await.rows;
    assert_eq!(rows.iter().filter(|row| row.is_below_floor()).count(), 1, "and the desk sees it");
}

#[sqlx::test(migrations = "../migrations")]
async fn shop_order_wallet_and_desk_show_the_same_cent(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let owner = staff(&portal, portal::demo::ADMIN).await;
    edit(&portal, &owner, lite("5.55")).await.unwrap();
    publish(&portal, &owner).await.unwrap();
    let mut browser = portal.signed_in().await;
    for page in ["/catalog", "/p/isp6-lite"] {
        assert!(browser.get(&portal, page).await.body.contains("€5.55"), "{page}");
    }
    let mut form = portal.lite_form(IP).await;
    form.iter_mut().find(|(name, _)| name == "total").unwrap().1 = "5.55 EUR".to_owned();
    let placed = browser.post(&portal, "/buy", &form).await;
    assert_eq!(placed.status, StatusCode::SEE_OTHER, "{}", placed.body);
    let order = placed.location.unwrap();
    portal.settle().await;
    // The price of tomorrow is another one.
    edit(&portal, &owner, Edit::Drop { place: 3 }).await.unwrap();
    publish(&portal, &owner).await.unwrap();
    for page in [order.as_str(), "/my/orders", "/my/wallet"] {
        assert!(browser.get(&portal, page).await.body.contains("€5.55"), "{page}");
    }
    assert_eq!(portal.wallet().await.0, eur("494.45"));
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    assert!(desk.get(&portal, "/admin/orders").await.body.contains("€5.55"));
    let quotes: (i64, i64) = sqlx::query_as(
        "select (l.quote->'total'->>'amount')::bigint, (o.quote->'total'->>'amount')::bigint
           from license l join customer_order o on o.id = l.order_id",
    )
    .fetch_one(&portal.portal.pool)
    .await
    .unwrap();
    assert_eq!(quotes, (55_500, 55_500), "order and license keep the quote");
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_order_pays_the_newest_price_whoever_changed_it(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let viewer = portal.customer().await;
    let wish = |ip: &str, total: &str| Wish {
        id: Uuid::now_v7(),
        plan: "isp6-lite".to_owned(),
        period: Period::MONTH,
        ip: ip.to_owned(),
        name: String::new(),
        addons: BTreeMap::new(),
        parent: None,
        fields: BTreeMap::new(),
        shown_total: eur(total),
        told_of_renewals: false,
    };
    let order = async |ip, total| portal.portal.place_order(&viewer, &wish(ip, total)).await;
    // Now this process has the rows in its memory, and nobody tells it of changes.
    order("203.0.113.1", "4.90").await.unwrap();
    order("203.0.113.2", "4.90").await.unwrap();

    let other = portal.restarted();
    let owner = staff(&portal, portal::demo::ADMIN).await;
    let new = lite("5.55");
    let now = seen(&portal, &owner).await;
    other.edit_pricelist(&owner, "public", now, new).await.unwrap();
    let now = seen(&portal, &owner).await;
    other.publish_draft(&owner, "public", now, "").await.unwrap();
    let changed = order("203.0.113.3", "4.90").await.unwrap_err();
    assert!(matches!(changed, PlaceError::PriceChanged { now } if now == eur("5.55")), "{changed}");
    order("203.0.113.3", "5.55").await.unwrap();

    // Also what is changed past the portal.
    sqlx::query("update plan set available = false where slug = 'isp6-lite'")
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    let gone = order("203.0.113.4", "5.55").await.unwrap_err();
    assert!(matches!(gone, PlaceError::NoSuchPlan), "{gone}");
    let back = sqlx::query("update catalog_revision set revision = 0").execute(&portal.portal.pool);
    assert!(back.await.is_err(), "an old revision would bring old prices back");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_group_pays_its_own_prices(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    sqlx::query("update customer set group_code = 'partners'")
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    let mut partner = portal.signed_in().await;
    assert!(partner.get(&portal, "/p/isp6-lite").await.body.contains("€4.03"));
    let mut guest = Browser::default();
    assert!(guest.get(&portal, "/p/isp6-lite").await.body.contains("€4.90"));
    let mut form = portal.lite_form(IP).await;
    form.iter_mut().find(|(name, _)| name == "total").unwrap().1 = "4.03 EUR".to_owned();
    assert_eq!(partner.post(&portal, "/buy", &form).await.status, StatusCode::SEE_OTHER);
    assert_eq!(portal.wallet().await.1, eur("4.03"));
}

#[sqlx::test(migrations = "../migrations")]
async fn forms_of_the_desk_come_back_with_what_was_typed(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    let rule = |value: &'static str, subject: &'static str, kind: &'static str| {
        vec![
            ("group", "public"),
            ("version", "1"),
            ("revision", "0"),
            ("subject", subject),
            ("kind", kind),
            ("value", value),
            ("currency", "EUR"),
        ]
    };
    for (form, words) in [
        (rule("forty", "", "percent"), "Enter a percentage"),
        (rule("4.905", "plan:isp6-lite", "explicit"), "in whole cents"),
        (rule("4.90", "", "explicit"), "needs a plan or an add-on"),
        (rule("40", "plan:nothing", "percent"), "Nothing in the catalog"),
        (rule("30", "", "percent"), "applies to exactly this"),
    ] {
        let answer = desk.post(&portal, "/admin/pricelist_rule", &form).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{words}");
        assert!(answer.body.contains(words), "{words}");
        let typed = form.iter().find(|(name, _)| *name == "value").unwrap().1;
        assert!(answer.body.contains(&format!("value=\"{typed}\"")), "{typed} is not lost");
    }
    let good = rule("45", "family:vmmanager", "percent");
    let answer = desk.post(&portal, "/admin/pricelist_rule", &good).await;
    assert_eq!(answer.location.as_deref(), Some("/admin/pricelists/public"));
    // Once more, from a page that does not know of it.
    let answer = desk.post(&portal, "/admin/pricelist_rule", &good).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.body.contains("This page was out of date"));
    let review = desk.get(&portal, "/admin/pricelists/public/review").await;
    assert!(review.body.contains("Publish version 2"));
    assert_eq!(portal.count("select count(*) from pricelist_version").await, 2);
}
