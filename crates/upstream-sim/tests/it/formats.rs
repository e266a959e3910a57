//! The kinds of JSON: protocol sections 1 and 2.

use serde_json::{Value, json};

use crate::client::{LEGACY, USER, Vendor, get, order, send};

async fn read(vendor: &Vendor, query: &str) -> Value {
    let answer = vendor.call(query).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test]
async fn flat_json_is_what_its_clients_read() {
    let vendor = Vendor::start().await;
    let ordered = read(&vendor, &format!("{}&out=bjson", order("remoteid=r1"))).await;
    let id = ordered["id"]["v"].as_str().unwrap().to_owned();
    let billorder = ordered["billorder.id"]["v"].as_str().unwrap();
    assert_eq!(
        ordered,
        json!({
            "id": {"v": id}, "item.id": {"v": id}, "billorder.id": {"v": billorder}, "ok": true
        })
    );

    let list = read(&vendor, "func=soft&out=bjson").await;
    assert_eq!((&list["func"], &list["p_elems"]), (&json!("soft"), &json!("1")));
    assert_eq!(list["elem"].as_array().unwrap().len(), 1, "one row is an array too");
    let row = &list["elem"][0];
    assert_eq!((&row["id"], &row["remoteid"]), (&json!(id), &json!("r1")));
    assert_eq!((&row["item_status"], &row["item_status_orig"]), (&json!("Active"), &json!("2")));
    assert_eq!(
        (&row["pricelist"], &row["pricelist_id"]),
        (&json!("ispmanager 6 lite"), &json!("55227"))
    );
    assert_eq!(
        (&row["expiredate"], &row["real_expiredate"]),
        (&json!("2027-04-10"), &json!("2027-04-10"))
    );
    assert_eq!((&row["cost"], &row["item_cost"]), (&json!("3.50 EUR / Month"), &json!("3.5000")));
    let russian = read(&vendor, "func=soft&out=bjson&lang=ru").await;
    let row = &russian["elem"][0];
    assert_eq!((&row["item_status"], &row["item_status_orig"]), (&json!("Активен"), &json!("2")));

    let view = read(&vendor, &format!("func=soft.edit&elid={id}&out=bjson")).await;
    let model = view["model"].as_object().unwrap();
    for field in [
        "pricelist_name",
        "licname",
        "lickey",
        "id",
        "name",
        "ip",
        "status",
        "createdate",
        "expiredate",
        "pricelist",
    ] {
        assert!(model[field].as_str().is_some_and(|text| !text.is_empty()), "{field}");
    }
    assert_eq!(model["webdomains"], "", "a number as text would be a type error");
    assert_eq!((&view["ok"], &view["doc"]), (&Value::Null, &Value::Null));
    let edited =
        read(&vendor, &format!("func=soft.edit&elid={id}&licname=x&sok=ok&out=bjson")).await;
    assert_eq!((&edited["model"]["licname"], &edited["ok"]), (&json!("x"), &json!(true)));

    let prolong = format!("func=service.prolong&elid={id}&period=1&out=bjson");
    let form = read(&vendor, &prolong).await;
    assert_eq!(form["model"]["newexpiredate"], "2027-05-10");
    assert_eq!(form["slist"]["period"][0], json!({"k": "1", "v": "Month"}));
    let renewed = read(&vendor, &format!("{prolong}&sok=ok")).await;
    assert_eq!(renewed["newexpiredate"], json!({"v": "2027-05-10"}));
    assert_eq!(
        (&renewed["doc"]["newexpiredate"], &renewed["ok"]),
        (&json!("2027-05-10"), &json!(true))
    );

    assert_eq!(
        read(&vendor, &format!("func=soft.suspend&elid={id}&out=bjson")).await,
        json!({"ok": true})
    );
    let me = read(&vendor, "func=whoami&out=bjson").await;
    assert_eq!(me["user"]["name"], USER);
    assert_eq!(read(&vendor, "func=subaccount&out=bjson").await["elem"][0]["balance"], "9993.0000");
    let prices = read(&vendor, "func=pricelist.export&out=bjson").await;
    assert_eq!(prices["pricelist"][0]["id"], "55227");
    assert_eq!(prices["pricelist"][0]["price"]["period"][1]["cost"], "35.0000");
}

