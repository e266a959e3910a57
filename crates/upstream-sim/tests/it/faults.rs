//! Each fault keeps its promise about what was executed.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use upstream_sim::{AnswerKind, Fault, GatePoint, Times};

use crate::client::{Http, USER, Vendor, order};

/// Makes one order under one fault, checks the promise, and returns what the client saw.
async fn one_order(vendor: &Vendor, fault: Fault, executed: bool) -> io::Result<Http> {
    let (before, licenses) = (vendor.balance(), vendor.sim().live_licenses().len());
    vendor.sim().add_fault("soft.order.param", fault.clone(), Times::Once);
    let answer = vendor.try_call(&order("")).await;
    let call = vendor.sim().calls().pop().unwrap();
    assert_eq!(call.executed, executed, "{fault:?}");
    assert_eq!(call.faults, [fault.name()]);
    let new = vendor.sim().live_licenses().len() - licenses;
    assert_eq!(new, usize::from(executed), "{fault:?}");
    assert_eq!(before - vendor.balance(), if executed { 35_000 } else { 0 }, "{fault:?}");
    assert!(vendor.sim().faults().is_empty());
    answer
}

#[tokio::test]
async fn resets_are_transport_errors() {
    let vendor = Vendor::start().await;
    for (fault, executed) in [(Fault::ResetBefore, false), (Fault::ResetAfter, true)] {
        let error = one_order(&vendor, fault, executed).await.err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        assert_eq!(vendor.sim().calls().pop().unwrap().answer, AnswerKind::Nothing);
    }
    vendor.ok(&order("")).await;
}

#[tokio::test]
async fn http_errors_have_an_html_body() {
    let vendor = Vendor::start().await;
    for (fault, executed, status) in [
        (Fault::HttpBefore { status: 500 }, false, 500),
        (Fault::HttpAfter { status: 500 }, true, 500),
        (Fault::HttpBefore { status: 502 }, false, 502),
        (Fault::HttpAfter { status: 504 }, true, 504),
        (Fault::TooMany, false, 429),
    ] {
        let answer = one_order(&vendor, fault, executed).await.unwrap();
        assert_eq!(answer.status, status);
        assert!(answer.header("content-type").unwrap().starts_with("text/html"));
        assert_eq!(answer.header("retry-after").is_some(), status == 429);
        assert_eq!(vendor.sim().calls().pop().unwrap().answer, AnswerKind::Http(status));
    }
}

#[tokio::test]
async fn bodies_are_spoilt() {
    let vendor = Vendor::start().await;
    let empty = one_order(&vendor, Fault::EmptyBody, true).await.unwrap();
    assert!(empty.status == 200 && empty.body.is_empty());

    let half = one_order(&vendor, Fault::TruncatedXml, true).await.unwrap();
    assert!(half.text().starts_with("<?xml") && !half.text().contains("</doc>"));
    assert_eq!(half.header("content-length"), Some(half.body.len().to_string().as_str()));

    for (fault, executed) in [(Fault::GarbageBefore, false), (Fault::GarbageAfter, true)] {
        let page = one_order(&vendor, fault, executed).await.unwrap();
        assert_eq!(page.status, 200);
        assert!(page.text().starts_with("<!doctype html>"));
    }

    let charset = one_order(&vendor, Fault::WrongCharset, true).await.unwrap();
    assert!(String::from_utf8(charset.body.clone()).is_err());
    assert!(charset.text().contains("encoding=\"UTF-8\"") && charset.text().contains("<ok/>"));

    let huge = one_order(&vendor, Fault::HugeBody { bytes: 3 << 20 }, true).await.unwrap();
    assert!(huge.body.len() > 3 << 20 && huge.text().contains("<ok/>"));

    let bomb = one_order(&vendor, Fault::EntityBomb, true).await.unwrap();
    assert!(bomb.text().contains("<!ENTITY a10 \"&a9;") && bomb.text().contains("&a10;"));
    assert!(bomb.body.len() < 10_000);
    let spoilt = AnswerKind::Spoilt("entity_bomb".to_owned());
    assert_eq!(vendor.sim().calls().pop().unwrap().answer, spoilt);
}

