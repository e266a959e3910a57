//! The `parallelslic` family: seed 002.

use upstream_sim::Status;

use crate::client::{ISPLICENSE, Vendor};

/// A paid order of Plesk Web Admin for a month, which costs 5.00.
fn plesk(rest: &str) -> String {
    format!(
        "func=parallelslic.order.param&clicked_button=finish&pa_ip=10.10.10.10&period=1\
         &pricelist=250&sok=ok&skipbasket=on&{rest}"
    )
}

#[tokio::test]
async fn a_plesk_license_lives() {
    let vendor = Vendor::full(ISPLICENSE).await;
    let before = vendor.balance();
    vendor.refused(&plesk("pa_ip="), "missed", "pa_ip").await;
    vendor.refused(&plesk("pa_ip=&ip=10.10.10.10"), "missed", "pa_ip").await;
    vendor.refused(&plesk("pa_ip=10.10"), "value", "pa_ip").await;
    let id = vendor.bought(&plesk("licname=ignored&remoteid=k1")).await;
    assert_eq!(before - vendor.balance(), 50_000);

    let list = vendor.ok("func=parallelslic").await;
    assert_eq!((list.count("<elem>"), list.field("id")), (1, id.to_string()));
    assert_eq!(
        (list.field("pa_ip"), list.field("ip")),
        ("10.10.10.10".into(), "10.10.10.10".into())
    );
    assert_eq!(list.field("pricelist"), "Plesk Panel 12/Onyx Web Admin Edition");
    assert_eq!((list.count("<licname"), list.field("remoteid")), (0, "k1".into()));
    let view = vendor.ok(&format!("func=parallelslic.edit&elid={id}")).await;
    assert_eq!(
        (view.field("pa_ip"), view.field("ip")),
        ("10.10.10.10".into(), "10.10.10.10".into())
    );
    assert!(view.field("lickey").starts_with(&format!("{id}-")));

    let edit = format!("func=parallelslic.edit&elid={id}&sok=ok");
    let edited = vendor.ok(&format!("{edit}&pa_ip=10.10.10.11")).await;
    assert_eq!(
        (edited.field("pa_ip"), edited.field("ip")),
        ("10.10.10.11".into(), "10.10.10.11".into())
    );
    vendor.refused(&format!("{edit}&pa_ip=10.10.10.12"), "limit", "pa_ip").await;
    vendor.ok(&format!("{edit}&ip=10.10.10.12")).await;
    assert_eq!(vendor.sim().license(id).unwrap().ip, "10.10.10.11");

    vendor.ok(&format!("func=parallelslic.suspend&elid={id}")).await;
    assert_eq!(vendor.sim().license(id).unwrap().status, Status::Suspended);
    vendor.ok(&format!("func=parallelslic.resume&elid={id}")).await;
    let renewed = vendor.ok(&format!("func=service.prolong&elid={id}&period=12&sok=ok")).await;
    assert_eq!(renewed.field("newexpiredate"), "2028-04-10");
    assert_eq!(before - vendor.balance(), 50_000 + 500_000);
    vendor.ok(&format!("func=parallelslic.delete&elid={id}")).await;
    assert_eq!(vendor.ok("func=parallelslic").await.field("p_elems"), "0");

    let forever = vendor.bought(&plesk("period=0")).await;
    assert!(vendor.sim().license(forever).unwrap().is_lifetime());
    vendor.refused(&plesk("period=-100"), "value", "period").await;
    vendor.refused(&plesk("pricelist=229"), "missed", "pricelist").await;
}
