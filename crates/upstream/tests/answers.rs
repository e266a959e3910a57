//! What we read from answers, for each function and each generation, in every shape that servers send;
//! and that nothing else is taken for a success.

#![expect(clippy::unwrap_used, reason = "tests")]

use billmgr::{Node, read};
use domain::license::LicenseStatus;
use time::macros::date;
use upstream::dialect::{Dialect, Item};
use upstream::outcome::{Evidence, Exchange, Failure, Outcome};
use upstream::{DialectKind, Habits, Names};

fn dialect(kind: DialectKind) -> Box<dyn Dialect> {
    kind.dialect(&Names::new(), Habits::default()).unwrap()
}

/// Everything that goes over the wire.
const WIRED: [DialectKind; 6] = [
    DialectKind::Soft,
    DialectKind::Platform,
    DialectKind::SoftExternal,
    DialectKind::ParallelsLic,
    DialectKind::Addition,
    DialectKind::Software,
];

fn doc(text: &str) -> Node {
    read(text.as_bytes(), None).unwrap()
}

fn exchange(text: &str) -> Exchange {
    let result = read(text.as_bytes(), None).map_err(Failure::from);
    Exchange { result, evidence: Evidence::default() }
}

#[test]
fn an_order_is_confirmed_in_every_shape() {
    let unpaid = Item { id: "334601".into(), bill: Some("3346010".into()) };
    let paid = Item { bill: None, ..unpaid.clone() };
    for (text, item) in [
        // BILLmanager 5 and 6, all names at once, and each client's own.
        (
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<doc><id>334601</id><item.id>334601</item.id>\
             <billorder.id>3346010</billorder.id><ok/></doc>",
            &unpaid,
        ),
        ("<doc><id>334601</id><ok/></doc>", &paid),
        ("<doc><item.id>334601</item.id><ok type=\"form\">func=soft</ok></doc>", &paid),
        // 2009.
        ("<doc><ok/><id>334601</id></doc>", &paid),
        ("{\"doc\":{\"id\":{\"$\":\"334601\"},\"ok\":{\"$\":\"\"}}}", &paid),
        ("{\"doc\":{\"id\":334601,\"billorder.id\":\"3346010\",\"ok\":\"\"}}", &unpaid),
        ("{\"id\":{\"v\":\"334601\"},\"ok\":true}", &paid),
    ] {
        for kind in WIRED {
            let read = dialect(kind).read_order(&doc(text));
            assert_eq!(read.as_ref(), Ok(item), "{}: {text}", kind.as_str());
        }
    }
}

#[test]
fn what_is_not_understood_is_neither_success_nor_failure() {
    for text in [
        "",
        "<doc/>",
        "<doc><ok/></doc>",
        "<doc><id>334601</id></doc>",
        "<doc><id>334601</id><ok/>",
        "<doc><id>33 4601</id><ok/></doc>",
        "<doc><id>334601</id><item.id>334602</item.id><ok/></doc>",
        "<html><body>502 Bad Gateway</body></html>",
        "{\"doc\":{\"ok\":\"\"}}",
        "{\"id\":{\"v\":\"334601\"}}",
        "{\"id\":{\"v\":\"334601\"},\"ok\":false}",
        "{\"id\":{\"v\":\"334601\"},\"ok\":true",
        "\u{feff}",
    ] {
        for kind in WIRED {
            let dialect = dialect(kind);
            let outcome = exchange(text).outcome(|doc| dialect.read_order(doc));
            assert!(
                matches!(outcome, Outcome::Unknown(_)),
                "{}: {text}: {outcome:?}",
                kind.as_str()
            );
        }
    }
}