#[tokio::test]
async fn an_answer_can_come_twice_or_again() {
    let vendor = Vendor::start().await;
    let doubled = one_order(&vendor, Fault::DoubledAnswer, true).await.unwrap();
    assert_eq!((doubled.count("<?xml"), doubled.count("<ok/>")), (2, 2));
    assert_eq!(doubled.header("content-length"), Some(doubled.body.len().to_string().as_str()));
    let spoilt = AnswerKind::Spoilt("doubled_answer".to_owned());
    assert_eq!(vendor.sim().calls().pop().unwrap().answer, spoilt);

    // The last right answer was the one that came twice.
    let repeated = one_order(&vendor, Fault::RepeatedAnswer, true).await.unwrap();
    assert_eq!(repeated.field("id"), doubled.field("id"));
    let spoilt = AnswerKind::Spoilt("repeated_answer".to_owned());
    assert_eq!(vendor.sim().calls().pop().unwrap().answer, spoilt);
    let licenses = vendor.sim().live_licenses();
    assert_ne!(repeated.field("id"), licenses[1].id.to_string());

    // A list that is answered from a cache.
    assert_eq!(vendor.ok("func=soft").await.count("<elem>"), 2);
    vendor.order("").await;
    vendor.sim().add_fault("soft", Fault::RepeatedAnswer, Times::Once);
    assert_eq!(vendor.ok("func=soft").await.count("<elem>"), 2);
    assert_eq!(vendor.ok("func=soft").await.count("<elem>"), 3);
    // Neither another function, nor a view instead of a change, nor an error instead of an answer.
    vendor.sim().add_fault("*", Fault::RepeatedAnswer, Times::Count(3));
    assert!(vendor.ok("func=subaccount").await.text().contains("<balance>"));
    let form = vendor.ok("func=soft.order.param&pricelist=55227&period=1").await;
    assert!(!form.text().contains("<ok/>"));
    assert_eq!(vendor.sim().calls().pop().unwrap().answer, AnswerKind::Document);
    vendor.refused(&order("pricelist=1"), "missed", "pricelist").await;
}

#[tokio::test]
async fn every_fault_meets_every_family() {
    use crate::client::{ISPLICENSE, LEGACY};
    let orders = [
        (USER, "func=platform.order.param&pricelist=55161&period=1&skipbasket=on&sok=ok"),
        (
            ISPLICENSE,
            "func=softexternal.order.param&pricelist=229&period=1&ip=192.0.2.1&skipbasket=on&sok=ok",
        ),
        (
            ISPLICENSE,
            "func=parallelslic.order.param&pricelist=250&period=1&pa_ip=192.0.2.1&skipbasket=on&sok=ok",
        ),
        (ISPLICENSE, "func=addition.order.param&pricelist=371&period=1&skipbasket=on&sok=ok"),
        (LEGACY, "func=software.edit&price=7&period=8&ip=192.0.2.1&licname=n&sok=ok"),
    ];
    for (user, order) in orders {
        let vendor = Vendor::full(user).await;
        for fault in Fault::all() {
            // The two that never answer, and the ones that take real time, have their own tests.
            if matches!(
                fault,
                Fault::HangBefore | Fault::HangAfter | Fault::Drip { .. } | Fault::Slow { .. }
            ) {
                continue;
            }
            let before = vendor.sim().licenses().len();
            vendor.sim().add_fault("*", fault.clone(), Times::Once);
            let _ = vendor.try_call(order).await;
            let call = vendor.sim().calls().pop().unwrap();
            assert_eq!(call.faults, [fault.name()], "{order}");
            let new = vendor.sim().licenses().len() - before;
            let expected = match (&fault, call.executed) {
                (Fault::DuplicateOrder, _) => 2,
                (_, executed) => usize::from(executed),
            };
            assert_eq!(new, expected, "{order}: {fault:?}");
            let prevented = matches!(
                fault,
                Fault::ResetBefore
                    | Fault::HttpBefore { .. }
                    | Fault::TooMany
                    | Fault::GarbageBefore
                    | Fault::ErrorDoc { .. }
                    | Fault::LateLanding { .. }
                    | Fault::LowBalance
            );
            assert_eq!(call.executed, !prevented, "{order}: {fault:?}");
            vendor.sim().advance_clock(Duration::from_secs(1));
        }
    }
}

