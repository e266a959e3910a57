//! What the desk's forms say is in the shop at once, and what the pages say is so: products and
//! families, changes of an address, trials, modules, vendors that are silent, and licenses for ever.

use std::time::Duration;

use axum::http::StatusCode;
use domain::address::LicenseIp;
use domain::change::{Change, NotNow};
use domain::license::LicenseStatus;
use domain::operation::OperationKind;
use domain::pricelist::{Markup, Rule, Scope};
use domain::{Currency, Money, Period};
use portal::accounts::{Preset, Source};
use portal::catalog::ShelfListener;
use portal::licenses::ChangeError;
use portal::orders::{PlaceError, Wish};
use portal::people::{StaffRole, StaffViewer};
use portal::pricing::{Edit, Seen};
use portal::wallet::Credit;
use server::http::{Facing, Site};
use sqlx::PgPool;
use time::Date;
use time::macros::{date, datetime};
use upstream_sim::{Clock, Fault, LicenseView, SimConfig, Times};
use uuid::Uuid;

use crate::dialects::{at_vendor, buy, change, wish};
use crate::harness::{Answer, Browser, IP, TestPortal};
use crate::upstreams::{account, apply, read};

/// The day on which everything begins, as pages write it.
const TODAY: &str = "21\u{a0}Nov\u{a0}2026";
/// What panels ask for.
const LIST: &str = "/?func=pricelist.export&itemtype=addition&out=xml";
/// Something that nobody hears of would be waited for without end.
const HEARD_WITHIN: Duration = Duration::from_secs(30);

type Form = Vec<(String, String)>;

/// A portal whose vendor sells everything in the documents, on the same day.
async fn full(pool: PgPool) -> TestPortal {
    let clock = Clock::Fixed(datetime!(2026-11-21 10:00 UTC));
    TestPortal::with(pool, SimConfig { clock, ..SimConfig::full() }).await
}

fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

/// Puts a value into a form, in place of what it says there.
fn set(form: &mut Form, name: &str, value: &str) {
    form.retain(|(known, _)| known != name);
    form.push((name.to_owned(), value.to_owned()));
}

/// The value of a page's first control of this name.
fn value(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\"")).expect(name);
    let (_, rest) = rest.split_once("value=\"").expect(name);
    let (value, _) = rest.split_once('"').expect(name);
    value.replace("&amp;", "&")
}