#[test]
fn every_kind_of_error_is_a_refusal_in_words() {
    for (text, kind, words) in [
        (
            "<doc><error type=\"value\" object=\"ip\" lang=\"en\"><param name=\"object\" type=\"msg\" \
             msg=\"IP\">ip</param><param name=\"value\">1</param><msg>Invalid ip</msg>\
             <detail>Invalid ip</detail></error></doc>",
            "value",
            "Invalid ip",
        ),
        (
            "<doc><error type=\"auth\" object=\"badpassword\"><detail>Wrong password</detail></error></doc>",
            "auth",
            "Wrong password",
        ),
        ("<doc><error type=\"missed\" object=\"elid\"/></doc>", "missed", ""),
        ("<doc><authfail/></doc>", "auth", "authentication failed"),
        ("<doc><error code=\"2\" obj=\"license\" val=\"\">exists</error></doc>", "2", "exists"),
        (
            "<doc><error code=\"4\" obj=\"ip\" val=\"ip\">bad ip<msg>bad ip</msg></error></doc>",
            "4",
            "bad ip",
        ),
        (
            "{\"doc\":{\"error\":{\"$type\":\"limit\",\"$object\":\"balance\",\"$lang\":\"en\",\
             \"detail\":{\"$\":\"d\"},\"msg\":{\"$\":\"Not enough money\"}}}}",
            "limit",
            "Not enough money",
        ),
        ("{\"error\":{\"msg\":\"Not enough money\"}}", "", "Not enough money"),
        // Even beside what looks like a success.
        ("<doc><id>334601</id><ok/><error type=\"x\"><msg>no</msg></error></doc>", "x", "no"),
    ] {
        for family in WIRED {
            let dialect = dialect(family);
            let ordered = exchange(text).outcome(|doc| dialect.read_order(doc).map(|item| item.id));
            let done = exchange(text).outcome(|doc| dialect.read_act(doc).map(|()| String::new()));
            for outcome in [ordered, done] {
                let Outcome::Refused(error) = outcome else { panic!("{text}: {outcome:?}") };
                assert_eq!((error.kind.as_str(), error.message.as_str()), (kind, words), "{text}");
            }
        }
    }
}

#[test]
fn an_action_is_done_only_in_so_many_words() {
    for (text, done) in [
        ("<doc><ok/></doc>", true),
        (
            "<doc><elid>1</elid><doc><newexpiredate>2027-01-21</newexpiredate></doc><ok/></doc>",
            true,
        ),
        ("{\"doc\":{\"ok\":{\"$type\":\"list\",\"$\":\"func=soft\"}}}", true),
        ("{\"ok\":true}", true),
        ("<doc><elid>1</elid><expiredate>2026-12-21</expiredate></doc>", false),
        ("{\"model\":{\"ok\":\"\"}}", false),
        ("<doc><elem><ok/></elem></doc>", false),
    ] {
        for kind in WIRED {
            let read = dialect(kind).read_act(&doc(text));
            assert_eq!(read.is_ok(), done, "{}: {text}", kind.as_str());
        }
    }
}

#[test]
fn lists_are_read_whatever_stands_between_their_rows() {
    let xml = "<doc lang=\"ru\"><metadata name=\"soft\"/><elem><id>17</id><licname>сайт ks-1</licname>\
        <comment>сайт ks-1</comment><ip>203.0.113.7</ip><pa_ip>203.0.113.7</pa_ip><item>9</item>\
        <pricelist>ispmanager 6 lite</pricelist><pricelist_id>55227</pricelist_id><price>55227</price>\
        <createdate>2026-11-21</createdate><expiredate>21 декабря</expiredate>\
        <real_expiredate>2026-12-21</real_expiredate><item_status orig=\"2\">Активен</item_status>\
        <cost>1 234,00 руб. / Месяц</cost><addon_4602>3</addon_4602><remoteid>ks-1</remoteid></elem>\
        <p_elems>2</p_elems><tparams/><elem><id>18</id><status>3</status></elem></doc>";
    let json = "{\"doc\":{\"p_elems\":{\"$\":\"2\"},\"elem\":[{\"id\":{\"$\":\"17\"},\
        \"licname\":{\"$\":\"сайт ks-1\"},\"comment\":{\"$\":\"сайт ks-1\"},\"ip\":{\"$\":\"203.0.113.7\"},\
        \"pa_ip\":{\"$\":\"203.0.113.7\"},\"item\":{\"$\":\"9\"},\"pricelist_id\":{\"$\":\"55227\"},\
        \"price\":{\"$\":\"55227\"},\"createdate\":{\"$\":\"2026-11-21\"},\
        \"real_expiredate\":{\"$\":\"2026-12-21\"},\"item_status\":{\"$orig\":\"2\",\"$\":\"Активен\"},\
        \"addon_4602\":{\"$\":\"3\"},\"remoteid\":{\"$\":\"ks-1\"}},\
        {\"id\":{\"$\":\"18\"},\"status\":{\"$\":\"3\"}}]}}";
    for kind in WIRED {
        let dialect = dialect(kind);
        let [one, two] = [xml, json].map(|text| dialect.read_list(&doc(text)).unwrap());
        assert_eq!(one, two, "{}", kind.as_str());
        let row = &one.rows[0];
        assert_eq!((row.id.as_str(), row.status), ("17", Some(LicenseStatus::Active)));
        assert_eq!(row.plan_code.as_deref(), Some("55227"), "{}", kind.as_str());
        assert_eq!(row.expires_on, Some(date!(2026 - 12 - 21)));
        assert_eq!(row.reference.as_deref(), Some("ks-1"));
        assert_eq!(row.addons.get("4602"), Some(&3));
        assert_eq!(
            row.name.as_deref(),
            kind.has_name().then_some("сайт ks-1"),
            "{}",
            kind.as_str()
        );
        assert_eq!(row.ip.is_some(), kind.has_address(), "{}", kind.as_str());
        assert_eq!(one.rows[1].status, Some(LicenseStatus::Suspended));
    }
}