#[tokio::test]
async fn a_dripping_answer_is_right_and_very_slow() {
    let vendor = Vendor::start().await;
    let answer = one_order(&vendor, Fault::Drip { ms: 1 }, true).await.unwrap();
    assert!(answer.status == 200 && answer.text().contains("<ok/>"), "{}", answer.text());
    assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
    assert_eq!(vendor.sim().calls()[0].answer, AnswerKind::Spoilt("drip".to_owned()));

    // The first bytes come, and nobody would wait for the last ones.
    vendor.sim().add_fault("*", Fault::Drip { ms: 50 }, Times::Once);
    let mut stream = tokio::net::TcpStream::connect(vendor.running.addr()).await.unwrap();
    let request = format!("GET /?{}&func=soft HTTP/1.1\r\nhost: sim\r\n\r\n", crate::client::LOGIN);
    stream.write_all(request.as_bytes()).await.unwrap();
    let (mut seen, mut pieces) = (String::new(), 0);
    while !seen.ends_with("<?xml ve") {
        let mut piece = [0; 4096];
        let length = stream.read(&mut piece).await.unwrap();
        assert!(length > 0, "{seen}");
        seen.push_str(std::str::from_utf8(&piece[..length]).unwrap());
        pieces += 1;
    }
    assert!(pieces >= 2, "{seen}");
    // A client that leaves ends it; the simulator serves others meanwhile.
    drop(stream);
    vendor.ok("func=soft").await;
}

#[tokio::test]
async fn error_documents_say_nothing_about_the_money() {
    let vendor = Vendor::start().await;
    for (fault, executed) in [
        (Fault::ErrorDoc { kind: "limit".to_owned() }, false),
        (Fault::ErrorAfterDebit { kind: "limit".to_owned() }, true),
    ] {
        let answer = one_order(&vendor, fault, executed).await.unwrap();
        assert_eq!(answer.status, 200);
        assert!(answer.text().contains("<error type=\"limit\" object=\"simulator\""));
        assert!(!answer.text().contains("<id>"));
    }
}

#[tokio::test]
async fn a_hanging_call_outlives_its_client() {
    let vendor = Vendor::start().await;
    let order = order("");
    for (count, fault, executed) in [(1, Fault::HangBefore, 0), (2, Fault::HangAfter, 1)] {
        vendor.sim().add_fault("soft.order.param", fault, Times::Once);
        tokio::select! {
            _ = vendor.try_call(&order) => panic!("answered"),
            () = vendor.sim().wait_for_answered("soft.order.param", count) => {}
        }
        assert_eq!(vendor.sim().live_licenses().len(), executed);
    }
    vendor.sim().wait_for_call("soft.order.param", 2).await;
    vendor.sim().wait_for_executed("soft.order.param", 1).await;
}

#[tokio::test]
async fn a_late_call_lands_when_its_time_has_come() {
    let vendor = Vendor::start().await;
    let late = Fault::LateLanding { ms: 60_000, hang: false };
    let error = one_order(&vendor, late, false).await.err().unwrap();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    vendor.sim().advance_clock(Duration::from_millis(59_999));
    assert!(vendor.sim().licenses().is_empty());
    vendor.sim().advance_clock(Duration::from_millis(1));
    assert_eq!(vendor.sim().live_licenses().len(), 1);
    assert!(vendor.sim().calls()[0].executed);
    assert_eq!(vendor.sim().debits()[0].amount, 35_000);
    vendor.sim().wait_for_executed("soft.order.param", 1).await;

    // It lands when it was due, not when somebody looked.
    one_order(&vendor, Fault::LateLanding { ms: 1_000, hang: false }, false).await.err().unwrap();
    vendor.sim().advance_clock(Duration::from_hours(1));
    let created: Vec<_> = vendor.sim().licenses().iter().map(|it| it.created).collect();
    assert_eq!((created[1] - created[0]).whole_seconds(), 1);

    vendor.sim().set_balance(USER, 0);
    vendor.sim().add_fault("*", Fault::LateLanding { ms: 1, hang: false }, Times::Once);
    vendor.try_call(&order("")).await.err().unwrap();
    vendor.sim().advance_clock(Duration::from_secs(1));
    assert_eq!(vendor.sim().licenses().len(), 2);
}

