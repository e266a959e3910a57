//! Accounts at vendors: made with a sealed password, looked at, and importing what they sell.

use std::io::Write as _;
use std::process::Stdio;

use axum::http::StatusCode;
use domain::{Currency, Money, Period};
use portal::accounts::{
    AccountError, By, Change, DialectKind, ImportError, NewAccount, NewPlan, Note, Preset,
    Proposal, Settings, Source, StoredImport, Wrong, dialects_from_text,
};
use portal::catalog::EditError;
use portal::people::{StaffRole, StaffViewer};
use portal::pricing::CostSource;
use portal::upstreams::{Inside, Upstreams};
use secrecy::ExposeSecret;
use sqlx::{ConnectOptions, PgPool};
use upstream_sim::{Fault, SimConfig, Times};
use uuid::Uuid;

use crate::harness::TestPortal;

const PASSWORD: &str = "SimPass2026";

async fn full(pool: PgPool) -> (TestPortal, StaffViewer) {
    let portal = TestPortal::with(pool, SimConfig::full()).await;
    let owner = portal.owner().await;
    (portal, owner)
}

async fn address(portal: &TestPortal) -> String {
    sqlx::query_scalar("select base_url from upstream_account where slug = 'simulator'")
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap()
}

/// An account with this shipped table, at the simulator.
pub async fn account(
    portal: &TestPortal,
    owner: &StaffViewer,
    slug: &str,
    user: &str,
    preset: Preset,
) -> NewAccount {
    let currency = preset.table().unwrap().currency;
    let mut settings = Settings::like(Some(preset));
    settings.base_url = address(portal).await;
    settings.username = user.to_owned();
    settings.limits.call_timeout_ms = 3_000;
    let new = NewAccount {
        slug: slug.to_owned(),
        currency,
        settings,
        password: PASSWORD.to_owned().into(),
    };
    portal.portal.add_account(By::Staff(owner), new.clone()).await.unwrap();
    new
}

pub async fn read(
    portal: &TestPortal,
    owner: &StaffViewer,
    slug: &str,
    source: Source,
    text: &str,
) -> (StoredImport, Proposal) {
    let by = By::Staff(owner);
    let id = portal.portal.begin_import(by, slug, source, text, None).await.unwrap();
    let found = portal.portal.newest_import(by, slug).await.unwrap().unwrap();
    assert_eq!(found.0.id, id);
    found
}

pub async fn apply(
    portal: &TestPortal,
    owner: &StaffViewer,
    slug: &str,
    (stored, proposal): &(StoredImport, Proposal),
) -> usize {
    let by = By::Staff(owner);
    portal.portal.apply_import(by, slug, stored.id, &proposal.hash).await.unwrap()
}

