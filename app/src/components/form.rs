//! Form controls: label above, help below, error beside the field and in a summary on top.

use leptos::prelude::*;

use super::{Icon, OptText, Slot};

/// Ids of help and error below a control, as `aria-describedby` wants them.
fn described_by(id: &str, hint: bool, error: bool) -> Option<String> {
    match (hint, error) {
        (false, false) => None,
        (true, false) => Some(format!("{id}-hint")),
        (false, true) => Some(format!("{id}-error")),
        (true, true) => Some(format!("{id}-error {id}-hint")),
    }
}

/// Error and help below a control: what is wrong stands next to what it is about.
#[component]
fn Below(id: String, hint: Option<String>, error: Option<String>) -> impl IntoView {
    view! {
        {error
            .map(|error| {
                view! {
                    <p class="error" id=format!("{id}-error")>
                        <Icon name="circle-alert" />
                        <span>{error}</span>
                    </p>
                }
            })}
        {hint
            .map(|hint| {
                view! {
                    <p class="hint" id=format!("{id}-hint")>
                        {hint}
                    </p>
                }
            })}
    }
}

/// The label above a control.
#[component]
fn Label(id: String, label: String, note: Option<String>) -> impl IntoView {
    view! {
        <label class="label" for=id>
            {label}
            {note.map(|note| view! { " " <span class="label-note">{note}</span> })}
        </label>
    }
}

/// One line of input with its label, help and error.
///
/// Children replace the input itself; they then carry `id`, `name` and
/// `aria-describedby="{id}-error {id}-hint"` themselves.
#[component]
pub fn Field(
    /// Label.
    #[prop(into)]
    label: String,
    /// Name of the form value.
    #[prop(into)]
    name: String,
    /// Id; by default the name.
    #[prop(optional, into)]
    id: OptText,
    /// Grey words after the label, such as "optional".
    #[prop(optional, into)]
    note: OptText,
    /// Help below.
    #[prop(optional, into)]
    hint: OptText,
    /// What is wrong, in words.
    #[prop(optional, into)]
    error: OptText,
    /// Value of `type`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What was typed before, so that nothing is lost.
    #[prop(optional, into)]
    value: OptText,
    /// Value of `autocomplete`.
    #[prop(optional)]
    autocomplete: Option<&'static str>,
    /// Value of `inputmode`: the right keyboard.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// Value of `pattern`.
    #[prop(optional)]
    pattern: Option<&'static str>,
    /// Longest text, in characters.
    #[prop(optional)]
    maxlength: Option<u32>,
    /// Must be filled in.
    #[prop(optional)]
    required: bool,
    /// Put the cursor here when the page opens.
    #[prop(optional)]
    autofocus: bool,
    /// Take the width that is left, in a `FilterBar`.
    #[prop(optional)]
    wide: bool,
    /// A button beside the input.
    #[prop(optional, into)]
    after: Slot,
    /// Another control instead of the input.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let id = id.get().unwrap_or_else(|| name.clone());
    let (hint, error) = (hint.get(), error.get());
    let described = described_by(&id, hint.is_some(), error.is_some());
    let control = if let Some(children) = children {
        children()
    } else {
        let input = view! {
            <input
                class="input"
                type=kind
                id=id.clone()
                name=name
                value=value.get()
                autocomplete=autocomplete
                inputmode=inputmode
                pattern=pattern
                maxlength=maxlength.map(|length| length.to_string())
                required=required
                autofocus=autofocus
                aria-describedby=described
                aria-invalid=error.is_some().then_some("true")
            />
        };
        if after.is_some() {
            view! { <div class="input-row">{input} {after.into_view()}</div> }.into_any()
        } else {
            input.into_any()
        }
    };
    view! {
        <div class=if wide { "field field-wide" } else { "field" }>
            <Label id=id.clone() label=label note=note.get() />
            {control}
            <Below id=id hint=hint error=error />
        </div>
    }
}

/// A choice of `SelectField`.
#[derive(Clone, Debug, Default)]
pub struct SelectOption {
    /// Form value.
    pub value: String,
    /// Words.
    pub label: String,
    /// Chosen now.
    pub selected: bool,
}

impl SelectOption {
    /// A choice that is selected when `value` equals `current`.
    pub fn new(value: impl Into<String>, label: impl Into<String>, current: &str) -> Self {
        let value = value.into();
        Self { selected: value == current, label: label.into(), value }
    }
}