#[tokio::test]
async fn a_late_call_lands_by_real_time_too() {
    let vendor = Vendor::with(|config| config.clock = upstream_sim::Clock::Real).await;
    vendor.sim().add_fault("*", Fault::LateLanding { ms: 20, hang: false }, Times::Once);
    vendor.try_call(&order("")).await.err().unwrap();
    vendor.sim().wait_for_executed("soft.order.param", 1).await;
    assert_eq!(vendor.sim().live_licenses().len(), 1);
}

#[tokio::test]
async fn gates_hold_one_call_before_or_after() {
    let vendor = Vendor::start().await;
    for (point, held) in [(GatePoint::Before, 0), (GatePoint::After, 2)] {
        let gate = vendor.sim().gate("soft.order.param", point);
        let (addr, target) = (
            vendor.running.addr(),
            format!("/?{}&{}", crate::client::LOGIN, order("licname=held")),
        );
        let call = tokio::spawn(async move { crate::client::get(addr, &target).await });
        gate.arrived().await;
        assert_eq!(vendor.sim().live_licenses().len(), held);
        // Only that call is held.
        vendor.order("").await;
        assert!(!call.is_finished());
        gate.release();
        assert!(call.await.unwrap().unwrap().text().contains("<ok/>"));
        for license in vendor.sim().live_licenses() {
            vendor.ok(&format!("func=soft.delete&elid={}", license.id)).await;
        }
        // Leave one behind, so that both rounds differ.
        vendor.order("").await;
    }
}

#[tokio::test]
async fn a_held_call_is_carried_out_after_its_client_left() {
    let vendor = Vendor::start().await;
    let gate = vendor.sim().gate("*", GatePoint::Before);
    let order = order("");
    tokio::select! {
        _ = vendor.try_call(&order) => panic!("answered"),
        () = gate.arrived() => {}
    }
    assert!(vendor.sim().licenses().is_empty());
    drop(gate);
    vendor.sim().wait_for_executed("soft.order.param", 1).await;
    assert_eq!(vendor.sim().live_licenses().len(), 1);
}

#[tokio::test]
async fn a_duplicate_order_costs_twice() {
    let vendor = Vendor::start().await;
    let before = vendor.balance();
    vendor.sim().add_fault("soft.order.param", Fault::DuplicateOrder, Times::Once);
    let id = vendor.order("remoteid=once").await;
    let licenses = vendor.sim().live_licenses();
    assert_eq!((licenses.len(), licenses[0].id), (2, id));
    assert!(licenses.iter().all(|license| license.remoteid == "once"));
    assert_eq!(before - vendor.balance(), 70_000);
}

#[tokio::test]
async fn a_pretended_low_balance_refuses_and_shows_zero() {
    let vendor = Vendor::start().await;
    let before = vendor.balance();
    vendor.sim().add_fault("*", Fault::LowBalance, Times::Count(2));
    vendor.refused(&order(""), "limit", "balance").await;
    assert_eq!(vendor.ok("func=subaccount").await.field("balance"), "0.0000");
    assert_eq!(vendor.ok("func=subaccount").await.field("balance"), "10000.0000");
    assert_eq!(vendor.balance(), before);
    assert!(vendor.sim().licenses().is_empty());
}

#[tokio::test]
async fn a_key_can_be_late_by_views() {
    let vendor = Vendor::start().await;
    vendor.sim().add_fault("soft.order.param", Fault::KeyEmpty { views: 2 }, Times::Once);
    let id = vendor.order("").await;
    let view = format!("func=soft.edit&elid={id}");
    assert_eq!(vendor.ok(&view).await.field("lickey"), "");
    assert_eq!(vendor.ok(&view).await.field("lickey"), "");
    assert!(vendor.ok(&view).await.field("lickey").starts_with(&format!("{id}-")));
}

