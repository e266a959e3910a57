//! Every call that we build, as it goes over the wire; the calls of the five documents word for word.

#![expect(clippy::unwrap_used, clippy::needless_pass_by_value, reason = "tests")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use domain::Period;
use time::macros::date;
use upstream::balance::BalanceFunction;
use upstream::dialect::{Action, Dialect, OrderWish, Ordering, Term, VendorLicense};
use upstream::{Call, DialectKind, Habits, Names, Role, Software};

fn dialect(kind: DialectKind) -> Box<dyn Dialect> {
    kind.dialect(&Names::new(), Habits::default()).unwrap()
}

fn wish(plan: &str, term: Term) -> OrderWish {
    OrderWish {
        plan_code: plan.into(),
        term,
        ip: Some("10.10.10.10".parse().unwrap()),
        parent: Some("1".into()),
        name: None,
        addons: BTreeMap::new(),
        fields: BTreeMap::new(),
        reference: "name".into(),
        renews: false,
    }
}

fn month() -> Term {
    Term::of(Period::MONTH)
}

fn coded(code: &str) -> Term {
    Term { period: Period::MONTH, code: Some(code.into()) }
}

fn license(id: &str) -> VendorLicense {
    VendorLicense {
        id: id.into(),
        ip: Some("10.10.10.10".parse().unwrap()),
        name: Some("name".into()),
        ..VendorLicense::default()
    }
}

fn edit(ip: Option<&str>, name: Option<&str>) -> Action {
    Action::Edit { ip: ip.map(|ip| ip.parse().unwrap()), name: name.map(str::to_owned) }
}

fn counts(code: &str, count: u32) -> BTreeMap<String, u32> {
    BTreeMap::from([(code.to_owned(), count)])
}

/// A family's every call, a line each; what it cannot do is left out.
fn everything(kind: DialectKind, plan: &str, term: &Term, addon: &str) -> String {
    let dialect = dialect(kind);
    let mut wish = OrderWish {
        name: Some("web 1".into()),
        addons: counts(addon, 2),
        reference: "ks-1".into(),
        ..wish(plan, term.clone())
    };
    if !dialect.can(domain::operation::OperationKind::Addons) {
        wish.addons.clear();
    }
    if kind == DialectKind::Addition {
        wish.fields.insert("bitninja_email".into(), "a@example.org".into());
    }
    let ip = "10.10.10.11".parse().unwrap();
    let actions = [
        Action::Renew(term.clone()),
        edit(Some("10.10.10.11"), Some("web 2 ks-1")),
        Action::ChangePlan { plan_code: plan.into(), term: term.clone(), addons: counts(addon, 3) },
        Action::Addons(counts(addon, 3)),
        Action::NewKey,
        Action::Suspend,
        Action::Resume,
        Action::Delete,
    ];
    let calls = [Ordering::AtOnce, Ordering::Basket].map(|way| dialect.order(&wish, way));
    let calls = calls.into_iter().flatten().chain(dialect.before_list());
    let calls = calls
        .chain([dialect.list(1), dialect.view("334673")])
        .chain(dialect.check_ip(plan, term, ip))
        .chain(actions.iter().filter_map(|action| {
            let call = dialect.act(&license("334673"), action);
            let can = match action {
                Action::Edit { .. } => dialect.can(domain::operation::OperationKind::Edit),
                _ => true,
            };
            call.filter(|_| can)
        }));
    let mut lines = String::new();
    for call in calls {
        writeln!(lines, "{call}").unwrap();
    }
    lines
}

#[test]
fn every_call_of_every_family() {
    for (kind, plan, term, addon) in [
        (DialectKind::Soft, "4601", month(), "4602"),
        (DialectKind::Platform, "55163", month(), "55165"),
        (DialectKind::SoftExternal, "273", month(), "274"),
        (DialectKind::ParallelsLic, "250", Term::of(Period::YEAR), "1"),
        (DialectKind::Addition, "55390", month(), "1"),
        (DialectKind::Software, "7", coded("8"), "1"),
    ] {
        insta::assert_snapshot!(kind.as_str(), everything(kind, plan, &term, addon));
    }
}