/// A native select with its label, help and error.
#[component]
pub fn SelectField(
    /// Label.
    #[prop(into)]
    label: String,
    /// Name of the form value.
    #[prop(into)]
    name: String,
    /// Id; by default the name.
    #[prop(optional, into)]
    id: OptText,
    /// The choices.
    options: Vec<SelectOption>,
    /// Help below.
    #[prop(optional, into)]
    hint: OptText,
    /// What is wrong, in words.
    #[prop(optional, into)]
    error: OptText,
    /// Value of `autocomplete`, such as `country`.
    #[prop(optional)]
    autocomplete: Option<&'static str>,
    /// Must be chosen.
    #[prop(optional)]
    required: bool,
    /// Class of the field, beside `field`.
    #[prop(optional)]
    class: &'static str,
    /// A button beside the select.
    #[prop(optional, into)]
    after: Slot,
) -> impl IntoView {
    let id = id.get().unwrap_or_else(|| name.clone());
    let (hint, error) = (hint.get(), error.get());
    let described = described_by(&id, hint.is_some(), error.is_some());
    let select = view! {
        <select
            class="input"
            id=id.clone()
            name=name
            autocomplete=autocomplete
            required=required
            aria-describedby=described
            aria-invalid=error.is_some().then_some("true")
        >
            {options
                .into_iter()
                .map(|option| {
                    view! {
                        <option value=option.value selected=option.selected>
                            {option.label}
                        </option>
                    }
                })
                .collect_view()}
        </select>
    };
    let control = if after.is_some() {
        view! { <div class="input-row">{select} {after.into_view()}</div> }.into_any()
    } else {
        select.into_any()
    };
    view! {
        <div class=if class.is_empty() { "field".to_owned() } else { format!("field {class}") }>
            <Label id=id.clone() label=label note=None />
            {control}
            <Below id=id hint=hint error=error />
        </div>
    }
}

/// Several lines of input with label, help and error.
#[component]
pub fn TextArea(
    /// Label.
    #[prop(into)]
    label: String,
    /// Name of the form value.
    #[prop(into)]
    name: String,
    /// Id; by default the name.
    #[prop(optional, into)]
    id: OptText,
    /// Grey words after the label, such as "optional".
    #[prop(optional, into)]
    note: OptText,
    /// Help below.
    #[prop(optional, into)]
    hint: OptText,
    /// What is wrong, in words.
    #[prop(optional, into)]
    error: OptText,
    /// What was typed before.
    #[prop(optional, into)]
    value: OptText,
    /// Lines shown at first.
    #[prop(default = 4)]
    rows: u32,
    /// Must be filled in.
    #[prop(optional)]
    required: bool,
) -> impl IntoView {
    let id = id.get().unwrap_or_else(|| name.clone());
    let (hint, error) = (hint.get(), error.get());
    let described = described_by(&id, hint.is_some(), error.is_some());
    view! {
        <div class="field">
            <Label id=id.clone() label=label note=note.get() />
            <textarea
                class="input"
                id=id.clone()
                name=name
                rows=rows.to_string()
                required=required
                aria-describedby=described
                aria-invalid=error.is_some().then_some("true")
            >
                {value.get()}
            </textarea>
            <Below id=id hint=hint error=error />
        </div>
    }
}

/// A checkbox with its words beside it.
#[component]
pub fn CheckField(
    /// The words.
    #[prop(into)]
    label: String,
    /// Name of the form value.
    #[prop(into)]
    name: String,
    /// Id; by default the name.
    #[prop(optional, into)]
    id: OptText,
    /// Value sent when ticked.
    #[prop(default = "on".to_owned(), into)]
    value: String,
    /// Ticked now.
    #[prop(optional)]
    checked: bool,
    /// Help below.
    #[prop(optional, into)]
    hint: OptText,
    /// What is wrong, in words.
    #[prop(optional, into)]
    error: OptText,
    /// Must be ticked.
    #[prop(optional)]
    required: bool,
) -> impl IntoView {
    let id = id.get().unwrap_or_else(|| name.clone());
    let (hint, error) = (hint.get(), error.get());
    let described = described_by(&id, hint.is_some(), error.is_some());
    view! {
        <div class="check">
            <input
                type="checkbox"
                id=id.clone()
                name=name
                value=value
                checked=checked
                required=required
                aria-describedby=described
                aria-invalid=error.is_some().then_some("true")
            />
            <label for=id.clone()>{label}</label>
            <Below id=id hint=hint error=error />
        </div>
    }
}

