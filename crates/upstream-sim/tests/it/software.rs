//! The `software` family: seed 003.

use std::time::Duration;

use time::macros::date;
use upstream_sim::{Fault, Status, Times};

use crate::client::{LEGACY, USER, Vendor, get};

const DAY: Duration = Duration::from_hours(24);

/// The seed's sample order: ISPmanager Lite for a month, at 5.50.
const SAMPLE: &str =
    "func=software.edit&price=7&period=8&licname=LICNAME&ip=111.222.111.222&sok=ok";

#[tokio::test]
async fn an_old_license_lives() {
    let vendor = Vendor::full(LEGACY).await;
    let before = vendor.balance();
    let check = "func=software.licinfo&sok=ok&price=7&period=8&ip=111.222.111.222";
    assert!(vendor.ok(check).await.text().contains("<doc><ok/></doc>"));
    let answer = vendor.ok(SAMPLE).await;
    let id = answer.field("id");
    assert!(answer.text().contains("<ok/>"));
    assert_eq!(answer.count("item.id") + answer.count("billorder.id"), 0);
    assert_eq!(before - vendor.balance(), 55_000);
    vendor.refused_by_code(check, 2, "ip", "111.222.111.222").await;
    let other = "func=software.licinfo&sok=ok&price=15&period=25&ip=111.222.111.222";
    vendor.ok(other).await;

    let list = vendor.ok("func=software").await;
    assert_eq!((list.count("<elem>"), list.field("id")), (1, id.clone()));
    assert_eq!(
        (list.field("ip"), list.field("licname")),
        ("111.222.111.222".into(), "LICNAME".into())
    );
    assert_eq!((list.field("price"), list.field("period")), ("7".into(), "8".into()));
    assert_eq!(list.field("pricename"), "ISPmanager Lite (without support)");
    assert_eq!((list.field("expiredate"), list.field("status")), ("2027-04-10".into(), "2".into()));
    assert_eq!(vendor.ok("func=soft").await.field("p_elems"), "0");
    let view = vendor.ok(&format!("func=software.edit&elid={id}")).await;
    assert_eq!((view.field("elid"), view.field("cost")), (id.clone(), "5.5000".into()));

    let edit = format!("func=software.edit&elid={id}&sok=ok");
    vendor.ok(&format!("{edit}&licname=NEWLICNAME&ip=111.222.111.223")).await;
    vendor.ok(&format!("{edit}&licname=another")).await;
    let now = vendor.sim().license(id.parse().unwrap()).unwrap();
    assert_eq!((now.licname.as_str(), now.ip.as_str()), ("another", "111.222.111.223"));
    vendor.ok(&format!("{edit}&ip=111.222.111.223")).await;
    vendor.refused_by_code(&format!("{edit}&ip=111.222.111.224&licname=x"), 5, "ip", "ip").await;
    vendor.sim().advance_clock(22 * DAY);
    vendor.ok(&format!("{edit}&ip=111.222.111.224")).await;
    let now = vendor.sim().license(id.parse().unwrap()).unwrap();
    assert_eq!((now.licname.as_str(), now.ip.as_str()), ("another", "111.222.111.224"));

    let renew = format!("func=software.period&elid={id}");
    let form = vendor.ok(&renew).await;
    assert_eq!((form.field("cost"), form.field("period")), ("5.5000".into(), "8".into()));
    assert_eq!(before - vendor.balance(), 55_000);
    assert!(
        vendor.ok(&format!("{renew}&period=8&sok=ok")).await.text().contains("<doc><ok/></doc>")
    );
    assert_eq!(vendor.ok("func=software").await.field("expiredate"), "2027-05-10");
    assert_eq!(before - vendor.balance(), 110_000);

    for (func, status) in [("disable", "3"), ("enable", "2")] {
        let call = format!("func=software.{func}&elid={id}");
        let old = vendor.ok("func=software").await.field("status");
        assert!(!vendor.ok(&call).await.text().contains("<ok/>"));
        assert_eq!(vendor.ok("func=software").await.field("status"), old);
        vendor.ok(&format!("{call}&sok=ok")).await;
        assert_eq!(vendor.ok("func=software").await.field("status"), status);
    }
    vendor.ok(&format!("func=software.delete&elid={id}&sok=ok")).await;
    assert_eq!(vendor.ok("func=software").await.count("<elem>"), 0);
    vendor.refused_by_code(&format!("func=software.edit&elid={id}"), 3, "elid", &id).await;
}

