//! Lists: a table on a wide screen, stacked rows on a phone, with its states and its filters.

use leptos::prelude::*;

use super::{Icon, OptText, Slot};

/// Direction a table is sorted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
}

impl Sort {
    fn aria(self) -> &'static str {
        match self {
            Self::Ascending => "ascending",
            Self::Descending => "descending",
        }
    }
}

/// A column's head.
#[derive(Clone, Debug, Default)]
pub struct Column {
    label: String,
    class: Option<&'static str>,
    hidden_label: bool,
    href: Option<String>,
    sort: Option<Sort>,
}

impl Column {
    /// A column of texts.
    pub fn text(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }

    /// A column of figures, aligned to the right.
    pub fn num(label: impl Into<String>) -> Self {
        Self { class: Some("num"), ..Self::text(label) }
    }

    /// The column of buttons; its label is only read out.
    pub fn actions(label: impl Into<String>) -> Self {
        Self { class: Some("cell-actions"), hidden_label: true, ..Self::text(label) }
    }

    /// The column of checkboxes; its label is only read out.
    pub fn check(label: impl Into<String>) -> Self {
        Self { class: Some("cell-check"), hidden_label: true, ..Self::text(label) }
    }

    /// Sortable: the head is a link, with an arrow when the table is sorted by it now.
    #[must_use]
    pub fn sortable(self, href: impl Into<String>, sort: Option<Sort>) -> Self {
        Self { href: Some(href.into()), sort, ..self }
    }
}

/// A table. Children are `<tr>`s made of `RowHead`, `Cell`, `CheckCell` and `ActionsCell`;
/// put it into a flush `Panel`.
#[component]
pub fn DataTable(
    /// What the table lists; read out, not shown.
    #[prop(into)]
    caption: String,
    /// Heads, in the order of the cells.
    columns: Vec<Column>,
    /// Rows of a `<tfoot>`.
    #[prop(optional, into)]
    foot: Slot,
    /// Rows.
    children: Children,
) -> impl IntoView {
    let heads = columns
        .into_iter()
        .map(|column| {
            let label = if column.hidden_label {
                view! { <span class="visually-hidden">{column.label}</span> }.into_any()
            } else if let Some(href) = column.href {
                view! {
                    <a href=href>
                        {column.label}
                        {column.sort.map(|_| view! { <Icon name="chevron-down" /> })}
                    </a>
                }
                .into_any()
            } else {
                column.label.into_any()
            };
            view! {
                <th scope="col" class=column.class aria-sort=column.sort.map(Sort::aria)>
                    {label}
                </th>
            }
        })
        .collect_view();
    let has_foot = foot.is_some();
    let foot = foot.into_view();
    view! {
        <div class="table-wrap">
            <table class="table">
                <caption class="visually-hidden">{caption}</caption>
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{children()}</tbody>
                {has_foot.then(|| view! { <tfoot>{foot}</tfoot> })}
            </table>
        </div>
    }
}

/// What a row is about, usually a link; the title of the stacked row.
#[component]
pub fn RowHead(
    /// Grey words below.
    #[prop(optional, into)]
    sub: OptText,
    /// What a bare number is; said where rows are stacked.
    #[prop(optional, into)]
    word: OptText,
    /// The name.
    children: Children,
) -> impl IntoView {
    view! {
        <th scope="row" data-label=word.get()>
            {children()} {sub.get().map(|sub| view! { <span class="cell-sub">{sub}</span> })}
        </th>
    }
}

/// A cell; the label repeats the column's head where rows are stacked.
#[component]
pub fn Cell(
    /// The column's head.
    #[prop(into)]
    label: String,
    /// Figures: aligned to the right.
    #[prop(optional)]
    num: bool,
    /// Grey words below.
    #[prop(optional, into)]
    sub: OptText,
    /// There is no value: stacked rows leave the line out.
    #[prop(optional)]
    none: bool,
    /// The value. A single element or text: stacked rows lay label and value out beside each other.
    children: Children,
) -> impl IntoView {
    let value = match sub.get() {
        None => children(),
        Some(sub) => {
            view! { <span>{children()} <span class="cell-sub">{sub}</span></span> }.into_any()
        }
    };
    let class = match (num, none) {
        (false, false) => None,
        (true, false) => Some("num"),
        (false, true) => Some("cell-none"),
        (true, true) => Some("num cell-none"),
    };
    view! {
        <td data-label=label class=class>
            {value}
        </td>
    }
}