/// What is ordered so that the vendor renews it; what has no next term says nothing of it.
#[test]
fn an_order_asks_for_renewals_where_its_buyer_agreed() {
    for kind in DialectKind::ALL {
        let Some(dialect) = kind.dialect(&Names::new(), Habits::default()) else { continue };
        for (period, said) in [
            (Period::MONTH, " autoprolong=1 "),
            (Period::YEAR, " autoprolong=12 "),
            (Period::Lifetime, " autoprolong=null "),
            (Period::Trial, " autoprolong=null "),
        ] {
            let code = (kind == DialectKind::Software).then(|| "8".into());
            let term = Term { period, code };
            let asked = OrderWish { renews: true, ..wish("7", term) };
            let order = dialect.order(&asked, Ordering::AtOnce).unwrap().to_string();
            assert_eq!(order.contains(said), kind.can_renew_itself(), "{order}");
        }
    }
}

/// Codes of terms are data of the plan wherever a vendor has some of its own.
#[test]
fn a_term_is_said_by_its_code_if_it_has_one() {
    let soft = dialect(DialectKind::Soft);
    let order = soft.order(&wish("7", coded("m1")), Ordering::AtOnce).unwrap().to_string();
    assert!(order.contains(" period=m1 "), "{order}");
    let renewal = soft.act(&license("17"), &Action::Renew(coded("m1"))).unwrap().to_string();
    assert!(renewal.contains("period=m1"), "{renewal}");
}

#[test]
fn calls_about_the_account() {
    let soft = dialect(DialectKind::Soft);
    let mut calls = vec![soft.basket(), soft.pay("3346010"), soft.unbasket("334601")];
    calls.extend(BalanceFunction::ALL.map(|function| function.call(None)));
    calls.push(upstream::export::call(None));
    // Hosts rename functions.
    calls.push(BalanceFunction::Subaccount.call(Some("v2.subaccount")));
    calls.push(upstream::export::call(Some("pricelist.all")));
    let lines: Vec<String> = calls.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!("account", lines.join("\n"));
}

/// What we send beyond a document's sample, each with its reason: the reference is how a purchase is
/// found again, a renewal by both sides would be paid twice, `basket` is our way of the sample's
/// default, and a form button is what newer samples leave out.
const BEYOND: [&str; 4] = ["remoteid", "autoprolong", "skipbasket", "clicked_button"];

/// Checks a call against a sample's query: every parameter of the sample is in the call with the
/// same value, and nothing else but what is listed above.
fn is_the_sample(sample: &str, call: Call) {
    let mut wanted: BTreeMap<&str, &str> =
        sample.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
    assert_eq!(wanted.remove("func"), Some(call.func()), "{sample}");
    wanted.remove("out");
    let sent: BTreeMap<&str, &str> =
        call.params().iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(sent.len(), call.params().len(), "{call}: nothing is said twice");
    for (name, value) in &wanted {
        assert_eq!(sent.get(name), Some(value), "{sample}: {name} in {call}");
    }
    for name in sent.keys().filter(|name| !wanted.contains_key(*name)) {
        assert!(BEYOND.contains(name), "{sample}: {name} in {call} is not in the document");
    }
}