#[tokio::test]
async fn every_price_has_its_own_period_codes() {
    const TABLE: [(u32, &[u32]); 10] = [
        (7, &[7, 8, 9]),
        (11, &[15, 16, 17]),
        (15, &[24, 25, 26]),
        (884, &[534, 535, 536]),
        (432, &[246, 380, 381]),
        (434, &[247, 382, 383]),
        (435, &[248, 384, 385]),
        (16, &[27, 28, 29, 661]),
        (17, &[30, 31]),
        (18, &[32, 33]),
    ];
    let vendor = Vendor::full(LEGACY).await;
    let mut host = 0;
    for (price, periods) in TABLE {
        for period in periods {
            host += 1;
            let order = format!(
                "func=software.edit&price={price}&period={period}&licname=n&ip=192.0.2.{host}&sok=ok"
            );
            let id = vendor.bought(&order).await;
            let view = vendor.ok(&format!("func=software.edit&elid={id}")).await;
            assert_eq!(view.field("period"), period.to_string());
        }
        let wrong = format!("func=software.edit&price={price}&period=1&ip=192.0.2.1&sok=ok");
        vendor.refused_by_code(&wrong, 4, "period", "period").await;
    }
    assert_eq!(vendor.sim().live_licenses().len(), 29);
}

#[tokio::test]
async fn errors_are_numbers() {
    let vendor = Vendor::full(LEGACY).await;
    let id = vendor.bought(SAMPLE).await;
    let before = vendor.balance();
    let order = "func=software.edit&licname=n&ip=192.0.2.1&sok=ok";
    vendor.refused_by_code(&format!("{order}&period=8"), 4, "price", "price").await;
    vendor.refused_by_code(&format!("{order}&price=8&period=8"), 3, "price", "8").await;
    vendor.refused_by_code(&format!("{order}&price=7"), 4, "period", "period").await;
    vendor.refused_by_code(&format!("{order}&price=7&period=16"), 4, "period", "period").await;
    let nowhere = "func=software.edit&price=7&period=8&licname=n&sok=ok";
    vendor.refused_by_code(nowhere, 4, "ip", "ip").await;
    vendor.refused_by_code(&format!("{nowhere}&ip=192.0.2"), 4, "ip", "ip").await;
    // The period of Pro does not renew Lite, a trial is no renewal, nor is what lasts for ever.
    for period in [16, 7, 9] {
        let renew = format!("func=software.period&elid={id}&period={period}&sok=ok");
        vendor.refused_by_code(&renew, 4, "period", "period").await;
    }
    let renew = format!("func=software.period&elid={id}&sok=ok");
    vendor.refused_by_code(&renew, 4, "period", "period").await;
    for func in ["edit", "period", "enable", "disable", "delete"] {
        let call = format!("func=software.{func}&period=8&sok=ok&price=7&ip=192.0.2.1");
        vendor.refused_by_code(&format!("{call}&elid="), 3, "elid", "").await;
        vendor.refused_by_code(&format!("{call}&elid=1"), 3, "elid", "1").await;
    }
    vendor.refused_by_code("func=software.nonsense", 3, "func", "software.nonsense").await;
    assert_eq!((vendor.balance(), vendor.sim().licenses().len()), (before, 1));

    vendor.sim().set_balance(LEGACY, 54_999);
    vendor.refused_by_code(&format!("{order}&price=7&period=8"), 5, "balance", "balance").await;
    let renew = format!("func=software.period&elid={id}&period=8&sok=ok");
    vendor.refused_by_code(&renew, 5, "balance", "balance").await;
    vendor.sim().set_balance(LEGACY, before);

    vendor.sim().set_sale(7, false, false);
    vendor.refused_by_code(&format!("{order}&price=7&period=8"), 6, "price", "7").await;
    vendor.refused_by_code(&renew, 6, "price", "7").await;
    vendor.sim().set_sale(7, true, true);

    // What faults answer is of the same generation.
    for (kind, code) in [("internal", 1), ("limit", 5), ("access", 6), ("8", 8), ("2", 2)] {
        vendor.sim().add_fault("*", Fault::ErrorDoc { kind: kind.to_owned() }, Times::Once);
        let val = if code == 5 { "simulator" } else { "" };
        vendor.refused_by_code("func=software", code, "simulator", val).await;
    }
    let text =
        vendor.refused_by_code("func=software.nonsense&lang=ru", 3, "func", "software.nonsense");
    assert!(text.await.text().contains("не указан или не существует<msg>"));

    // The functions of the new generation do not know it.
    for call in ["soft.edit", "service.prolong", "service.changepricelist"] {
        let query = format!("func={call}&elid={id}&period=1&pricelist=11&sok=ok");
        vendor.refused(&query, "missed", "elid").await;
    }
}

