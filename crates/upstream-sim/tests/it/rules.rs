//! The rules that hold for every family, and the switches that change them.

use std::time::Duration;

use time::macros::{date, datetime};
use upstream_sim::{ChangeLimit, SimConfig, Status, full_catalogue};

use crate::client::{USER, Vendor, order};

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn how_often_addresses_and_keys_change_is_a_switch() {
    for (limit, after_a_day, after_a_month, after_31_days) in [
        (ChangeLimit::CalendarMonth, false, true, true),
        (ChangeLimit::Days31, false, false, true),
        (ChangeLimit::Off, true, true, true),
    ] {
        let vendor = Vendor::with(|config| {
            config.ip_changes = limit;
            config.key_changes = limit;
        })
        .await;
        let id = vendor.order("").await;
        let edit = format!("func=soft.edit&elid={id}&sok=ok");
        let mut address = 10;
        let mut change = async |expected: bool| {
            address += 1;
            let moved = vendor.call(&format!("{edit}&ip=192.0.2.{address}")).await;
            let anew = vendor.call(&format!("{edit}&clicked_button=newkey")).await;
            for answer in [&moved, &anew] {
                assert_eq!(answer.text().contains("<ok/>"), expected, "{limit:?}");
                assert_eq!(answer.text().contains("type=\"limit\""), !expected, "{limit:?}");
            }
        };
        // The tenth of March, the day after, the first of April, and 31 days after the last change.
        change(true).await;
        vendor.sim().advance_clock(DAY);
        change(after_a_day).await;
        vendor.sim().advance_clock(21 * DAY);
        change(after_a_month).await;
        vendor.sim().advance_clock(31 * DAY);
        vendor.ok(&format!("func=service.prolong&elid={id}&period=1&sok=ok")).await;
        change(after_31_days).await;
    }
}

#[tokio::test]
async fn a_sale_can_end_before_its_renewals_do() {
    let vendor = Vendor::start().await;
    let id = vendor.order("autoprolong=1").await;
    let before = vendor.balance();
    let prolong = format!("func=service.prolong&elid={id}&period=1&sok=ok");

    vendor.sim().set_sale(55227, false, true);
    vendor.refused(&order("ip=192.0.2.11"), "access", "pricelist").await;
    vendor.refused(&order("ip=192.0.2.11&skipbasket=off"), "access", "pricelist").await;
    vendor.ok(&prolong).await;
    let pro = vendor.order("pricelist=55228&ip=192.0.2.12").await;
    let back = format!("func=service.changepricelist&elid={pro}&pricelist=55227&period=1&sok=ok");
    vendor.refused(&back, "value", "pricelist").await;
    assert_eq!(before - vendor.balance(), 35_000 + 70_000);

    vendor.sim().set_sale(55227, false, false);
    vendor.refused(&prolong, "access", "pricelist").await;
    vendor.refused(&prolong.replace("&sok=ok", ""), "access", "pricelist").await;
    // Nor does it renew by itself: it runs out and is deleted.
    vendor.sim().advance_clock(62 * DAY);
    assert_eq!(vendor.sim().license(id).unwrap().status, Status::Suspended);
    assert_eq!(before - vendor.balance(), 35_000 + 70_000);
    vendor.sim().set_sale(55227, true, true);
    vendor.ok(&prolong).await;
    vendor.order("ip=192.0.2.11").await;

    let ended = Vendor::with(|config| {
        for plan in &mut config.catalogue {
            match plan.code {
                3541 => *plan = plan.clone().sale_ended(),
                4601 => *plan = plan.clone().renewal_ended(),
                _ => {}
            }
        }
    })
    .await;
    ended.refused(&order("pricelist=3541"), "access", "pricelist").await;
    ended.refused(&order("pricelist=4601"), "access", "pricelist").await;
    let plans = ended.sim().plans();
    let renewable = |code| plans.iter().find(|plan| plan.code == code).unwrap().renewable;
    assert!(renewable(3541) && !renewable(4601));
}