#[test]
fn the_calls_of_seed_000() {
    let platform = dialect(DialectKind::Platform);
    let addons = BTreeMap::from([("55165".to_owned(), 3), ("55164".to_owned(), 200)]);
    for (period, word) in [(Period::MONTH, "1"), (Period::YEAR, "12"), (Period::Trial, "-100")] {
        let wish = OrderWish { addons: addons.clone(), ..wish("55163", Term::of(period)) };
        is_the_sample(
            &format!(
                "func=platform.order.param&comment=name&period={word}&autoprolong=null\
                 &pricelist=55163&addon_55165=3&addon_55164=200&skipbasket=on&sok=ok"
            ),
            platform.order(&wish, Ordering::AtOnce).unwrap(),
        );
    }
    let act = |action: &Action| platform.act(&license("334673"), action).unwrap();
    is_the_sample(
        "func=service.prolong&elid=334673&period=12&sok=ok",
        act(&Action::Renew(Term::of(Period::YEAR))),
    );
    is_the_sample(
        "func=platform.edit&elid=334673&comment=new&sok=ok",
        act(&edit(Some("10.10.10.11"), Some("new"))),
    );
    is_the_sample(
        "func=platform.edit&elid=334673&addon_55165=4&sok=ok",
        act(&Action::Addons(counts("55165", 4))),
    );
    is_the_sample("func=platform.suspend&elid=334673", act(&Action::Suspend));
    is_the_sample("func=platform.resume&elid=334673", act(&Action::Resume));
    is_the_sample("func=platform.delete&elid=334673", act(&Action::Delete));
}

#[test]
fn the_calls_of_seed_001() {
    // The sample lets the vendor renew.
    let soft = dialect(DialectKind::Soft);
    let wish = OrderWish {
        renews: true,
        ip: Some("82.156.37.16".parse().unwrap()),
        addons: counts("4602", 1),
        ..wish("4601", month())
    };
    is_the_sample(
        "out=xml&func=soft.order.param&clicked_button=finish&ip=82.156.37.16&licname=name&period=1\
         &pricelist=4601&addon_4602=1&autoprolong=1&sok=ok&skipbasket=on",
        soft.order(&wish, Ordering::AtOnce).unwrap(),
    );
    let act = |id: &str, action: &Action| soft.act(&license(id), action).unwrap();
    is_the_sample(
        "out=xml&func=service.prolong&elid=334673&period=1&sok=ok",
        act("334673", &Action::Renew(month())),
    );
    is_the_sample(
        "out=xml&func=soft.edit&elid=334673&licname=new&ip=82.156.37.17&sok=ok",
        act("334673", &edit(Some("82.156.37.17"), Some("new"))),
    );
    is_the_sample("out=xml&func=soft.suspend&elid=334673", act("334673", &Action::Suspend));
    is_the_sample("out=xml&func=soft.resume&elid=334673", act("334673", &Action::Resume));
    is_the_sample(
        "out=xml&func=soft.checkip&pricelist=7&period=1&ip=82.145.17.16",
        soft.check_ip("7", &month(), "82.145.17.16".parse().unwrap()).unwrap(),
    );
    is_the_sample(
        "out=xml&clicked_button=newkey&elid=2512171&func=soft.edit&sok=ok",
        act("2512171", &Action::NewKey),
    );
    is_the_sample("out=xml&func=soft.delete&elid=334673", act("334673", &Action::Delete));
}

