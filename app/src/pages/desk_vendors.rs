//! Our money at the vendors, what waits for more of it, and what their lists and our books do not
//! agree on.

use leptos::prelude::*;
use portal::listing::{Cursor, Paging};
use portal::locale::Locale;
use portal::operations::{
    FINDING_SORTS, FINDINGS_BY_TIME, Finding, FindingFilter, FindingKind, Treasury,
};
use portal::people::Permission;

use super::{Shown, frame, instant, page, refusal};
use crate::api::ApiError;
use crate::components::{
    Cell, Column, DataTable, DefinitionGrid, Disclosure, Fact, Notice, PageHead, Panel, RowHead,
    StatusPill, TextArea, Tone,
};
use crate::context::Context;
use crate::exports::{Cell as Value, Chunk};
use crate::lists::{Asked, Nothing, boxes};
use crate::{format, t};

/// `/admin/vendors`
#[component]
pub fn DeskVendors() -> impl IntoView {
    page(vendors)
}

async fn vendors(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let treasury = cx.portal.treasury(staff).await.map_err(|error| cx.failed(&error))?;
    let (asked, filter) = asked(&cx);
    let listed = asked.load(&cx, cx.portal.findings(staff, &filter, &asked.paging)).await?;
    let locale = cx.locale;
    let title = t!(locale, "vendors-title");
    let may = staff.role.may(Permission::DecideOperations);
    let done = cx.query("done").filter(|_| cx.refused.is_none()).map(|what| {
        let text = match what.as_str() {
            "look" => t!(locale, "vendors-looking"),
            _ => t!(locale, "finding-done"),
        };
        view! {
            <Notice tone=Tone::Success live=true>
                <p>{text}</p>
            </Notice>
        }
    });
    let look = may.then(|| {
        view! {
            <form method="post" action="/admin/look-at-vendors">
                <button class="btn" type="submit">
                    {t!(locale, "vendors-look")}
                </button>
            </form>
        }
        .into_any()
    });
    let money = money(locale, &treasury, staff.role.may(Permission::ManageVendors));
    let kinds =
        FindingKind::ALL.map(|kind| (kind.as_str().to_owned(), kind_name(locale, kind))).to_vec();
    let vendors =
        treasury.iter().map(|vendor| (vendor.slug.clone(), vendor.name.clone())).collect();
    let fields = view! {
        {asked.search_field(locale, t!(locale, "filter-finding"))}
        {asked.select_field(locale, "kind", t!(locale, "finding-kind"), kinds)}
        {asked.select_field(locale, "vendor", t!(locale, "col-vendor"), vendors)}
        {asked.sort_field(locale)}
    }
    .into_any();
    // Whose list cannot be read now may disagree all the same.
    let nothing = if treasury.iter().any(|vendor| vendor.paused.is_some()) {
        Nothing {
            icon: "clock",
            title: t!(locale, "findings-paused"),
            text: t!(locale, "findings-paused-text"),
            action: None,
        }
    } else {
        Nothing {
            icon: "circle-check",
            title: t!(locale, "findings-none"),
            text: t!(locale, "findings-none-text"),
            action: None,
        }
    };
    let found = boxes(&cx, &asked, fields, listed, nothing, |findings| {
        findings.iter().map(|finding| one_finding(&cx, finding, may)).collect_view().into_any()
    });
    let main = view! {
        <PageHead title=title.clone() subtitle=t!(locale, "vendors-lead") actions=look />
        {refusal(&cx, t!(locale, "finding-refused"))}
        {done}
        <Panel flush=true>{money}</Panel>
        {found}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/vendors", main))
}

/// Findings of a page: each is a page of evidence in itself.
const FINDINGS: u16 = 20;

fn asked(cx: &Context) -> (Asked, FindingFilter) {
    let usual = Paging::first(FINDINGS_BY_TIME, FINDINGS);
    let names = ["q", "kind", "vendor"];
    let mut asked = Asked::read(cx, "/admin/vendors", &names, &FINDING_SORTS, usual);
    let filter = FindingFilter {
        kind: asked.parsed("kind", FindingKind::from_word),
        vendor: asked.value("vendor").map(str::to_owned),
        text: asked.value("q").map(str::to_owned),
    };
    (asked, filter)
}

/// The columns of the file.
pub const CSV: &[&str] = &[
    "finding",
    "kind",
    "vendor",
    "vendor_number",
    "customer",
    "license",
    "price",
    "currency",
    "known_since",
    "seen_at",
];

/// The rows of the file: what waits for somebody.
pub async fn export(cx: &Context, after: Option<Cursor>) -> Result<Chunk, ApiError> {
    let staff = cx.staff()?;
    let (asked, filter) = asked(cx);
    let asked = asked.for_export(after)?;
    let listed = asked.load(cx, cx.portal.findings(staff, &filter, &asked.paging)).await?;
    Ok(Chunk::of(listed, |finding| {
        vec![
            Value::plain(&finding.number),
            Value::plain(finding.kind.as_str()),
            Value::text(finding.vendor),
            Value::text(finding.upstream_id),
            Value::maybe(finding.customer.map(|(_, name)| name)),
            finding.license.map_or_else(Value::empty, |number| Value::plain(&number)),
            finding.price.map_or_else(Value::empty, Value::amount),
            finding.price.map_or_else(Value::empty, Value::currency),
            Value::time(finding.since),
            Value::time(finding.seen_at),
        ]
    }))
}

fn kind_name(locale: Locale, kind: FindingKind) -> String {
    match kind {
        FindingKind::Orphan => t!(locale, "finding-orphan"),
        FindingKind::Stranger => t!(locale, "finding-stranger"),
        FindingKind::Missing => t!(locale, "finding-missing"),
        FindingKind::Renewed => t!(locale, "finding-renewed"),
        FindingKind::TakenBack => t!(locale, "finding-taken-back"),
    }
}

/// What a failed call came to, in a sentence; none if its text is no failure that we know.
pub(super) fn trouble(locale: Locale, why: &str) -> Option<String> {
    if why.starts_with("not sent: ") {
        return Some(t!(locale, "vendor-unreached"));
    }
    let why = why.strip_prefix("outcome unknown: ")?;
    Some(if let Some(status) = why.strip_prefix("HTTP ") {
        // The number says it; its English name is among the details.
        let status = status.split(' ').next().unwrap_or(status).to_owned();
        t!(locale, "vendor-http", status = status)
    } else if why.contains("in time") || why.contains("timed out") {
        t!(locale, "vendor-late")
    } else if why.starts_with("the answer ") {
        t!(locale, "vendor-unreadable")
    } else {
        t!(locale, "vendor-unclear")
    })
}

/// Why a vendor is left alone, since when and until when; none while it works.
pub(super) fn silence(locale: Locale, vendor: &Treasury) -> Option<String> {
    let (since, until, why) = vendor.paused.as_ref()?;
    let word = trouble(locale, why).unwrap_or_else(|| t!(locale, "vendor-unclear"));
    let times = t!(
        locale,
        "vendor-paused",
        since = format::moment(locale, *since),
        until = format::moment(locale, *until)
    );
    Some(format!("{word} {times}"))
}

/// The vendor's name; it leads to the account for those who may see that.
fn vendor_name(vendor: &Treasury, may_manage: bool) -> AnyView {
    let name = vendor.name.clone();
    if may_manage {
        let href = format!("/admin/upstreams/{}", vendor.slug);
        view! { <a href=href>{name}</a> }.into_any()
    } else {
        name.into_any()
    }
}

fn money(locale: Locale, treasury: &[Treasury], may_manage: bool) -> impl IntoView + use<> {
    let columns = vec![
        Column::text(t!(locale, "col-vendor")),
        Column::num(t!(locale, "col-balance")),
        Column::num(t!(locale, "col-parked")),
        Column::num(t!(locale, "col-needed")),
        Column::num(t!(locale, "col-short")),
    ];
    let rows = treasury
        .iter()
        .map(|vendor| {
            let name = vendor_name(vendor, may_manage);
            let balance = match vendor.balance {
                Some((balance, at)) => view! {
                    <span>
                        {format::money(locale, balance)}
                        <span class="cell-sub">{instant(locale, at)}</span>
                    </span>
                }
                .into_any(),
                None => "—".into_any(),
            };
            let parked = vendor.parked.to_string();
            let needed = format::money(locale, vendor.needed);
            // What is missing for all that waits.
            let short = vendor
                .balance
                .and_then(|(balance, _)| vendor.needed.checked_sub(balance).ok())
                .filter(|short| vendor.parked > 0 && short.amount() > 0)
                .map_or_else(|| "—".to_owned(), |short| format::money(locale, short));
            let low = vendor.low.then(|| {
                view! {
                    " "
                    <StatusPill tone=Tone::Warning label=t!(locale, "upstream-low") />
                }
            });
            let paused = vendor.paused.clone().map(|(_, _, why)| {
                view! {
                    " "
                    <StatusPill tone=Tone::Warning label=t!(locale, "vendor-silent") />
                    <span class="cell-sub">{silence(locale, vendor)}</span>
                    <Disclosure summary=t!(locale, "vendor-details")>
                        <code class="small">{why}</code>
                    </Disclosure>
                }
            });
            view! {
                <tr>
                    <RowHead>{name} {low} {paused}</RowHead>
                    <Cell label=t!(locale, "col-balance") num=true>
                        {balance}
                    </Cell>
                    <Cell label=t!(locale, "col-parked") num=true>
                        <a href="/admin/operations?state=parked">{parked}</a>
                    </Cell>
                    <Cell label=t!(locale, "col-needed") num=true>
                        {needed}
                    </Cell>
                    <Cell label=t!(locale, "col-short") num=true>
                        {short}
                    </Cell>
                </tr>
            }
        })
        .collect_view();
    view! {
        <DataTable caption=t!(locale, "vendors-title") columns=columns>
            {rows}
        </DataTable>
    }
}

fn one_finding(cx: &Context, finding: &Finding, may: bool) -> AnyView {
    let locale = cx.locale;
    let why = match finding.kind {
        FindingKind::Orphan => t!(locale, "finding-orphan-text"),
        FindingKind::Stranger => t!(locale, "finding-stranger-text"),
        FindingKind::Missing => t!(locale, "finding-missing-text"),
        FindingKind::Renewed => t!(locale, "finding-renewed-text"),
        FindingKind::TakenBack => t!(locale, "finding-taken-back-text"),
    };
    let kind = kind_name(locale, finding.kind);
    let title = t!(locale, "finding-title", kind = kind, number = finding.upstream_id.clone());
    let id = format!("finding-{}", finding.number);
    let facts = facts(locale, finding);
    let evidence = finding.evidence.clone();
    let form = may.then(|| form(cx, finding));
    view! {
        <Panel title=title id=id>
            <div class="stack">
                <Notice tone=Tone::Warning>
                    <p>{why}</p>
                </Notice>
                {facts}
                <Disclosure summary=t!(locale, "inbox-vendor-side")>
                    <pre class="code">{evidence}</pre>
                </Disclosure>
                {form}
            </div>
        </Panel>
    }
    .into_any()
}

fn facts(locale: Locale, finding: &Finding) -> impl IntoView + use<> {
    let customer = finding.customer.clone().map(|(id, name)| {
        let href = format!("/admin/customers/{id}");
        view! {
            <Fact label=t!(locale, "col-customer")>
                <a href=href>{name}</a>
            </Fact>
        }
    });
    let order = finding.order.map(|order| {
        let href = format!("/admin/orders/{order}");
        view! {
            <Fact label=t!(locale, "fact-order")>
                <a href=href>{t!(locale, "finding-order")}</a>
            </Fact>
        }
    });
    let license = finding.license.map(|number| {
        let href = format!("/admin/licenses?q={number}");
        view! {
            <Fact label=t!(locale, "fact-license-number")>
                <a href=href>{number.to_string()}</a>
            </Fact>
        }
    });
    let plan = finding.plan.as_ref().map(|plan| {
        let plan = plan.get(locale).to_owned();
        view! { <Fact label=t!(locale, "col-plan")>{plan}</Fact> }
    });
    let taken_back = finding.kind == FindingKind::TakenBack;
    let price = finding.price.map(|price| {
        let price = format::money(locale, price);
        let label =
            if taken_back { t!(locale, "finding-paid") } else { t!(locale, "finding-price") };
        view! { <Fact label=label>{price}</Fact> }
    });
    let term = finding.term.map(|(was, is)| {
        let text = format!("{} – {}", format::day(locale, was), format::day(locale, is));
        let label =
            if taken_back { t!(locale, "finding-not-given") } else { t!(locale, "finding-term") };
        view! { <Fact label=label>{text}</Fact> }
    });
    let (vendor, number) = (finding.vendor.clone(), finding.upstream_id.clone());
    let (since, seen) = (finding.since, finding.seen_at);
    view! {
        <DefinitionGrid>
            <Fact label=t!(locale, "col-vendor")>{vendor}</Fact>
            <Fact label=t!(locale, "fact-vendor-number")>{number}</Fact>
            {customer}
            {plan}
            {order}
            {license}
            {price}
            {term}
            <Fact label=t!(locale, "finding-since")>{instant(locale, since)}</Fact>
            <Fact label=t!(locale, "finding-seen")>{instant(locale, seen)}</Fact>
        </DefinitionGrid>
    }
}

/// What can be done about it; all of it says why in the audit.
fn form(cx: &Context, finding: &Finding) -> AnyView {
    let locale = cx.locale;
    let field = format!("reason-{}", finding.number);
    let adopt = match finding.kind {
        FindingKind::Orphan => Some(t!(locale, "finding-adopt")),
        FindingKind::Renewed => Some(t!(locale, "finding-charge")),
        FindingKind::TakenBack => Some(t!(locale, "finding-give-back")),
        FindingKind::Stranger | FindingKind::Missing => None,
    };
    let adopt = adopt.map(|text| {
        view! {
            <button class="btn" type="submit" name="remedy" value="adopt">
                {text}
            </button>
        }
    });
    let dismiss = match finding.kind {
        FindingKind::Missing => t!(locale, "finding-gone"),
        FindingKind::Renewed => t!(locale, "finding-bear"),
        FindingKind::TakenBack => t!(locale, "finding-put-right"),
        FindingKind::Orphan | FindingKind::Stranger => t!(locale, "finding-dismiss"),
    };
    view! {
        <form class="form" method="post" action="/admin/settle-finding">
            <input type="hidden" name="finding" value=finding.id.to_string() />
            <input type="hidden" name="number" value=finding.number.to_string() />
            <TextArea
                label=t!(locale, "inbox-reason")
                name="reason"
                id=field.clone()
                rows=2
                required=true
                value=cx.typed(&field).unwrap_or_default()
                hint=t!(locale, "inbox-reason-hint")
                error=cx.error_of(&field)
            />
            <div class="actions">
                {adopt}
                <button class="btn" type="submit" name="remedy" value="dismiss">
                    {dismiss}
                </button>
            </div>
        </form>
    }
    .into_any()
}
