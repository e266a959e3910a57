//! Licenses from order to deletion, and the money on the way.

use std::time::Duration;

use time::macros::date;
use upstream_sim::{ByHand, Purchase, Status};

use crate::client::{USER, Vendor, order};

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_license_lives() {
    let vendor = Vendor::start().await;
    let before = vendor.balance();

    vendor.ok("func=soft.checkip&pricelist=55227&period=1&ip=192.0.2.10").await;
    let answer = vendor.ok(&order("remoteid=l77")).await;
    let id = answer.field("id");
    assert_eq!(answer.field("item.id"), id);
    assert!(!answer.field("billorder.id").is_empty());
    assert!(answer.text().ends_with("<ok/></doc>\n"));
    assert_eq!(before - vendor.balance(), 35_000);
    vendor
        .refused("func=soft.checkip&pricelist=55228&period=1&ip=192.0.2.10", "exists", "ip")
        .await;
    vendor.ok("func=soft.checkip&pricelist=5577&period=1&ip=192.0.2.10").await;

    let list = vendor.ok("func=soft").await;
    assert_eq!(list.count("<elem>"), 1);
    assert_eq!(list.field("id"), id);
    assert_eq!(list.field("pricelist"), "ispmanager 6 lite");
    assert_eq!(list.field("pricelist_id"), "55227");
    assert_eq!(list.field("createdate"), "2027-03-10 12:00:00");
    assert_eq!(list.field("expiredate"), "2027-04-10");
    assert_eq!(list.field("autoprolong"), "null");
    assert_eq!(list.field("cost"), "3.50 EUR / Month");
    assert_eq!(list.field("remoteid"), "l77");
    assert!(list.text().contains("<item_status orig=\"2\">Active</item_status>"));

    let view = vendor.ok(&format!("func=soft.edit&elid={id}")).await;
    assert_eq!(view.field("elid"), id);
    assert_eq!(view.field("pricelist"), "55227");
    assert_eq!(view.field("pricelist_name"), "ispmanager 6 lite");
    assert_eq!(view.field("status"), "2");
    let key = view.field("lickey");
    assert!(key.starts_with(&format!("{id}-")) && key.len() > id.len() + 8);
    assert!(!view.text().contains("<ok/>"));

    let renewed = vendor.ok(&format!("func=service.prolong&elid={id}&period=12&sok=ok")).await;
    assert_eq!(renewed.count("<newexpiredate>2028-04-10</newexpiredate>"), 2);
    assert!(renewed.text().contains("<doc><newexpiredate>"));
    assert_eq!(before - vendor.balance(), 35_000 + 350_000);

    vendor.ok(&format!("func=soft.suspend&elid={id}")).await;
    vendor.ok(&format!("func=soft.suspend&elid={id}")).await;
    assert_eq!(vendor.ok("func=soft").await.field("status"), "3");
    vendor.ok(&format!("func=soft.resume&elid={id}")).await;
    assert_eq!(vendor.ok("func=soft&lang=ru").await.count("orig=\"2\">Активен<"), 1);

    vendor.ok(&format!("func=soft.delete&elid={id}&sok=ok")).await;
    assert_eq!(vendor.ok("func=soft").await.field("p_elems"), "0");
    vendor.refused(&format!("func=soft.edit&elid={id}"), "missed", "elid").await;
    vendor.refused(&format!("func=soft.delete&elid={id}"), "missed", "elid").await;
    assert_eq!(vendor.sim().licenses()[0].status, Status::Deleted);
    let spent: i64 = vendor.sim().debits().iter().map(|debit| debit.amount).sum();
    assert_eq!(before - vendor.balance(), spent);
}

