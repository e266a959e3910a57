//! What publishing a draft would change, and publishing it.

use leptos::prelude::*;
use portal::people::Permission;
use portal::pricing::{Editor, PriceChange};

use super::editor::{editor_of, price_or_pill, rebase_button, seen};
use super::{author, crumbs, group_name, margin, seen_fields, unit};
use crate::components::{
    Cell, Column, Crumb, DataTable, Empty, LinkButton, Money, Notice, PageHead, Panel, RowHead,
    Stat, Stats, TextArea, Tone,
};
use crate::context::Context;
use crate::pages::{Shown, frame, go, page, param, refusal};
use crate::{format, t};

/// `/admin/pricelists/{group}/review`
#[component]
pub fn PricelistReview() -> impl IntoView {
    page(review)
}

async fn review(cx: Context) -> Shown {
    let staff = cx.staff()?;
    let editor = editor_of(&cx, staff, &param("group")?).await?;
    let locale = cx.locale;
    let back = format!("/admin/pricelists/{}", editor.group.code);
    let Some(draft) = editor.draft.clone() else { return Ok(go(&back)) };
    let (word, name) = (t!(locale, "review-title"), group_name(locale, &editor.group));
    let title = format!("{word}: {name}");
    let crumbs = crumbs(
        locale,
        vec![
            Crumb::link("/admin/pricelists", t!(locale, "pricelists-title")),
            Crumb::link(back.clone(), name),
            Crumb::here(word),
        ],
    );
    let overtaken = draft.base_version != editor.version;
    let restored = draft.restored_from.map(|version| {
        view! {
            <Notice tone=Tone::Info>
                <p>{t!(locale, "review-restored", version = version)}</p>
            </Notice>
        }
    });
    let clashes: u16 = cx.query("clashes").and_then(|count| count.parse().ok()).unwrap_or(0);
    let clashes = (clashes > 0).then(|| {
        view! {
            <Notice tone=Tone::Warning>
                <p>{t!(locale, "review-clashes", count = clashes)}</p>
            </Notice>
        }
    });
    let may = staff.role.may(Permission::SetPrices);
    let on = if overtaken {
        overtaken_notice(&cx, &editor).into_any()
    } else if may {
        publish_form(&cx, &editor).into_any()
    } else {
        ().into_any()
    };
    let next = editor.version.saturating_add(1);
    let main = view! {
        <PageHead
            title=title.clone()
            subtitle=t!(locale, "review-lead", next = next)
            crumbs=crumbs
        />
        {refusal(&cx, t!(locale, "prices-not-published"))}
        {restored}
        {clashes}
        {figures(&cx, &editor)}
        {changes(&cx, &editor.changes)}
        {on}
    }
    .into_any();
    Ok(frame::desk(&cx, staff, &title, "/admin/pricelists", main))
}

fn overtaken_notice(cx: &Context, editor: &Editor) -> impl IntoView + use<> {
    let by = author(cx.locale, &editor.published);
    let text = t!(cx.locale, "prices-overtaken", version = editor.version, author = by);
    view! {
        <Notice tone=Tone::Warning actions=rebase_button(cx, editor).into_any()>
            <p>{text}</p>
        </Notice>
    }
}

fn figures(cx: &Context, editor: &Editor) -> impl IntoView + use<> {
    let locale = cx.locale;
    let changes = &editor.changes;
    let customers = editor.customers.to_string();
    let count = |fits: fn(&PriceChange) -> bool| {
        changes.iter().filter(|change| fits(change)).count().to_string()
    };
    let up = count(PriceChange::is_increase);
    let down = count(|change| {
        matches!((change.before, change.after.price()), (Some(before), Some(after))
            if after.amount() < before.amount())
    });
    let gone = count(|change| change.before.is_some() && change.after.price().is_none());
    let fresh = count(|change| change.before.is_none() && change.after.price().is_some());
    view! {
        <Stats>
            <Stat label=t!(locale, "review-up") value=up />
            <Stat label=t!(locale, "review-down") value=down />
            <Stat label=t!(locale, "review-new") value=fresh />
            <Stat label=t!(locale, "review-gone") value=gone />
            <Stat
                label=t!(locale, "col-customers")
                value=customers
                hint=t!(locale, "review-customers-hint")
            />
        </Stats>
    }
}

