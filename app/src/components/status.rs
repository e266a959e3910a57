//! Status: always an icon, a colour and a word, with a plain sentence beside it.

use leptos::prelude::*;

use super::{Icon, OptText, Slot};

/// What a colour means; the same everywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to say.
    #[default]
    Neutral,
    /// Under way, or worth knowing.
    Info,
    /// As it should be.
    Success,
    /// Needs attention soon, or is waiting.
    Warning,
    /// Failed, or needs attention now.
    Danger,
}

impl Tone {
    /// Value of the `data-tone` attribute.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Danger => "danger",
        }
    }

    /// The icon used where the caller has no better one.
    pub fn icon(self) -> &'static str {
        match self {
            Self::Neutral => "circle-dashed",
            Self::Info => "info",
            Self::Success => "circle-check",
            Self::Warning => "triangle-alert",
            Self::Danger => "circle-x",
        }
    }
}

/// Status of an object in one word.
#[component]
pub fn StatusPill(
    /// Colour.
    tone: Tone,
    /// Icon; by default the tone's own.
    #[prop(optional, into)]
    icon: OptText,
    /// The word.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    view! {
        <span class="pill" data-tone=tone.as_str()>
            <Icon name=icon.get().unwrap_or_else(|| tone.icon().to_owned()) />
            {label}
        </span>
    }
}

/// One line of plain words about a state, for example under a field: "Free for VMmanager 6."
#[component]
pub fn StatusLine(
    /// Colour.
    tone: Tone,
    /// The sentence.
    #[prop(into)]
    text: String,
    /// Id, when another element refers to the line.
    #[prop(optional, into)]
    id: OptText,
) -> impl IntoView {
    view! {
        <p class="status-line" data-tone=tone.as_str() id=id.get() role="status">
            <Icon name=tone.icon() />
            <span>{text}</span>
        </p>
    }
}

/// A banner inside the page: what happened, what happened to the money, what to do.
#[component]
pub fn Notice(
    /// Colour and icon.
    tone: Tone,
    /// A few words in bold; leave out for a single sentence.
    #[prop(optional, into)]
    title: OptText,
    /// Announce it to screen readers: for the answer to what the reader just did.
    #[prop(optional)]
    live: bool,
    /// Buttons below the text.
    #[prop(optional, into)]
    actions: Slot,
    /// The text, as flow content such as `<p>`.
    children: Children,
) -> impl IntoView {
    let has_actions = actions.is_some();
    let actions = actions.into_view();
    view! {
        <div class="notice" data-tone=tone.as_str() role=live.then_some("status")>
            <Icon name=tone.icon() />
            <div class="notice-body">
                {title.get().map(|title| view! { <p class="notice-title">{title}</p> })}
                {children()}
                {has_actions.then(|| view! { <div class="actions">{actions}</div> })}
            </div>
        </div>
    }
}

/// A few words of praise beside a name, such as "Save 12%".
#[component]
pub fn Badge(
    /// The words.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! { <span class="badge">{text}</span> }
}
