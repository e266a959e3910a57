//! Panels fetch prices from us and send buyers to us (seed 004).

use axum::http::StatusCode;
use domain::{Money, Period};
use portal::orders::Wish;
use sqlx::PgPool;
use uuid::Uuid;

use crate::dialects::{buy, portal, wish};
use crate::harness::{Answer, Browser, TestPortal};

const LIST: &str = "/?func=pricelist.export&itemtype=addition&out=xml";

async fn get(portal: &TestPortal, path: &str) -> Answer {
    Browser::default().get(portal, path).await
}

/// The prices in a list, by the name that panels know a module by.
fn prices(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers.get("content-type").unwrap(), "text/xml");
    let doc = billmgr::read_xml(answer.body.as_bytes()).unwrap();
    doc.children
        .iter()
        .map(|row| {
            assert_eq!(row.name, "pricelist");
            let price = row.child("price").unwrap();
            assert_eq!(price.attribute("currency"), Some("EUR"));
            let period = price.child("period").unwrap();
            assert_eq!(period.attribute("type"), Some("month"));
            assert_eq!(period.attribute("length"), Some("1"));
            let name = row.value("additionintname").unwrap().to_owned();
            (name, period.attribute("cost").unwrap().to_owned())
        })
        .collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn panels_fetch_prices_without_signing_in(pool: PgPool) {
    let portal = portal(pool).await;
    let list = get(&portal, LIST).await;
    let names = ["DDoSGUARD", "DrWeb", "DrWeb", "DrWeb", "BitNinja"];
    let known = prices(&list);
    assert_eq!(known.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), names);
    // The same cent as in the shop, with four decimals.
    let offer = portal.portal.offer("public", "ddos-guard").await.unwrap().unwrap();
    let month = offer.price_of(Period::MONTH).unwrap();
    assert_eq!(known[0].1, format!("{}00", month.to_plain()));
    for path in ["/billmgr", "/manager/billmgr"] {
        let same = get(&portal, &LIST.replacen('/', path, 1)).await;
        assert_eq!(prices(&same), known, "{path}");
    }
    // Slips of the documents' own samples, and what a careful client encodes.
    for slip in [
        "/?func=pricelist.export;&itemtype=addition;&out=xml",
        "/?func=pricelist%2Eexport&itemtype=addition%3B",
    ] {
        let list = get(&portal, slip).await;
        assert!(list.body.contains("<pricelist>"), "{slip}: {}", list.body);
    }
    let none = get(&portal, "/?func=pricelist.export&itemtype=soft&out=xml").await;
    assert_eq!(prices(&none), []);
    assert_eq!(
        get(&portal, "/?func=whoami").await.headers["content-type"],
        "text/html; charset=utf-8"
    );

    // Nothing is sent twice, and a new price is another list.
    let tag = list.headers["etag"].to_str().unwrap().to_owned();
    let mut browser = Browser::default();
    let same = browser.get_if_changed(&portal, LIST, &tag).await;
    assert_eq!((same.status, same.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    let off = "update plan set available = false where slug = 'ddos-guard'";
    sqlx::query(off).execute(&portal.portal.pool).await.unwrap();
    let available = get(&portal, &format!("{LIST}&onlyavailable=on")).await;
    assert_eq!(prices(&available).len(), 4);
    assert_eq!(prices(&get(&portal, LIST).await).len(), 5);
    let dearer = "with it as (update plan_period set cost = cost * 2
                               where plan_id = (select id from plan where slug = 'drweb-lite')
                              returning plan_id, period, cost)
                  insert into cost_change (plan_id, period, addon, cost, source, at)
                  select plan_id, period, null, cost, 'initial', '2026-11-21' from it";
    sqlx::query(dearer).execute(&portal.portal.pool).await.unwrap();
    let dear = browser.get_if_changed(&portal, LIST, &tag).await;
    assert_ne!(prices(&dear), known);

    // Panels see what was true last while the database is away.
    portal.portal.pool.close().await;
    assert_eq!(prices(&get(&portal, LIST).await), prices(&dear));
}