#[test]
fn the_calls_of_seed_002() {
    let external = dialect(DialectKind::SoftExternal);
    for (period, word) in [(Period::MONTH, "1"), (Period::YEAR, "12"), (Period::Lifetime, "0")] {
        let wish = wish("229", Term::of(period));
        is_the_sample(
            &format!(
                "out=xml&func=softexternal.order.param&clicked_button=finish&ip=10.10.10.10\
                 &licname=name&period={word}&pricelist=229&sok=ok&skipbasket=on"
            ),
            external.order(&wish, Ordering::AtOnce).unwrap(),
        );
        is_the_sample(
            &format!(
                "out=xml&func=parallelslic.order.param&clicked_button=finish&pa_ip=10.10.10.10\
                 &period={word}&pricelist=229&sok=ok&skipbasket=on"
            ),
            dialect(DialectKind::ParallelsLic).order(&wish, Ordering::AtOnce).unwrap(),
        );
        // The sample has no parent: the account's setting.
        let module =
            DialectKind::Addition.dialect(&Names::new(), Habits { names_parent: false }).unwrap();
        is_the_sample(
            &format!(
                "out=xml&func=addition.order.param&clicked_button=finish&period={word}\
                 &pricelist=229&sok=ok&skipbasket=on"
            ),
            module.order(&wish, Ordering::AtOnce).unwrap(),
        );
    }
    let act = |action: &Action| external.act(&license("17"), action).unwrap();
    is_the_sample(
        "out=xml&func=softexternal.edit&elid=17&licname=new&ip=10.10.10.11&sok=ok",
        act(&edit(Some("10.10.10.11"), Some("new"))),
    );
    is_the_sample(
        "out=xml&func=soft.edit&elid=17&ip=10.10.10.10&licname=name&addon_274=1&sok=ok",
        act(&Action::Addons(counts("274", 1))),
    );
    is_the_sample(
        "out=xml&func=service.prolong&elid=17&period=1&sok=ok",
        act(&Action::Renew(month())),
    );
    is_the_sample("out=xml&func=softexternal.delete&elid=17&sok=ok", act(&Action::Delete));
}

#[test]
fn the_calls_of_seed_003() {
    let software = dialect(DialectKind::Software);
    is_the_sample("out=xml&func=software", software.list(1));
    is_the_sample(
        "out=xml&func=software.filter&expires=2009-10-15&expiree=2009-10-25&sok=ok",
        Software::default().filter(date!(2009 - 10 - 15), date!(2009 - 10 - 25)),
    );
    let wish = OrderWish {
        ip: Some("111.222.111.222".parse().unwrap()),
        reference: "LICNAME".into(),
        ..wish("7", coded("8"))
    };
    is_the_sample(
        "out=xml&func=software.edit&price=7&period=8&licname=LICNAME&ip=111.222.111.222&sok=ok",
        software.order(&wish, Ordering::Basket).unwrap(),
    );
    is_the_sample(
        "out=xml&func=software.licinfo&sok=ok&price=7&period=8&ip=111.222.111.222",
        software.check_ip("7", &coded("8"), "111.222.111.222".parse().unwrap()).unwrap(),
    );
    let act = |action: &Action| software.act(&license("334673"), action).unwrap();
    is_the_sample(
        "out=xml&func=software.edit&elid=334673&licname=NEWLICNAME&ip=111.222.111.223&sok=ok",
        act(&edit(Some("111.222.111.223"), Some("NEWLICNAME"))),
    );
    is_the_sample(
        "func=software.edit&elid=334673&ip=111.222.111.223&sok=ok",
        act(&edit(Some("111.222.111.223"), None)),
    );
    is_the_sample(
        "func=software.edit&elid=334673&licname=NEW&sok=ok",
        act(&edit(None, Some("NEW"))),
    );
    is_the_sample(
        "out=xml&func=software.period&elid=334673&period=8&sok=ok",
        act(&Action::Renew(coded("8"))),
    );
    // Without the price's own code nothing is said at all.
    assert_eq!(software.act(&license("1"), &Action::Renew(month())), None);
    let wish = OrderWish { term: month(), ..wish };
    assert_eq!(software.order(&wish, Ordering::AtOnce), None);
}

#[test]
fn an_account_may_call_functions_otherwise() {
    let names =
        Names::from([(Role::Addons, "softexternal.edit".into()), (Role::CheckIp, String::new())]);
    let external = DialectKind::SoftExternal.dialect(&names, Habits::default()).unwrap();
    let call = external.act(&license("17"), &Action::Addons(counts("274", 1))).unwrap();
    assert_eq!(call.func(), "softexternal.edit");
    let soft = DialectKind::Soft.dialect(&names, Habits::default()).unwrap();
    assert_eq!(soft.check_ip("7", &month(), "82.145.17.16".parse().unwrap()), None);
}
