//! Parameters, formats, logins and lists.

use upstream_sim::{Account, AnswerKind};

use crate::client::{LOGIN, Vendor, exchange, get, order, send};

#[tokio::test]
async fn every_way_of_sending_parameters_works() {
    let vendor = Vendor::start().await;
    let addr = vendor.running.addr();
    let all = format!("{LOGIN}&{}", order(""));
    let fields = all.split('&').filter_map(|pair| pair.split_once('='));
    let json: serde_json::Map<_, _> =
        fields.map(|(name, value)| (name.to_owned(), value.into())).collect();
    let json = serde_json::Value::Object(json).to_string();

    let urlencoded = Some("application/x-www-form-urlencoded");
    let answers = [
        send(addr, "POST", "/billmgr", None, &all).await.unwrap(),
        send(addr, "POST", "/manager/billmgr", urlencoded, &all).await.unwrap(),
        send(addr, "POST", "/", Some("application/json"), &json).await.unwrap(),
        send(addr, "POST", &format!("/?{LOGIN}"), None, &order("")).await.unwrap(),
        get(addr, &format!("/manager/billmgr/ispmgr?{all}")).await.unwrap(),
    ];
    for answer in &answers {
        assert!(answer.text().contains("<ok/>"), "{}", answer.text());
    }
    assert_eq!(vendor.sim().live_licenses().len(), answers.len());
    let stray = vendor.ok(&order("pricelist=55230;&addon_55236=1")).await;
    assert!(stray.text().contains("<ok/>"));
}