fn new_plans(proposal: &Proposal) -> Vec<&NewPlan> {
    let plans = proposal.changes.iter().map(|change| match change {
        Change::Plan(new) => new.as_ref(),
        other => panic!("{other:?}"),
    });
    plans.collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_password_is_sealed_and_told_to_nobody(pool: PgPool) {
    let (portal, owner) = full(pool).await;
    account(&portal, &owner, "eu", "reseller@demo.test", Preset::Eu).await;
    let (id, secret): (Uuid, Vec<u8>) =
        sqlx::query_as("select id, secret from upstream_account where slug = 'eu'")
            .fetch_one(&portal.portal.pool)
            .await
            .unwrap();
    assert!(!secret.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes()));
    assert_eq!(portal.portal.key.open(id, &secret).unwrap().expose_secret(), PASSWORD);
    let by = By::Staff(&owner);
    let other = "AnotherPass1".to_owned().into();
    portal.portal.set_account_password(by, "eu", &other).await.unwrap();
    let secret: Vec<u8> = sqlx::query_scalar("select secret from upstream_account where id = $1")
        .bind(id)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    assert_eq!(portal.portal.key.open(id, &secret).unwrap().expose_secret(), "AnotherPass1");
    let told: i64 = sqlx::query_scalar(
        "select count(*) from audit
          where coalesce(before::text, '') || coalesce(after::text, '') ~ 'SimPass|AnotherPass'",
    )
    .fetch_one(&portal.portal.pool)
    .await
    .unwrap();
    assert_eq!(told, 0);
    let actions: Vec<String> = sqlx::query_scalar(
        "select action from audit where object_type = 'upstream_account' order by id",
    )
    .fetch_all(&portal.portal.pool)
    .await
    .unwrap();
    assert_eq!(actions, ["upstream.add", "upstream.password"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_must_make_sense(pool: PgPool) {
    let (portal, owner) = full(pool).await;
    let by = By::Staff(&owner);
    let good = account(&portal, &owner, "eu", "reseller@demo.test", Preset::Eu).await;
    for (url, why) in [
        ("http://api.ispmanager.com/manager/billmgr", Wrong::Insecure),
        ("http://203.0.113.5/manager/billmgr", Wrong::Internal),
        ("https://10.0.0.5/manager/billmgr", Wrong::Internal),
        ("https://169.254.169.254/latest", Wrong::Internal),
        ("https://[fd00::1]/", Wrong::Internal),
        ("api.ispmanager.com", Wrong::Url),
        ("https://user:word@api.ispmanager.com/", Wrong::Url),
    ] {
        let mut bad = good.clone();
        bad.slug = "bad".to_owned();
        bad.settings.base_url = url.to_owned();
        match portal.portal.add_account(by, bad).await {
            Err(AccountError::Wrong(wrong)) => assert_eq!(wrong, [("base_url", why)], "{url}"),
            other => panic!("{url}: {other:?}"),
        }
    }
    // Everything that is wrong is told at once.
    let mut bad = good.clone();
    bad.slug = "No Slug".to_owned();
    bad.currency = None;
    match portal.portal.add_account(by, bad).await {
        Err(AccountError::Wrong(wrong)) => {
            assert_eq!(wrong, [("slug", Wrong::Shape), ("currency", Wrong::Shape)]);
        }
        other => panic!("{other:?}"),
    }
    let again = portal.portal.add_account(by, good.clone()).await;
    assert!(matches!(again, Err(AccountError::Wrong(wrong)) if wrong == [("slug", Wrong::Taken)]));
    // A real portal has no vendor on its own machine.
    let mut real = portal.portal.clone();
    real.upstreams = Upstreams::new(Inside::default());
    let mut here = good.clone();
    here.slug = "here".to_owned();
    let refused = real.add_account(by, here).await;
    assert!(
        matches!(refused, Err(AccountError::Wrong(wrong)) if wrong == [("base_url", Wrong::Internal)])
    );
    // One inside the network is fine when the configuration names it, and speaks https.
    real.upstreams = Upstreams::new(Inside::default().and(["10.0.0.5".parse().unwrap()]));
    let mut inside = good.clone();
    inside.slug = "inside".to_owned();
    inside.settings.base_url = "https://10.0.0.5/billmgr".to_owned();
    real.add_account(by, inside).await.unwrap();
    // A form of an older page is refused, and so is one that the worker could not live with.
    let known = portal.portal.account(by, "eu").await.unwrap();
    let mut settings = known.settings.clone();
    settings.name = "Europe".to_owned();
    portal.portal.set_account(by, "eu", known.version, settings.clone()).await.unwrap();
    settings.name = "Europa".to_owned();
    let stale = portal.portal.set_account(by, "eu", known.version, settings.clone()).await;
    assert!(matches!(stale, Err(AccountError::Stale)), "{stale:?}");
    settings.limits.lease_ms = 1_000;
    let short = portal.portal.set_account(by, "eu", known.version + 1, settings).await;
    assert!(
        matches!(short, Err(AccountError::Wrong(wrong)) if wrong == [("lease_ms", Wrong::ShortLease)])
    );
    let mut support = owner.clone();
    support.role = StaffRole::Support;
    let refused = portal.portal.accounts(By::Staff(&support)).await;
    assert!(matches!(refused, Err(AccountError::Forbidden)));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_ping_says_what_works_and_changes_nothing(pool: PgPool) {
    let (portal, owner) = full(pool).await;
    let by = By::Staff(&owner);
    account(&portal, &owner, "legacy", "legacy@demo.test", Preset::Legacy).await;
    let calls = portal.vendor().calls().len();
    let looked = portal.portal.ping_account(by, "legacy").await.unwrap();
    let told =
        |check: &portal::accounts::Check| format!("{} {} {}", check.what, check.ok, check.text);
    let told: Vec<_> = looked.checks.iter().map(told).collect();
    assert_eq!(told, ["balance true 10000.00 EUR", "list:software true 0", "export true 17"]);
    // One of them takes the filter of its list away.
    assert_eq!(portal.vendor().calls().len(), calls + 4);
    assert_eq!(portal.vendor().debits().len(), 0);
    let kept = portal.portal.account(by, "legacy").await.unwrap().looked.unwrap();
    assert_eq!(kept, looked);
    // What does not work is named beside what does.
    portal.vendor().add_fault("pricelist.export", Fault::HttpBefore { status: 500 }, Times::Once);
    let looked = portal.portal.ping_account(by, "legacy").await.unwrap();
    let failed: Vec<_> = looked.checks.iter().filter(|check| !check.ok).collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].what, "export");
    portal.portal.set_account_password(by, "legacy", &"wrong".to_owned().into()).await.unwrap();
    let looked = portal.portal.ping_account(by, "legacy").await.unwrap();
    assert!(!looked.checks[0].ok && !looked.checks[1].ok, "{looked:?}");
    assert!(looked.checks.iter().all(|check| !check.text.contains("wrong")), "{looked:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn everything_of_an_empty_account_is_imported_once(pool: PgPool) {
    let (portal, owner) = full(pool).await;
    account(&portal, &owner, "eu", "reseller@demo.test", Preset::Eu).await;
    let found = read(&portal, &owner, "eu", Source::Export, "").await;
    let plans = new_plans(&found.1);
    assert_eq!(found.1.notes, []);
    assert_eq!(plans.len(), Preset::Eu.table().unwrap().plans.len());
    // Reading changes nothing but what is read.
    assert_eq!(portal.count("select count(*) from plan p join upstream_account u on u.id = p.upstream_account_id where u.slug = 'eu'").await, 0);
    assert_eq!(apply(&portal, &owner, "eu", &found).await, plans.len());

    // Names of the demo's plans are taken: the new ones carry their account's.
    let business = plans.iter().find(|new| new.plan.code == "55230").unwrap();
    assert_eq!(business.plan.slug, "ispmanager-6-business");
    let rows: Vec<(i16, i64, i64, String, i32)> = sqlx::query_as(
        "select t.period, t.cost, c.cost, a.code || ' ' || a.upstream_addon_code, a.base
           from plan p join plan_period t on t.plan_id = p.id
           join addon_cost c on c.plan_id = p.id and c.period = t.period
           join plan_addon a on a.plan_id = p.id and a.code = c.code
          where p.slug = $1 and not p.available order by t.period",
    )
    .bind(&business.plan.slug)
    .fetch_all(&portal.portal.pool)
    .await
    .unwrap();
    let node = || "node 55236".to_owned();
    assert_eq!(
        rows,
        [(1, 90_000, 90_000, node(), 1), (12, 900_000, 900_000, node(), 1)],
        "the simulator's costs"
    );
    for (rule, sql) in [
        (
            "nothing is for sale",
            "select count(*) from plan p join upstream_account u on u.id = p.upstream_account_id
              where u.slug = 'eu' and p.available",
        ),
        (
            "every cost began with the import",
            "select count(*) from cost_change h join plan p on p.id = h.plan_id
               join upstream_account u on u.id = p.upstream_account_id
              where u.slug = 'eu' and (h.source <> 'import' or h.before is not null)",
        ),
        (
            "modules are for panels of the same account",
            "select count(*) from plan p join upstream_account u on u.id = p.upstream_account_id
              where u.slug = 'eu' and p.dialect = 'addition'
                and (cardinality(p.fits) = 0 or exists (
                    select from unnest(p.fits) f where not exists (
                        select from plan o where o.slug = f
                           and o.upstream_account_id = p.upstream_account_id)))",
        ),
    ] {
        assert_eq!(portal.count(sql).await, 0, "{rule}");
    }
    let ended: String = sqlx::query_scalar(
        "select p.sale_ends_on || ' ' || p.renewal_ends_on from plan p
           join upstream_account u on u.id = p.upstream_account_id
          where u.slug = 'eu' and p.upstream_plan_code = '3541'",
    )
    .fetch_one(&portal.portal.pool)
    .await
    .unwrap();
    assert_eq!(ended, "2021-06-14 2021-12-31");

    let again = read(&portal, &owner, "eu", Source::Export, "").await;
    assert_eq!(again.1.changes, []);
    assert_eq!(apply(&portal, &owner, "eu", &again).await, 0);
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_changed_cost_is_written_with_its_history(pool: PgPool) {
    let (portal, owner) = full(pool).await;
    account(&portal, &owner, "eu", "reseller@demo.test", Preset::Eu).await;
    let first = read(&portal, &owner, "eu", Source::Export, "").await;
    apply(&portal, &owner, "eu", &first).await;
    portal.vendor().set_month_cost(9204, 17_500);
    let found = read(&portal, &owner, "eu", Source::Export, "").await;
    let [Change::Cost { plan, period, addon: None, before, after }] = &found.1.changes[..] else {
        panic!("{:?}", found.1.changes)
    };
    assert_eq!((plan.code.as_str(), *period), ("9204", Period::MONTH));
    assert_eq!((before.0, after.0), (15_000, 17_500));
    // Somebody else was faster: what is written is what was shown, or nothing.
    portal.vendor().set_month_cost(9204, 18_000);
    let newer = read(&portal, &owner, "eu", Source::Export, "").await;
    apply(&portal, &owner, "eu", &newer).await;
    let by = By::Staff(&owner);
    let stale = portal.portal.apply_import(by, "eu", found.0.id, &found.1.hash).await;
    assert!(matches!(stale, Err(ImportError::Stale)), "{stale:?}");

    let rows: Vec<(Option<i64>, i64, String, String)> = sqlx::query_as(
        "select h.before, h.cost, h.source, h.reason from cost_change h
           join plan p on p.id = h.plan_id where p.slug = $1 order by h.id",
    )
    .bind(&plan.slug)
    .fetch_all(&portal.portal.pool)
    .await
    .unwrap();
    let (import, list) = (CostSource::Import.as_str(), "pricelist.export");
    assert_eq!(
        rows,
        [
            (None, 15_000, import.to_owned(), list.to_owned()),
            (Some(15_000), 18_000, import.to_owned(), list.to_owned()),
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn prices_that_would_not_hold_are_named_and_stay(pool: PgPool) {
    let (portal, owner) = full(pool).await;
    // The demo's account has `dns5` at an explicit price of 2.99 for a month, at a cost of 2.00.
    portal.vendor().set_month_cost(3136, 29_000);
    portal.vendor().set_month_cost(55227, 40_000);
    let found = read(&portal, &owner, "simulator", Source::Export, "").await;
    let endangered: Vec<_> = found
        .1
        .endangered
        .iter()
        .map(|row| (row.group.code.as_str(), row.after.key.plan.as_str(), row.after.key.period))
        .collect();
    assert_eq!(endangered, [("public", "dns5", Period::MONTH)]);
    // What follows its cost is told as well, and agreed on with the rest.
    let eur = |cents: i64| Money::new(cents * 100, Currency::EUR);
    let repriced: Vec<_> = found
        .1
        .repriced
        .iter()
        .map(|row| (row.after.key.plan.as_str(), row.before, row.after.price()))
        .collect();
    assert!(repriced.contains(&("isp6-lite", eur(490), Some(eur(590)))), "{repriced:?}");
    assert!(!repriced.iter().any(|(_, before, _)| *before == eur(299)), "that one would not hold");
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    let page = desk.get(&portal, "/admin/upstreams/simulator/import").await.body;
    assert!(page.contains("Selling prices that follow") && page.contains("€5.90"), "{page}");
    let before = found.1.endangered[0].before;
    assert_eq!(before, Some(Money::new(29_900, Currency::EUR)));
    let lists = portal.count("select count(*) from pricelist_version").await;
    apply(&portal, &owner, "simulator", &found).await;
    assert_eq!(portal.count("select count(*) from pricelist_version").await, lists);
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_oldest_generation_comes_with_codes_of_terms(pool: PgPool) {
    let (portal, owner) = full(pool).await;
    account(&portal, &owner, "legacy", "legacy@demo.test", Preset::Legacy).await;
    let found = read(&portal, &owner, "legacy", Source::Preset(Preset::Legacy), "").await;
    assert_eq!(found.1.notes, []);
    apply(&portal, &owner, "legacy", &found).await;
    let codes: Vec<(i16, String, i64)> = sqlx::query_as(
        "select t.period, t.upstream_code, t.cost from plan p
           join plan_period t on t.plan_id = p.id
          where p.dialect = 'software' and p.upstream_plan_code = '16' order by t.period",
    )
    .fetch_all(&portal.portal.pool)
    .await
    .unwrap();
    let codes: Vec<_> =
        codes.iter().map(|(period, code, cost)| (*period, code.as_str(), *cost)).collect();
    assert_eq!(
        codes,
        [(-100, "27", 0), (0, "661", 4_500_000), (1, "28", 150_000), (12, "29", 1_500_000)]
    );
    assert_eq!(portal.count("select count(*) from plan where dialect = 'software'").await, 17);

    // A vendor that has no price list tells no costs, and nothing is sold for an unknown cost.
    account(&portal, &owner, "older", "legacy@demo.test", Preset::Legacy).await;
    portal.vendor().add_fault("pricelist.export", Fault::HttpBefore { status: 500 }, Times::Once);
    let found = read(&portal, &owner, "older", Source::Preset(Preset::Legacy), "").await;
    assert_eq!(found.1.changes, []);
    assert!(matches!(found.1.notes[0], Note::NoPriceList { .. }), "{:?}", found.1.notes);
    // Then somebody writes them down; the shipped table knows the rest.
    let table = "code,name,period,cost\n7,Lite,1,5.50\n7,Lite,0,165\n9999,Strange,1,1\n";
    let found = read(&portal, &owner, "older", Source::File, table).await;
    let [lite] = new_plans(&found.1)[..] else { panic!("{:?}", found.1.changes) };
    let terms: Vec<_> = lite.terms.iter().map(|term| (term.period, term.code.as_deref())).collect();
    assert_eq!(terms, [(Period::MONTH, Some("8")), (Period::Lifetime, Some("9"))]);
    assert_eq!(found.1.notes, [Note::NoDialect { code: "9999".to_owned() }]);
}

#[sqlx::test(migrations = "../migrations")]
async fn every_vendor_of_the_documents_can_be_imported(pool: PgPool) {
    let (portal, owner) = full(pool).await;
    for (slug, user, preset) in [
        ("ru", "reseller-ru@demo.test", Preset::Ru),
        ("isplicense", "isplicense@demo.test", Preset::IspLicense),
    ] {
        account(&portal, &owner, slug, user, preset).await;
        let found = read(&portal, &owner, slug, Source::Export, "").await;
        assert_eq!(found.1.notes, [], "{slug}");
        let plans = new_plans(&found.1);
        assert_eq!(plans.len(), preset.table().unwrap().plans.len(), "{slug}");
        assert!(plans.iter().all(|new| new.fits.as_ref().is_none_or(|fits| !fits.is_empty())));
        apply(&portal, &owner, slug, &found).await;
        let again = read(&portal, &owner, slug, Source::Preset(preset), "").await;
        assert_eq!(again.1.changes, [], "{slug}");
    }
    // The panel asks for modules by the names that the vendor gave them.
    let name: String = sqlx::query_scalar(
        "select p.service_name from plan p join upstream_account u on u.id = p.upstream_account_id
          where u.slug = 'isplicense' and p.upstream_plan_code = '354'",
    )
    .fetch_one(&portal.portal.pool)
    .await
    .unwrap();
    assert_eq!(name, "Virusdie");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_the_vendor_has_no_more_stays(pool: PgPool) {
    let (portal, owner) = full(pool).await;
    account(&portal, &owner, "ru", "reseller-ru@demo.test", Preset::Ru).await;
    let table = "[[plan]]\ndialect = \"soft\"\ncode = \"1\"\nname = \"Old\"\n\
                 terms = [{ period = 1, cost = \"3\" }]\n";
    let found = read(&portal, &owner, "ru", Source::File, table).await;
    apply(&portal, &owner, "ru", &found).await;
    let found = read(&portal, &owner, "ru", Source::Export, "").await;
    let gone: Vec<_> = found.1.changes.iter().filter(|change| !change.is_written()).collect();
    assert!(matches!(gone[..], [Change::Gone { plan }] if plan.slug == "old"), "{gone:?}");
    apply(&portal, &owner, "ru", &found).await;
    assert_eq!(portal.count("select count(*) from plan where slug = 'old'").await, 1);
    // A table in another currency is not taken over as if it were this one's.
    let by = By::Staff(&owner);
    let table = format!("currency = \"EUR\"\n{table}");
    let refused = portal.portal.begin_import(by, "ru", Source::File, &table, None).await;
    assert!(matches!(refused, Err(ImportError::Currency)), "{refused:?}");
    let refused = portal.portal.begin_import(by, "ru", Source::File, "nonsense", None).await;
    assert!(matches!(refused, Err(ImportError::Table(_))), "{refused:?}");
    let refused = portal.portal.begin_import(by, "ru", Source::Export, "", Some("no-such")).await;
    assert!(matches!(refused, Err(ImportError::Family)), "{refused:?}");
}

#[sqlx::test(migrations = "../migrations")]
async fn owners_do_it_all_on_the_pages(pool: PgPool) {
    let (portal, _) = full(pool).await;
    let mut owner = portal.sign_in(portal::demo::ADMIN).await;
    let url = address(&portal).await;
    let mut form = vec![
        ("slug", "old"),
        ("preset", "legacy"),
        ("base_url", "http://203.0.113.5/billmgr"),
        ("username", "legacy@demo.test"),
        ("password", PASSWORD),
    ];
    let refused = owner.post(&portal, "/admin/upstream-add", &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("http://203.0.113.5/billmgr"), "what was typed stays");
    assert!(!refused.body.contains(PASSWORD), "but for the password");
    form[2].1 = &url;
    let made = owner.post(&portal, "/admin/upstream-add", &form).await;
    assert_eq!(made.location.as_deref(), Some("/admin/upstreams/old?done=added"), "{}", made.body);
    let page = owner.get(&portal, "/admin/upstreams/old").await;
    assert!(page.body.contains("ISPsystem (2009)") && !page.body.contains(PASSWORD));

    // The page asks nobody; the button does.
    let calls = portal.vendor().calls().len();
    owner.get(&portal, "/admin/upstreams/old/import").await;
    owner.get(&portal, "/admin/upstreams").await;
    assert_eq!(portal.vendor().calls().len(), calls);
    owner.post(&portal, "/admin/upstream-ping", &[("slug", "old")]).await;
    let page = owner.get(&portal, "/admin/upstreams/old?done=ping").await;
    assert!(page.body.contains("10000.00 EUR"), "{}", page.body);

    let read = [("slug", "old"), ("source", "export"), ("family", "modules")];
    let answer = owner.post(&portal, "/admin/upstream-read", &read).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    let page = owner.get(&portal, "/admin/upstreams/old/import").await;
    assert!(page.body.contains("VDSmanager-Linux"), "{}", page.body);
    let value = |name: &str| {
        let (_, rest) = page.body.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let (import, hash) = (value("import"), value("hash"));
    let wrong = [("slug", "old"), ("import", &import), ("hash", "another")];
    let refused = owner.post(&portal, "/admin/upstream-apply", &wrong).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains(&hash), "the difference is shown anew");
    assert_eq!(portal.count("select count(*) from plan where dialect = 'software'").await, 0);
    let right = [("slug", "old"), ("import", &import), ("hash", &hash)];
    let done = owner.post(&portal, "/admin/upstream-apply", &right).await;
    assert_eq!(
        done.location.as_deref(),
        Some("/admin/upstreams/old/import?done=applied&count=17"),
        "{}",
        done.body
    );
    let rows = portal
        .count("select count(*) from plan where dialect = 'software' and family = 'modules'")
        .await;
    assert_eq!(rows, 17);

    // Settings: as they are but for one field; a limit that cannot be is refused and stays typed.
    let page = owner.get(&portal, "/admin/upstreams/old").await.body;
    let mut fields: Vec<(String, String)> = [
        ("slug", "old"),
        ("version", "2"),
        ("name", "Old vendor"),
        ("base_url", &url),
        ("username", "legacy@demo.test"),
        ("enabled", "on"),
        ("preset", "legacy"),
        ("ordering", "at_once"),
        ("balance_function", "accountinfo"),
        ("low_balance", "20000"),
        ("change_rule", "unlimited"),
        ("module_names_parent", "on"),
        ("unmarked", "parallelslic, addition"),
        ("functions", ""),
        ("kept_suspended_days", "30"),
        ("max_concurrency", "999"),
        ("calls_per_minute", ""),
        ("connect_timeout_ms", "5000"),
        ("call_timeout_ms", "60000"),
        ("check_timeout_ms", "2000"),
        ("send_deadline_ms", "30000"),
        ("lease_ms", "120000"),
        ("quiet_window_ms", "300000"),
        ("second_sighting_ms", "60000"),
        ("max_attempts", "3"),
        ("resend_within_ms", "3600000"),
        ("undo_window_ms", "3600000"),
        ("dialects[]", "software"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    for (name, _) in &fields {
        assert!(page.contains(&format!("name=\"{name}\"")), "no field {name}");
    }
    let refused = owner.post(&portal, "/admin/upstream-set", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("value=\"999\""), "{}", refused.body);
    fields[15].1 = "2".to_owned();
    let done = owner.post(&portal, "/admin/upstream-set", &fields).await;
    assert_eq!(done.location.as_deref(), Some("/admin/upstreams/old?done=set"), "{}", done.body);
    let again = owner.post(&portal, "/admin/upstream-set", &fields).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "a form of an older page");

    // The balance is below the threshold as soon as it is read.
    portal.settle().await;
    for path in ["/admin/upstreams", "/admin/upstreams/old", "/admin/vendors"] {
        let page = owner.get(&portal, path).await;
        assert!(page.body.contains("Low balance"), "{path}: {}", page.body);
    }
    // A vendor that is left alone says so wherever it stands.
    sqlx::query(
        "insert into upstream_pause (upstream_account_id, since, retry_at, why)
         select id, $1, $1 + interval '1 minute', 'HTTP 500' from upstream_account where slug = 'old'",
    )
    .bind(portal.portal.clock.now())
    .execute(&portal.portal.pool)
    .await
    .unwrap();
    for path in ["/admin/upstreams?status=silent", "/admin/upstreams/old", "/admin/vendors"] {
        let page = owner.get(&portal, path).await;
        assert!(page.body.contains("Not working"), "{path}: {}", page.body);
    }
    let mut audit = owner.get(&portal, "/admin/audit").await.body;
    audit.retain(|c| c != '\n');
    for told in ["Vendor account added", "Vendor account changed", "Plans imported"] {
        assert!(audit.contains(told), "{told}");
    }
    portal.sound().await;
}

/// A table with a plan of each of these families, by their codes.
fn table_of(plans: &[(&str, &str)]) -> String {
    let rows = plans.iter().map(|(code, dialect)| format!("{code},{dialect},Plan {code},1,5\n"));
    std::iter::once("code,dialect,name,period,cost\n".to_owned()).chain(rows).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_family_that_the_account_does_not_speak_is_named_and_not_imported(pool: PgPool) {
    let (portal, owner) = full(pool).await;
    let by = By::Staff(&owner);
    account(&portal, &owner, "old", "legacy@demo.test", Preset::Legacy).await;
    let known = portal.portal.account(by, "old").await.unwrap();
    assert_eq!(known.settings.dialects, dialects_from_text("software manual"), "as its table");
    // The row is told, and nothing of it is written.
    let found = read(&portal, &owner, "old", Source::File, &table_of(&[("71", "platform")])).await;
    let other =
        |code: &str, text: &str| Note::OtherDialect { code: code.into(), text: text.into() };
    assert_eq!(found.1.changes, []);
    assert_eq!(found.1.notes, [other("71", "platform")]);
    assert_eq!(apply(&portal, &owner, "old", &found).await, 0);
    let plans =
        "select count(*) from plan p join upstream_account u on u.id = p.upstream_account_id
                  where u.slug = 'old'";
    assert_eq!(portal.count(plans).await, 0);
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    let page = desk.get(&portal, "/admin/upstreams/old/import").await.body;
    assert!(page.contains("71: platform sells it"), "{page}");

    // The other rows are imported, and the family that they are of stays.
    let both = table_of(&[("71", "platform"), ("72", "soft"), ("73", "manual")]);
    let mut settings = known.settings.clone();
    settings.dialects = dialects_from_text("soft, manual");
    portal.portal.set_account(by, "old", known.version, settings.clone()).await.unwrap();
    let found = read(&portal, &owner, "old", Source::File, &both).await;
    assert_eq!(found.1.notes, [other("71", "platform")]);
    // What was shown is written, or nothing: one of its families is taken away meanwhile.
    settings.dialects = dialects_from_text("soft");
    portal.portal.set_account(by, "old", known.version + 1, settings.clone()).await.unwrap();
    let stale = portal.portal.apply_import(by, "old", found.0.id, &found.1.hash).await;
    assert!(matches!(stale, Err(ImportError::Stale)), "{stale:?}");
    let found = read(&portal, &owner, "old", Source::File, &both).await;
    assert_eq!(found.1.notes, [other("71", "platform"), other("73", "manual")]);
    assert_eq!(apply(&portal, &owner, "old", &found).await, 1);
    settings.dialects = dialects_from_text("platform software");
    let refused = portal.portal.set_account(by, "old", known.version + 2, settings.clone()).await;
    assert!(
        matches!(&refused, Err(AccountError::Dialects(kinds)) if kinds[..] == [DialectKind::Soft]),
        "{refused:?}"
    );
    settings.dialects = dialects_from_text("");
    let nothing = portal.portal.set_account(by, "old", known.version + 2, settings.clone()).await;
    assert!(
        matches!(&nothing, Err(AccountError::Wrong(wrong)) if wrong[..] == [("dialects", Wrong::Shape)]),
        "{nothing:?}"
    );

    // The database holds the same for hand-written SQL.
    for (sql, told) in [
        ("update upstream_account set dialects = '{platform}' where slug = 'old'", "plans of soft"),
        (
            "update upstream_account set dialects = '{soft,hard}' where slug = 'old'",
            "dialects_check",
        ),
        ("update upstream_account set dialects = '{}' where slug = 'simulator'", "plans of"),
        ("update plan set dialect = 'manual' where slug = 'plan-72'", "does not speak manual"),
        (
            "insert into plan (id, slug, family, position, upstream_account_id, dialect,
                    upstream_plan_code, name, tagline, description, needs_ip, created_at)
             select gen_random_uuid(), 'by-hand', family, position, upstream_account_id, 'platform',
                    '74', name, tagline, description, needs_ip, created_at
               from plan where slug = 'plan-72'",
            "does not speak platform",
        ),
    ] {
        let by_hand = sqlx::query(sql).execute(&portal.portal.pool).await.unwrap_err();
        assert!(by_hand.to_string().contains(told), "{by_hand}");
    }
    // All of them are no limit.
    settings.dialects = Some(DialectKind::ALL.into_iter().collect());
    portal.portal.set_account(by, "old", known.version + 2, settings).await.unwrap();
    let rows = "select count(*) from upstream_account where slug = 'old' and dialects is null";
    assert_eq!(portal.count(rows).await, 1);
    let found = read(&portal, &owner, "old", Source::File, &both).await;
    assert_eq!(found.1.notes, []);
    assert_eq!(apply(&portal, &owner, "old", &found).await, 2);
    portal.sound().await;
}

/// What the page's form of settings would send.
fn sent(page: &str) -> Vec<(String, String)> {
    let (_, form) = page.split_once("action=\"/admin/upstream-set\"").unwrap();
    let (form, _) = form.split_once("</form>").unwrap();
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        Some(rest.split('"').next()?.to_owned())
    };
    let mut fields = Vec::new();
    for tag in form.split('<') {
        let (tag, text) = tag.split_once('>').unwrap_or((tag, ""));
        let ticked = !tag.contains("type=\"checkbox\"") || tag.contains(" checked");
        let value = match tag.split(' ').next() {
            Some("input") if ticked => attribute(tag, "value").unwrap_or_default(),
            Some("textarea") => text.to_owned(),
            _ => continue,
        };
        fields.extend(attribute(tag, "name").map(|name| (name, value)));
    }
    for name in ["preset", "ordering", "balance_function", "change_rule"] {
        let (_, choices) = form.split_once(&format!("name=\"{name}\"")).unwrap();
        let (choices, _) = choices.split_once("</select>").unwrap();
        let chosen = choices.split('<').find(|tag| tag.contains(" selected")).unwrap();
        fields.push((name.to_owned(), attribute(chosen, "value").unwrap_or_default()));
    }
    fields
}

#[sqlx::test(migrations = "../migrations")]
async fn owners_tick_the_families_of_an_account(pool: PgPool) {
    let (portal, _) = full(pool).await;
    let mut owner = portal.sign_in(portal::demo::ADMIN).await;
    let (path, action) = ("/admin/upstreams/simulator", "/admin/upstream-set");
    let others = |page: &str| {
        let mut fields = sent(page);
        fields.retain(|(name, _)| name != "dialects[]");
        fields
    };
    let families = |page: &str| {
        let ticked = sent(page).into_iter().filter(|(name, _)| name == "dialects[]");
        ticked.map(|(_, word)| word).collect::<Vec<_>>()
    };
    // An account without a limit has all of them ticked; saving that says no more.
    let page = owner.get(&portal, path).await.body;
    assert_eq!(families(&page).len(), DialectKind::ALL.len(), "{page}");
    let done = owner.post(&portal, action, &sent(&page)).await;
    assert_eq!(
        done.location.as_deref(),
        Some("/admin/upstreams/simulator?done=set"),
        "{}",
        done.body
    );
    let limits = "select count(*) from upstream_account where dialects is not null";
    assert_eq!(portal.count(limits).await, 0);

    let page = owner.get(&portal, path).await.body;
    let refused = owner.post(&portal, action, &others(&page)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("Tick at least one"), "{}", refused.body);
    assert!(families(&refused.body).is_empty(), "what was ticked stays");
    // Every family that would be lost by plans is named.
    let used: Vec<String> = sqlx::query_scalar(
        "select distinct p.dialect from plan p join upstream_account u on u.id = p.upstream_account_id
          where u.slug = 'simulator' and p.dialect <> 'manual' order by 1",
    )
    .fetch_all(&portal.portal.pool)
    .await
    .unwrap();
    let mut form = others(&page);
    form.push(("dialects[]".to_owned(), "manual".to_owned()));
    let refused = owner.post(&portal, action, &form).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let told = format!("There are plans of {}", used.join(" "));
    assert!(refused.body.contains(&told), "{told}: {}", refused.body);
    assert_eq!(families(&refused.body), ["manual"], "what was ticked stays");
    form.extend(used.iter().map(|word| ("dialects[]".to_owned(), word.clone())));
    let done = owner.post(&portal, action, &form).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert_eq!(portal.count(limits).await, 1);
    let page = owner.get(&portal, path).await.body;
    assert_eq!(families(&page).len(), used.len() + 1, "{page}");

    // A plan of the account is not bought by functions that it does not have.
    let seen = portal.portal.desk_plan(&portal.owner().await, "isp6-lite").await.unwrap().unwrap();
    let mut wire = seen.wire.clone();
    wire.dialect = DialectKind::Software;
    let staff = portal.owner().await;
    let wired = portal.portal.edit_plan_wire(&staff, "isp6-lite", seen.version, &wire).await;
    assert!(matches!(wired, Err(EditError::Unspoken)), "{wired:?}");
    portal.sound().await;
}

/// What the real program says to this input: whether it was content, and both of its voices.
async fn server(portal: &TestPortal, args: &[&str], input: &'static str) -> (bool, String, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_server"));
    command
        .arg("upstream")
        .args(args)
        .env("DATABASE_URL", portal.portal.pool.connect_options().to_url_lossy().as_str())
        .env("PORTAL_KEY", "07".repeat(32))
        .env("PORTAL_LOG", "error")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let output = tokio::task::spawn_blocking(move || {
        let mut child = command.spawn().unwrap();
        // It may have said no before it reads.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    });
    let output = output.await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[sqlx::test(migrations = "../migrations")]
async fn the_command_line_does_the_same(pool: PgPool) {
    let (portal, _) = full(pool).await;
    let url = address(&portal).await;
    let add = ["add", "is", "--preset", "isplicense", "--user", "isplicense@demo.test"];
    let stdin = "--password-stdin";
    let plain = [&add[..], &["--url", "http://my.isplicense.com/manager/billmgr", stdin]].concat();
    let (done, _, error) = server(&portal, &plain, "SimPass2026\n").await;
    assert!(!done && error.contains("base_url: it must use https"), "{error}");
    // Nobody sits at a terminal here, and an argument is no place for a password.
    let (done, _, error) = server(&portal, &add, "SimPass2026\n").await;
    assert!(!done && error.contains("--password-file"), "{error}");
    let (done, told, error) =
        server(&portal, &[&add[..], &["--url", &url, stdin]].concat(), "SimPass2026\n").await;
    assert!(done, "{told}{error}");
    let (done, told, _) = server(&portal, &["ping", "is"], "").await;
    assert!(done && told.lines().count() == 5, "{told}");
    assert!(told.contains("balance              ok      10000.00 USD"), "{told}");
    let (done, told, _) = server(&portal, &["import", "is"], "").await;
    assert!(done && told.ends_with("23 changes; --apply writes them\n"), "{told}");
    assert!(told.contains("new plan      parallelslic 250 Plesk Panel"), "{told}");
    let (_, told, _) = server(&portal, &["import", "is", "--apply"], "").await;
    assert!(told.contains("23 changes are written"), "{told}");
    let (_, told, _) = server(&portal, &["import", "is", "--apply"], "").await;
    assert_eq!(told, "nothing to write: the catalogue says the same\n");
    let set = ["set", "is", "--ordering", "basket", "--low-balance", "7", "--password-stdin"];
    let (done, _, error) = server(&portal, &set, "Changed1\n").await;
    assert!(done, "{error}");
    let (_, told, _) = server(&portal, &["list"], "").await;
    assert!(told.contains("is: ISPlicense at http"), "{told}");
    assert!(told.contains("23 plans (addition parallelslic softexternal), ordering basket"));
    assert!(!told.contains("SimPass") && !told.contains("Changed1"), "{told}");
    assert!(told.contains("    dialects softexternal parallelslic addition manual\n"), "{told}");
    // A family goes only when nothing is sold by it, and there is always one.
    let narrow = ["set", "is", "--dialects", "addition,parallelslic"];
    let (done, _, error) = server(&portal, &narrow, "").await;
    assert!(!done && error.contains("dialects: there are plans of softexternal"), "{error}");
    let (done, _, error) = server(&portal, &["set", "is", "--dialects", "soft,hard"], "").await;
    assert!(!done && error.contains("--dialects: no such families"), "{error}");
    let (done, _, error) = server(&portal, &["set", "is", "--dialects", ""], "").await;
    assert!(!done && error.contains("dialects: it is missing"), "{error}");
    let (done, _, error) = server(&portal, &["set", "is", "--dialects", "all"], "").await;
    assert!(done, "{error}");
    let (_, told, _) = server(&portal, &["list"], "").await;
    assert!(told.contains("    dialects all\n"), "{told}");
    let wide = ["set", "is", "--dialects", "softexternal parallelslic,addition"];
    let (done, _, error) = server(&portal, &wide, "").await;
    assert!(done, "{error}");
    let (_, told, _) = server(&portal, &["list"], "").await;
    assert!(told.contains("    dialects softexternal parallelslic addition\n"), "{told}");
    let soft = ["add", "soft", "--url", &url, "--user", "reseller@demo.test", "--currency", "EUR"];
    let soft = [&soft[..], &["--dialects", "soft", stdin]].concat();
    let (done, _, error) = server(&portal, &soft, "SimPass2026\n").await;
    assert!(done, "{error}");
    let (done, told, error) = server(&portal, &["import", "soft", "--preset", "legacy"], "").await;
    assert!(
        done && told.contains("software sells it, which is no function family"),
        "{told}{error}"
    );
    assert!(told.contains("nothing to write"), "{told}");
    let (done, told, _) = server(&portal, &["ping", "is"], "").await;
    assert!(!done && told.contains("balance              failed"), "{told}");
}