#[tokio::test]
async fn a_refusal_leaves_no_trace() {
    use crate::client::{ISPLICENSE, LEGACY};
    let mut vendor = Vendor::full(USER).await;
    let panel = vendor.order("").await;
    let vm = "func=platform.order.param&pricelist=55163&period=1&skipbasket=on&sok=ok";
    let vm = vendor.bought(vm).await;
    vendor.user = ISPLICENSE;
    let plesk =
        "func=parallelslic.order.param&pricelist=250&period=0&pa_ip=192.0.2.1&skipbasket=on&sok=ok";
    let plesk = vendor.bought(plesk).await;
    let lite =
        "func=softexternal.order.param&pricelist=273&period=1&ip=192.0.2.1&skipbasket=on&sok=ok";
    let lite = vendor.bought(lite).await;
    vendor.user = LEGACY;
    let old =
        vendor.bought("func=software.edit&price=7&period=8&ip=192.0.2.1&licname=n&sok=ok").await;

    // All but one field of each call are right, and nothing of it happens.
    let refused = [
        (USER, format!("platform.edit&elid={vm}&comment=x&addon_55165=5&addon_1=1")),
        (USER, format!("platform.edit&elid={vm}&comment=x&addon_55165=5&autoprolong=7")),
        (USER, format!("platform.edit&elid={vm}&comment=x&clicked_button=newkey")),
        (USER, format!("platform.suspend&elid={vm},{panel}")),
        (USER, format!("soft.edit&elid={panel}&licname=x&ip=nowhere&clicked_button=newkey")),
        (USER, format!("soft.delete&elid={panel},{vm}")),
        (USER, format!("addition.order.param&pricelist=55371&period=1&item={panel}&skipbasket=on")),
        (USER, format!("service.changepricelist&elid={vm}&pricelist=55161&period=1")),
        (ISPLICENSE, format!("parallelslic.edit&elid={plesk}&pa_ip=192.0.2")),
        (ISPLICENSE, format!("service.prolong&elid={plesk}&period=1")),
        (ISPLICENSE, format!("soft.edit&elid={lite}&ip=192.0.2.9&licname=x&addon_274=2000")),
        (ISPLICENSE, format!("softexternal.edit&elid={plesk}&licname=x")),
        (ISPLICENSE, format!("softexternal.edit&elid={vm}&licname=x")),
        (LEGACY, format!("software.edit&elid={old}&licname=x&ip=192.0.2")),
        (LEGACY, format!("software.period&elid={old}&period=16")),
        (LEGACY, format!("software.disable&elid={old},{vm}")),
        (LEGACY, "software.filter&expires=2027-01-01&expiree=never".to_owned()),
    ];
    let sim = vendor.sim().clone();
    let before = (sim.licenses(), sim.debits(), sim.accounts());
    for (user, call) in refused {
        vendor.user = user;
        let answer = vendor.call(&format!("func={call}&sok=ok")).await;
        assert!(answer.text().contains("<doc><error "), "{call}: {}", answer.text());
        assert!(!sim.calls().pop().unwrap().executed);
        assert_eq!((sim.licenses(), sim.debits(), sim.accounts()), before, "{call}");
    }
    vendor.user = LEGACY;
    assert_eq!(vendor.ok("func=software.filter").await.field("expires"), "");

    // Without money neither, whatever costs any.
    for account in sim.accounts() {
        sim.set_balance(&account.user, 0);
    }
    let before = (sim.licenses(), sim.debits(), sim.accounts());
    for (user, call) in [
        (USER, format!("platform.edit&elid={vm}&comment=x&addon_55165=5")),
        (USER, format!("service.prolong&elid={vm}&period=12")),
        (ISPLICENSE, format!("soft.edit&elid={lite}&licname=x&ip=192.0.2.9&addon_274=2")),
        (LEGACY, format!("software.period&elid={old}&period=8")),
    ] {
        vendor.user = user;
        let answer = vendor.call(&format!("func={call}&sok=ok")).await;
        assert!(answer.text().contains("Not enough funds"), "{call}: {}", answer.text());
        assert_eq!((sim.licenses(), sim.debits(), sim.accounts()), before, "{call}");
    }
}