#[test]
fn a_form_shows_the_license_nested_or_with_more_than_we_know() {
    for text in [
        "<doc><elid>17</elid><id>17</id><lickey>17-abc</lickey><pricelist>55227</pricelist>\
         <price>55227</price><status>2</status><expiredate>2026-12-21</expiredate>\
         <ip_change_date>2026-11-02</ip_change_date><lickey_change_date/>\
         <slist name=\"period\"><val key=\"1\">Month</val></slist><webdomains>10</webdomains></doc>",
        "{\"model\":{\"elid\":\"17\",\"id\":\"17\",\"lickey\":\"17-abc\",\"pricelist\":\"55227\",\
         \"price\":\"55227\",\"status\":\"2\",\"expiredate\":\"2026-12-21\",\
         \"ip_change_date\":\"2026-11-02\",\"lickey_change_date\":\"\"},\"slist\":{}}",
    ] {
        for kind in WIRED {
            let node = doc(text);
            // A flat form has its fields below `model`.
            let form = node.child("model").unwrap_or(&node);
            let view = dialect(kind).read_view(form).unwrap();
            assert_eq!((view.id.as_str(), view.key.as_deref()), ("17", Some("17-abc")), "{text}");
            assert_eq!(view.plan_code.as_deref(), Some("55227"), "{}: {text}", kind.as_str());
            assert_eq!(view.expires_on, Some(date!(2026 - 12 - 21)));
            assert_eq!(view.ip_changed_on, Some(date!(2026 - 11 - 02)));
            assert_eq!(view.key_changed_on, None);
        }
    }
}

#[test]
fn a_basket_shows_under_which_number_an_item_is_paid() {
    let soft = dialect(DialectKind::Soft);
    let item = |id: &str, bill: Option<&str>| Item { id: id.into(), bill: bill.map(str::to_owned) };
    for (text, items) in [
        ("<doc/>", vec![]),
        (
            "<doc><elem><id>334601</id><billorder>3346010</billorder><cost>15.00 EUR</cost></elem>\
             <elem><id>334602</id></elem></doc>",
            vec![item("334601", Some("3346010")), item("334602", None)],
        ),
        (
            "<doc><elem><id>7</id><billorder.id>70</billorder.id></elem></doc>",
            vec![item("7", Some("70"))],
        ),
        (
            "{\"doc\":{\"elem\":[{\"id\":{\"$\":\"7\"},\"billorder\":{\"$\":\"70\"}}]}}",
            vec![item("7", Some("70"))],
        ),
    ] {
        assert_eq!(soft.read_basket(&doc(text)).unwrap(), items, "{text}");
    }
    // A number that is none would pay for something else.
    for text in ["<doc><elem><id>x</id></elem></doc>", "<doc><elem><cost>1</cost></elem></doc>"] {
        assert!(soft.read_basket(&doc(text)).is_err(), "{text}");
    }
}

#[test]
fn who_renews_is_told_by_the_code_and_not_by_the_word() {
    let soft = dialect(DialectKind::Soft);
    for (field, renews) in [
        ("", None),
        ("<autoprolong orig=\"null\">\u{41d}\u{435}\u{442}</autoprolong>", Some(false)),
        ("<autoprolong>null</autoprolong>", Some(false)),
        ("<autoprolong>off</autoprolong>", Some(false)),
        ("<autoprolong>1</autoprolong>", Some(true)),
        ("<autoprolong orig=\"12\">\u{413}\u{43e}\u{434}</autoprolong>", Some(true)),
        ("<autoprolong>on</autoprolong>", Some(true)),
    ] {
        let view = soft.read_view(&doc(&format!("<doc><elid>7</elid>{field}</doc>"))).unwrap();
        assert_eq!(view.renews, renews, "{field}");
    }
}
