//! The frame of a page's content: its head, its boxes, what unfolds and what opens.

use leptos::prelude::*;

use super::{Icon, OptText, Slot};

/// Look of a button or a link that looks like one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// The plain one.
    #[default]
    Secondary,
    /// The one thing to do here; once per view.
    Primary,
    /// Without a box.
    Quiet,
    /// Something is lost by it.
    Danger,
}

impl ButtonKind {
    /// Value of the `class` attribute.
    pub fn class(self) -> &'static str {
        match self {
            Self::Secondary => "btn",
            Self::Primary => "btn btn-primary",
            Self::Quiet => "btn btn-quiet",
            Self::Danger => "btn btn-danger",
        }
    }
}

/// A link that looks like a button.
#[component]
pub fn LinkButton(
    /// Address.
    #[prop(into)]
    href: String,
    /// Look.
    #[prop(optional)]
    kind: ButtonKind,
    /// Further classes: `btn-lg`, `btn-sm`, `btn-block`.
    #[prop(optional)]
    size: &'static str,
    /// Icon before the words.
    #[prop(optional, into)]
    icon: OptText,
    /// Words.
    children: Children,
) -> impl IntoView {
    let class =
        if size.is_empty() { kind.class().to_owned() } else { format!("{} {size}", kind.class()) };
    view! {
        <a class=class href=href>
            {icon.get().map(|icon| view! { <Icon name=icon /> })}
            {children()}
        </a>
    }
}

/// The first link of a page: past the navigation, to `<main id="main">`.
#[component]
pub fn SkipLink(
    /// "Skip to content".
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! {
        <a class="skip-link btn" href="#main">
            {text}
        </a>
    }
}

/// A step of `Breadcrumbs`.
#[derive(Clone, Debug, Default)]
pub struct Crumb {
    /// Address; none for the page itself.
    pub href: Option<String>,
    /// Words.
    pub label: String,
}

impl Crumb {
    /// A page above this one.
    pub fn link(href: impl Into<String>, label: impl Into<String>) -> Self {
        Self { href: Some(href.into()), label: label.into() }
    }

    /// The page itself.
    pub fn here(label: impl Into<String>) -> Self {
        Self { href: None, label: label.into() }
    }
}

/// The way down to this page.
#[component]
pub fn Breadcrumbs(
    /// Name of the landmark: "Breadcrumbs".
    #[prop(into)]
    label: String,
    /// From the top to this page.
    items: Vec<Crumb>,
) -> impl IntoView {
    view! {
        <nav class="breadcrumbs" aria-label=label>
            <ol>
                {items
                    .into_iter()
                    .map(|crumb| match crumb.href {
                        Some(href) => {
                            view! {
                                <li>
                                    <a href=href>{crumb.label}</a>
                                </li>
                            }
                                .into_any()
                        }
                        None => view! { <li aria-current="page">{crumb.label}</li> }.into_any(),
                    })
                    .collect_view()}
            </ol>
        </nav>
    }
}

/// Head of a page: title, status in a word and in a sentence, one primary action.
#[component]
pub fn PageHead(
    /// The page's only `<h1>`.
    #[prop(into)]
    title: String,
    /// One plain sentence: what is, why, and until when.
    #[prop(optional, into)]
    subtitle: OptText,
    /// The same with more than words in it.
    #[prop(optional, into)]
    lead: Slot,
    /// A `StatusPill`.
    #[prop(optional, into)]
    status: Slot,
    /// Buttons, the primary one first.
    #[prop(optional, into)]
    actions: Slot,
    /// `Breadcrumbs`.
    #[prop(optional, into)]
    crumbs: Slot,
) -> impl IntoView {
    let (has_actions, has_lead) = (actions.is_some(), lead.is_some());
    let (actions, lead) = (actions.into_view(), lead.into_view());
    view! {
        <header class="page-head">
            <div class="page-head-main">
                {crumbs.into_view()} <div class="page-head-title">
                    <h1>{title}</h1>
                    {status.into_view()}
                </div>
                {subtitle.get().map(|text| view! { <p class="page-head-sub">{text}</p> })}
                {has_lead.then(|| view! { <p class="page-head-sub">{lead}</p> })}
            </div>
            {has_actions.then(|| view! { <div class="actions">{actions}</div> })}
        </header>
    }
}