#[tokio::test]
async fn a_license_can_be_in_the_works_for_a_while() {
    let vendor = Vendor::start().await;
    let before = vendor.balance();
    let works = Fault::Processing { ms: 90_000 };
    vendor.sim().add_fault("soft.order.param", works, Times::Once);
    let id = vendor.order("").await;
    assert_eq!(before - vendor.balance(), 35_000);
    let view = format!("func=soft.edit&elid={id}");
    vendor.sim().advance_clock(Duration::from_secs(89));
    let shown = vendor.ok(&view).await;
    assert_eq!((shown.field("status"), shown.field("lickey")), ("5".into(), String::new()));
    let list = vendor.ok("func=soft&lang=ru").await;
    assert!(list.text().contains("<item_status orig=\"5\">Обрабатывается</item_status>"));
    assert_eq!((list.field("status"), list.field("special_status")), ("5".into(), "1".into()));
    vendor.sim().advance_clock(Duration::from_secs(1));
    let shown = vendor.ok(&view).await;
    assert_eq!(shown.field("status"), "2");
    assert!(shown.field("lickey").starts_with(&format!("{id}-")));
    assert_eq!(vendor.ok("func=soft").await.field("special_status"), "0");
}

#[tokio::test]
async fn a_list_can_lag_by_lists_or_by_time() {
    let vendor = Vendor::start().await;
    vendor.order("").await;
    let shown = async || vendor.ok("func=soft").await.count("<elem>");

    let lists = Fault::ListLag { ms: 0, lists: 2 };
    vendor.sim().add_fault("soft.order.param", lists, Times::Once);
    let id = vendor.order("").await;
    vendor.ok(&format!("func=soft.edit&elid={id}")).await;
    assert_eq!((shown().await, shown().await, shown().await), (1, 1, 2));

    let time = Fault::ListLag { ms: 5_000, lists: 0 };
    vendor.sim().add_fault("soft.order.param", time, Times::Once);
    vendor.order("").await;
    assert_eq!(shown().await, 2);
    vendor.sim().advance_clock(Duration::from_secs(5));
    assert_eq!(shown().await, 3);
}

#[tokio::test]
async fn a_skewed_clock_shifts_answers_only() {
    let vendor = Vendor::start().await;
    vendor.order("").await;
    vendor.sim().add_fault("soft", Fault::ClockSkew { seconds: -3_600 }, Times::Once);
    let skewed = vendor.ok("func=soft").await;
    assert_eq!(skewed.field("createdate"), "2027-03-10 11:00:00");
    assert_eq!(skewed.field("expiredate"), "2027-04-09");
    assert_eq!(vendor.ok("func=soft").await.field("expiredate"), "2027-04-10");
}

#[tokio::test]
async fn faults_hit_their_function_as_often_as_told() {
    let vendor = Vendor::start().await;
    let sim = vendor.sim();
    sim.add_fault("soft", Fault::EmptyBody, Times::Count(2));
    sim.add_fault("soft", Fault::HttpBefore { status: 503 }, Times::Forever);
    sim.add_fault("soft", Fault::Slow { ms: 1 }, Times::Once);
    vendor.ok("func=whoami").await;
    assert_eq!(vendor.call("func=soft").await.status, 200);
    assert_eq!(sim.calls()[1].faults, ["empty_body", "slow"]);
    assert_eq!(vendor.call("func=soft").await.status, 200);
    assert_eq!(vendor.call("func=soft").await.status, 503);
    assert_eq!(vendor.call("func=soft").await.status, 503);
    assert_eq!(sim.faults().len(), 1);
    sim.clear_faults();
    vendor.ok("func=soft").await;

    // What the rules refuse is not executed, whatever the fault would let happen.
    sim.add_fault("*", Fault::ResetAfter, Times::Once);
    vendor.try_call(&order("pricelist=1")).await.err().unwrap();
    assert!(!sim.calls().pop().unwrap().executed);
}
