//! Parts of an object page: the numbers, the summary, the history, what can be copied.

use leptos::prelude::*;

use super::{Icon, OptText, Tone};

/// A row of `Stat`s.
#[component]
pub fn Stats(
    /// Large figures, for the one page whose subject they are.
    #[prop(optional)]
    lead: bool,
    /// `Stat`s.
    children: Children,
) -> impl IntoView {
    view! { <dl class=if lead { "stats stats-lead" } else { "stats" }>{children()}</dl> }
}

/// A number with its name, a link to its causes, and a remark.
#[component]
pub fn Stat(
    /// Name.
    #[prop(into)]
    label: String,
    /// The number.
    #[prop(into)]
    value: String,
    /// Remark.
    #[prop(optional, into)]
    hint: OptText,
    /// Colour of the remark.
    #[prop(optional)]
    tone: Option<Tone>,
    /// What the number is made of.
    #[prop(optional, into)]
    href: OptText,
) -> impl IntoView {
    let value = match href.get() {
        Some(href) => view! { <a href=href>{value}</a> }.into_any(),
        None => value.into_any(),
    };
    view! {
        <div class="stat">
            <dt class="stat-label">{label}</dt>
            <dd class="stat-value">{value}</dd>
            {hint
                .get()
                .map(|hint| {
                    view! {
                        <dd class="stat-hint" data-tone=tone.map(Tone::as_str)>
                            {hint}
                        </dd>
                    }
                })}
        </div>
    }
}

/// The summary of an object. Children are `Fact`s.
#[component]
pub fn DefinitionGrid(
    /// `Fact`s.
    children: Children,
) -> impl IntoView {
    view! { <dl class="facts">{children()}</dl> }
}

/// A label and its value.
#[component]
pub fn Fact(
    /// Label.
    #[prop(into)]
    label: String,
    /// Grey words below.
    #[prop(optional, into)]
    hint: OptText,
    /// A row of its own, for a long value.
    #[prop(optional)]
    wide: bool,
    /// Value.
    children: Children,
) -> impl IntoView {
    view! {
        <div class=if wide { "fact fact-wide" } else { "fact" }>
            <dt>{label}</dt>
            <dd>
                {children()}
                {hint.get().map(|hint| view! { <span class="fact-hint">{hint}</span> })}
            </dd>
        </div>
    }
}

/// Where a step of a `Timeline` stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Happened.
    Done,
    /// Happening now.
    Current,
    /// Still to come.
    Waiting,
    /// Nobody knows yet whether it worked.
    Unclear,
    /// Did not work.
    Failed,
    /// A person has to decide.
    Review,
}

impl StepState {
    /// The reverse of the `data-state` attribute.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        let all = [Self::Done, Self::Current, Self::Unclear, Self::Failed, Self::Review];
        all.into_iter().find(|state| state.as_str() == word).unwrap_or(Self::Waiting)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Current => "current",
            Self::Waiting => "waiting",
            Self::Unclear => "unclear",
            Self::Failed => "failed",
            Self::Review => "review",
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Done => "check",
            Self::Current => "loader",
            Self::Waiting => "circle-dashed",
            Self::Unclear => "clock",
            Self::Failed => "x",
            Self::Review => "user",
        }
    }
}

/// What happened, in order. Children are `TimelineItem`s.
#[component]
pub fn Timeline(
    /// `TimelineItem`s.
    children: Children,
) -> impl IntoView {
    view! { <ol class="timeline">{children()}</ol> }
}

/// One event of a `Timeline`.
#[component]
pub fn TimelineItem(
    /// Where it stands.
    state: StepState,
    /// What happened.
    #[prop(into)]
    title: String,
    /// The state in a word, read out only.
    #[prop(optional, into)]
    state_label: OptText,
    /// When, in the reader's words.
    #[prop(optional, into)]
    time: OptText,
    /// When, as RFC 3339, for machines.
    #[prop(optional, into)]
    datetime: OptText,
    /// Who, with what, and what came back.
    #[prop(optional, into)]
    text: OptText,
    /// More than a text.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let datetime = datetime.get();
    let time = time.get().map(|time| match datetime {
        Some(datetime) => view! {
            <time class="timeline-time" datetime=datetime>
                {time}
            </time>
        }
        .into_any(),
        None => view! { <span class="timeline-time">{time}</span> }.into_any(),
    });
    view! {
        <li class="timeline-item" data-state=state.as_str()>
            <span class="timeline-dot">
                <Icon name=state.icon() />
            </span>
            <div class="timeline-main">
                <p class="timeline-head">
                    <span class="timeline-title">
                        {title}
                        {state_label
                            .get()
                            .map(|label| {
                                view! { <span class="visually-hidden">{format!(" ({label})")}</span> }
                            })}
                    </span>
                    {time}
                </p>
                {text.get().map(|text| view! { <p class="timeline-text">{text}</p> })}
                {children.map(|children| children())}
            </div>
        </li>
    }
}

/// Numbered steps. Children are `Step`s.
#[component]
pub fn Steps(
    /// `Step`s.
    children: Children,
) -> impl IntoView {
    view! { <ol class="steps">{children()}</ol> }
}

/// A step of `Steps`.
#[component]
pub fn Step(
    /// What happens.
    #[prop(into)]
    title: String,
    /// In a sentence.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    view! {
        <li class="step">
            <p class="step-title">{title}</p>
            <p class="step-text">{text}</p>
        </li>
    }
}

/// A text made to be copied: a click selects all of it. Children are a `CopyButton`, on pages that
/// have islands.
#[component]
pub fn Copyable(
    /// The text.
    #[prop(into)]
    text: String,
    /// A line of its own, for a key or a command.
    #[prop(optional)]
    block: bool,
    /// A `CopyButton`.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <span class=if block { "copyable copyable-key" } else { "copyable" }>
            <code class="copyable-text">{text}</code>
            {children.map(|children| children())}
        </span>
    }
}

/// A secret that is shown on request.
#[component]
pub fn KeyReveal(
    /// "Show key".
    #[prop(into)]
    summary: String,
    /// Shown at first, right after delivery.
    #[prop(optional)]
    open: bool,
    /// A `Copyable block=true`.
    children: Children,
) -> impl IntoView {
    view! {
        <details class="reveal" open=open>
            <summary class="btn btn-primary">
                <Icon name="eye" />
                {summary}
            </summary>
            {children()}
        </details>
    }
}
