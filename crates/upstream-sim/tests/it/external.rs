//! The `softexternal` family: seed 002 and protocol section 3.4.

use std::time::Duration;

use time::macros::date;
use upstream_sim::Status;

use crate::client::{ISPLICENSE, RUSSIAN, USER, Vendor};

const DAY: Duration = Duration::from_hours(24);

/// ISPlicense's first sample, for ISPmanager 5 Lite at 4.00 a month.
fn sample(rest: &str) -> String {
    format!(
        "func=softexternal.order.param&clicked_button=finish&ip=10.10.10.10&licname=name&period=1\
         &pricelist=229&sok=ok&skipbasket=on&{rest}"
    )
}

#[tokio::test]
async fn an_external_license_lives() {
    let vendor = Vendor::full(ISPLICENSE).await;
    let before = vendor.balance();
    let name = "%D0%98%D0%BC%D1%8F"; // Cyrillic is allowed.
    let id = vendor.bought(&sample(&format!("remoteid=e1&licname={name}"))).await;
    assert_eq!(before - vendor.balance(), 40_000);

    let list = vendor.ok("func=softexternal").await;
    assert_eq!((list.count("<elem>"), list.field("id")), (1, id.to_string()));
    assert_eq!((list.field("licname"), list.field("ip")), ("Имя".into(), "10.10.10.10".into()));
    assert_eq!(list.field("pricelist"), "ISPmanager 5 Lite");
    assert_eq!(list.field("cost"), "4.00 USD / Month");
    assert_eq!(list.field("remoteid"), "e1");
    assert_eq!(list.count("<real_ipchange"), 0);
    let view = vendor.ok(&format!("func=softexternal.edit&elid={id}")).await;
    assert_eq!(view.field("pricelist"), "229");
    assert!(view.field("lickey").starts_with(&format!("{id}-")));

    let edit = format!("func=softexternal.edit&elid={id}&licname=NEW_NAME&ip=10.10.10.11&sok=ok");
    let edited = vendor.ok(&edit).await;
    assert_eq!(
        (edited.field("licname"), edited.field("ip")),
        ("NEW_NAME".into(), "10.10.10.11".into())
    );
    assert_eq!(edited.field("ip_change_date"), "2027-03-10");
    vendor.ok(&edit).await;
    let again = format!("func=softexternal.edit&elid={id}&ip=10.10.10.12&sok=ok");
    vendor.refused(&again, "limit", "ip").await;
    let anew = format!("func=softexternal.edit&elid={id}&clicked_button=newkey&sok=ok");
    vendor.refused(&anew, "value", "clicked_button").await;

    vendor.ok(&format!("func=softexternal.suspend&elid={id}")).await;
    assert_eq!(vendor.ok("func=softexternal").await.field("status"), "3");
    vendor.ok(&format!("func=softexternal.resume&elid={id}")).await;
    let renewed = vendor.ok(&format!("func=service.prolong&elid={id}&period=1&sok=ok")).await;
    assert_eq!(renewed.field("newexpiredate"), "2027-05-10");
    assert_eq!(before - vendor.balance(), 80_000);
    vendor.ok(&format!("func=softexternal.delete&elid={id}&sok=ok")).await;
    assert_eq!(vendor.ok("func=softexternal").await.field("p_elems"), "0");
}

#[tokio::test]
async fn nodes_are_added_with_the_other_prefix() {
    let vendor = Vendor::full(ISPLICENSE).await;
    let before = vendor.balance();
    let id = vendor.bought(&sample("pricelist=273")).await;
    assert_eq!(before - vendor.balance(), 100_000);
    let nodes = format!("func=soft.edit&elid={id}&ip=10.10.10.10&licname=name&sok=ok&addon_274");
    // The seed's own sample: one node is what it has.
    assert_eq!(vendor.ok(&format!("{nodes}=1")).await.field("addon_274"), "1");
    assert_eq!(vendor.ok(&format!("{nodes}=2")).await.field("addon_274"), "2");
    assert_eq!(before - vendor.balance(), 200_000);
    vendor.refused(&format!("{nodes}=0"), "value", "addon_274").await;

    let view = vendor.ok(&format!("func=soft.edit&elid={id}")).await;
    assert_eq!((view.field("elid"), view.field("addon_274")), (id.to_string(), "2".into()));
    assert_eq!(vendor.ok("func=soft").await.field("p_elems"), "0", "it is on its own list");
    vendor.ok(&format!("func=soft.suspend&elid={id}")).await;
    assert_eq!(vendor.ok("func=softexternal").await.field("status"), "3");
}