/// Everything that is wrong with a form, on top, each line leading to its field.
#[component]
pub fn ErrorSummary(
    /// "Please check two things".
    #[prop(into)]
    title: String,
    /// Id of the field (without `#`) and what is wrong with it; an empty id makes plain text.
    items: Vec<(String, String)>,
) -> impl IntoView {
    (!items.is_empty()).then(|| {
        view! {
            <div
                class="error-summary"
                id="errors"
                role="alert"
                aria-labelledby="errors-title"
                tabindex="-1"
            >
                <h2 id="errors-title">{title}</h2>
                <ul>
                    {items
                        .into_iter()
                        .map(|(id, text)| {
                            if id.is_empty() {
                                view! { <li>{text}</li> }.into_any()
                            } else {
                                view! {
                                    <li>
                                        <a href=format!("#{id}")>{text}</a>
                                    </li>
                                }
                                    .into_any()
                            }
                        })
                        .collect_view()}
                </ul>
            </div>
        }
    })
}

/// A counted add-on: a number input with buttons around it, hidden where scripts are off.
#[component]
pub fn Stepper(
    /// What is counted.
    #[prop(into)]
    label: String,
    /// Name of the form value.
    #[prop(into)]
    name: String,
    /// Id; by default the name.
    #[prop(optional, into)]
    id: OptText,
    /// The count now.
    value: u32,
    /// Smallest count.
    #[prop(optional)]
    min: u32,
    /// Largest count.
    #[prop(optional)]
    max: Option<u32>,
    /// What is included and what one more costs.
    #[prop(optional, into)]
    hint: OptText,
    /// What is wrong, in words.
    #[prop(optional, into)]
    error: OptText,
    /// Name of the minus button: "Fewer nodes".
    #[prop(into)]
    fewer: String,
    /// Name of the plus button: "More nodes".
    #[prop(into)]
    more: String,
) -> impl IntoView {
    let id = id.get().unwrap_or_else(|| name.clone());
    let (hint, error) = (hint.get(), error.get());
    let described = described_by(&id, hint.is_some(), error.is_some());
    let invalid = error.is_some().then_some("true");
    view! {
        <div class="addon">
            <div class="addon-text">
                <Label id=id.clone() label=label note=None />
                <Below id=id.clone() hint=hint error=error />
            </div>
            <div class="stepper">
                <button class="stepper-btn" type="button" data-step="-1" aria-label=fewer>
                    <Icon name="minus" />
                </button>
                <input
                    type="number"
                    inputmode="numeric"
                    id=id
                    name=name
                    value=value.to_string()
                    min=min.to_string()
                    max=max.map(|max| max.to_string())
                    aria-describedby=described
                    aria-invalid=invalid
                />
                <button class="stepper-btn" type="button" data-step="1" aria-label=more>
                    <Icon name="plus" />
                </button>
            </div>
        </div>
    }
}

/// A choice of `RadioCards`.
#[derive(Clone, Debug, Default)]
pub struct RadioOption {
    /// Form value.
    pub value: String,
    /// "12 months".
    pub title: String,
    /// What it means, a line each: "€13.13 a month", "Until 21 Nov 2027", "€85.10 left".
    pub hints: Vec<String>,
    /// The price.
    pub price: Option<String>,
    /// "Save 12%".
    pub badge: Option<String>,
    /// Chosen now.
    pub checked: bool,
    /// Cannot be chosen; a hint says why.
    pub disabled: bool,
}

/// One of a few choices that deserve a sentence each, such as the period.
#[component]
pub fn RadioCards(
    /// What is chosen.
    #[prop(into)]
    legend: String,
    /// Name of the form value; ids are made from it.
    #[prop(into)]
    name: String,
    /// The choices.
    options: Vec<RadioOption>,
    /// What is wrong, in words.
    #[prop(optional, into)]
    error: OptText,
) -> impl IntoView {
    let error = error.get();
    let cards = options
        .into_iter()
        .enumerate()
        .map(|(index, option)| {
            // The first card carries the bare name, so that an error summary can lead to it.
            let id = if index == 0 { name.clone() } else { format!("{name}-{index}") };
            view! {
                <label class="radio-card">
                    <input
                        type="radio"
                        id=id
                        name=name.clone()
                        value=option.value
                        checked=option.checked
                        disabled=option.disabled
                    />
                    <span>
                        <span class="radio-card-title">
                            {option.title}
                            {option.badge.map(|badge| view! { <span class="badge">{badge}</span> })}
                        </span>
                        {option
                            .hints
                            .into_iter()
                            .map(|hint| view! { <span class="radio-card-hint">{hint}</span> })
                            .collect_view()}
                    </span>
                    {option
                        .price
                        .map(|price| view! { <span class="radio-card-price money">{price}</span> })}
                </label>
            }
        })
        .collect_view();
    view! {
        <fieldset class="radio-cards">
            <legend>{legend}</legend>
            <div class="radio-cards-list">{cards}</div>
            <Below id=name hint=None error=error />
        </fieldset>
    }
}