/// A guest who reads Russian.
async fn russian(portal: &TestPortal) -> Browser {
    let mut browser = Browser::default();
    let form = [("lang", "ru"), ("back", "/catalog")];
    let answer = browser.post(portal, "/preferences", &form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    browser
}

/// The form of `/admin/products/{plan}`, as its page fills it in.
async fn product_form(portal: &TestPortal, staff: &StaffViewer, plan: &str) -> Form {
    let page = portal.portal.desk_plan(staff, plan).await.unwrap().unwrap();
    let text = page.text;
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let mut form: Form = [
        ("plan", plan.to_owned()),
        ("version", page.version.to_string()),
        ("family", text.family),
        ("sale_ends_on", day(text.sale_ends_on)),
        ("renewal_ends_on", day(text.renewal_ends_on)),
        ("service_name", text.service_name.unwrap_or_default()),
        ("product", text.product.unwrap_or_default()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec();
    for (field, of) in
        [("name", &text.name), ("tagline", &text.tagline), ("description", &text.description)]
    {
        let said = of.0.iter().map(|(locale, text)| (format!("{field}[{locale}]"), text.clone()));
        form.extend(said);
    }
    // A box that is not ticked says nothing.
    form.extend(text.available.then(|| ("available".to_owned(), "on".to_owned())));
    let withheld = text.withheld.iter().map(|kind| kind.as_str().to_owned());
    form.extend(withheld.map(|word| ("withheld[]".to_owned(), word)));
    form.extend(text.fits.into_iter().map(|slug| ("fits[]".to_owned(), slug)));
    form
}

async fn save(portal: &TestPortal, desk: &mut Browser, form: &Form) {
    let (_, plan) = form.iter().find(|(name, _)| name == "plan").unwrap();
    let done = desk.post(portal, "/admin/product", form).await;
    let there = format!("/admin/products/{plan}?done=1");
    assert_eq!(done.location.as_deref(), Some(there.as_str()), "{}", done.body);
}

/// What the product's own page answers, and whether the catalogue leads to it.
async fn in_shop(portal: &TestPortal, browser: &mut Browser, plan: &str) -> (StatusCode, bool) {
    let page = browser.get(portal, &format!("/p/{plan}")).await.status;
    let catalog = browser.get(portal, "/catalog").await;
    assert_eq!(catalog.status, StatusCode::OK);
    (page, catalog.body.contains(&format!("href=\"/p/{plan}\"")))
}

const SOLD: (StatusCode, bool) = (StatusCode::OK, true);
const GONE: (StatusCode, bool) = (StatusCode::NOT_FOUND, false);

/// The family that the catalogue shows a product in.
fn family_of<'a>(catalog: &'a str, plan: &str) -> Option<&'a str> {
    let link = format!("href=\"/p/{plan}\"");
    let section = catalog.split("<section").find(|part| part.contains(&link))?;
    let (_, rest) = section.split_once(" id=\"")?;
    rest.split_once('"').map(|(code, _)| code)
}

#[sqlx::test(migrations = "../migrations")]
async fn what_staff_say_about_a_product_is_in_the_shop_at_once(pool: PgPool) {
    let portal = full(pool).await;
    // Pages come from memory, so that saving itself has to tell them.
    let _listener = ShelfListener::connect(&portal.portal).await.unwrap();
    let owner = portal.owner().await;
    let mut desk = portal.staff(StaffRole::Pricing).await;
    let mut shoppers = [Browser::default(), russian(&portal).await];
    let catalog = shoppers[0].get(&portal, "/catalog").await.body;
    assert_eq!(family_of(&catalog, "isp6-lite"), Some("ispmanager"));
    assert!(catalog.contains("Up to 10 sites on one server"));

    let old = product_form(&portal, &owner, "isp6-lite").await;
    let texts = [
        ("Ten site panel", "Ten sites with their mail", ["In short.", "At some length."]),
        ("Панель для десяти", "Десять сайтов с почтой", ["Коротко.", "Подробнее."]),
    ];
    let mut form = old.clone();
    for (locale, (name, tagline, [short, long])) in ["en", "ru"].into_iter().zip(texts) {
        set(&mut form, &format!("name[{locale}]"), name);
        set(&mut form, &format!("tagline[{locale}]"), tagline);
        set(&mut form, &format!("description[{locale}]"), &format!("{short}\r\n\r\n{long}"));
    }
    set(&mut form, "family", "network");
    set(&mut form, "sale_ends_on", "2026-12-01");
    set(&mut form, "renewal_ends_on", "2026-12-31");
    save(&portal, &mut desk, &form).await;
    for (browser, (name, tagline, about)) in shoppers.iter_mut().zip(texts) {
        let page = browser.get(&portal, "/p/isp6-lite").await;
        assert_eq!(page.status, StatusCode::OK);
        for said in [name, tagline].into_iter().chain(about) {
            assert!(page.body.contains(said), "{said}: {}", page.body);
        }
        let catalog = browser.get(&portal, "/catalog").await.body;
        assert!(catalog.contains(name) && catalog.contains(tagline), "{name}: {catalog}");
        assert!(!catalog.contains("Up to 10 sites on one server"), "{catalog}");
        assert_eq!(family_of(&catalog, "isp6-lite"), Some("network"), "{name}");
    }
    let page = desk.get(&portal, "/admin/products/isp6-lite?done=1").await.body;
    assert!(page.contains("For sale until 1\u{a0}Dec\u{a0}2026"), "{page}");
    let stored = portal.portal.desk_plan(&owner, "isp6-lite").await.unwrap().unwrap();
    assert_eq!(
        (stored.text.sale_ends_on, stored.text.renewal_ends_on),
        (Some(date!(2026 - 12 - 01)), Some(date!(2026 - 12 - 31)))
    );
    assert_eq!(stored.text.product.as_deref(), Some("ispmanager 6"), "the rest is as it was");

    // Who began before that overwrites nothing, and loses nothing that was typed.
    let mut late = old;
    set(&mut late, "name[en]", "Typed in vain");
    let mut other = portal.sign_in(portal::demo::ADMIN).await;
    let refused = other.post(&portal, "/admin/product", &late).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let again = format!("name=\"version\" value=\"{}\"", stored.version);
    for shown in ["Somebody else has saved it meanwhile.", "value=\"Typed in vain\"", &again] {
        assert!(refused.body.contains(shown), "{shown}: {}", refused.body);
    }
    let after = portal.portal.desk_plan(&owner, "isp6-lite").await.unwrap().unwrap();
    assert_eq!((after.version, after.text), (stored.version, stored.text));
    let catalog = shoppers[0].get(&portal, "/catalog").await.body;
    assert!(catalog.contains("Ten site panel") && !catalog.contains("Typed in vain"));
    assert_eq!(portal.count("select count(*) from audit where action = 'plan.edit'").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_product_that_is_off_or_has_ended_is_nowhere_in_the_shop(pool: PgPool) {
    let portal = full(pool).await;
    let _listener = ShelfListener::connect(&portal.portal).await.unwrap();
    let owner = portal.owner().await;
    let mut desk = portal.staff(StaffRole::Pricing).await;
    let mut shoppers = [Browser::default(), russian(&portal).await];
    let mut form = product_form(&portal, &owner, "dns5").await;
    set(&mut form, "sale_ends_on", "2026-11-21");
    save(&portal, &mut desk, &form).await;
    for browser in &mut shoppers {
        assert_eq!(in_shop(&portal, browser, "dns5").await, SOLD, "its last day is one");
    }
    portal.clock.advance(Duration::from_hours(24));
    for browser in &mut shoppers {
        assert_eq!(in_shop(&portal, browser, "dns5").await, GONE);
    }
    let mut form = product_form(&portal, &owner, "dns5").await;
    set(&mut form, "sale_ends_on", "");
    save(&portal, &mut desk, &form).await;
    for browser in &mut shoppers {
        assert_eq!(in_shop(&portal, browser, "dns5").await, SOLD);
    }
    let mut form = product_form(&portal, &owner, "dns5").await;
    form.retain(|(name, _)| name != "available");
    save(&portal, &mut desk, &form).await;
    for browser in &mut shoppers {
        assert_eq!(in_shop(&portal, browser, "dns5").await, GONE);
        assert_eq!(in_shop(&portal, browser, "ipm5").await, SOLD, "the others stay");
    }
    let page = desk.get(&portal, "/admin/products/dns5").await.body;
    assert!(page.contains("Off the shelf") && !page.contains("href=\"/p/dns5\""), "{page}");

    // What cannot be is refused where it is wrong, and what was typed stays.
    let good = product_form(&portal, &owner, "dns5").await;
    for (name, typed, wrong) in [
        ("name[en]", " ", "name-en"),
        ("description[en]", "", "description-en"),
        ("sale_ends_on", "31.12.2026", "sale_ends_on"),
        ("renewal_ends_on", "2026-12-30", "renewal_ends_on"),
    ] {
        let mut form = good.clone();
        set(&mut form, "tagline[en]", "Typed and kept");
        set(&mut form, "sale_ends_on", "2026-12-31");
        set(&mut form, name, typed);
        let refused = desk.post(&portal, "/admin/product", &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        let wrong = format!("id=\"{wrong}-error\"");
        for shown in ["value=\"Typed and kept\"", &wrong] {
            assert!(refused.body.contains(shown), "{name}, {shown}: {}", refused.body);
        }
    }
    assert_eq!(product_form(&portal, &owner, "dns5").await, good);
    assert_eq!(portal.count("select count(*) from audit where action = 'plan.edit'").await, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_module_is_offered_for_what_staff_say_that_it_fits(pool: PgPool) {
    let portal = full(pool).await;
    let _listener = ShelfListener::connect(&portal.portal).await.unwrap();
    let (license, _) = buy(&portal, &wish(&portal, "isp6-lite", Period::MONTH).await).await;
    let (owner, viewer) = (portal.owner().await, portal.customer().await);
    let mut desk = portal.staff(StaffRole::Pricing).await;
    let mut own = portal.signed_in().await;
    let mut shoppers = [Browser::default(), russian(&portal).await];
    let home = format!("/my/licenses/{license}");
    let add = format!("href=\"/p/ddos-guard?license={license}#buy\"");
    assert!(own.get(&portal, &home).await.body.contains(&add));

    let mut form = product_form(&portal, &owner, "ddos-guard").await;
    set(&mut form, "name[en]", "Shield");
    set(&mut form, "name[ru]", "Щит");
    set(&mut form, "fits[]", "isp6-pro");
    save(&portal, &mut desk, &form).await;
    for (browser, name) in shoppers.iter_mut().zip(["Shield", "Щит"]) {
        let page = browser.get(&portal, "/p/ddos-guard").await.body;
        assert!(page.contains(name) && page.contains("ispmanager 6 pro"), "{page}");
        assert!(!page.contains("ispmanager 6 lite"), "{page}");
        let catalog = browser.get(&portal, "/catalog").await.body;
        assert!(catalog.contains(name), "{catalog}");
        assert_eq!(family_of(&catalog, "ddos-guard"), Some("modules"));
    }
    assert!(!own.get(&portal, &home).await.body.contains(&add), "it does not fit any more");
    let page = own.get(&portal, "/p/ddos-guard").await.body;
    let none = "It belongs to a license that fits it, and you have none yet.";
    assert!(page.contains(none) && !page.contains("action=\"/buy\""), "{page}");
    let wanted = wish(&portal, "ddos-guard", Period::MONTH).await;
    let wanted = Wish { parent: Some(license), ..wanted };
    let refused = portal.portal.place_order(&viewer, &wanted).await;
    assert!(matches!(refused, Err(PlaceError::NoParent)), "{refused:?}");

    // It fits something, and nothing that is a module itself.
    let known = product_form(&portal, &owner, "ddos-guard").await;
    for fits in [None, Some("bitninja-module"), Some("no-such-plan")] {
        let mut form = known.clone();
        form.retain(|(name, _)| name != "fits[]");
        form.extend(fits.map(|slug| ("fits[]".to_owned(), slug.to_owned())));
        let refused = desk.post(&portal, "/admin/product", &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{fits:?}");
        assert!(refused.body.contains("Choose at least one."), "{fits:?}: {}", refused.body);
    }
    assert_eq!(product_form(&portal, &owner, "ddos-guard").await, known);

    let mut form = known;
    form.push(("fits[]".to_owned(), "isp6-lite".to_owned()));
    save(&portal, &mut desk, &form).await;
    assert!(own.get(&portal, &home).await.body.contains(&add));
    let mut form = product_form(&portal, &owner, "ddos-guard").await;
    form.retain(|(name, _)| name != "available");
    save(&portal, &mut desk, &form).await;
    assert!(!own.get(&portal, &home).await.body.contains(&add));
    for browser in &mut shoppers {
        assert_eq!(in_shop(&portal, browser, "ddos-guard").await, GONE);
    }
    assert_eq!(portal.count("select count(*) from customer_order").await, 1);
    portal.sound().await;
}

/// The form of `/admin/families/{family}`, or without a version that of a new one.
fn family_form(code: &str, version: Option<&str>, [en, ru]: [&str; 2]) -> Form {
    let mut form = Form::new();
    set(&mut form, "family", code);
    if let Some(version) = version {
        set(&mut form, "version", version);
    }
    for (locale, name) in [("en", en), ("ru", ru)] {
        set(&mut form, &format!("name[{locale}]"), name);
        let summary = if name.is_empty() { String::new() } else { format!("{name}: 1, 2, 3.") };
        set(&mut form, &format!("summary[{locale}]"), &summary);
    }
    form
}

#[sqlx::test(migrations = "../migrations")]
async fn families_are_headings_of_the_catalog_as_staff_write_them(pool: PgPool) {
    let portal = full(pool).await;
    let _listener = ShelfListener::connect(&portal.portal).await.unwrap();
    let owner = portal.owner().await;
    let mut desk = portal.staff(StaffRole::Pricing).await;
    let mut shoppers = [Browser::default(), russian(&portal).await];
    let known = portal.portal.families(&owner).await.unwrap();
    let version = known.iter().find(|family| family.code == "ispmanager").unwrap().version;
    let version = version.to_string();
    let names = ["Hosting panels", "Панели хостинга"];
    let form = family_form("ispmanager", Some(&version), names);
    let done = desk.post(&portal, "/admin/family", &form).await;
    assert_eq!(done.location.as_deref(), Some("/admin/families?done=1"), "{}", done.body);
    for (browser, name) in shoppers.iter_mut().zip(names) {
        let catalog = browser.get(&portal, "/catalog").await.body;
        assert!(catalog.contains(&format!("{name}: 1, 2, 3.")), "{name}: {catalog}");
        assert!(catalog.matches(name).count() >= 3, "{name}: heading and link, too");
        assert_eq!(family_of(&catalog, "isp6-lite"), Some("ispmanager"));
    }
    let late = family_form("ispmanager", Some(&version), ["Typed in vain", ""]);
    let refused = desk.post(&portal, "/admin/family", &late).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    for shown in ["Somebody else has saved it meanwhile.", "value=\"Typed in vain\""] {
        assert!(refused.body.contains(shown), "{shown}: {}", refused.body);
    }
    let catalog = shoppers[0].get(&portal, "/catalog").await.body;
    assert!(catalog.contains("Hosting panels") && !catalog.contains("Typed in vain"));

    // A new one comes last, as soon as it has a product; without Russian it is shown in English.
    let new = family_form("tools", None, ["Odds and ends", ""]);
    let done = desk.post(&portal, "/admin/family", &new).await;
    assert_eq!(done.location.as_deref(), Some("/admin/families?done=1"), "{}", done.body);
    assert!(desk.get(&portal, "/admin/families").await.body.contains("Odds and ends"));
    assert!(!shoppers[0].get(&portal, "/catalog").await.body.contains("Odds and ends"));
    let mut form = product_form(&portal, &owner, "dns5").await;
    set(&mut form, "family", "tools");
    save(&portal, &mut desk, &form).await;
    for browser in &mut shoppers {
        let catalog = browser.get(&portal, "/catalog").await.body;
        assert_eq!(family_of(&catalog, "dns5"), Some("tools"));
        let last = catalog.rsplit("<section").next().unwrap();
        assert!(last.contains("Odds and ends: 1, 2, 3.") && last.contains("/p/dns5"), "{last}");
    }
    for code in ["tools", "ispmanager", "No Code"] {
        let taken = family_form(code, None, ["Typed and kept", ""]);
        let refused = desk.post(&portal, "/admin/family", &taken).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{code}");
        let typed = format!("value=\"{code}\"");
        for shown in ["Another family has this code", "value=\"Typed and kept\"", &typed] {
            assert!(refused.body.contains(shown), "{code}, {shown}: {}", refused.body);
        }
    }
    let families = i64::try_from(known.len()).unwrap();
    assert_eq!(portal.count("select count(*) from product_family").await, families + 1);
    assert_eq!(portal.count("select count(*) from audit where action = 'family.edit'").await, 2);
}

/// The form of `/my/licenses/{license}/edit`; without a name as where the vendor keeps none.
async fn edit_form(
    portal: &TestPortal,
    license: Uuid,
    ip: &str,
    name: Option<&str>,
) -> Vec<(&'static str, String)> {
    let viewer = portal.customer().await;
    let id = portal.portal.next_change_id(&viewer, license).await.unwrap();
    let mut form = vec![
        ("license", license.to_string()),
        ("change", "edit".to_owned()),
        ("id", id.to_string()),
        ("ip", ip.to_owned()),
    ];
    form.extend(name.map(|name| ("name", name.to_owned())));
    form
}

/// The form has the address in it; while that may not be changed, it is the address that stays.
#[sqlx::test(migrations = "../migrations")]
async fn the_same_address_is_no_change_of_address(pool: PgPool) {
    let portal = full(pool).await;
    let viewer = portal.customer().await;
    let (license, _) = buy(&portal, &wish(&portal, "isp6-lite", Period::MONTH).await).await;
    let ip = "203.0.113.41";
    let moved = Change::Edit { ip: Some(LicenseIp::parse(ip).unwrap()), name: None };
    let there = change(&portal, license, moved).await;
    assert_eq!(there.ip, ip);
    let mut own = portal.signed_in().await;
    let edit = format!("/my/licenses/{license}/edit");
    let wait = "the next change on 1\u{a0}Dec\u{a0}2026";
    let page = own.get(&portal, &edit).await.body;
    assert!(page.contains("action=\"/my/license-change\"") && page.contains(wait), "{page}");
    assert_eq!(value(&page, "ip"), ip);

    // The name alone is changed.
    let form = edit_form(&portal, license, ip, Some("mail")).await;
    let done = own.post(&portal, "/my/license-change", &form).await;
    let back = format!("/my/licenses/{license}?done=edit#changes");
    assert_eq!(done.location.as_deref(), Some(back.as_str()), "{}", done.body);
    portal.settle().await;
    let named = at_vendor(&portal, license).await;
    assert!(named.licname.starts_with("mail ks-"), "{}", named.licname);
    assert_eq!((named.ip.as_str(), named.ip_changed), (ip, there.ip_changed));
    let mut edits = portal.vendor().calls_of("soft.edit");
    edits.retain(|call| call.params.contains_key("sok"));
    assert_eq!(edits.len(), 2, "the address, and the name");
    let sent = edits.last().unwrap();
    assert!(sent.executed && !sent.params.contains_key("ip"), "{sent:?}");
    let known = portal.portal.license(&viewer, license).await.unwrap().unwrap();
    assert_eq!((known.row.ip.as_deref(), known.row.name.as_deref()), (Some(ip), Some("mail")));
    let possible = portal.portal.possible_changes(&viewer, license).await.unwrap().unwrap();
    assert_eq!(possible.ip_from, Some(date!(2026 - 12 - 01)), "it does not begin anew");

    // Alone it is nothing, whether the form has a name in it or not.
    for (typed, name) in [(ip, Some("mail")), (ip, None), (" 203.0.113.41 ", None)] {
        let form = edit_form(&portal, license, typed, name).await;
        let refused = own.post(&portal, "/my/license-change", &form).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{typed:?} {name:?}");
        assert!(refused.body.contains("Nothing would change."), "{}", refused.body);
    }
    // And another one has to wait, with everything beside it.
    let form = edit_form(&portal, license, "203.0.113.42", Some("web 2")).await;
    let refused = own.post(&portal, "/my/license-change", &form).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains(wait), "{}", refused.body);
    portal.settle().await;
    assert_eq!(portal.sent("soft.edit"), 2);
    assert_eq!(portal.count("select count(*) from operation where kind = 'edit'").await, 2);
    let after = at_vendor(&portal, license).await;
    assert_eq!((after.ip, after.licname), (named.ip, named.licname));
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_trial_says_once_and_that_the_vendor_charges_from_today(pool: PgPool) {
    let portal = full(pool).await;
    let once = "Once for each server address, never renewed";
    let mut guest = Browser::default();
    let page = guest.get(&portal, "/p/isp6-trial").await.body;
    assert!(page.contains(once), "{page}");
    assert!(!guest.get(&portal, "/p/isp6-lite").await.body.contains(once));

    let (trial, _) = buy(&portal, &wish(&portal, "isp6-trial", Period::Trial).await).await;
    let paid = wish(&portal, "isp6-pro", Period::MONTH).await;
    let (paid, _) = buy(&portal, &Wish { ip: "203.0.113.44".to_owned(), ..paid }).await;
    let mut own = portal.signed_in().await;
    let page = own.get(&portal, &format!("/my/licenses/{trial}/change_plan")).await.body;
    let today = "The vendor charges from today: what is left of the free days is not added.";
    assert!(page.contains("action=\"/my/license-change\"") && page.contains(today), "{page}");
    // A month from today, and not from the trial's end.
    assert!(page.contains("Until 21\u{a0}Dec\u{a0}2026"), "{page}");
    let other = own.get(&portal, &format!("/my/licenses/{paid}/change_plan")).await.body;
    assert!(other.contains("The rest of the old one is not credited by the vendor."), "{other}");
    assert!(!other.contains("The vendor charges from today"), "{other}");
}

/// The account of a vendor that charges in dollars, with everything that it sells.
async fn isplicense(portal: &TestPortal) {
    let owner = portal.owner().await;
    account(portal, &owner, "isplicense", "isplicense@demo.test", Preset::IspLicense).await;
    let found = read(portal, &owner, "isplicense", Source::Export, "").await;
    apply(portal, &owner, "isplicense", &found).await;
    sqlx::query("update plan set available = true").execute(&portal.portal.pool).await.unwrap();
}

/// Name, currency and price of a month of each module in a list.
fn modules(answer: &Answer) -> Vec<[String; 3]> {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let doc = billmgr::read_xml(answer.body.as_bytes()).unwrap();
    let rows = doc.children.iter().map(|row| {
        let price = row.child("price").unwrap();
        let month = price.child("period").unwrap();
        let name = row.value("additionintname");
        [name, price.attribute("currency"), month.attribute("cost")]
            .map(|text| text.unwrap().to_owned())
    });
    rows.collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn panels_are_told_prices_of_one_currency(pool: PgPool) {
    let mut portal = full(pool).await;
    isplicense(&portal).await;
    for (currency, count, known) in [(Currency::EUR, 5, "BitNinja"), (Currency::USD, 7, "Virusdie")]
    {
        let facing = Facing { panel_currency: currency, ..Facing::default() };
        portal.router = server::http::router(&portal.portal, &Site::default(), &facing);
        let list = modules(&Browser::default().get(&portal, LIST).await);
        assert_eq!(list.len(), count, "{list:?}");
        assert!(list.iter().all(|[_, of, _]| of == currency.code()), "{list:?}");
        assert!(list.iter().any(|[name, ..]| name == known), "{list:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn panels_are_told_a_new_price_once_it_is_published(pool: PgPool) {
    let mut portal = full(pool).await;
    // The process that answers panels is not the one in which somebody publishes.
    let other = portal.restarted();
    let mut listener = ShelfListener::connect(&other).await.unwrap();
    portal.router = server::http::router(&other, &Site::default(), &Facing::default());
    let price = |answer: &Answer| {
        let found = modules(answer).into_iter().find(|[name, ..]| name == "DDoSGUARD");
        let [_, _, cost] = found.unwrap();
        cost
    };
    let tag = |answer: &Answer| answer.headers.get("etag").unwrap().to_str().unwrap().to_owned();
    let mut panel = Browser::default();
    let before = panel.get(&portal, LIST).await;
    assert_eq!(price(&before), "19.9000");
    let old = tag(&before);
    let same = panel.get_if_changed(&portal, LIST, &old).await;
    assert_eq!(same.status, StatusCode::NOT_MODIFIED);

    let owner = portal.owner().await;
    let editor = portal.portal.pricelist_editor(&owner, "public").await.unwrap().unwrap();
    let scope = Scope {
        plan: Some("ddos-guard".to_owned()),
        period: Some(Period::MONTH),
        ..Scope::default()
    };
    let rule = Rule { scope, markup: Markup::Explicit(eur("23.45")), below_cost: false };
    let edit = Edit::Rule { place: None, rule };
    let seen = Seen { version: editor.version, revision: 0 };
    portal.portal.edit_pricelist(&owner, "public", seen, edit).await.unwrap();
    let drafted = panel.get_if_changed(&portal, LIST, &old).await;
    assert_eq!(drafted.status, StatusCode::NOT_MODIFIED, "a draft is nobody's price");
    let editor = portal.portal.pricelist_editor(&owner, "public").await.unwrap().unwrap();
    let draft = editor.draft.unwrap();
    let seen = Seen { version: draft.base_version, revision: draft.revision };
    portal.portal.publish_draft(&owner, "public", seen, "").await.unwrap();

    let heard = tokio::time::timeout(HEARD_WITHIN, listener.hear()).await;
    assert!(heard.expect("it is told"));
    let after = panel.get_if_changed(&portal, LIST, &old).await;
    assert_eq!(price(&after), "23.4500");
    let new = tag(&after);
    assert_ne!(new, old);
    let same = panel.get_if_changed(&portal, LIST, &new).await;
    assert_eq!(same.status, StatusCode::NOT_MODIFIED);
    // The shop says the same.
    let page = panel.get(&portal, "/p/ddos-guard").await.body;
    assert!(page.contains("€23.45"), "{page}");
}

/// Where the panel of this license sends its user for a module.
async fn click(portal: &TestPortal, module: &str, plan: &str, vendor: &LicenseView) -> String {
    let number: i64 = sqlx::query_scalar("select number from plan where slug = $1")
        .bind(plan)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    let (license, ip) = (vendor.id, &vendor.ip);
    format!("/?module={module}&license={license}&ip={ip}&module_id={number}")
}

#[sqlx::test(migrations = "../migrations")]
async fn who_signs_up_on_the_way_from_a_panel_comes_back_to_it(pool: PgPool) {
    let portal = full(pool).await;
    let (license, vendor) = buy(&portal, &wish(&portal, "isp6-lite", Period::MONTH).await).await;
    let path = click(&portal, "DDoSGUARD", "ddos-guard", &vendor).await;
    let mut guest = Browser::default();
    let page = guest.get(&portal, &path).await.body;
    let (_, link) = page.split_once("href=\"/join?next=").expect("a way to sign up");
    let (link, _) = link.split_once('"').unwrap();
    let join = guest.get(&portal, &format!("/join?next={link}")).await.body;
    assert_eq!(value(&join, "next"), path);
    let form = |password: &'static str| {
        [("email", "new@example.org"), ("password", password), ("next", path.as_str())]
    };
    // A form that is refused keeps the way.
    let weak = guest.post(&portal, "/join", &form("short")).await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(value(&weak.body, "next"), path);
    let joined = guest.post(&portal, "/join", &form("a-quiet-harbour-7")).await;
    assert_eq!(joined.status, StatusCode::SEE_OTHER, "{}", joined.body);
    assert_eq!(joined.location.as_deref(), Some(path.as_str()));
    // It is somebody else's license, and still the one that the panel named.
    let page = guest.get(&portal, &path).await.body;
    let number = vendor.id.to_string();
    let told = "There is no such license in this account";
    for named in ["DDoS-GUARD", number.as_str(), "new@example.org", told] {
        assert!(page.contains(named), "{named}: {page}");
    }
    assert!(!page.contains("action=\"/buy\"") && !page.contains(&license.to_string()), "{page}");

    let mut own = Browser::default();
    let form = [
        ("email", portal::demo::CUSTOMER),
        ("password", portal::demo::PASSWORD),
        ("next", path.as_str()),
    ];
    let signed_in = own.post(&portal, "/login", &form).await;
    assert_eq!(signed_in.location.as_deref(), Some(path.as_str()), "{}", signed_in.body);
    let page = own.get(&portal, &path).await.body;
    assert!(page.contains("DDoS-GUARD") && page.contains("action=\"/buy\""), "{page}");
    assert_eq!(value(&page, "license"), license.to_string());
    assert_eq!(portal.count("select count(*) from customer_order").await, 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn too_little_money_is_said_where_a_panel_leads(pool: PgPool) {
    let portal = full(pool).await;
    let (license, vendor) = buy(&portal, &wish(&portal, "isp6-lite", Period::MONTH).await).await;
    portal.leave(10_000).await;
    let path = click(&portal, "DDoSGUARD", "ddos-guard", &vendor).await;
    let mut own = portal.signed_in().await;
    let page = own.get(&portal, &path).await.body;
    assert!(page.contains("You need €18.90 more"), "{page}");
    assert!(page.contains("href=\"/my/wallet\""), "and a way on");
    let form = ["plan", "order", "license", "period"].map(|name| (name, value(&page, name)));
    assert!(form.contains(&("license", license.to_string())), "{form:?}");
    assert!(form.contains(&("period", "1 19.90 EUR".to_owned())), "{form:?}");
    let refused = own.post(&portal, "/buy", &form).await;
    assert_eq!(refused.status, StatusCode::PAYMENT_REQUIRED, "{}", refused.body);
    let told = "Available in your wallet: €1.00, which is €18.90 too little.";
    assert!(refused.body.contains(told), "{}", refused.body);
    portal.settle().await;
    assert_eq!(portal.count("select count(*) from customer_order").await, 1);
    assert_eq!(portal.count("select count(*) from operation").await, 1);
    assert!(portal.vendor().calls_of("addition.order.param").is_empty());
    assert_eq!(portal.wallet().await, (eur("1"), eur("0")));
    portal.sound().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_license_shows_its_modules_and_gets_none_while_it_is_suspended(pool: PgPool) {
    let portal = full(pool).await;
    let viewer = portal.customer().await;
    let (license, vendor) = buy(&portal, &wish(&portal, "isp6-lite", Period::MONTH).await).await;
    let wanted = wish(&portal, "ddos-guard", Period::MONTH).await;
    let (module, _) = buy(&portal, &Wish { parent: Some(license), ..wanted }).await;
    let mut own = portal.signed_in().await;
    let home = format!("/my/licenses/{license}");
    let renew = format!("href=\"/my/licenses/{module}/renew\"");
    let add = format!("href=\"/p/drweb-lite?license={license}#buy\"");
    let page = own.get(&portal, &home).await.body;
    let (_, table) = page.split_once("id=\"modules\"").expect("the table");
    let (table, _) = table.split_once("</table>").unwrap();
    for shown in ["DDoS-GUARD", "Active until", "€19.90 a month", "Renew", &renew, &add] {
        assert!(table.contains(shown), "{shown}: {table}");
    }

    change(&portal, license, Change::Suspend).await;
    let money = portal.wallet().await;
    let page = own.get(&portal, &home).await.body;
    let waits = "Modules can be added to a license that works";
    assert!(page.contains(waits) && page.contains(&renew), "{page}");
    assert!(!page.contains(&format!("?license={license}#buy")), "{page}");
    let landing = click(&portal, "DrWeb", "drweb-lite", &vendor).await;
    for path in [landing, format!("/p/drweb-lite?license={license}")] {
        let page = own.get(&portal, &path).await.body;
        assert!(page.contains("Your license is not active yet,"), "{path}: {page}");
        assert!(!page.contains("action=\"/buy\""), "{path}: {page}");
    }
    // A form of before is refused.
    let order = portal.portal.next_order_id(&viewer, "drweb-lite").await.unwrap();
    let offer = portal.portal.offer("public", "drweb-lite").await.unwrap().unwrap();
    let price = offer.price_of(Period::MONTH).unwrap();
    let form = [
        ("plan", "drweb-lite".to_owned()),
        ("period", format!("1 {price}")),
        ("order", order.to_string()),
        ("license", license.to_string()),
    ];
    let refused = own.post(&portal, "/buy", &form).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    let why = "Choose one of your active licenses that the module fits.";
    assert!(refused.body.contains(why), "{}", refused.body);
    portal.drain().await;
    assert_eq!(portal.count("select count(*) from customer_order").await, 2);
    assert_eq!(portal.sent("addition.order.param"), 1);
    assert_eq!(portal.wallet().await, money, "nothing is held or charged");

    // It waits for no longer than that.
    change(&portal, license, Change::Resume).await;
    assert!(own.get(&portal, &home).await.body.contains(&add));
    let placed = own.post(&portal, "/buy", &form).await;
    assert_eq!(placed.status, StatusCode::SEE_OTHER, "{}", placed.body);
    portal.settle().await;
    assert_eq!(portal.state(order).await, "confirmed");
    portal.sound().await;
}

/// Whether the page of all vendors and the account's own one say this.
async fn both_say(portal: &TestPortal, desk: &mut Browser, text: &str) -> [bool; 2] {
    let mut says = [false; 2];
    for (says, path) in says.iter_mut().zip(["/admin/vendors", "/admin/upstreams/simulator"]) {
        let page = desk.get(portal, path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        *says = page.body.contains(text);
    }
    says
}

/// Asks the vendor for everything that the account needs: its balance, four lists, and the prices.
async fn look_at_all(portal: &TestPortal, desk: &mut Browser) {
    let looked = desk.post(portal, "/admin/upstream-ping", &[("slug", "simulator")]).await;
    let there = "/admin/upstreams/simulator?done=ping#ping";
    assert_eq!(looked.location.as_deref(), Some(there), "{}", looked.body);
}

/// A portal whose vendor has not answered five times in a row, and where that is written down.
async fn silent(pool: PgPool) -> (TestPortal, Browser) {
    let portal = full(pool).await;
    portal.drain().await;
    let mut desk = portal.sign_in(portal::demo::ADMIN).await;
    assert_eq!(both_say(&portal, &mut desk, "Not working").await, [false; 2]);
    let asked = portal.vendor().calls().len();
    portal.vendor().add_fault("*", Fault::HttpBefore { status: 500 }, Times::Forever);
    look_at_all(&portal, &mut desk).await;
    assert_eq!(portal.vendor().calls().len(), asked + 5, "the sixth question is not asked");
    portal.drain().await;
    assert_eq!(portal.vendor().calls().len(), asked + 5, "it is left alone");
    assert_eq!(both_say(&portal, &mut desk, "Not working").await, [true; 2]);
    (portal, desk)
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_say_that_a_vendor_is_left_alone_and_until_when(pool: PgPool) {
    let (portal, mut desk) = Box::pin(silent(pool)).await;
    let asked = || portal.vendor().calls().len();
    let before = asked();
    let why = "Its server answered with error 500.";
    let until = |minute: u8| {
        format!("{why} Since {TODAY}, 10:00 UTC. Next try: {TODAY}, 10:{minute:02} UTC.")
    };
    assert_eq!(both_say(&portal, &mut desk, &until(1)).await, [true; 2]);
    // One call finds out that nothing has changed, and then it has more time.
    portal.clock.advance(Duration::from_mins(1));
    look_at_all(&portal, &mut desk).await;
    portal.drain().await;
    assert_eq!(asked(), before + 1);
    assert_eq!(both_say(&portal, &mut desk, &until(3)).await, [true; 2]);

    // An order is taken, and waits with its money.
    let mut own = portal.signed_in().await;
    let form = portal.lite_form(IP).await;
    let order: Uuid = value_of(&form, "order").parse().unwrap();
    let placed = own.post(&portal, "/buy", &form).await;
    assert_eq!(placed.status, StatusCode::SEE_OTHER, "{}", placed.body);
    portal.drain().await;
    assert_eq!(portal.state(order).await, "planned");
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("4.90")));
    // That it works again is not known before somebody asks.
    portal.vendor().clear_faults();
    portal.drain().await;
    portal.clock.advance(Duration::from_mins(1));
    portal.drain().await;
    assert_eq!((portal.state(order).await.as_str(), asked()), ("planned", before + 1));
    assert_eq!(both_say(&portal, &mut desk, "Not working").await, [true; 2]);

    portal.clock.advance(Duration::from_mins(1));
    portal.drain().await;
    assert_eq!(portal.state(order).await, "confirmed");
    assert_eq!(portal.sent("soft.order.param"), 1);
    assert_eq!(portal.wallet().await, (eur("495.10"), eur("0")));
    assert_eq!(both_say(&portal, &mut desk, "Not working").await, [false; 2]);
    portal.sound().await;
}

fn value_of<'a>(form: &'a Form, name: &str) -> &'a str {
    form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str()).expect(name)
}

/// Whoever wrote it down may be gone when the vendor answers again.
#[sqlx::test(migrations = "../migrations")]
async fn a_vendor_that_answers_another_process_is_not_called_silent(pool: PgPool) {
    let (mut portal, mut desk) = Box::pin(silent(pool)).await;
    let mut next = portal.restarted();
    next.upstreams = portal.portal.upstreams.forgetful();
    portal.router = server::http::router(&next, &Site::default(), &Facing::default());
    portal.portal = next;
    portal.vendor().clear_faults();
    // Its balance is read every ten minutes.
    let asked = portal.vendor().calls().len();
    portal.clock.advance(Duration::from_mins(11));
    portal.drain().await;
    assert!(portal.vendor().calls().len() > asked, "it was asked, and answered");
    assert_eq!(both_say(&portal, &mut desk, "Not working").await, [false; 2]);
}

async fn credit(portal: &TestPortal, amount: Money) {
    let customer = sqlx::query_scalar("select customer_id from app_user where email = $1")
        .bind(portal::demo::CUSTOMER)
        .fetch_one(&portal.portal.pool)
        .await
        .unwrap();
    let reason = "for a long life".to_owned();
    let credit = Credit { id: Uuid::now_v7(), customer, amount, reason };
    portal.portal.credit_wallet(&portal.owner().await, &credit).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn plesk_for_ever_is_bought_once_and_never_renewed(pool: PgPool) {
    let portal = full(pool).await;
    isplicense(&portal).await;
    let usd = |text| Money::parse(text, Currency::USD).unwrap();
    credit(&portal, usd("2000")).await;
    let viewer = portal.customer().await;
    let plesk: String = sqlx::query_scalar(
        "select slug from plan where dialect = 'parallelslic' and upstream_plan_code = '236'",
    )
    .fetch_one(&portal.portal.pool)
    .await
    .unwrap();
    let mut own = portal.signed_in().await;
    let page = own.get(&portal, &format!("/p/{plesk}")).await.body;
    assert!(page.contains("Lifetime") && page.contains("Paid once"), "{page}");
    let wanted = wish(&portal, &plesk, Period::Lifetime).await;
    let form = [
        ("plan", plesk.clone()),
        ("period", "0".to_owned()),
        ("ip", wanted.ip.clone()),
        ("order", wanted.id.to_string()),
        ("total", wanted.shown_total.to_string()),
    ];
    let placed = own.post(&portal, "/buy", &form).await;
    let there = format!("/my/orders/{}", wanted.id);
    assert_eq!(placed.location.as_deref(), Some(there.as_str()), "{}", placed.body);
    portal.settle().await;
    assert_eq!(portal.state(wanted.id).await, "confirmed");
    assert!(own.get(&portal, &there).await.body.contains("Delivered"));
    let calls = portal.vendor().calls_of("parallelslic.order.param");
    let call = calls.iter().rfind(|call| call.params.contains_key("sok")).unwrap();
    for (name, said) in [("pricelist", "236"), ("period", "0"), ("pa_ip", wanted.ip.as_str())] {
        assert_eq!(call.params.get(name).map(String::as_str), Some(said), "{name}");
    }
    let paid = (usd("2000").checked_sub(wanted.shown_total).unwrap(), usd("0"));
    let balance = portal.portal.balance(&viewer, Currency::USD).await.unwrap();
    assert_eq!((balance.available, balance.held), paid);

    let bought = portal.portal.order(&viewer, wanted.id).await.unwrap().unwrap();
    let license = bought.license.unwrap();
    let theirs = at_vendor(&portal, license).await;
    assert!(theirs.is_lifetime(), "{theirs:?}");
    Box::pin(never_renewed(&portal, &mut own, license)).await;
    let known = portal.portal.license(&viewer, license).await.unwrap().unwrap();
    assert_eq!(known.key, Some(theirs.key));
    let balance = portal.portal.balance(&viewer, Currency::USD).await.unwrap();
    assert_eq!((balance.available, balance.held), paid);
    assert_eq!(portal.vendor().debits().len(), 1);
    portal.sound().await;
}

/// It has no end, nothing offers to renew it, no form does it, and no day comes on which it is done.
async fn never_renewed(portal: &TestPortal, own: &mut Browser, license: Uuid) {
    let viewer = portal.customer().await;
    let home = format!("/my/licenses/{license}");
    let renewal = format!("{home}/renew");
    let page = own.get(portal, &home).await.body;
    assert!(page.contains("Lifetime") && !page.contains(&renewal), "{page}");
    assert!(!page.contains("action=\"/my/auto-renew\""), "{page}");
    let page = own.get(portal, &renewal).await.body;
    assert!(!page.contains("action=\"/my/license-change\""), "{page}");
    let possible = portal.portal.possible_changes(&viewer, license).await.unwrap().unwrap();
    assert!(!possible.allows(OperationKind::Renew) && !possible.may_renew());
    for period in [Period::MONTH, Period::YEAR, Period::Lifetime] {
        let change = Change::Renew { period };
        let refused = portal.portal.preview_change(&viewer, license, &change).await;
        let lifetime = matches!(&refused, Err(ChangeError::NotNow(NotNow::Lifetime)));
        assert!(lifetime, "{period}: {refused:?}");
    }
    let id = portal.portal.next_change_id(&viewer, license).await.unwrap();
    let forged = [
        ("license", license.to_string()),
        ("change", "renew".to_owned()),
        ("id", id.to_string()),
        ("choice", "1 10.90 USD".to_owned()),
    ];
    let refused = own.post(portal, "/my/license-change", &forged).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("This license has no end."), "{}", refused.body);
    let switch = [("license", license.to_string()), ("on", "true".to_owned())];
    let refused = own.post(portal, "/my/auto-renew", &switch).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);

    portal.clock.advance(Duration::from_hours(24 * 400));
    portal.drain().await;
    let known = portal.portal.license(&viewer, license).await.unwrap().unwrap();
    assert_eq!((known.row.status, known.row.expires_on), (LicenseStatus::Active, None));
    assert_eq!(portal.count("select count(*) from operation where kind <> 'order'").await, 0);
}
