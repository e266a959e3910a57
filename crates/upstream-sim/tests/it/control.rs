//! The control API and its page.

use serde_json::{Value, json};

use crate::client::{Vendor, get, order, send};

async fn post(vendor: &Vendor, path: &str, body: &Value) -> Value {
    let body = body.to_string();
    let json = Some("application/json");
    let answer = send(vendor.running.addr(), "POST", path, json, &body).await.unwrap();
    assert_eq!(answer.status, 200, "{path} {body}: {}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

async fn state(vendor: &Vendor) -> Value {
    let answer = get(vendor.running.addr(), "/_sim/state").await.unwrap();
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test]
async fn another_process_can_do_what_tests_do() {
    let vendor = Vendor::start().await;
    let addr = vendor.running.addr();

    let fault = json!({"func": "soft.order.param", "fault": "reset_after", "times": 1});
    post(&vendor, "/_sim/faults", &fault).await;
    let fault = json!({"func": "soft", "fault": "http_before", "status": 502, "times": "forever"});
    post(&vendor, "/_sim/faults", &fault).await;
    vendor.try_call(&order("")).await.err().unwrap();
    assert_eq!(vendor.call("func=soft").await.status, 502);
    let seen = state(&vendor).await;
    assert_eq!(seen["faults"][0]["fault"], "http_before");
    assert_eq!(seen["faults"][0]["left"], Value::Null);
    assert_eq!(seen["licenses"][0]["status"], "active");
    assert_eq!(seen["calls"][0]["executed"], true);
    assert_eq!(seen["calls"][0]["answer"], "nothing");
    assert_eq!(seen["calls"][1]["answer"]["http"], 502);
    assert_eq!(seen["accounts"][0]["balance"], 99_965_000);
    assert_eq!(seen["debits"][0]["amount"], 35_000);
    assert!(!seen.to_string().contains("SimPass2026"));

    send(addr, "DELETE", "/_sim/faults", None, "").await.unwrap();
    vendor.ok("func=soft").await;

    let clock = post(&vendor, "/_sim/clock", &json!({"advance_seconds": 86_400})).await;
    assert_eq!(clock["now"], "2027-03-11T12:00:00Z");
    post(&vendor, "/_sim/balance", &json!({"amount": "12.34"})).await;
    assert_eq!(vendor.balance(), 123_400);
    post(&vendor, "/_sim/balance", &json!({"user": crate::client::USER, "balance": 5})).await;
    assert_eq!(vendor.balance(), 5);
    post(&vendor, "/_sim/balance", &json!({"amount": 100})).await;
    post(&vendor, "/_sim/cost", &json!({"pricelist": 55227, "month_cost": 1})).await;

    let id = vendor.sim().licenses()[0].id;
    post(&vendor, "/_sim/licenses", &json!({"do": "suspend", "id": id})).await;
    post(&vendor, "/_sim/licenses", &json!({"do": "expire", "id": id, "expiredate": "2027-05-01"}))
        .await;
    let buy = json!({"do": "buy", "pricelist": 55227, "period": 1, "ip": "192.0.2.1"});
    let bought = post(&vendor, "/_sim/licenses", &buy).await;
    assert_eq!(vendor.balance(), 999_999);
    assert_eq!(state(&vendor).await["licenses"][1]["id"], bought["id"]);
    get(addr, "/_sim/wait?func=soft.order.param&arrived=1&executed=1").await.unwrap();

    let clock = post(&vendor, "/_sim/clock", &json!({"set": "2027-04-15"})).await;
    assert_eq!(clock["now"], "2027-04-15T00:00:00Z");
    let clock = post(&vendor, "/_sim/clock", &json!({"set": "2027-04-16 01:02:03"})).await;
    assert_eq!(clock["now"], "2027-04-16T01:02:03Z");
    let both = json!({"set": "2027-04-17T10:00:00+02:00", "advance_ms": 1000});
    assert_eq!(post(&vendor, "/_sim/clock", &both).await["now"], "2027-04-17T08:00:01Z");
    let seen = state(&vendor).await;
    assert_eq!(seen["licenses"][1]["status"], "suspended");
    assert_eq!(
        (&seen["plans"][0]["code"], &seen["plans"][0]["orderable"]),
        (&json!(55227), &json!(true))
    );
    post(&vendor, "/_sim/sale", &json!({"pricelist": 55227, "orderable": false})).await;
    vendor.refused(&order(""), "access", "pricelist").await;
    post(&vendor, "/_sim/sale", &json!({"pricelist": 55227})).await;
    vendor.order("").await;

    let fault = json!({"func": "soft", "fault": "empty_body", "times": "forever"});
    let id = &post(&vendor, "/_sim/faults", &fault).await["id"];
    let other = json!({"func": "soft", "fault": "repeated_answer"});
    post(&vendor, "/_sim/faults", &other).await;
    assert_eq!(post(&vendor, "/_sim/faults/remove", &json!({"id": id})).await["removed"], true);
    assert_eq!(post(&vendor, "/_sim/faults/remove", &json!({"id": id})).await["removed"], false);
    assert_eq!(vendor.sim().faults().len(), 1);

    for (path, body) in [
        ("/_sim/clock", r#"{"set":"tomorrow"}"#),
        ("/_sim/sale", r#"{"pricelist":1}"#),
        ("/_sim/faults", r#"{"func":"*","fault":"nonsense"}"#),
        ("/_sim/faults", r#"{"func":"*","fault":"slow","ms":1,"times":"often"}"#),
        ("/_sim/balance", r#"{"amount":"-1"}"#),
        ("/_sim/balance", r#"{"user":"nobody","balance":1}"#),
        ("/_sim/licenses", r#"{"do":"delete","id":1}"#),
        ("/_sim/clock", "not json"),
    ] {
        let answer = send(addr, "POST", path, Some("application/json"), body).await.unwrap();
        assert_eq!(answer.status, 400, "{body}");
    }
}

#[tokio::test]
async fn another_process_can_use_gates() {
    let vendor = Vendor::start().await;
    let addr = vendor.running.addr();
    post(&vendor, "/_sim/gates", &json!({"func": "soft.order.param", "point": "after"})).await;
    let target = format!("/?{}&{}", crate::client::LOGIN, order(""));
    let call = tokio::spawn(async move { get(addr, &target).await });
    get(addr, "/_sim/wait?func=soft.order.param&executed=1").await.unwrap();
    assert!(!call.is_finished());
    send(addr, "DELETE", "/_sim/gates", None, "").await.unwrap();
    assert!(call.await.unwrap().unwrap().text().contains("<ok/>"));
}

#[tokio::test]
async fn the_page_works_without_scripts() {
    let vendor = Vendor::start().await;
    let addr = vendor.running.addr();
    vendor.order("licname=%3Cscript%3E").await;
    let page = get(addr, "/_sim").await.unwrap();
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    assert!(page.text().contains("&lt;script&gt;") && !page.text().contains("<script"));
    assert!(page.text().contains("color-scheme: light dark"));

    let urlencoded = Some("application/x-www-form-urlencoded");
    let form = "func=soft&fault=slow&times=forever&ms=1&status=&kind=&views=&lists=&bytes=";
    let answer = send(addr, "POST", "/_sim/faults", urlencoded, form).await.unwrap();
    assert_eq!((answer.status, answer.header("location")), (303, Some("/_sim")));
    assert_eq!(vendor.sim().faults().len(), 1);
    let form = "user=reseller%40demo.test&amount=7.5";
    send(addr, "POST", "/_sim/balance", urlencoded, form).await.unwrap();
    assert_eq!(vendor.balance(), 75_000);
    let page = get(addr, "/_sim").await.unwrap();
    assert!(page.text().contains("slow ms=1"));
    assert!(page.text().contains("<button class=\"plain\" name=\"id\" value=\"1\">"));
    send(addr, "POST", "/_sim/faults/remove", urlencoded, "id=1").await.unwrap();
    assert!(vendor.sim().faults().is_empty());
    send(addr, "POST", "/_sim/clock", urlencoded, "set=2027-03-20").await.unwrap();
    assert!(get(addr, "/_sim").await.unwrap().text().contains("2027-03-20 00:00:00 UTC"));
    send(addr, "POST", "/_sim/faults", urlencoded, form).await.unwrap();
    send(addr, "POST", "/_sim/faults/clear", urlencoded, "").await.unwrap();
    assert!(vendor.sim().faults().is_empty());
}

#[tokio::test]
async fn the_page_shows_every_account_and_family() {
    use crate::client::{ISPLICENSE, LEGACY, RUSSIAN, USER};
    let mut vendor = Vendor::full(USER).await;
    let vm =
        "func=platform.order.param&pricelist=55163&period=1&comment=two+words&skipbasket=on&sok=ok";
    vendor.ok(vm).await;
    let panel = vendor.order("").await;
    vendor
        .ok(&format!(
            "func=addition.order.param&pricelist=55361&period=1&item={panel}&skipbasket=on&sok=ok"
        ))
        .await;
    vendor.user = ISPLICENSE;
    let plesk =
        "func=parallelslic.order.param&pricelist=236&period=0&pa_ip=192.0.2.1&skipbasket=on";
    vendor.ok(&format!("{plesk}&sok=ok")).await;
    vendor.user = LEGACY;
    vendor.ok("func=software.edit&price=7&period=8&ip=192.0.2.1&licname=n&sok=ok").await;
    let page = get(vendor.running.addr(), "/_sim").await.unwrap();
    for shown in [
        USER,
        RUSSIAN,
        ISPLICENSE,
        LEGACY,
        "1000000.00 RUB",
        "<td>platform 55163 VMmanager 6</td><td>two words</td>",
        &format!("<td>for {panel}</td>"),
        "<td>Lifetime</td><td>never</td>",
        "<td>software 7 ISPmanager Lite (without support)</td>",
        "<td>legacy@demo.test</td><td>software.edit</td>",
        "<option>addition.order.param</option>",
    ] {
        assert!(page.text().contains(shown), "{shown}");
    }
    assert!(!page.text().contains("SimPass2026"));
    assert_eq!(page.count("http://") + page.count("https://") + page.count("<script"), 0);
}
