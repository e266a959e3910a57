//! The `addition` family: seeds 002 and 004, protocol section 3.6.

use std::time::Duration;

use upstream_sim::{Fault, Status, Times};

use crate::client::{ISPLICENSE, LOGIN, USER, Vendor, get, order};

const DAY: Duration = Duration::from_hours(24);

/// A paid order of a module for a month.
fn module(rest: &str) -> String {
    format!("func=addition.order.param&period=1&autoprolong=1&sok=ok&skipbasket=on&{rest}")
}

#[tokio::test]
async fn a_module_lives() {
    let vendor = Vendor::full(USER).await;
    let panel = vendor.order("").await;
    let before = vendor.balance();
    let bitninja = module(&format!("item={panel}&pricelist=55371&remoteid=m1"));
    vendor.refused(&bitninja, "missed", "bitninja_email").await;
    vendor.refused(&format!("{bitninja}&bitninja_email=+"), "missed", "bitninja_email").await;
    assert_eq!(vendor.balance(), before);
    let id = vendor.bought(&format!("{bitninja}&bitninja_email=me@example.org")).await;
    assert_eq!(before - vendor.balance(), 100_000);

    let list = vendor.ok("func=addition").await;
    assert_eq!((list.count("<elem>"), list.field("id")), (1, id.to_string()));
    assert_eq!(
        (list.field("item"), list.field("pricelist")),
        (panel.to_string(), "BitNinja".into())
    );
    assert_eq!(list.field("remoteid"), "m1");
    assert_eq!(list.count("<ip") + list.count("<licname"), 0);
    let view = vendor.ok(&format!("func=addition.edit&elid={id}")).await;
    assert_eq!((view.field("elid"), view.field("item")), (id.to_string(), panel.to_string()));
    assert_eq!(view.field("bitninja_email"), "me@example.org");
    assert_eq!(view.field("pricelist"), "55371");

    // The vendor's page knows nothing else for modules.
    vendor.refused(&format!("func=addition.edit&elid={id}&sok=ok"), "missed", "func").await;
    vendor.refused(&format!("func=addition.suspend&elid={id}"), "missed", "func").await;
    vendor.refused(&format!("func=addition.resume&elid={id}"), "missed", "func").await;
    assert_eq!(vendor.sim().license(id).unwrap().status, Status::Active);

    let renewed = vendor.ok(&format!("func=service.prolong&elid={id}&period=6&sok=ok")).await;
    assert_eq!(renewed.field("newexpiredate"), "2027-10-10");
    assert_eq!(before - vendor.balance(), 100_000 + 600_000);
    vendor
        .refused(&format!("func=service.prolong&elid={id}&period=3&sok=ok"), "value", "period")
        .await;
    vendor.ok(&format!("func=addition.delete&elid={id}")).await;
    assert_eq!(vendor.ok("func=addition").await.field("p_elems"), "0");
    assert_eq!(vendor.ok("func=soft").await.field("p_elems"), "1", "its panel stays");
}

#[tokio::test]
async fn a_module_needs_a_live_license_that_it_fits() {
    let vendor = Vendor::full(USER).await;
    let (lite, pro) = (vendor.order("").await, vendor.order("pricelist=55228&ip=192.0.2.11").await);
    let billing = vendor.order("pricelist=5577").await;
    let unpaid = vendor.order("skipbasket=off").await;
    let gone = vendor.order("ip=192.0.2.12").await;
    vendor.ok(&format!("func=soft.delete&elid={gone}")).await;
    let before = vendor.balance();

    let guard = |item: &str| module(&format!("pricelist=23221&{item}"));
    for item in
        [String::new(), "item=".into(), "item=1".into(), "item=x".into(), format!("item={gone}")]
    {
        vendor.refused(&guard(&item), "missed", "item").await;
    }
    vendor.refused(&guard(&format!("item={unpaid}")), "access", "item").await;
    vendor.refused(&guard(&format!("item={billing}")), "value", "item").await;
    let web = |code: u32, item: u64| module(&format!("pricelist={code}&item={item}"));
    vendor.refused(&web(55361, pro), "value", "item").await;
    vendor.refused(&web(55362, lite), "value", "item").await;
    vendor.refused(&web(55363, lite), "value", "item").await;
    assert_eq!(vendor.balance(), before);
    vendor.ok(&web(55361, lite)).await;
    vendor.ok(&web(55362, pro)).await;
    vendor.ok(&guard(&format!("item={pro};"))).await;
    assert_eq!(vendor.ok("func=addition").await.field("p_elems"), "3");

    // Nobody orders for a license of somebody else.
    let isplicense = "authinfo=isplicense@demo.test:SimPass2026";
    let theirs = format!("/?{isplicense}&{}", module(&format!("pricelist=383&item={lite}")));
    let answer = get(vendor.running.addr(), &theirs).await.unwrap();
    assert!(answer.text().contains("type=\"missed\" object=\"item\""), "{}", answer.text());

    let lax = Vendor::full_with(USER, |config| config.addition_item_required = false).await;
    let id = lax.bought(&guard("")).await;
    assert_eq!(lax.sim().license(id).unwrap().item, None);
    lax.refused(&guard("item=1"), "missed", "item").await;
}