#[tokio::test]
async fn an_unconfirmed_call_only_shows_the_form() {
    let vendor = Vendor::start().await;
    let before = vendor.balance();
    let form = vendor.ok("func=soft.order.param&pricelist=55230&period=12").await;
    assert_eq!(form.field("cost"), "90.0000");
    assert_eq!(form.field("addon_55236"), "1");
    assert!(form.text().contains("<slist name=\"period\"><val key=\"1\">Month</val>"));
    let id = vendor.order("").await;
    let form = vendor.ok(&format!("func=service.prolong&elid={id}&period=12")).await;
    assert_eq!(form.field("newexpiredate"), "2028-04-10");
    assert_eq!(form.field("expiredate"), "2027-04-10");
    let form = vendor.ok(&format!("func=service.changepricelist&elid={id}")).await;
    assert!(form.text().contains("<val key=\"55228\">ispmanager 6 pro</val>"));
    assert_eq!(vendor.sim().licenses().len(), 1);
    assert_eq!(before - vendor.balance(), 35_000);
}

#[tokio::test]
async fn an_order_without_skipbasket_waits_to_be_paid_once() {
    let vendor = Vendor::start().await;
    let before = vendor.balance();
    for skipbasket in ["off", ""] {
        vendor.order(&format!("skipbasket={skipbasket}")).await;
    }
    let answer = vendor.ok(&order("skipbasket=off&remoteid=r1")).await;
    let (id, billorder) = (answer.field("id"), answer.field("billorder.id"));
    assert_eq!(vendor.balance(), before);
    assert_eq!(vendor.ok("func=basket").await.count("<elem>"), 3);
    let list = vendor.ok("func=soft").await;
    assert_eq!(list.count("<item_status orig=\"1\">Ordered</item_status>"), 3);
    vendor.refused(&format!("func=soft.suspend&elid={id}"), "access", "elid").await;
    vendor.refused(&format!("func=service.prolong&elid={id}&sok=ok"), "access", "elid").await;
    vendor.ok("func=soft.checkip&pricelist=55227&period=1&ip=192.0.2.10").await;

    let pay = format!("func=payment.add&billorder={billorder}&clicked_button=fromsubaccount");
    assert_eq!(vendor.ok(&pay).await.field("amount"), "3.5000");
    assert_eq!(vendor.balance(), before);
    vendor.sim().advance_clock(DAY);
    let paid = vendor.ok(&format!("{pay}&sok=ok")).await;
    assert_eq!(paid.field("item.id"), id);
    assert_eq!(before - vendor.balance(), 35_000);
    let license = vendor.sim().license(id.parse().unwrap()).unwrap();
    assert_eq!((license.status, license.expires), (Status::Active, date!(2027 - 04 - 11)));
    assert!(license.key.starts_with(&format!("{id}-")));

    vendor.refused(&format!("{pay}&sok=ok"), "access", "billorder").await;
    vendor.refused("func=payment.add&billorder=1&sok=ok", "missed", "billorder").await;
    assert_eq!(before - vendor.balance(), 35_000);

    let unpaid = vendor.ok("func=basket").await.field("id");
    vendor.ok(&format!("func=basket&clicked_button=delete&id={unpaid}&sok=ok")).await;
    assert_eq!(vendor.ok("func=basket").await.count("<elem>"), 1);
    let sold = format!("func=basket&clicked_button=delete&id={id}&sok=ok");
    vendor.refused(&sold, "access", "id").await;
}

#[tokio::test]
async fn a_low_balance_buys_nothing() {
    let vendor = Vendor::start().await;
    vendor.sim().set_balance(USER, 34_999);
    vendor.refused(&order(""), "limit", "balance").await;
    assert!(vendor.sim().licenses().is_empty());
    let unpaid = vendor.ok(&order("skipbasket=off")).await.field("billorder.id");
    vendor
        .refused(&format!("func=payment.add&billorder={unpaid}&sok=ok"), "limit", "balance")
        .await;
    vendor.sim().set_balance(USER, 35_000);
    vendor.ok(&format!("func=payment.add&billorder={unpaid}&sok=ok")).await;
    assert_eq!(vendor.balance(), 0);
    let id = vendor.sim().licenses()[0].id;
    vendor.refused(&format!("func=service.prolong&elid={id}&sok=ok"), "limit", "balance").await;
    assert_eq!(vendor.sim().licenses()[0].expires, date!(2027 - 04 - 10));
}

