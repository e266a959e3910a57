//! How a plan is bought, corrected by owners: never under the feet of what is under way.

use domain::Period;
use portal::accounts::Source;
use portal::catalog::{EditError, PlanWire};
use sqlx::PgPool;
use upstream_sim::SimConfig;

use crate::dialects::{buy, portal as full, wish};
use crate::harness::{Browser, TestPortal};
use crate::upstreams::{account, apply, read};

async fn wire_of(portal: &TestPortal, plan: &str) -> (i32, PlanWire) {
    let page = portal.portal.desk_plan(&portal.owner().await, plan).await.unwrap().unwrap();
    (page.version, page.wire)
}

async fn edit(
    portal: &TestPortal,
    plan: &str,
    edit: impl Fn(&mut PlanWire),
) -> Result<(), EditError> {
    let (version, mut wire) = wire_of(portal, plan).await;
    edit(&mut wire);
    portal.portal.edit_plan_wire(&portal.owner().await, plan, version, &wire).await
}

#[sqlx::test(migrations = "../migrations")]
async fn a_plan_is_bought_by_the_code_that_owners_say(pool: PgPool) {
    let portal = full(pool).await;
    // Pro's code is another plan's here; nothing is written.
    let pro = wire_of(&portal, "isp6-pro").await.1.code;
    let taken = edit(&portal, "isp6-lite", |wire| wire.code.clone_from(&pro)).await;
    assert!(matches!(taken, Err(EditError::Taken)), "{taken:?}");
    let before = wire_of(&portal, "isp6-lite").await;
    edit(&portal, "isp6-lite", |wire| wire.code = "3541".to_owned()).await.unwrap();
    let (_, vendor) = buy(&portal, &wish(&portal, "isp6-lite", Period::MONTH).await).await;
    assert_eq!(vendor.plan, 3541);
    // Who saw it before is told.
    let owner = portal.owner().await;
    let stale = portal.portal.edit_plan_wire(&owner, "isp6-lite", before.0, &before.1).await;
    assert!(matches!(stale, Err(EditError::Stale)), "{stale:?}");
    // Its license lives by the functions that it was bought by, also for hand-written SQL.
    let living = edit(&portal, "isp6-lite", |wire| {
        wire.dialect = portal::accounts::DialectKind::SoftExternal;
    });
    assert!(matches!(living.await, Err(EditError::Living)));
    let by_hand = sqlx::query("update plan set dialect = 'platform' where slug = 'isp6-lite'");
    let by_hand = by_hand.execute(&portal.portal.pool).await.unwrap_err();
    assert!(by_hand.to_string().contains("it has licenses"), "{by_hand}");
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_under_way_is_found_by_the_code_that_it_was_sent_with(pool: PgPool) {
    let portal = TestPortal::with(pool, SimConfig::full()).await;
    let viewer = portal.customer().await;
    let wish = wish(&portal, "isp6-lite", Period::MONTH).await;
    portal.portal.place_order(&viewer, &wish).await.unwrap();
    let refused = edit(&portal, "isp6-lite", |wire| wire.code = "3541".to_owned()).await;
    assert!(matches!(refused, Err(EditError::UnderWay)), "{refused:?}");
    for sql in [
        "update plan set upstream_plan_code = '3541' where slug = 'isp6-lite'",
        "update plan_period set upstream_code = '1' where plan_id =
            (select id from plan where slug = 'isp6-lite')",
    ] {
        let by_hand = sqlx::query(sql).execute(&portal.portal.pool).await.unwrap_err();
        assert!(by_hand.to_string().contains("under way"), "{by_hand}");
    }
    // What says nothing of the codes can be said meanwhile.
    edit(&portal, "isp6-lite", |wire| wire.has_key = false).await.unwrap();
    portal.settle().await;
    assert_eq!(portal.state(wish.id).await, "confirmed");
    edit(&portal, "isp6-lite", |wire| wire.code = "3541".to_owned()).await.unwrap();
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn counts_are_what_owners_say(pool: PgPool) {
    let portal = full(pool).await;
    let mut owner = portal.sign_in(portal::demo::ADMIN).await;
    let mut guest = Browser::default();
    let (version, wire) = wire_of(&portal, "isp6-biz").await;
    let mut form: Vec<(String, String)> = vec![
        ("plan".into(), "isp6-biz".into()),
        ("version".into(), version.to_string()),
        ("dialect".into(), "soft".into()),
        ("code".into(), wire.code.clone()),
        ("needs_ip".into(), "on".into()),
        ("has_key".into(), "on".into()),
        ("addon[node][code]".into(), wire.addons["node"].code.clone()),
        ("addon[node][name-en]".into(), "Cluster nodes".into()),
        ("addon[node][name-ru]".into(), "Узлы кластера".into()),
        ("addon[node][base]".into(), "5".into()),
        ("addon[node][step]".into(), "2".into()),
    ];
    form.extend(wire.terms.keys().map(|term| (format!("term[{term}]"), String::new())));
    form.push(("addon[node][max]".into(), "4".into()));
    let refused = owner.post(&portal, "/admin/product-wire", &form).await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(refused.body.contains("id=\"addon-node-max-error\""), "{}", refused.body);
    assert!(refused.body.contains("Узлы кластера"), "what was typed stays");
    form.last_mut().unwrap().1 = "9".into();
    let done = owner.post(&portal, "/admin/product-wire", &form).await;
    assert_eq!(done.location.as_deref(), Some("/admin/products/isp6-biz?done=1"), "{}", done.body);
    let page = guest.get(&portal, "/p/isp6-biz").await.body;
    assert!(page.contains("Cluster nodes"), "{page}");
    let stored = wire_of(&portal, "isp6-biz").await.1;
    let nodes = &stored.addons["node"];
    assert_eq!((nodes.base, nodes.max, nodes.step), (5, 9, 2));
    assert_eq!(stored.terms, wire.terms, "an empty code is none");
    assert_eq!(portal.count("select count(*) from audit where action = 'plan.wire'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_module_asks_for_what_owners_say(pool: PgPool) {
    let portal = full(pool).await;
    let mut owner = portal.sign_in(portal::demo::ADMIN).await;
    let (version, wire) = wire_of(&portal, "ddos-guard").await;
    let mut form: Vec<(String, String)> = vec![
        ("plan".into(), "ddos-guard".into()),
        ("version".into(), version.to_string()),
        ("dialect".into(), "addition".into()),
        ("code".into(), wire.code.clone()),
        ("field[0][code]".into(), "skipbasket".into()),
        ("field[0][kind]".into(), "email".into()),
        ("field[0][name-en]".into(), "Contact".into()),
    ];
    form.extend(wire.terms.keys().map(|term| (format!("term[{term}]"), String::new())));
    let refused = owner.post(&portal, "/admin/product-wire", &form).await;
    assert!(refused.body.contains("id=\"field-0-code-error\""), "{}", refused.body);
    form[4].1 = "contact_email".into();
    let done = owner.post(&portal, "/admin/product-wire", &form).await;
    assert_eq!(done.status, 303, "{}", done.body);
    // The customer is asked for it, and the vendor is told it.
    buy(&portal, &wish(&portal, "isp6-lite", Period::MONTH).await).await;
    let mut own = portal.sign_in(portal::demo::CUSTOMER).await;
    let page = own.get(&portal, "/p/ddos-guard").await.body;
    assert!(page.contains("Contact") && page.contains("name=\"field[contact_email]\""), "{page}");
    let mut order = wish(&portal, "ddos-guard", Period::MONTH).await;
    order.parent = Some(
        sqlx::query_scalar("select id from license").fetch_one(&portal.portal.pool).await.unwrap(),
    );
    order.fields.insert("contact_email".into(), "a@b.example".into());
    buy(&portal, &order).await;
    let calls = portal.vendor().calls_of("addition.order.param");
    assert_eq!(calls[0].params["contact_email"], "a@b.example");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_import_corrects_the_codes_of_terms(pool: PgPool) {
    use upstream::catalog::Preset;
    let portal = full(pool).await;
    let owner = portal.owner().await;
    account(&portal, &owner, "old", "legacy@demo.test", Preset::Legacy).await;
    let found = read(&portal, &owner, "old", Source::Preset(Preset::Legacy), "").await;
    apply(&portal, &owner, "old", &found).await;
    let wrong = "update plan_period set upstream_code = '999' where period = 1 and plan_id =
                   (select id from plan where dialect = 'software' and upstream_plan_code = '7')";
    sqlx::query(wrong).execute(&portal.portal.pool).await.unwrap();
    let found = read(&portal, &owner, "old", Source::Preset(Preset::Legacy), "").await;
    let [portal::accounts::Change::TermCode { plan, period, before, after }] = &found.1.changes[..]
    else {
        panic!("{:?}", found.1.changes)
    };
    assert_eq!((plan.code.as_str(), *period), ("7", Period::MONTH));
    assert_eq!((before.as_deref(), after.as_str()), (Some("999"), "8"));
    apply(&portal, &owner, "old", &found).await;
    let again = read(&portal, &owner, "old", Source::Preset(Preset::Legacy), "").await;
    assert_eq!(again.1.changes, []);
}

#[sqlx::test(migrations = "../migrations")]
async fn functions_of_no_family_have_names_of_the_accounts_own(pool: PgPool) {
    let portal = full(pool).await;
    let functions = r#"{"account": {"balance": "accountinfo", "price_list": "pricelist.all"}}"#;
    sqlx::query(
        "update upstream_account set balance_function = 'subaccount', functions = $1::jsonb
          where slug = 'simulator'",
    )
    .bind(functions)
    .execute(&portal.portal.pool)
    .await
    .unwrap();
    let mut owner = portal.sign_in(portal::demo::ADMIN).await;
    let page = owner.get(&portal, "/admin/upstreams/simulator").await.body;
    assert!(page.contains("account.balance = accountinfo"), "{page}");
    buy(&portal, &wish(&portal, "isp6-lite", Period::MONTH).await).await;
    assert!(!portal.vendor().calls_of("accountinfo").is_empty());
    assert!(portal.vendor().calls_of("subaccount").is_empty());
    let by = portal::accounts::By::CommandLine;
    let read = portal.portal.begin_import(by, "simulator", Source::Export, "", None).await;
    assert!(matches!(read, Err(portal::accounts::ImportError::Vendor(_))), "{read:?}");
    assert_eq!(portal.vendor().calls_of("pricelist.all").len(), 1);
    assert!(portal.vendor().calls_of("pricelist.export").is_empty());
}
