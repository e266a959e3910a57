//! What staff change: customers, and each other.

use axum::http::StatusCode;
use portal::audit::{Actor, AuditFilter, BY_TIME};
use portal::listing::Paging;
use portal::people::StaffRole;
use portal::staff::StaffError;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;

use crate::harness::{Answer, Browser, IP, TestPortal};

async fn the_customer(portal: &TestPortal) -> Uuid {
    sqlx::query_scalar("select customer_id from app_user where email = $1")
        .bind(portal::demo::CUSTOMER)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap()
}

async fn user(portal: &TestPortal, email: &str) -> Uuid {
    sqlx::query_scalar("select id from app_user where email = $1")
        .bind(email)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap()
}

/// Before and after of the newest line with this action.
async fn audited(portal: &TestPortal, action: &str) -> (Value, Value, Option<String>) {
    sqlx::query_as(
        "select before, after, reason from audit where action = $1 order by id desc limit 1",
    )
    .bind(action)
    .fetch_one(&portal.portal.pool)
    .await
    .unwrap()
}

async fn access(
    portal: &TestPortal,
    staff: &mut Browser,
    version: u32,
    blocked: bool,
    why: &str,
) -> Answer {
    let form = [
        ("customer", the_customer(portal).await.to_string()),
        ("version", version.to_string()),
        ("blocked", blocked.to_string()),
        ("why", why.to_owned()),
    ];
    staff.post(portal, "/admin/customer-access", &form).await
}