/// A box with a title. Never put one into another.
#[component]
pub fn Panel(
    /// Title, an `<h2>`.
    #[prop(optional, into)]
    title: OptText,
    /// Id; the title gets `{id}-title` and names the box.
    #[prop(optional, into)]
    id: OptText,
    /// No padding, for a `DataTable`.
    #[prop(optional)]
    flush: bool,
    /// Buttons and links beside the title.
    #[prop(optional, into)]
    actions: Slot,
    /// A line below, such as a `Pager`.
    #[prop(optional, into)]
    foot: Slot,
    /// Content.
    children: Children,
) -> impl IntoView {
    let (title, id) = (title.get(), id.get());
    let title_id = id.as_ref().map(|id| format!("{id}-title"));
    let labelled = title.as_ref().and(title_id.clone());
    let (actions, has_foot) = (actions.into_view(), foot.is_some());
    let foot = foot.into_view();
    view! {
        <section
            class=if flush { "panel panel-flush" } else { "panel" }
            id=id
            aria-labelledby=labelled
        >
            {title
                .map(|title| {
                    view! {
                        <header class="panel-head">
                            <h2 id=title_id>{title}</h2>
                            {actions}
                        </header>
                    }
                })}
            <div class="panel-body">{children()}</div>
            {has_foot.then(|| view! { <footer class="panel-foot">{foot}</footer> })}
        </section>
    }
}

/// A view of a list, as a link: filters that have a name.
#[derive(Clone, Debug, Default)]
pub struct TabItem {
    /// Address.
    pub href: String,
    /// Words.
    pub label: String,
    /// How many are in it.
    pub count: Option<String>,
    /// The one that is open.
    pub current: bool,
}

/// Links between views of the same thing.
#[component]
pub fn Tabs(
    /// Name of the landmark.
    #[prop(into)]
    label: String,
    /// The views.
    items: Vec<TabItem>,
    /// They lead to parts of this page, so none of them is open.
    #[prop(optional)]
    parts: bool,
) -> impl IntoView {
    view! {
        <nav class=if parts { "chips" } else { "tabs" } aria-label=label>
            {items
                .into_iter()
                .map(|tab| {
                    view! {
                        <a href=tab.href aria-current=tab.current.then_some("page")>
                            {tab.label}
                            {tab.count.map(|count| view! { <span class="count">{count}</span> })}
                        </a>
                    }
                })
                .collect_view()}
        </nav>
    }
}

/// Something most readers do not need: raw evidence, a form for a rare wish, a confirmation.
#[component]
pub fn Disclosure(
    /// Words that are always visible.
    #[prop(into)]
    summary: String,
    /// Unfolded at first.
    #[prop(optional)]
    open: bool,
    /// What unfolds.
    children: Children,
) -> impl IntoView {
    view! {
        <details class="disclosure" open=open>
            <summary>{summary}</summary>
            <div class="disclosure-body">{children()}</div>
        </details>
    }
}

/// A native modal dialog; a `DialogButton` opens it without a script.
///
/// Where the browser cannot do that nothing opens, so what it holds must be reachable by a page too.
#[component]
pub fn Dialog(
    /// Id, named by the button.
    #[prop(into)]
    id: String,
    /// Title.
    #[prop(into)]
    title: String,
    /// "Close".
    #[prop(into)]
    close: String,
    /// Content; buttons in a `<div class="actions">` at the end.
    children: Children,
) -> impl IntoView {
    let title_id = format!("{id}-title");
    view! {
        <dialog class="dialog" id=id aria-labelledby=title_id.clone()>
            <div class="dialog-head">
                <h2 id=title_id.clone()>{title}</h2>
                <form method="dialog">
                    <button class="btn btn-quiet btn-icon" type="submit" aria-label=close>
                        <Icon name="x" />
                    </button>
                </form>
            </div>
            {children()}
        </dialog>
    }
}

/// Opens a `Dialog`.
#[component]
pub fn DialogButton(
    /// Id of the dialog.
    #[prop(into)]
    dialog: String,
    /// Look.
    #[prop(optional)]
    kind: ButtonKind,
    /// Words.
    children: Children,
) -> impl IntoView {
    view! {
        <button class=kind.class() type="button" command="show-modal" commandfor=dialog>
            {children()}
        </button>
    }
}