/// The cell with a row's buttons, small ones.
#[component]
pub fn ActionsCell(
    /// Buttons and links.
    children: Children,
) -> impl IntoView {
    view! {
        <td class="cell-actions">
            <div class="actions">{children()}</div>
        </td>
    }
}

/// The cell that ticks a row for the `BulkBar`.
#[component]
pub fn CheckCell(
    /// Name of the form value.
    #[prop(into)]
    name: String,
    /// The row.
    #[prop(into)]
    value: String,
    /// "Select order 10482".
    #[prop(into)]
    label: String,
) -> impl IntoView {
    view! {
        <td class="cell-check">
            <input type="checkbox" name=name value=value aria-label=label />
        </td>
    }
}

/// Buttons for the ticked rows. Stands at the end of the `<form class="bulk" method="post">` around
/// the table and shows itself when a row is ticked; no script.
#[component]
pub fn BulkBar(
    /// "Selected licenses".
    #[prop(into)]
    label: String,
    /// Buttons.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="bulk-bar">
            <span>{label}</span>
            <div class="actions">{children()}</div>
        </div>
    }
}

/// Links through a list that is read from a cursor: back to its beginning and on to what is older.
#[component]
pub fn Pager(
    /// Name of the landmark: "Pages".
    #[prop(into)]
    label: String,
    /// Address of the beginning; none on the first page.
    #[prop(optional, into)]
    newest: OptText,
    /// "Newest".
    #[prop(into)]
    newest_label: String,
    /// Address of the next page; none on the last.
    #[prop(optional, into)]
    older: OptText,
    /// "Older".
    #[prop(into)]
    older_label: String,
) -> impl IntoView {
    let link = |href: Option<String>, rel: &'static str, text: String| {
        href.map(|href| {
            view! {
                <a class="btn btn-sm" rel=rel href=href>
                    {text}
                </a>
            }
        })
    };
    view! {
        <nav class="pager" aria-label=label>
            <span class="actions">
                {link(newest.get(), "prev", newest_label)}
                {link(older.get(), "next", older_label)}
            </span>
        </nav>
    }
}

/// Filters of a list, kept in the address. Children are `Field wide=true` and `SelectField`s. On a
/// phone they are folded away until one is set.
#[component]
pub fn FilterBar(
    /// The list's address.
    #[prop(into)]
    action: String,
    /// Words that unfold the filters on a phone.
    #[prop(into)]
    summary: String,
    /// "Apply".
    #[prop(into)]
    apply: String,
    /// Words of the link that forgets the filters; shown when given.
    #[prop(optional, into)]
    reset: OptText,
    /// Where that link leads; by default to the list's address.
    #[prop(optional, into)]
    reset_href: OptText,
    /// Fields.
    children: Children,
) -> impl IntoView {
    let reset_href = reset_href.get().unwrap_or_else(|| action.clone());
    let reset = reset.get();
    let open = reset.is_some();
    let reset = reset.map(|text| {
        view! {
            <a class="btn btn-quiet" href=reset_href>
                {text}
            </a>
        }
    });
    view! {
        <details class="fold" open=open>
            <summary class="btn">{summary}</summary>
            <form class="filters" method="get" action=action>
                {children()}
                <div class="actions">
                    <button class="btn" type="submit">
                        {apply}
                    </button>
                    {reset}
                </div>
            </form>
        </details>
    }
}

/// Nothing here: why, and what to do about it.
#[component]
pub fn Empty(
    /// Icon.
    #[prop(into)]
    icon: String,
    /// "No licenses yet".
    #[prop(into)]
    title: String,
    /// What this place is for and how to begin.
    #[prop(into)]
    text: String,
    /// Buttons.
    #[prop(optional, into)]
    action: Slot,
) -> impl IntoView {
    let has_action = action.is_some();
    let action = action.into_view();
    view! {
        <div class="empty">
            <span class="empty-icon">
                <Icon name=icon />
            </span>
            <p class="empty-title">{title}</p>
            <p class="empty-text">{text}</p>
            {has_action.then(|| view! { <div class="actions">{action}</div> })}
        </div>
    }
}