#[tokio::test]
async fn flat_errors_stand_at_the_top() {
    let vendor = Vendor::start().await;
    let error = read(&vendor, "func=soft.edit&elid=5&out=bjson").await;
    assert_eq!(error.as_object().unwrap().len(), 1);
    assert_eq!(error["error"]["msg"], "'elid' is missing or does not exist");
    assert_eq!(
        (&error["error"]["type"], &error["error"]["object"]),
        (&json!("missed"), &json!("elid"))
    );
    assert!(error["error"]["detail"].is_string());
    let login = get(vendor.running.addr(), "/?func=soft&out=bjson&authinfo=a:b").await.unwrap();
    let login: Value = serde_json::from_slice(&login.body).unwrap();
    assert_eq!(login["error"]["type"], "auth");

    let old = Vendor::full(LEGACY).await;
    let error = read(&old, "func=software.period&elid=5&period=8&sok=ok&out=bjson").await;
    assert_eq!((&error["error"]["code"], &error["error"]["obj"]), (&json!("3"), &json!("elid")));
    let error = read(&old, "func=software.period&elid=5&period=8&sok=ok&out=json").await;
    let error = &error["doc"]["error"];
    assert_eq!((&error["$code"], &error["$val"]), (&json!("3"), &json!("5")));
    assert_eq!(error["$"], error["msg"]["$"]);
}

#[tokio::test]
async fn xjson_has_lists_and_the_user() {
    let vendor = Vendor::start().await;
    let list = read(&vendor, "func=soft&out=xjson").await;
    assert_eq!(list["doc"]["list"], json!([{"$name": "soft", "elem": []}]));
    let ordered = read(&vendor, &format!("{}&out=xjson", order(""))).await;
    let id = &ordered["doc"]["id"]["$"];
    assert!(ordered["doc"]["ok"].is_object());
    let list = read(&vendor, "func=soft&out=xjson").await;
    let rows = &list["doc"]["list"][0]["elem"];
    assert_eq!((rows.as_array().unwrap().len(), &rows[0]["id"]["$"]), (1, id));
    assert_eq!(rows[0]["item_status"], json!({"$": "Active", "$orig": "2"}));
    assert_eq!(list["doc"]["elem"], Value::Null);
    assert_eq!(list["doc"]["user"]["$balance"], "9996.50 EUR");
    assert_eq!(list["doc"]["p_elems"]["$"], "1");
    let me = read(&vendor, "func=whoami&out=xjson").await;
    assert_eq!(me["doc"]["user"]["$name"], USER);
    let error = read(&vendor, "func=soft.edit&elid=&out=xjson").await;
    assert_eq!(error["doc"]["error"]["$type"], "missed");
    assert_eq!(error["doc"]["user"], Value::Null);

    let plain = read(&vendor, "func=soft&out=sjson").await;
    assert_eq!(&plain["doc"]["elem"]["id"]["$"], id);
    assert_eq!(plain, read(&vendor, "func=soft&out=json").await);
}

#[tokio::test]
async fn forms_in_parts_and_slips_of_the_documents_are_understood() {
    let vendor = Vendor::full(USER).await;
    let fields = [
        ("authinfo", "reseller@demo.test:SimPass2026"),
        ("func", "platform.order.param"),
        ("pricelist", "55163"),
        ("period", "1"),
        ("comment", "a & b; c"),
        ("skipbasket", "on"),
        ("sok", "ok"),
    ];
    let parts = fields.map(|(name, value)| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    });
    let body = format!("{}--b--\r\n", parts.concat());
    let kind = Some("multipart/form-data; boundary=b");
    let answer = send(vendor.running.addr(), "POST", "/billmgr", kind, &body).await.unwrap();
    assert!(answer.text().contains("<ok/>"), "{}", answer.text());
    assert_eq!(vendor.sim().licenses()[0].comment, "a & b; c");

    // A stray `;`, an `&amp;` that was copied, white space.
    let slips = "func=soft.order.param;&amp;clicked_button=finish&pricelist=55230;&addon_55236=2;\
                 &amp;period=1;&ip=192.0.2.10;&amp;autoprolong=null;&skipbasket=on;&licname=n;&sok=ok;";
    let id = vendor.bought(slips).await;
    let license = vendor.sim().license(id).unwrap();
    assert_eq!((license.ip.as_str(), license.licname.as_str()), ("192.0.2.10", "n;"));
    assert_eq!((license.addons[&55236], license.autoprolong), (2, None));
    vendor.ok(&format!("func=soft.suspend&elid={id};")).await;
    vendor.ok(&format!("func=soft.resume&elid=+{id}+,+{id};")).await;
    vendor.ok(&format!("func=service.prolong&elid={id};&period=1;&sok=ok;")).await;
}