#[tokio::test]
async fn concurrent_orders_never_overdraw() {
    let vendor = Vendor::start().await;
    vendor.sim().set_balance(USER, 10 * 35_000 + 1);
    let addr = vendor.running.addr();
    let orders: Vec<_> = (0..40)
        .map(|_| {
            let target = format!("/billmgr?{}&{}", crate::client::LOGIN, order(""));
            tokio::spawn(async move { crate::client::get(addr, &target).await.unwrap() })
        })
        .collect();
    let mut bought = 0;
    for order in orders {
        bought += order.await.unwrap().count("<ok/>");
    }
    assert_eq!(bought, 10);
    assert_eq!(vendor.balance(), 1);
    assert_eq!(vendor.sim().live_licenses().len(), 10);
}

#[tokio::test]
async fn balances_are_shown_in_every_form() {
    let vendor = Vendor::start().await;
    vendor.order("").await;
    assert_eq!(vendor.ok("func=subaccount").await.field("balance"), "9996.5000");
    assert_eq!(vendor.ok("func=accountinfo").await.field("balance"), "9996.5000");
    assert_eq!(vendor.ok("func=dashboard.info").await.field("balance"), "9996.50 EUR");
    let russian = vendor.ok("func=dashboard.info&lang=ru").await;
    assert_eq!(russian.field("balance"), "9\u{a0}996,50\u{a0}EUR");
    let me = vendor.ok("func=whoami").await;
    let user = "<user name=\"reseller@demo.test\" level=\"16\" balance=\"9996.50 EUR\"/>";
    assert!(me.text().contains(user));
}

#[tokio::test]
async fn time_suspends_and_deletes() {
    let vendor = Vendor::start().await;
    let id = vendor.order("").await;
    let sim = vendor.sim();
    sim.advance_clock(30 * DAY);
    assert_eq!(sim.license(id).unwrap().status, Status::Active);
    sim.advance_clock(DAY);
    assert_eq!(sim.license(id).unwrap().status, Status::Suspended);
    vendor.refused(&format!("func=soft.resume&elid={id}"), "access", "elid").await;

    sim.advance_clock(10 * DAY);
    vendor.ok(&format!("func=service.prolong&elid={id}&period=1&sok=ok")).await;
    let license = sim.license(id).unwrap();
    assert_eq!((license.status, license.expires), (Status::Active, date!(2027 - 05 - 20)));

    sim.advance_clock(29 * DAY + 30 * DAY);
    assert_eq!(sim.license(id).unwrap().status, Status::Suspended);
    sim.advance_clock(DAY);
    assert_eq!(sim.license(id).unwrap().status, Status::Deleted);
}

#[tokio::test]
async fn the_vendor_renews_by_itself_while_there_is_money() {
    let vendor = Vendor::start().await;
    let id = vendor.order("autoprolong=1").await;
    vendor.sim().set_balance(USER, 2 * 35_000);
    vendor.sim().advance_clock(100 * DAY);
    let license = vendor.sim().license(id).unwrap();
    assert_eq!((license.status, license.expires), (Status::Suspended, date!(2027 - 06 - 10)));
    assert_eq!(vendor.balance(), 0);
    let reasons: Vec<_> = vendor.sim().debits().into_iter().map(|debit| debit.reason).collect();
    assert_eq!(reasons, ["order", "autoprolong", "autoprolong"]);
}

#[tokio::test]
async fn a_trial_is_free_short_and_once() {
    let vendor = Vendor::start().await;
    let before = vendor.balance();
    let id = vendor.order("pricelist=55239&period=-100").await;
    assert_eq!(vendor.balance(), before);
    assert_eq!(vendor.sim().license(id).unwrap().expires, date!(2027 - 03 - 24));
    let again = order("pricelist=55240&period=-100");
    vendor.refused(&again, "exists", "trial").await;
    vendor.refused(&order("pricelist=55239&period=1"), "value", "period").await;
    vendor.refused(&format!("func=service.prolong&elid={id}&sok=ok"), "access", "elid").await;

    vendor.sim().advance_clock(3 * DAY);
    let change = format!("func=service.changepricelist&elid={id}&pricelist=55227&period=1&sok=ok");
    assert_eq!(vendor.ok(&change).await.field("expiredate"), "2027-04-13");
    assert_eq!(before - vendor.balance(), 35_000);
    vendor.ok(&format!("func=soft.delete&elid={id}")).await;
    // It was a trial, whatever it became.
    vendor.refused(&again, "exists", "trial").await;
    vendor.ok(&order("pricelist=55240&period=-100&ip=192.0.2.11")).await;
}

