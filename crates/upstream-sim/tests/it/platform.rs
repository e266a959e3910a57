//! The `platform` family: seed 000.

use std::time::Duration;

use time::macros::date;
use upstream_sim::{ByHand, Status};

use crate::client::{USER, Vendor, order};

const DAY: Duration = Duration::from_hours(24);

/// A paid order of VMmanager 6 for a month, which costs 15.00 and by default nothing else.
fn platform(rest: &str) -> String {
    format!(
        "func=platform.order.param&clicked_button=finish&pricelist=55163&period=1\
         &autoprolong=null&skipbasket=on&sok=ok&{rest}"
    )
}

#[tokio::test]
async fn a_platform_license_lives() {
    let vendor = Vendor::full(USER).await;
    let before = vendor.balance();
    let rest = "comment=first+one&addon_55165=3&addon_55164=40&autoprolong=1&remoteid=p1\
                &ip=192.0.2.1&licname=ignored";
    let answer = vendor.ok(&platform(rest)).await;
    let id = answer.field("id");
    assert_eq!(answer.field("item.id"), id);
    assert!(!answer.field("billorder.id").is_empty() && answer.text().contains("<ok/>"));
    // 15.00, two nodes beyond the one that is included at 10.00, forty machines at 0.25.
    assert_eq!(before - vendor.balance(), 450_000);

    let list = vendor.ok("func=platform").await;
    assert_eq!((list.count("<elem>"), list.field("id")), (1, id.clone()));
    assert_eq!(list.field("pricelist"), "VMmanager 6");
    assert_eq!(list.field("pricelist_id"), "55163");
    assert_eq!(list.field("comment"), "first one");
    assert_eq!(list.field("expiredate"), "2027-04-10");
    assert_eq!(list.field("real_expiredate"), "2027-04-10");
    assert_eq!(list.field("autoprolong"), "1");
    assert_eq!(list.field("remoteid"), "p1");
    assert!(list.text().contains("<item_status orig=\"2\">Active</item_status>"));
    assert_eq!(list.count("<ip") + list.count("<licname"), 0, "{}", list.text());
    assert_eq!(vendor.ok("func=soft").await.field("p_elems"), "0");

    let view = vendor.ok(&format!("func=platform.edit&elid={id}")).await;
    assert_eq!((view.field("elid"), view.field("pricelist")), (id.clone(), "55163".into()));
    assert_eq!((view.field("addon_55165"), view.field("addon_55164")), ("3".into(), "40".into()));
    assert_eq!(view.field("comment"), "first one");
    assert!(view.field("lickey").starts_with(&format!("{id}-")));
    assert!(!view.text().contains("<ok/>"));

    let edit = format!("func=platform.edit&elid={id}&comment=second&addon_55165=4&sok=ok");
    let edited = vendor.ok(&edit).await;
    assert_eq!(
        (edited.field("comment"), edited.field("addon_55165")),
        ("second".into(), "4".into())
    );
    assert!(edited.text().contains("<ok/>"));
    // A node more for the whole month, which begins today.
    assert_eq!(before - vendor.balance(), 550_000);
    let anew = format!("func=platform.edit&elid={id}&clicked_button=newkey&sok=ok");
    vendor.refused(&anew, "value", "clicked_button").await;

    vendor.ok(&format!("func=platform.suspend&elid={id}")).await;
    assert_eq!(vendor.ok("func=platform").await.field("status"), "3");
    vendor.ok(&format!("func=platform.resume&elid={id}")).await;
    assert_eq!(vendor.ok("func=platform&lang=ru").await.count("orig=\"2\">Активен<"), 1);
    let renewed = vendor.ok(&format!("func=service.prolong&elid={id}&period=12&sok=ok")).await;
    assert_eq!(renewed.field("newexpiredate"), "2028-04-10");
    assert_eq!(before - vendor.balance(), 550_000 + 5_500_000);

    vendor.ok(&format!("func=platform.delete&elid={id}")).await;
    assert_eq!(vendor.ok("func=platform").await.field("p_elems"), "0");
    vendor.refused(&format!("func=platform.edit&elid={id}"), "missed", "elid").await;
}