#[tokio::test]
async fn isplicense_binds_modules_by_nothing() {
    let vendor = Vendor::full(ISPLICENSE).await;
    let sample = "func=addition.order.param&clicked_button=finish&period=1&pricelist=371&sok=ok\
                  &skipbasket=on";
    let id = vendor.bought(sample).await;
    assert_eq!(vendor.sim().license(id).unwrap().item, None);
    assert!(vendor.ok("func=addition").await.text().contains("<item/>"));
    let panel = "func=softexternal.order.param&ip=10.10.10.10&licname=name&period=1&pricelist=229\
                 &sok=ok&skipbasket=on";
    let lite = vendor.bought(panel).await;
    let named = vendor.bought(&format!("{sample}&pricelist=354&item={lite}")).await;
    assert_eq!(vendor.sim().license(named).unwrap().item, Some(lite));
    vendor.refused(&format!("{sample}&pricelist=367&item={lite}"), "value", "item").await;
}

#[tokio::test]
async fn modules_run_out_and_lag_like_everything() {
    let vendor = Vendor::full(USER).await;
    let panel = vendor.order("autoprolong=1").await;
    let order = module(&format!("pricelist=23221&item={panel}&autoprolong=null"));
    vendor.sim().add_fault("addition.order.param", Fault::ListLag { ms: 0, lists: 1 }, Times::Once);
    vendor.sim().add_fault("addition.order.param", Fault::KeyEmpty { views: 1 }, Times::Once);
    vendor.sim().add_fault("addition.order.param", Fault::DuplicateOrder, Times::Once);
    let id = vendor.bought(&order).await;
    assert_eq!(vendor.ok("func=addition").await.field("p_elems"), "0");
    assert_eq!(vendor.ok("func=addition").await.field("p_elems"), "2");
    let view = format!("func=addition.edit&elid={id}");
    assert_eq!(vendor.ok(&view).await.field("lickey"), "");
    assert!(vendor.ok(&view).await.field("lickey").starts_with(&format!("{id}-")));

    vendor.sim().advance_clock(31 * DAY);
    assert_eq!(vendor.sim().license(id).unwrap().status, Status::Suspended);
    let ended = vendor.ok("func=addition").await;
    assert_eq!((ended.field("status"), ended.field("special_status")), ("3".into(), "2".into()));
    assert_eq!(ended.field("status_msg"), "3_autosuspend");
    vendor.ok(&format!("func=service.prolong&elid={id}&period=1&sok=ok")).await;
    assert_eq!(vendor.sim().license(id).unwrap().status, Status::Active);
}

#[tokio::test]
async fn panels_see_the_prices_of_modules_without_a_login() {
    let vendor = Vendor::full(USER).await;
    let addr = vendor.running.addr();
    let target = "/?func=pricelist.export&itemtype=addition&onlyavailable=on&out=xml";
    let list = get(addr, target).await.unwrap();
    assert_eq!(list.count("<pricelist>"), 5);
    let guard = "<pricelist><id>23221</id><name>DDoS-GUARD</name><intname>DDoSGUARD</intname>\
        <additionintname>DDoSGUARD</additionintname><itemtype>addition</itemtype>\
        <price currency=\"EUR\"><period cost=\"15.0000\" type=\"month\" length=\"1\">Month</period>";
    assert!(list.text().contains(guard), "{}", list.text());
    assert!(list.text().contains("type=\"trial\" length=\"14\""));

    vendor.sim().set_sale(23221, false, true);
    assert_eq!(get(addr, target).await.unwrap().count("<pricelist>"), 4);
    let all = get(addr, "/?func=pricelist.export&itemtype=addition").await.unwrap();
    assert_eq!(all.count("<pricelist>"), 5);
    let mine = format!("/?{LOGIN}&func=pricelist.export");
    assert_eq!(get(addr, &mine).await.unwrap().count("<pricelist>"), 18 + 2 + 4 + 5);
    vendor.ok(&order("")).await;
}