#[tokio::test]
async fn answers_suit_the_strictest_clients() {
    let vendor = Vendor::start().await;
    let answer = vendor.ok("func=whoami").await;
    assert_eq!(answer.header("content-type"), Some("text/xml"));
    assert!(answer.text().starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"));
    let old = format!("GET /?{LOGIN}&func=soft HTTP/1.0\r\n\r\n");
    let old = exchange(vendor.running.addr(), &old).await.unwrap();
    assert_eq!(old.header("transfer-encoding"), None);
    assert_eq!(old.header("content-length"), Some(old.body.len().to_string().as_str()));
}

#[tokio::test]
async fn a_wrong_login_is_an_error_document() {
    let vendor = Vendor::with(|config| {
        config.accounts.push(Account {
            user: "second".to_owned(),
            password: "a:b+c".to_owned(),
            ..Account::default()
        });
    })
    .await;
    let addr = vendor.running.addr();
    for login in ["authinfo=reseller@demo.test:no", "authinfo=reseller", "authinfo=", "x=y"] {
        let answer = get(addr, &format!("/?{login}&{}", order(""))).await.unwrap();
        assert_eq!(answer.status, 200);
        let error = "<error type=\"auth\" object=\"badpassword\" lang=\"en\">";
        assert!(answer.text().contains(error), "{}", answer.text());
        assert!(answer.text().contains("<param name=\"value\"/>"));
    }
    assert!(vendor.sim().licenses().is_empty());

    let colon = get(addr, "/?authinfo=second:a:b%2Bc&func=whoami").await.unwrap();
    assert!(colon.text().contains("<user name=\"second\""));
    // One account never sees the licenses of another.
    let id = vendor.order("").await;
    let list = get(addr, "/?authinfo=second:a:b%2Bc&func=soft").await.unwrap();
    assert_eq!(list.field("p_elems"), "0");
    let view = format!("/?authinfo=second:a:b%2Bc&func=soft.edit&elid={id}");
    assert!(get(addr, &view).await.unwrap().text().contains("type=\"missed\""));

    let calls = vendor.sim().calls();
    assert_eq!(calls[0].params["authinfo"], "reseller@demo.test:***");
    assert_eq!(calls[0].answer, AnswerKind::Error("auth".to_owned()));
    assert!(!calls[0].executed);
    assert!(!format!("{calls:?}").contains("a:b+c"));
}

#[tokio::test]
async fn json_has_the_vendors_shape() {
    let vendor = Vendor::start().await;
    let read = async |query: &str| -> serde_json::Value {
        let answer = vendor.call(&format!("{query}&out=json")).await;
        assert_eq!(answer.header("content-type"), Some("application/json"));
        serde_json::from_slice(&answer.body).unwrap()
    };
    let answer = read(&order("")).await;
    assert!(answer["doc"]["ok"].is_object());
    let id = answer["doc"]["id"]["$"].as_str().unwrap();
    assert_eq!(answer["doc"]["item.id"]["$"], id);
    let list = read("func=soft").await;
    assert_eq!(list["doc"]["elem"]["item_status"]["$orig"], "2");
    read(&order("ip=192.0.2.11")).await;
    let list = read("func=soft").await;
    assert_eq!(list["doc"]["elem"].as_array().unwrap().len(), 2);
    let me = read("func=whoami").await;
    assert_eq!(me["doc"]["user"]["$name"], "reseller@demo.test");
    let error = read("func=soft.edit&elid=").await;
    assert_eq!(error["doc"]["error"]["$type"], "missed");
    assert!(error["doc"]["error"]["msg"]["$"].is_string());
    let other = vendor.call("func=soft&out=csv").await;
    assert!(other.text().contains("type=\"value\" object=\"out\""));
}

#[tokio::test]
async fn lists_have_pages_and_filters() {
    let vendor = Vendor::start().await;
    for host in 1..=5 {
        vendor.order(&format!("ip=192.0.2.{host}&licname=n{host}&remoteid=r{host}")).await;
    }
    let page = vendor.ok("func=soft&p_cnt=2&p_num=3").await;
    assert_eq!((page.count("<elem>"), page.field("licname")), (1, "n5".to_owned()));
    assert_eq!((page.field("p_elems"), page.field("p_num")), ("5".into(), "3".into()));
    assert_eq!(vendor.ok("func=soft&p_cnt=2&p_num=9").await.count("<elem>"), 0);
    assert_eq!(vendor.ok("func=soft").await.count("<elem>"), 5);
    let found = vendor.ok("func=soft&filter=on&remoteid=r4").await;
    assert_eq!((found.field("p_elems"), found.field("licname")), ("1".into(), "n4".into()));
}

#[tokio::test]
async fn hostile_names_come_back_unharmed() {
    let vendor = Vendor::start().await;
    let id = vendor.order("licname=%3Cb%3E%26%22%27%5D%5D%3E%D0%AF").await;
    let view = vendor.ok(&format!("func=soft.edit&elid={id}")).await;
    assert_eq!(view.field("licname"), "&lt;b&gt;&amp;&quot;&#39;]]&gt;Я");
    assert_eq!(vendor.sim().license(id).unwrap().licname, "<b>&\"']]>Я");
    vendor.refused(&order(&format!("licname={}", "x".repeat(256))), "value", "licname").await;
}

#[tokio::test]
async fn the_price_list_is_open_to_everybody() {
    let vendor = Vendor::start().await;
    let addr = vendor.running.addr();
    let list = get(addr, "/?func=pricelist.export&itemtype=soft&out=xml").await.unwrap();
    assert_eq!(list.count("<pricelist>"), 18);
    let lite = "<pricelist><id>55227</id><name>ispmanager 6 lite</name>\
        <intname>ispmanager_6_lite</intname><itemtype>soft</itemtype><price currency=\"EUR\">\
        <period cost=\"3.5000\" type=\"month\" length=\"1\">Month</period>\
        <period cost=\"35.0000\" type=\"month\" length=\"12\">Year</period></price></pricelist>";
    assert!(list.text().contains(lite), "{}", list.text());
    let none = get(addr, "/?func=pricelist.export&itemtype=addition").await.unwrap();
    assert_eq!(none.count("<pricelist>"), 0);
    let wrong = get(addr, "/?func=pricelist.export&authinfo=a:b").await.unwrap();
    assert!(wrong.text().contains("badpassword"));
}