/// The address that a panel sends its user to.
fn click(module: &str, license: &str, ip: &str, module_id: &str) -> String {
    format!("/?module={module}&license={license}&ip={ip}&module_id={module_id}")
}

async fn number(portal: &TestPortal, slug: &str) -> String {
    let number: i64 = sqlx::query_scalar("select number from plan where slug = $1")
        .bind(slug)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    number.to_string()
}

/// The form's hidden values and its first term.
fn form(page: &str) -> Vec<(String, String)> {
    let value = |name: &str| {
        let at = page.find(&format!("name=\"{name}\"")).expect(name);
        let rest = &page[at..];
        let from = rest.find("value=\"").unwrap() + 7;
        let rest = &rest[from..];
        rest[..rest.find('"').unwrap()].to_owned()
    };
    ["plan", "order", "license", "period"].map(|name| (name.to_owned(), value(name))).to_vec()
}

#[sqlx::test(migrations = "../migrations")]
async fn two_clicks_and_no_typing_buy_a_module(pool: PgPool) {
    let portal = portal(pool).await;
    let (license, vendor) = buy(&portal, &wish(&portal, "isp6-lite", Period::MONTH).await).await;
    let id = vendor.id.to_string();
    let path = click("DDoSGUARD", &id, &vendor.ip, &number(&portal, "ddos-guard").await);
    // A guest is told what it costs, and comes back here.
    let guest = get(&portal, &path).await;
    assert!(guest.body.contains("DDoS-GUARD") && guest.body.contains("a month"), "{}", guest.body);
    assert!(guest.body.contains("/login?next=%2F%3Fmodule%3DDDoSGUARD"), "{}", guest.body);
    assert!(!guest.body.contains("action=\"/buy\""));

    let mut browser = portal.signed_in().await;
    let page = browser.get(&portal, &path).await;
    let form = form(&page.body);
    assert!(form.contains(&("license".to_owned(), license.to_string())), "{form:?}");
    assert_eq!(portal.count("select count(*) from customer_order").await, 1, "a look buys nothing");
    // Five fast clicks.
    let mut places = Vec::new();
    for _ in 0..5 {
        let answer = browser.post(&portal, "/buy", &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        places.push(answer.location.unwrap());
    }
    assert!(places.windows(2).all(|pair| pair[0] == pair[1]), "{places:?}");
    portal.settle().await;
    let modules: Vec<_> =
        portal.vendor().licenses().into_iter().filter(|one| one.family == "addition").collect();
    assert_eq!(modules.len(), 1);
    assert_eq!(modules[0].item, Some(vendor.id));
    let page = browser.get(&portal, &path).await;
    assert!(page.body.contains("It is there already"), "{}", page.body);
    assert!(page.body.contains("Press Update"), "what to do in the panel");
    assert!(!page.body.contains("action=\"/buy\""));
    let own = browser.get(&portal, &format!("/my/licenses/{license}")).await;
    assert!(own.body.contains("id=\"modules\"") && own.body.contains("DDoS-GUARD"));
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn three_editions_share_a_name_and_the_license_tells(pool: PgPool) {
    let portal = portal(pool).await;
    let mut pro = wish(&portal, "isp6-pro", Period::MONTH).await;
    pro.ip = "203.0.113.70".to_owned();
    let (_, vendor) = buy(&portal, &pro).await;
    let id = vendor.id.to_string();
    let mut browser = portal.signed_in().await;
    let page = browser.get(&portal, &click("DrWeb", &id, &vendor.ip, "")).await;
    assert!(page.body.contains("Dr.Web for ispmanager 6 pro"), "{}", page.body);
    assert!(page.body.contains("action=\"/buy\""));
    // Its number says another one, which does not fit.
    let host = number(&portal, "drweb-host").await;
    let page = browser.get(&portal, &click("DrWeb", &id, &vendor.ip, &host)).await;
    assert!(page.body.contains("does not fit ispmanager 6 pro"), "{}", page.body);
    assert!(!page.body.contains("action=\"/buy\""));
    // Without a license nobody knows which one is meant.
    let page = browser.get(&portal, &click("DrWeb", "", "", "")).await;
    assert!(page.body.contains("Which module?"), "{}", page.body);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_a_panel_sends_is_not_believed(pool: PgPool) {
    let portal = portal(pool).await;
    let (license, vendor) = buy(&portal, &wish(&portal, "isp6-lite", Period::MONTH).await).await;
    let id = vendor.id.to_string();
    let module = number(&portal, "ddos-guard").await;
    let mut other = Browser::default();
    let join = [("email", "other@example.org"), ("password", "a-quiet-harbour-7")];
    assert_eq!(other.post(&portal, "/join", &join).await.status, StatusCode::SEE_OTHER);
    let mut own = portal.signed_in().await;
    // Somebody else's license is no license, and neither is one at another address.
    for (is_own, path) in [
        (false, click("DDoSGUARD", &id, &vendor.ip, &module)),
        (true, click("DDoSGUARD", &id, "203.0.113.99", &module)),
        (true, click("DDoSGUARD", "1", "", &module)),
    ] {
        let browser = if is_own { &mut own } else { &mut other };
        let page = browser.get(&portal, &path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("There is no such license in this account"), "{path}");
        assert!(
            !page.body.contains(&license.to_string()) && !page.body.contains("action=\"/buy\"")
        );
    }
    // The form of one's own page with another one's license.
    let viewer = portal.viewer_of("other@example.org").await;
    let stolen = Wish { parent: Some(license), ..wish(&portal, "ddos-guard", Period::MONTH).await };
    let stolen = Wish { id: Uuid::now_v7(), ..stolen };
    assert!(portal.portal.place_order(&viewer, &stolen).await.is_err());

    let long = "9".repeat(10_000);
    for hostile in [
        "%3Cscript%3Ealert(1)%3C/script%3E",
        "'%20or%201=1--",
        "1;drop%20table%20license",
        "%00",
        "%ff%fe",
        &long,
    ] {
        for path in [
            click(hostile, &id, &vendor.ip, ""),
            click("DDoSGUARD", hostile, "", &module),
            click("DDoSGUARD", &id, hostile, &module),
            click("DDoSGUARD", &id, &vendor.ip, hostile),
        ] {
            let page = own.get(&portal, &path).await;
            assert!(page.status.is_success() || page.status.is_client_error(), "{path}");
            assert!(!page.body.contains("<script>alert"), "{path}");
        }
    }
    assert_eq!(portal.count("select count(*) from license").await, 1);
    assert_eq!(portal.count("select count(*) from customer_order").await, 1);
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_pays_more_than_the_panel_shows(pool: PgPool) {
    let portal = portal(pool).await;
    let (license, vendor) = buy(&portal, &wish(&portal, "isp6-lite", Period::MONTH).await).await;
    let month = |offer: portal::catalog::Offer| offer.price_of(Period::MONTH).unwrap();
    let public = month(portal.portal.offer("public", "ddos-guard").await.unwrap().unwrap());
    sqlx::query("update customer set group_code = 'partners'")
        .execute(&portal.portal.pool)
        .await
        .unwrap();
    let path = click("DDoSGUARD", &vendor.id.to_string(), &vendor.ip, "");
    let mut browser = portal.signed_in().await;
    let own = month(portal.portal.offer("partners", "ddos-guard").await.unwrap().unwrap());
    assert!(own.amount() < public.amount());
    let page = browser.get(&portal, &path).await;
    let both = format!("for you; the panel shows €{}", public.to_plain());
    assert!(page.body.contains(&both), "{}", page.body);
    assert!(page.body.contains(&format!("value=\"1 {own}\"")));

    // A group that pays more elsewhere pays the public price here.
    let dear = r#"{"rounding":"cent","minimum_margin":"5","rules":[{"scope":{},"markup":{"percent":"300"}}]}"#;
    sqlx::query(
        "insert into pricelist_version (id, group_code, version, content, published_at)
         values (gen_random_uuid(), 'partners', 2, $1::jsonb, '2026-11-21')",
    )
    .bind(dear)
    .execute(&portal.portal.pool)
    .await
    .unwrap();
    let page = browser.get(&portal, &path).await;
    assert!(page.body.contains(&format!("value=\"1 {public}\"")), "{}", page.body);
    let answer = browser.post(&portal, "/buy", &form(&page.body)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    portal.settle().await;
    let paid: i64 = sqlx::query_scalar("select price from customer_order where parent_id = $1")
        .bind(license)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    assert_eq!(Money::new(paid, public.currency()), public);

    // Each term for itself, and renewals like the first time.
    let half = r#"{"rounding":"cent","minimum_margin":"5","rules":[
        {"scope":{},"markup":{"percent":"300"}},
        {"scope":{"period":1},"markup":{"percent":"6"}}]}"#;
    sqlx::query(
        "insert into pricelist_version (id, group_code, version, content, published_at)
         values (gen_random_uuid(), 'partners', 3, $1::jsonb, '2026-11-21')",
    )
    .bind(half)
    .execute(&portal.portal.pool)
    .await
    .unwrap();
    let offer = async |group| portal.portal.offer(group, "ddos-guard").await.unwrap().unwrap();
    let (theirs, everybodys) = (offer("partners").await, offer("public").await);
    assert!(month(theirs.clone()).amount() < month(everybodys.clone()).amount());
    let year = everybodys.price_of(Period::YEAR);
    assert!(year.is_some());
    assert_eq!(theirs.price_of(Period::YEAR), year, "not three times as much");
    let viewer = portal.customer().await;
    let module: uuid::Uuid = sqlx::query_scalar("select id from license where parent_id = $1")
        .bind(license)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    for (period, price) in [(Period::MONTH, Some(month(theirs))), (Period::YEAR, year)] {
        let renewal = domain::change::Change::Renew { period };
        let preview = portal.portal.preview_change(&viewer, module, &renewal).await.unwrap();
        assert_eq!(preview.quote.map(|quote| quote.total), price, "{period}");
    }
    // The desk says by what they are charged.
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    let page = desk.get(&portal, "/admin/pricelists/partners?q=ddos").await.body;
    assert_eq!(page.matches("Nobody pays more for a module").count(), 1, "{page}");
    let file = desk.get(&portal, "/admin/prices.csv?group=partners&q=ddos").await.body;
    let charged = format!(",{},", year.unwrap().to_plain());
    assert!(file.lines().any(|line| line.contains("ddos-guard,12,") && line.contains(&charged)));
}

/// Who finds no match can ask a person, where the portal says whom.
#[sqlx::test(migrations = "../migrations")]
async fn a_click_without_a_match_can_be_asked_about(pool: PgPool) {
    let mut portal = portal(pool).await;
    let path = click("DDoSGUARD", "999999", "203.0.113.99", "");
    let mut own = portal.signed_in().await;
    assert!(!own.get(&portal, &path).await.body.contains("mailto:"));
    let facing = server::http::Facing {
        support: Some("help@example.org".to_owned()),
        ..server::http::Facing::default()
    };
    portal.router = server::http::router(&portal.portal, &server::http::Site::default(), &facing);
    for path in [path.as_str(), "/?module=nonsense&license=1"] {
        let page = own.get(&portal, path).await.body;
        assert!(page.contains("href=\"mailto:help@example.org\""), "{path}");
        assert!(page.contains("Ask us about it"), "{path}: {page}");
    }
    let page = get(&portal, "/").await.body;
    assert!(page.contains("href=\"mailto:help@example.org\""), "in the footer");
}