#[tokio::test]
async fn a_deleted_trial_still_counts() {
    let vendor = Vendor::start().await;
    let id = vendor.order("pricelist=55239&period=-100").await;
    vendor.ok(&format!("func=soft.delete&elid={id}")).await;
    vendor.refused(&order("pricelist=55239&period=-100"), "exists", "trial").await;
    let check = "func=soft.checkip&pricelist=55239&period=-100&ip=192.0.2.10";
    vendor.refused(check, "exists", "trial").await;
    vendor.ok("func=soft.checkip&pricelist=55227&period=1&ip=192.0.2.10").await;
}

#[tokio::test]
async fn address_and_key_change_once_a_calendar_month() {
    let vendor = Vendor::start().await;
    let id = vendor.order("").await;
    let edit = format!("func=soft.edit&elid={id}&sok=ok");

    let same = vendor.ok(&format!("{edit}&ip=192.0.2.10&licname=new+name")).await;
    assert_eq!(same.field("licname"), "new name");
    assert_eq!(same.field("ip_change_date"), "");
    let moved = vendor.ok(&format!("{edit}&ip=192.0.2.11&licname=x")).await;
    assert!(moved.text().contains("<ok/>"));
    assert_eq!(moved.field("ip"), "192.0.2.11");
    assert_eq!(moved.field("ip_change_date"), "2027-03-10");
    vendor.refused(&format!("{edit}&ip=0.0.0.0&licname=free.lic"), "limit", "ip").await;
    assert_eq!(vendor.sim().license(id).unwrap().licname, "x");
    vendor.ok(&format!("{edit}&ip=192.0.2.11")).await;

    let old = moved.field("lickey");
    let new = vendor.ok(&format!("{edit}&clicked_button=newkey")).await;
    assert_ne!(new.field("lickey"), old);
    assert!(new.field("lickey").starts_with(&format!("{id}-")));
    assert_eq!(new.field("lickey_change_date"), "2027-03-10");
    vendor.refused(&format!("{edit}&clicked_button=newkey"), "limit", "lickey").await;

    vendor.sim().advance_clock(22 * DAY);
    let parked = vendor.ok(&format!("{edit}&ip=0.0.0.0&licname=free.lic&remoteid=")).await;
    assert_eq!(parked.field("ip"), "0.0.0.0");
    vendor.ok(&format!("{edit}&clicked_button=newkey")).await;
    vendor.refused(&format!("{edit}&ip=not-an-address"), "value", "ip").await;
}

#[tokio::test]
async fn addon_counts_are_absolute_and_include_the_base() {
    let vendor = Vendor::start().await;
    let before = vendor.balance();
    let business = "pricelist=55230&addon_55236";
    let id = vendor.order(&format!("{business}=3")).await;
    assert_eq!(before - vendor.balance(), 270_000);
    vendor.refused(&order(&format!("{business}=0")), "value", "addon_55236").await;
    vendor.refused(&order("addon_55236=2"), "value", "addon_55236").await;

    let edit = format!("func=soft.edit&elid={id}&sok=ok&addon_55236");
    assert_eq!(vendor.ok(&format!("{edit}=4")).await.field("addon_55236"), "4");
    assert_eq!(before - vendor.balance(), 360_000);
    vendor.ok(&format!("{edit}=2")).await;
    assert_eq!(before - vendor.balance(), 360_000);
    // 21 of 31 days are left: 9.00 * 21 / 31, rounded up.
    vendor.sim().advance_clock(10 * DAY);
    vendor.ok(&format!("{edit}=3")).await;
    assert_eq!(before - vendor.balance(), 360_000 + 60_968);
    vendor.ok(&format!("func=service.prolong&elid={id}&period=1&sok=ok")).await;
    assert_eq!(before - vendor.balance(), 360_000 + 60_968 + 270_000);
}