#[tokio::test]
async fn a_prefix_finds_its_own_licenses_only() {
    let vendor = Vendor::full(USER).await;
    let (vm, panel) = (vendor.bought(&platform("")).await, vendor.order("").await);
    for verb in ["edit", "suspend", "resume", "delete"] {
        vendor.refused(&format!("func=soft.{verb}&elid={vm}&sok=ok"), "missed", "elid").await;
        vendor
            .refused(&format!("func=platform.{verb}&elid={panel}&sok=ok"), "missed", "elid")
            .await;
        vendor.refused(&format!("func=platform.{verb}&elid=&sok=ok"), "missed", "elid").await;
    }
    assert!(vendor.sim().live_licenses().iter().all(|license| license.status == Status::Active));
    vendor.refused(&platform("pricelist=55227"), "missed", "pricelist").await;
    vendor.refused(&order("pricelist=55163"), "missed", "pricelist").await;

    let other = vendor.bought(&platform("pricelist=55161")).await;
    vendor.ok(&format!("func=platform.suspend&elid={vm},+{other}")).await;
    assert_eq!(vendor.ok("func=platform").await.count("orig=\"3\""), 2);
}

#[tokio::test]
async fn a_platform_trial_becomes_a_paid_license_from_today() {
    let vendor = Vendor::full(USER).await;
    let before = vendor.balance();
    let id = vendor.bought(&platform("period=-100")).await;
    // Without an address there is nothing that a trial could be counted by.
    vendor.bought(&platform("period=-100")).await;
    assert_eq!(vendor.balance(), before);
    assert_eq!(vendor.sim().license(id).unwrap().expires, date!(2027 - 03 - 24));
    vendor
        .refused(&format!("func=service.prolong&elid={id}&period=1&sok=ok"), "access", "elid")
        .await;

    vendor.sim().advance_clock(3 * DAY);
    let change = format!("func=service.changepricelist&elid={id}");
    let form = vendor.ok(&change).await;
    assert!(form.text().contains("<val key=\"55163\">VMmanager 6</val>"), "{}", form.text());
    let change = format!("{change}&pricelist=55163&sok=ok");
    vendor.refused(&format!("{change}&period=-100"), "value", "period").await;
    assert_eq!(vendor.ok(&format!("{change}&period=1")).await.field("expiredate"), "2027-04-13");
    assert_eq!(before - vendor.balance(), 150_000);
    vendor.refused(&format!("{change}&period=1"), "value", "pricelist").await;
}

#[tokio::test]
async fn a_platform_license_can_wait_in_the_basket_and_renew_by_itself() {
    let vendor = Vendor::full(USER).await;
    let before = vendor.balance();
    let answer = vendor.ok(&platform("skipbasket=off&autoprolong=1")).await;
    assert_eq!(vendor.balance(), before);
    assert_eq!(vendor.ok("func=platform").await.field("status"), "1");
    let pay = format!("func=payment.add&billorder={}&sok=ok", answer.field("billorder.id"));
    assert_eq!(vendor.ok(&pay).await.field("item.id"), answer.field("id"));
    vendor.sim().advance_clock(40 * DAY);
    let id = answer.field("id").parse().unwrap();
    assert_eq!(vendor.sim().license(id).unwrap().expires, date!(2027 - 05 - 10));
    assert_eq!(before - vendor.balance(), 2 * 150_000);

    vendor.sim().by_hand(id, ByHand::Autoprolong(None));
    vendor.sim().advance_clock(21 * DAY);
    assert_eq!(vendor.sim().license(id).unwrap().status, Status::Suspended);
    vendor.sim().advance_clock(30 * DAY);
    assert_eq!(vendor.sim().license(id).unwrap().status, Status::Deleted);
    vendor.refused(&platform("autoprolong=3"), "value", "autoprolong").await;
    vendor.refused(&platform("period=0"), "value", "period").await;
    vendor.refused(&platform("addon_55165=0"), "value", "addon_55165").await;
}