#[tokio::test]
async fn a_wrong_login_has_two_old_forms() {
    for farewell in [false, true] {
        let vendor = Vendor::full_with(LEGACY, |config| config.legacy_authfail = farewell).await;
        let answer =
            get(vendor.running.addr(), "/?authinfo=a:b&func=software&out=xml").await.unwrap();
        assert_eq!(answer.text().contains("<doc><authfail/></doc>"), farewell);
        let error = "<error code=\"6\" obj=\"badpassword\" val=\"\">";
        assert_eq!(answer.text().contains(error), !farewell);
        assert!(!vendor.sim().calls()[0].executed);
    }
}

#[tokio::test]
async fn a_filter_stays_until_it_is_taken_away() {
    let mut vendor = Vendor::full(LEGACY).await;
    let order = |price: u32, period: u32, host: u32| {
        format!(
            "func=software.edit&price={price}&period={period}&licname=n&ip=192.0.2.{host}&sok=ok"
        )
    };
    let month = vendor.bought(&order(7, 8, 1)).await;
    let year = vendor.bought(&order(432, 381, 2)).await;
    let trial = vendor.bought(&order(11, 15, 3)).await;
    let forever = vendor.bought(&order(17, 31, 4)).await;
    let shown = async |vendor: &Vendor| -> Vec<u64> {
        let list = vendor.ok("func=software").await;
        let all = [month, year, trial, forever];
        all.into_iter().filter(|id| list.text().contains(&format!("<id>{id}</id>"))).collect()
    };
    assert_eq!(shown(&vendor).await, [month, year, trial, forever]);

    let filter = "func=software.filter&expires=2027-03-24&expiree=2027-04-10";
    vendor.ok(filter).await;
    assert_eq!(shown(&vendor).await.len(), 4, "only a confirmed filter counts");
    vendor.ok(&format!("{filter}&sok=ok")).await;
    assert_eq!(shown(&vendor).await, [month, trial], "both days belong to it");
    assert_eq!(shown(&vendor).await, [month, trial], "it stays");
    let form = vendor.ok("func=software.filter").await;
    assert_eq!(
        (form.field("expires"), form.field("expiree")),
        ("2027-03-24".into(), "2027-04-10".into())
    );
    vendor.ok("func=software.filter&expires=2027-03-25&expiree=2027-04-09&sok=ok").await;
    assert!(shown(&vendor).await.is_empty());
    vendor.ok("func=software.filter&expires=2027-04-11&sok=ok").await;
    assert_eq!(shown(&vendor).await, [year, forever]);
    vendor.ok("func=software.filter&expires=&expiree=2027-04-09&sok=ok").await;
    assert_eq!(shown(&vendor).await, [trial]);
    let wrong = "func=software.filter&expires=15.10.2009&sok=ok";
    vendor.refused_by_code(wrong, 4, "expires", "expires").await;
    let wrong = "func=software.filter&expiree=2009-13-01&sok=ok";
    vendor.refused_by_code(wrong, 4, "expiree", "expiree").await;
    assert_eq!(shown(&vendor).await, [trial]);

    // It is one user's own.
    vendor.user = USER;
    assert_eq!(vendor.ok("func=software.filter").await.field("expiree"), "");
    vendor.user = LEGACY;
    vendor.ok("func=software.filter&expires=&expiree=&sok=ok").await;
    assert_eq!(shown(&vendor).await.len(), 4);
}