#[tokio::test]
async fn bad_numbers_are_refused() {
    let vendor = Vendor::start().await;
    let id = vendor.order("").await;
    for func in ["soft.edit", "soft.suspend", "soft.resume", "soft.delete", "service.prolong"] {
        vendor.refused(&format!("func={func}&elid=&sok=ok"), "missed", "elid").await;
        vendor.refused(&format!("func={func}&sok=ok"), "missed", "elid").await;
        vendor.refused(&format!("func={func}&elid=1&sok=ok"), "missed", "elid").await;
    }
    // All of a list or nothing of it.
    vendor.refused(&format!("func=soft.suspend&elid={id},+1"), "missed", "elid").await;
    assert_eq!(vendor.sim().license(id).unwrap().status, Status::Active);
    let other = vendor.order("ip=192.0.2.11").await;
    vendor.ok(&format!("func=soft.suspend&elid={id},+{other}")).await;
    assert_eq!(vendor.sim().license(other).unwrap().status, Status::Suspended);

    vendor.refused(&order("pricelist=1"), "missed", "pricelist").await;
    vendor.refused(&order("period=7x"), "value", "period").await;
    vendor.refused(&order("period=-100"), "value", "period").await;
    vendor.refused(&order("ip="), "missed", "ip").await;
    vendor.refused(&order("ip=192.0.2"), "value", "ip").await;
    vendor.refused(&order("autoprolong=5"), "value", "autoprolong").await;
    vendor.refused("func=soft.checkip&pricelist=55227&ip=1.2.3.4.5", "value", "ip").await;
    vendor.refused("func=nonsense", "missed", "func").await;
}

#[tokio::test]
async fn switches_make_the_vendor_stricter() {
    let strict = Vendor::with(|config| {
        config.unique_remoteid = true;
        config.refuse_taken_ip = true;
        config.basket = false;
        config.list_shows_remoteid = false;
        config.low_balance_type = "money".to_owned();
    })
    .await;
    strict.order("remoteid=a").await;
    strict.refused(&order("remoteid=a&ip=192.0.2.11"), "exists", "remoteid").await;
    strict.refused(&order("remoteid=b"), "exists", "ip").await;
    strict.refused(&order("ip=192.0.2.12&skipbasket=off"), "value", "skipbasket").await;
    assert!(!strict.ok("func=soft").await.text().contains("remoteid"));
    strict.sim().set_balance(USER, 0);
    strict.refused(&order("ip=192.0.2.12"), "money", "balance").await;

    let lax = Vendor::start().await;
    lax.order("remoteid=a").await;
    lax.order("remoteid=a").await;
    assert_eq!(lax.sim().live_licenses().len(), 2);
}

#[tokio::test]
async fn people_act_past_the_api() {
    let vendor = Vendor::start().await;
    let before = vendor.balance();
    let purchase = Purchase {
        user: USER.to_owned(),
        plan: 55228,
        period: 1,
        ip: "192.0.2.99".to_owned(),
        licname: "bought on the site".to_owned(),
    };
    let id = vendor.sim().buy_by_hand(&purchase).unwrap();
    assert_eq!(before - vendor.balance(), 70_000);
    assert!(vendor.sim().by_hand(id, ByHand::Move("192.0.2.98".to_owned())));
    assert!(vendor.sim().by_hand(id, ByHand::Suspend));
    let list = vendor.ok("func=soft").await;
    assert_eq!((list.field("ip"), list.field("status")), ("192.0.2.98".into(), "3".into()));
    assert!(vendor.sim().by_hand(id, ByHand::Delete));
    assert!(!vendor.sim().by_hand(1, ByHand::Delete));
    vendor.sim().set_month_cost(55227, 43_750);
    vendor.order("").await;
    assert_eq!(before - vendor.balance(), 70_000 + 43_750);
}