#[tokio::test]
async fn parked_licenses_share_a_name_and_no_address() {
    let vendor = Vendor::with(|config| config.refuse_taken_ip = true).await;
    for host in [1, 2, 3] {
        let id = vendor.order(&format!("ip=192.0.2.{host}")).await;
        vendor.ok(&format!("func=soft.suspend&elid={id}")).await;
        let park = format!("func=soft.edit&elid={id}&licname=free.lic&ip=0.0.0.0&remoteid=&sok=ok");
        assert_eq!(vendor.ok(&park).await.field("ip"), "0.0.0.0");
    }
    vendor.ok(&order("ip=0.0.0.0&licname=free.lic")).await;
    vendor.ok("func=soft.checkip&pricelist=55227&period=1&ip=0.0.0.0").await;
    let list = vendor.ok("func=soft").await;
    assert_eq!((list.count("<ip>0.0.0.0</ip>"), list.count("<licname>free.lic<")), (4, 4));
}

#[tokio::test]
async fn the_clock_is_set_and_advanced() {
    let vendor = Vendor::start().await;
    let id = vendor.order("").await;
    let sim = vendor.sim();
    sim.set_clock(datetime!(2027-04-09 23:59:59 UTC));
    assert_eq!(sim.license(id).unwrap().status, Status::Active);
    sim.set_clock(datetime!(2027-04-10 0:00 UTC));
    let license = sim.license(id).unwrap();
    assert_eq!(license.status, Status::Suspended);
    assert_eq!(license.suspended, Some(datetime!(2027-04-10 0:00 UTC)));
    sim.set_clock(datetime!(2027-03-10 12:00 UTC));
    assert_eq!(sim.license(id).unwrap().status, Status::Suspended, "what happened stays so");
    sim.advance_clock(Duration::from_secs(1));
    assert_eq!(sim.now(), datetime!(2027-03-10 12:00:01 UTC));
    sim.set_clock(datetime!(2027-05-10 0:00 UTC));
    assert_eq!(sim.license(id).unwrap().status, Status::Deleted);
    let next = vendor.order("").await;
    assert_eq!(sim.license(next).unwrap().expires, date!(2027 - 06 - 10));
}

#[tokio::test]
async fn seed_001_asks_about_an_address_with_an_old_price() {
    let mut vendor = Vendor::full(USER).await;
    let sample = "func=soft.checkip&pricelist=7&period=1&ip=82.145.17.16";
    assert!(vendor.ok(sample).await.text().contains("<ok/>"));
    vendor.order("ip=82.145.17.16").await;
    vendor.ok(sample).await;
    vendor.refused(&sample.replace("=7", "=55227"), "exists", "ip").await;
    vendor.refused(&sample.replace("=7", "=8"), "missed", "pricelist").await;
    vendor.refused(&sample.replace("82.145.17.16", "82.145.17"), "value", "ip").await;
    vendor.user = crate::client::LEGACY;
    vendor.ok("func=software.edit&price=11&period=16&licname=n&ip=82.145.17.16&sok=ok").await;
    vendor.refused(sample, "exists", "ip").await;
}

#[tokio::test]
async fn the_cart_of_the_next_version_takes_orders_too() {
    let vendor = Vendor::start().await;
    let order = "func=v2.soft.order.param&clicked_button=order&pricelist=55227&order_period=12\
                 &ip=192.0.2.10&licname=n&autoprolong=on&force_use_new_cart=on&sok=ok";
    let answer = vendor.ok(order).await;
    assert_eq!(answer.field("lineitem.id"), answer.field("item.id"));
    let item = vendor.sim().licenses().pop().unwrap();
    assert_eq!((item.status, item.period, item.autoprolong), (Status::Ordered, 12, Some(12)));
    let paid = vendor.bought(&format!("{order}&skipbasket=on&autoprolong=off")).await;
    let item = vendor.sim().license(paid).unwrap();
    assert_eq!((item.status, item.autoprolong), (Status::Active, None));
    let five = order.replace("=12", "=5").replace("=on", "=off");
    vendor.refused(&five, "value", "period").await;
    let form = vendor.ok(&order.replace("&sok=ok", "")).await;
    assert_eq!((form.field("period"), form.field("cost")), ("12".into(), "35.0000".into()));
}