#[sqlx::test(migrations = "../migrations")]
async fn a_blocked_customer_is_out_everywhere_and_loses_nothing(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut own = portal.signed_in().await;
    let mut elsewhere = portal.signed_in().await;
    let mut support = portal.staff(StaffRole::Support).await;
    own.post(&portal, "/buy", &portal.lite_form(IP).await).await;

    let short = access(&portal, &mut support, 1, true, "  x ").await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    let blocked = access(&portal, &mut support, 1, true, "Chargeback 4711").await;
    assert_eq!(blocked.status, StatusCode::SEE_OTHER, "{}", blocked.body);
    assert_eq!(
        audited(&portal, "customer.block").await,
        (json!({ "blocked": false }), json!({ "blocked": true }), Some("Chargeback 4711".into()))
    );
    for browser in [&mut own, &mut elsewhere] {
        let answer = browser.get(&portal, "/my").await;
        assert!(answer.location.unwrap().starts_with("/login"), "signed out");
    }
    let left = "select count(*) from session s join app_user u on u.id = s.user_id
                 where u.customer_id is not null";
    assert_eq!(portal.count(left).await, 0);
    let form = [("email", portal::demo::CUSTOMER), ("password", portal::demo::PASSWORD)];
    let refused = Browser::default().post(&portal, "/login", &form).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("blocked"), "whoever knows the password is told");
    let wrong = [("email", portal::demo::CUSTOMER), ("password", "not-the-password")];
    let wrong = Browser::default().post(&portal, "/login", &wrong).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "and nobody else");

    // The order goes on.
    portal.settle().await;
    assert_eq!(portal.count("select count(*) from license where key is not null").await, 1);
    let page = format!("/admin/customers/{}", the_customer(&portal).await);
    assert!(support.get(&portal, &page).await.body.contains("Blocked since"));

    let open = access(&portal, &mut support, 2, false, "Paid after all").await;
    assert_eq!(open.status, StatusCode::SEE_OTHER);
    let mut own = portal.signed_in().await;
    assert_eq!(own.get(&portal, "/my").await.status, StatusCode::OK);
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_second_of_two_editors_is_told_and_overwrites_nothing(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut owner = portal.sign_in(portal::demo::ADMIN).await;
    let mut support = portal.staff(StaffRole::Support).await;
    let customer = the_customer(&portal).await.to_string();
    let form = |version: &'static str, name: &'static str| {
        [("customer", customer.clone()), ("version", version.into()), ("name", name.into())]
    };
    let first = owner.post(&portal, "/admin/customer-name", &form("1", "First GmbH")).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.body);
    let second = support.post(&portal, "/admin/customer-name", &form("1", "Second GmbH")).await;
    assert_eq!(second.status, StatusCode::CONFLICT);
    assert!(second.body.contains("First GmbH"), "what is there now");
    assert!(second.body.contains("value=\"Second GmbH\""), "what was typed");
    assert!(second.body.contains("name=\"version\" value=\"2\""), "a form that would go through");
    assert_eq!(portal.count("select count(*) from customer where name = 'First GmbH'").await, 1);
    let again = support.post(&portal, "/admin/customer-name", &form("2", "Second GmbH")).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    assert_eq!(
        audited(&portal, "customer.rename").await,
        (json!({ "name": "First GmbH" }), json!({ "name": "Second GmbH" }), None)
    );
    for bad in ["", " ", "two\nlines"] {
        let answer = owner.post(&portal, "/admin/customer-name", &form("3", bad)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad:?}");
    }
    // What changes nothing leaves no line.
    let same = owner.post(&portal, "/admin/customer-name", &form("3", "Second GmbH")).await;
    assert_eq!(same.status, StatusCode::SEE_OTHER);
    assert_eq!(portal.count("select count(*) from audit").await, 3, "a member and two names");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_customers_group_is_changed_by_who_sets_prices(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    sqlx::query("insert into customer_group (code, name, created_at) values ('gold', 'Gold', $1)")
        .bind(portal.portal.clock.now())
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    let mut pricing = portal.staff(StaffRole::Pricing).await;
    let customer = the_customer(&portal).await.to_string();
    let form = [("customer", customer.as_str()), ("version", "1"), ("group", "gold")];
    let answer = pricing.post(&portal, "/admin/customer-group", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    assert_eq!(
        audited(&portal, "customer.group").await,
        (json!({ "group": "public" }), json!({ "group": "gold" }), None)
    );
    let list = pricing.get(&portal, "/admin/customers?group=gold").await;
    assert!(list.body.contains("Demo Hosting"));
    let list = pricing.get(&portal, "/admin/customers?group=public").await;
    assert!(!list.body.contains("Demo Hosting"));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_last_owner_stays(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut owner = portal.sign_in(portal::demo::ADMIN).await;
    let first = user(&portal, portal::demo::ADMIN).await;
    let role = [("member", first.to_string()), ("was", "owner".into()), ("role", "support".into())];
    let access = [("member", first.to_string()), ("disabled", "true".into())];
    for (path, form) in [("/admin/staff-role", role.as_slice()), ("/admin/staff-access", &access)] {
        let answer = owner.post(&portal, path, form).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{path}");
        assert!(answer.body.contains("last owner"), "{path}");
    }
    // Nor does the database let it happen.
    for sql in [
        "update app_user set staff_role = 'support' where staff_role = 'owner'",
        "update app_user set disabled_at = created_at where staff_role = 'owner'",
        "delete from app_user where staff_role = 'owner'",
    ] {
        assert!(sqlx::query(sql).execute(&portal.portal.pool).await.is_err(), "{sql}");
    }
    // Of two owners who take each other's role away at once, one keeps it.
    portal
        .portal
        .create_staff("second@example.org", portal::demo::PASSWORD, StaffRole::Owner)
        .await
        .unwrap();
    let second = user(&portal, "second@example.org").await;
    let viewer = portal.owner().await;
    let demote = |member| {
        portal.portal.set_staff_role(&viewer, member, StaffRole::Owner, StaffRole::Support)
    };
    let (one, two) = tokio::join!(demote(first), demote(second));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    assert!(matches!(one.and(two), Err(StaffError::LastOwner)));
    let owners = "select count(*) from app_user where staff_role = 'owner'";
    assert_eq!(portal.count(owners).await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_disabled_member_is_out_at_once(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut owner = portal.sign_in(portal::demo::ADMIN).await;
    let mut support = portal.staff(StaffRole::Support).await;
    let member = user(&portal, "support@example.org").await.to_string();
    let page = owner.get(&portal, "/admin/staff").await;
    assert!(page.body.contains("support@example.org"));
    assert!(page.body.contains("21\u{a0}Nov\u{a0}2026, 10:00"), "when they were last seen");

    let stale = [("member", member.as_str()), ("was", "pricing"), ("role", "owner")];
    let answer = owner.post(&portal, "/admin/staff-role", &stale).await;
    assert_eq!(answer.status, StatusCode::CONFLICT, "somebody changed the role meanwhile");
    let role = [("member", member.as_str()), ("was", "support"), ("role", "pricing")];
    let answer = owner.post(&portal, "/admin/staff-role", &role).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(
        audited(&portal, "staff.role").await,
        (json!({ "role": "support" }), json!({ "role": "pricing" }), None)
    );

    let form = |disabled: &'static str| [("member", member.clone()), ("disabled", disabled.into())];
    let answer = owner.post(&portal, "/admin/staff-access", &form("true")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let out = support.get(&portal, "/admin/orders").await;
    assert!(out.location.unwrap().starts_with("/login"));
    let login = [("email", "support@example.org"), ("password", portal::demo::PASSWORD)];
    let refused = support.post(&portal, "/login", &login).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    owner.post(&portal, "/admin/staff-access", &form("false")).await;
    assert_eq!(support.post(&portal, "/login", &login).await.status, StatusCode::SEE_OTHER);
    assert_eq!(
        portal.count("select count(*) from audit where action like 'staff.%'").await,
        4,
        "made, role, disabled, enabled"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn the_audit_tells_who_did_what(pool: PgPool) {
    let portal = TestPortal::new(pool).await;
    let mut support = portal.staff(StaffRole::Support).await;
    let customer = the_customer(&portal).await;
    let form = [("customer", customer.to_string()), ("version", "1".into()), ("name", "N".into())];
    support.post(&portal, "/admin/customer-name", &form).await;
    let staff = portal.owner().await;
    let all = Paging::first(BY_TIME, 10);
    let lines = portal.portal.audit(&staff, &AuditFilter::default(), &all).await.unwrap().rows;
    assert_eq!(lines[0].actor, Actor::User("support@example.org".into()));
    assert_eq!(lines[1].actor, Actor::CommandLine);
    let by = user(&portal, "support@example.org").await;
    for (query, renamed, made) in [
        (String::new(), true, true),
        (format!("?actor={by}"), true, false),
        ("?actor=portal".to_owned(), false, true),
        ("?action=customer.rename".to_owned(), true, false),
        ("?type=user".to_owned(), false, true),
        (format!("?object={customer}"), true, false),
        ("?from=2026-11-21&to=2026-11-21".to_owned(), true, true),
        ("?from=2026-11-22".to_owned(), false, false),
        ("?to=2026-11-20".to_owned(), false, false),
    ] {
        let page = support.get(&portal, &format!("/admin/audit{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}");
        // Names of actions stand in the filter too.
        assert_eq!(page.body.contains("<del>Demo Hosting</del>"), renamed, "{query}");
        assert_eq!(page.body.contains("<ins>support@example.org</ins>"), made, "{query}");
    }
}