/// Prices before and after.
pub fn changes(cx: &Context, changes: &[PriceChange]) -> AnyView {
    let locale = cx.locale;
    if changes.is_empty() {
        return view! {
            <Panel flush=true>
                <Empty
                    icon="tag"
                    title=t!(locale, "review-none")
                    text=t!(locale, "review-none-text")
                />
            </Panel>
        }
        .into_any();
    }
    let columns = vec![
        Column::text(t!(locale, "col-plan")),
        Column::num(t!(locale, "col-cost")),
        Column::num(t!(locale, "col-before")),
        Column::num(t!(locale, "col-after")),
        Column::num(t!(locale, "col-change")),
        Column::num(t!(locale, "col-margin-after")),
    ];
    let rows = changes
        .iter()
        .map(|change| {
            let row = &change.after;
            let plan = row.plan_name.get(locale).to_owned();
            let unit = unit(locale, &row.key, row.addon_name.as_ref());
            let before = match change.before {
                Some(before) => format::money(locale, before),
                None => t!(locale, "price-not-sold"),
            };
            let difference = change
                .before
                .zip(row.price())
                .and_then(|(before, after)| after.checked_sub(before).ok())
                .map_or_else(|| "—".to_owned(), |it| format::signed(locale, it));
            let no_difference = change.before.is_none() || row.price().is_none();
            let no_margin = row.margin().is_none();
            let cost = format::money(locale, row.cost);
            let after = price_or_pill(cx, row);
            let margin = margin(locale, row);
            view! {
                <tr>
                    <RowHead sub=unit>{plan}</RowHead>
                    <Cell label=t!(locale, "col-cost") num=true>
                        <Money text=cost />
                    </Cell>
                    <Cell label=t!(locale, "col-before") num=true>
                        <Money text=before />
                    </Cell>
                    <Cell label=t!(locale, "col-after") num=true>
                        {after}
                    </Cell>
                    <Cell label=t!(locale, "col-change") num=true none=no_difference>
                        <Money text=difference />
                    </Cell>
                    <Cell label=t!(locale, "col-margin-after") num=true none=no_margin>
                        <Money text=margin />
                    </Cell>
                </tr>
            }
        })
        .collect_view();
    let title = t!(locale, "review-changes");
    view! {
        <Panel title=title.clone() id="changes" flush=true>
            <DataTable caption=title columns=columns>
                {rows}
            </DataTable>
        </Panel>
    }
    .into_any()
}

fn publish_form(cx: &Context, editor: &Editor) -> impl IntoView + use<> {
    let locale = cx.locale;
    let next = editor.version + 1;
    let back = format!("/admin/pricelists/{}", editor.group.code);
    let seen = seen_fields(&editor.group.code, seen(editor));
    let (note, error) = (cx.typed("note"), cx.error_of("note"));
    view! {
        <Panel title=t!(locale, "publish-title") id="publish">
            <form class="form" method="post" action="/admin/pricelist_publish">
                {seen}
                <TextArea
                    label=t!(locale, "col-note")
                    name="note"
                    note=t!(locale, "optional")
                    hint=t!(locale, "publish-note-hint")
                    value=note
                    error=error
                    rows=2
                />
                <div class="actions">
                    <button class="btn btn-primary" type="submit">
                        {t!(locale, "publish-button", version = next)}
                    </button>
                    <LinkButton href=back>{t!(locale, "review-back")}</LinkButton>
                </div>
            </form>
        </Panel>
    }
}