#[tokio::test]
async fn a_lifetime_never_runs_out() {
    let vendor = Vendor::full(ISPLICENSE).await;
    let before = vendor.balance();
    let id = vendor.bought(&sample("period=0")).await;
    assert_eq!(before - vendor.balance(), 1_200_000);
    let list = vendor.ok("func=softexternal").await;
    assert!(list.text().contains("<expiredate/>"), "{}", list.text());
    assert_eq!(
        (list.field("period"), list.field("cost")),
        ("0".into(), "120.00 USD / Lifetime".into())
    );
    assert_eq!(list.field("update_expiredate"), "2028-03-10");
    let license = vendor.sim().license(id).unwrap();
    assert!(license.is_lifetime());
    assert_eq!(license.expires, date!(9999 - 12 - 31));

    for period in ["1", "0"] {
        let prolong = format!("func=service.prolong&elid={id}&period={period}");
        vendor.refused(&format!("{prolong}&sok=ok"), "access", "elid").await;
        vendor.refused(&prolong, "access", "elid").await;
    }
    vendor.sim().advance_clock(3650 * DAY);
    assert_eq!(vendor.sim().license(id).unwrap().status, Status::Active);
    vendor.ok(&format!("func=softexternal.suspend&elid={id}")).await;
    vendor.ok(&format!("func=softexternal.resume&elid={id}")).await;
    assert_eq!(before - vendor.balance(), 1_200_000);
    // A month is not renewed for ever.
    let month = vendor.bought(&sample("ip=10.10.10.12")).await;
    let forever = format!("func=service.prolong&elid={month}&period=0&sok=ok");
    vendor.refused(&forever, "value", "period").await;
    vendor.refused(&sample("period=0&autoprolong=0"), "value", "autoprolong").await;

    let shown = Vendor::full_with(ISPLICENSE, |config| {
        config.lifetime_expiredate = "Lifetime".to_owned();
    })
    .await;
    shown.bought(&sample("period=0")).await;
    assert_eq!(shown.ok("func=softexternal").await.field("expiredate"), "Lifetime");
}

#[tokio::test]
async fn every_code_of_the_table_can_be_ordered() {
    let vendor = Vendor::full(ISPLICENSE).await;
    vendor.sim().set_balance(ISPLICENSE, 1_000_000_000);
    let external = [229, 273, 546, 547, 548, 549, 276, 277, 166, 170, 195];
    let plesk = [250, 322, 264, 243, 236];
    let modules = [369, 354, 367, 356, 371, 383, 397];
    let mut bought = 0;
    for (family, codes) in
        [("softexternal", &external[..]), ("parallelslic", &plesk), ("addition", &modules)]
    {
        for code in codes {
            for period in [1, 12, 0] {
                let order = format!(
                    "func={family}.order.param&clicked_button=finish&ip=10.10.10.10\
                     &pa_ip=10.10.10.10&licname=name&period={period}&pricelist={code}&sok=ok\
                     &skipbasket=on"
                );
                vendor.bought(&order).await;
                bought += 1;
            }
        }
    }
    assert_eq!(vendor.sim().live_licenses().len(), bought);
    assert_eq!(bought, 23 * 3);
    for (code, addon) in [(273, 274), (549, 550), (170, 172), (195, 197)] {
        vendor.bought(&sample(&format!("pricelist={code}&addon_{addon}=2"))).await;
    }
}

#[tokio::test]
async fn each_vendor_sells_its_own() {
    let mut vendor = Vendor::full(USER).await;
    vendor.refused(&sample(""), "missed", "pricelist").await;
    vendor.refused(&sample("pricelist=55391"), "missed", "pricelist").await;
    // A key needs no address, a product for one server does; and each is sold for its own periods.
    let bitninja = "pricelist=55369&ip=";
    let key = vendor.bought(&sample(bitninja)).await;
    assert_eq!(vendor.sim().license(key).unwrap().ip, "");
    assert!(vendor.ok("func=softexternal").await.text().contains("<ip/>"));
    vendor.refused(&sample("pricelist=9203&ip="), "missed", "ip").await;
    vendor.ok(&sample("pricelist=9203")).await;
    vendor.refused(&sample("pricelist=9203&period=12"), "value", "period").await;
    vendor.ok(&sample("pricelist=55369&period=3")).await;
    // Renewal by itself goes by the period, or silently not at all.
    for (period, asked, kept) in [(1, 1, Some(1)), (12, 12, Some(12)), (6, 1, None)] {
        let rest = format!("{bitninja}&period={period}&autoprolong={asked}");
        let id = vendor.bought(&sample(&rest)).await;
        assert_eq!(vendor.sim().license(id).unwrap().autoprolong, kept);
    }

    vendor.user = RUSSIAN;
    vendor.bought(&sample("pricelist=55391")).await;
    let list = vendor.ok("func=softexternal").await;
    assert_eq!((list.count("<elem>"), list.field("cost")), (1, "1400.00 RUB / Month".into()));
    vendor.refused(&sample("pricelist=55369"), "missed", "pricelist").await;
    assert_eq!(vendor.ok("func=subaccount").await.field("currency"), "RUB");
    let prices = vendor.ok("func=pricelist.export&itemtype=soft").await;
    assert_eq!((prices.count("<pricelist>"), prices.count("currency=\"RUB\"")), (5, 5));
}