#[tokio::test]
async fn old_trials_and_lifetimes_are_not_renewed() {
    let vendor = Vendor::full(LEGACY).await;
    let before = vendor.balance();
    let trial = "func=software.edit&price=7&period=7&licname=n&ip=192.0.2.1&sok=ok";
    let id = vendor.bought(trial).await;
    assert_eq!(vendor.balance(), before);
    assert_eq!(vendor.sim().license(id).unwrap().expires, date!(2027 - 03 - 24));
    vendor.refused_by_code(trial, 2, "trial", "192.0.2.1").await;
    let pro = "func=software.licinfo&price=11&period=15&ip=192.0.2.1&sok=ok";
    vendor.refused_by_code(pro, 2, "ip", "192.0.2.1").await;
    let renew = format!("func=software.period&elid={id}&period=8&sok=ok");
    vendor.refused_by_code(&renew, 6, "elid", &id.to_string()).await;
    vendor.sim().advance_clock(14 * DAY);
    assert_eq!(vendor.sim().license(id).unwrap().status, Status::Suspended);
    vendor.sim().advance_clock(30 * DAY);
    assert_eq!(vendor.sim().license(id).unwrap().status, Status::Deleted);
    vendor.refused_by_code(trial, 2, "trial", "192.0.2.1").await;

    let life = "func=software.edit&price=7&period=9&licname=n&ip=192.0.2.1&sok=ok";
    let id = vendor.bought(life).await;
    assert_eq!(before - vendor.balance(), 30 * 55_000);
    assert!(vendor.ok("func=software").await.text().contains("<expiredate/>"));
    let renew = format!("func=software.period&elid={id}&period=8&sok=ok");
    vendor.refused_by_code(&renew, 6, "elid", &id.to_string()).await;
}

#[tokio::test]
async fn an_old_order_can_be_shown_doubled_and_lost() {
    let vendor = Vendor::full(LEGACY).await;
    let before = vendor.balance();
    let form = vendor.ok("func=software.edit&price=435&period=385&ip=192.0.2.1").await;
    assert_eq!(
        (form.field("cost"), form.field("pricename")),
        ("440.0000".into(), "BILLmanager Corporate".into())
    );
    assert!(vendor.sim().licenses().is_empty());
    vendor.sim().add_fault("software.edit", Fault::DuplicateOrder, Times::Once);
    vendor.ok(SAMPLE).await;
    assert_eq!(before - vendor.balance(), 2 * 55_000);
    vendor.sim().add_fault("software.edit", Fault::ListLag { ms: 0, lists: 1 }, Times::Once);
    vendor.sim().add_fault("software.edit", Fault::ResetAfter, Times::Once);
    vendor.try_call(SAMPLE).await.err().unwrap();
    assert_eq!(vendor.ok("func=software").await.count("<elem>"), 2);
    assert_eq!(vendor.ok("func=software").await.count("<elem>"), 3);
}