#[tokio::test]
async fn lists_can_be_asked_for_what_a_family_has() {
    let vendor = Vendor::full(USER).await;
    let vm = "func=platform.order.param&pricelist=55161&period=1&skipbasket=on&sok=ok&comment";
    for comment in ["a", "b"] {
        vendor.ok(&format!("{vm}={comment}")).await;
    }
    let found = vendor.ok("func=platform&filter=on&comment=b").await;
    assert_eq!((found.field("p_elems"), found.field("comment")), ("1".into(), "b".into()));
    let panel = vendor.order("").await;
    let module = "func=addition.order.param&pricelist=23221&period=1&skipbasket=on&sok=ok&item";
    vendor.ok(&format!("{module}={panel}")).await;
    let list = |item: u64| format!("func=addition&filter=on&item={item}");
    assert_eq!(vendor.ok(&list(panel)).await.field("p_elems"), "1");
    assert_eq!(vendor.ok(&list(panel + 1)).await.field("p_elems"), "0");
}

#[tokio::test]
async fn the_lists_of_seed_001_are_whole() {
    let vendor = Vendor::with(|config| config.list_shows_lickey = true).await;
    let id = vendor.order("remoteip=192.0.2.77").await;
    let edit = format!("func=soft.edit&elid={id}&sok=ok&ip=192.0.2.11&clicked_button=newkey");
    vendor.ok(&edit).await;
    let list = vendor.ok("func=soft").await;
    for field in [
        "id",
        "licname",
        "ip",
        "remoteip",
        "period",
        "real_ipchange",
        "real_keychange",
        "pricelist",
        "account",
        "project",
        "createdate",
        "expiredate",
        "real_expiredate",
        "autoprolong",
        "status",
        "special_status",
        "cost",
        "item_cost",
        "lickey",
    ] {
        assert!(!list.field(field).is_empty(), "{field}: {}", list.text());
    }
    for field in ["update_expiredate", "datacentername", "processingmodule", "status_msg"] {
        assert!(list.text().contains(&format!("<{field}/>")), "{field}");
    }
    assert_eq!(
        (list.field("special_status"), list.field("real_ipchange")),
        ("0".into(), "2027-03-10".into())
    );
    let view = vendor.ok(&format!("func=soft.edit&elid={id}")).await;
    assert_eq!(
        (view.field("remoteip"), view.field("lickey")),
        ("192.0.2.77".into(), list.field("lickey"))
    );

    let plain = Vendor::start().await;
    plain.order("").await;
    assert!(!plain.ok("func=soft").await.text().contains("lickey"));
}

#[tokio::test]
async fn the_full_vendor_sells_everything_once() {
    let config = SimConfig::full();
    let sold: usize =
        config.accounts.iter().map(|account| account.plans.as_ref().unwrap().len()).sum();
    assert_eq!(sold, full_catalogue().len());
    assert_eq!((config.accounts.len(), config.accounts[0].user.as_str()), (4, USER));
    let vendor = Vendor::full(USER).await;
    assert_eq!(
        vendor.sim().accounts().iter().map(|account| account.currency.as_str()).collect::<Vec<_>>(),
        ["EUR", "RUB", "USD", "EUR"]
    );
    // The default is as it was: one account, which may order the whole catalogue.
    let vendor = Vendor::start().await;
    assert_eq!(vendor.sim().accounts()[0].plans, None);
    assert!(vendor.sim().plans().iter().all(|plan| plan.family == "soft" && plan.orderable));
    vendor
        .refused("func=platform.order.param&pricelist=55163&period=1", "missed", "pricelist")
        .await;
}
