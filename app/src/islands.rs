//! What is alive in the browser: the order form's total and address check, an order's timeline,
//! the copy button.
//!
//! Every text and every formatted value of the page arrives as a prop; without scripts the same
//! markup is a plain form or a plain list. The one number that changes while choosing is the
//! total: it is the same sum of unit prices that the server computes, and the server compares it.

#![expect(missing_docs, reason = "the macro makes a struct of every island's props")]

use std::collections::BTreeMap;

use domain::money::NumberStyle;
use domain::{Currency, Money};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};

use crate::api::{Progress, ProgressStep, check_ip, order_progress};

/// Everything that the order form shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderFormData {
    /// Where the form goes.
    pub action: String,
    /// The plan's name in addresses.
    pub plan: String,
    /// The order's id, made before the first click; empty for guests.
    pub order: String,
    /// Address of the icons.
    pub sprite: String,
    /// Code of the currency.
    pub currency: String,
    /// Numbers are written the Russian way.
    pub russian: bool,
    /// The terms.
    pub periods: Vec<PeriodChoice>,
    /// The add-ons.
    pub addons: Vec<AddonChoice>,
    /// The chosen term's value.
    pub chosen: String,
    /// The plan is bound to an address.
    pub needs_ip: bool,
    /// The vendor tells whether an address is free.
    pub checks_ip: bool,
    /// What the form says of renewals by the vendor, which its page has told of; empty without.
    pub renews: String,
    /// What was typed.
    pub ip: String,
    /// What is wrong with it.
    pub ip_error: String,
    /// What was typed.
    pub name: String,
    /// What is wrong with it.
    pub name_error: String,
    /// What is wrong with the term.
    pub period_error: String,
    /// What can be spent, in ten-thousandths; none for guests.
    pub balance: Option<i64>,
    /// The words.
    pub text: OrderFormText,
}

/// A term of the order form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodChoice {
    /// Form value.
    pub value: String,
    /// "12 months".
    pub title: String,
    /// "€4.29 a month".
    pub hint: String,
    /// The price with everything at its base.
    pub price: String,
    /// "Save 12%"; empty if nothing is saved.
    pub badge: String,
    /// The same price in ten-thousandths.
    pub amount: i64,
}

/// An add-on of the order form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddonChoice {
    /// Short name.
    pub code: String,
    /// "Nodes".
    pub label: String,
    /// "1 included, then €12.00 a month each".
    pub hint: String,
    /// Smallest count, which the price covers.
    pub base: u32,
    /// Largest count.
    pub max: u32,
    /// Distance between counts.
    pub step: u32,
    /// The count.
    pub value: u32,
    /// The price of one more, by term, in ten-thousandths.
    pub unit: BTreeMap<String, i64>,
    /// What is wrong with it.
    pub error: String,
    /// Name of the minus button.
    pub fewer: String,
    /// Name of the plus button.
    pub more: String,
}

/// The words of the order form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderFormText {
    /// Title of the box, read out.
    pub title: String,
    /// Above the terms.
    pub legend: String,
    /// Label of the address.
    pub ip_label: String,
    /// Help below it.
    pub ip_hint: String,
    /// Button beside it.
    pub check: String,
    /// While the vendor is asked.
    pub checking: String,
    /// When asking failed.
    pub unchecked: String,
    /// Label of the name.
    pub name_label: String,
    /// "optional".
    pub name_note: String,
    /// Help below it.
    pub name_hint: String,
    /// "Total now".
    pub total: String,
    /// "Balance".
    pub balance: String,
    /// The word read out for the arrow.
    pub becomes: String,
    /// The button, with `{price}` in it; empty for who cannot buy.
    pub buy: String,
    /// The button of what costs nothing.
    pub buy_free: String,
    /// For guests, below the button; empty for all others.
    pub guest_note: String,
    /// Too little money, with `{missing}` in it.
    pub missing: String,
    /// Link to the wallet.
    pub top_up: String,
    /// Small print below the button.
    pub fine: String,
    /// For readers without scripts: the total follows after pressing the button.
    pub no_script: String,
}

/// The chosen term's price and the add-ons beyond their base.
fn total(data: &OrderFormData, period: &str, counts: &[u32]) -> i64 {
    let base = data.periods.iter().find(|choice| choice.value == period).map_or(0, |c| c.amount);
    data.addons.iter().zip(counts).fold(base, |sum, (addon, count)| {
        let more = i64::from(count.saturating_sub(addon.base));
        sum + more * addon.unit.get(period).copied().unwrap_or(0)
    })
}

fn money(data: &OrderFormData, amount: i64) -> Money {
    Money::new(amount, Currency::from_code(&data.currency).unwrap_or(Currency::EUR))
}

fn shown(data: &OrderFormData, amount: i64) -> String {
    let style = if data.russian { NumberStyle::Russian } else { NumberStyle::English };
    money(data, amount).display(style)
}

fn icon(sprite: &str, name: &str) -> impl IntoView + use<> {
    let href = format!("{sprite}#{name}");
    view! {
        <svg class="icon" width="20" height="20" aria-hidden="true" focusable="false">
            <use href=href></use>
        </svg>
    }
}

fn hint(id: &str, kind: &'static str, text: String) -> Option<impl IntoView + use<>> {
    let class = if kind == "error" { "error" } else { "hint" };
    let id = format!("{id}-{kind}");
    (!text.is_empty()).then(|| view! { <p class=class id=id>{text}</p> })
}

/// Ids of error and help below a control; those only that are there.
fn below(id: &str, error: &str) -> String {
    if error.is_empty() { format!("{id}-hint") } else { format!("{id}-error {id}-hint") }
}

/// The form of a product page with a live total and an address check.
#[island]
pub fn OrderForm(
    /// Everything that it shows.
    data: OrderFormData,
) -> impl IntoView {
    let data = StoredValue::new(data);
    let read = move |field: fn(&OrderFormData) -> String| data.with_value(field);
    let period = RwSignal::new(read(|d| d.chosen.clone()));
    let counts: Vec<RwSignal<u32>> =
        data.with_value(|d| d.addons.iter().map(|addon| RwSignal::new(addon.value)).collect());
    let counts = StoredValue::new(counts);
    let amount = Memo::new(move |_| {
        let counts: Vec<u32> = counts.with_value(|all| all.iter().map(RwSignal::get).collect());
        data.with_value(|d| total(d, &period.get(), &counts))
    });
    let sent_total = move || data.with_value(|d| money(d, amount.get()).to_string());
    let first_total = data.with_value(|d| money(d, amount.get_untracked()).to_string());
    let sum = move || data.with_value(|d| shown(d, amount.get()));
    let button = move || {
        data.with_value(|d| {
            if amount.get() == 0 {
                d.text.buy_free.clone()
            } else {
                d.text.buy.replace("{price}", &shown(d, amount.get()))
            }
        })
    };

    let ip = RwSignal::new(read(|d| d.ip.clone()));
    let verdict = RwSignal::new((String::new(), String::new(), String::new()));
    let asked = StoredValue::new(String::new());
    let check = move || {
        let address = ip.get_untracked().trim().to_owned();
        let known = address.is_empty() || asked.get_value() == address;
        if known || !data.with_value(|d| d.checks_ip) {
            return;
        }
        asked.set_value(address.clone());
        let checking = read(|d| d.text.checking.clone());
        verdict.set(("neutral".to_owned(), "loader".to_owned(), checking));
        spawn_local(async move {
            let answer = check_ip(read(|d| d.plan.clone()), address.clone()).await;
            // Another address was typed meanwhile: its own check will answer.
            if asked.try_get_value() != Some(address) {
                return;
            }
            verdict.set(answer.map_or_else(
                |_| {
                    let unchecked = read(|d| d.text.unchecked.clone());
                    ("neutral".to_owned(), "circle-dashed".to_owned(), unchecked)
                },
                |answer| (answer.tone, answer.icon, answer.text),
            ));
        });
    };
    // Asked when typing pauses, not when the field is left: a line that appears while the button is
    // being pressed would move the button away.
    let typed = StoredValue::new(0_u32);
    let check_soon = move || {
        let now = typed.get_value().wrapping_add(1);
        typed.set_value(now);
        let check_if_last = move || {
            if typed.try_get_value() == Some(now) {
                check();
            }
        };
        set_timeout(check_if_last, std::time::Duration::from_millis(700));
    };
    // Buttons that only scripts can answer wait until there is one.
    let asleep = RwSignal::new(true);
    // What was chosen and typed before the island woke up counts too.
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        asleep.set(false);
        if let Some(value) = typed_before("input[name=period]:checked") {
            period.set(value);
        }
        data.with_value(|d| {
            for (addon, count) in d.addons.iter().zip(counts.get_value()) {
                let typed = typed_before(&format!("#addon-{}", addon.code));
                if let Some(typed) = typed.and_then(|typed| typed.parse::<u32>().ok()) {
                    count.set(typed.clamp(addon.base, addon.max.max(addon.base)));
                }
            }
        });
        if let Some(address) = typed_before("#ip").filter(|address| !address.is_empty()) {
            ip.set(address);
            check_soon();
        }
    });

    // One place for the help and for the verdict, so that nothing moves.
    let verdict_line = move || {
        let (tone, name, text) = verdict.get();
        if text.is_empty() {
            let help = read(|d| d.text.ip_hint.clone());
            return view! { <p class="hint">{help}</p> }.into_any();
        }
        let icon = icon(&read(|d| d.sprite.clone()), &name);
        view! {
            <p class="status-line" data-tone=tone>
                {icon}
                <span>{text}</span>
            </p>
        }
        .into_any()
    };

    let periods = data.with_value(|d| {
        d.periods
            .iter()
            .enumerate()
            .map(|(index, choice)| {
                let id = if index == 0 { "period".to_owned() } else { format!("period-{index}") };
                let value = choice.value.clone();
                let badge = (!choice.badge.is_empty())
                    .then(|| view! { <span class="badge">{choice.badge.clone()}</span> });
                let hint = (!choice.hint.is_empty())
                    .then(|| view! { <span class="radio-card-hint">{choice.hint.clone()}</span> });
                view! {
                    <label class="radio-card">
                        <input
                            type="radio"
                            id=id
                            name="period"
                            value=choice.value.clone()
                            checked=choice.value == d.chosen
                            on:change=move |_| period.set(value.clone())
                        />
                        <span>
                            <span class="radio-card-title">{choice.title.clone()} {badge}</span>
                            {hint}
                        </span>
                        <span class="radio-card-price money">{choice.price.clone()}</span>
                    </label>
                }
            })
            .collect_view()
    });

    let addons = data.with_value(|d| {
        d.addons
            .iter()
            .zip(counts.get_value())
            .map(|(addon, count)| {
                let id = format!("addon-{}", addon.code);
                let (base, max, step) = (addon.base, addon.max, addon.step.max(1));
                let fewer = move |_| {
                    count.update(|n| *n = n.saturating_sub(step).max(base));
                };
                let more = move |_| count.update(|n| *n = n.saturating_add(step).min(max));
                let invalid = (!addon.error.is_empty()).then_some("true");
                view! {
                    <div class="addon">
                        <div class="addon-text">
                            <label class="label" for=id.clone()>
                                {addon.label.clone()}
                            </label>
                            {hint(&id, "hint", addon.hint.clone())}
                            {hint(&id, "error", addon.error.clone())}
                        </div>
                        <div class="stepper">
                            <button
                                class="stepper-btn script-only"
                                type="button"
                                aria-label=addon.fewer.clone()
                                disabled=move || asleep.get()
                                on:click=fewer
                            >
                                {icon(&d.sprite, "minus")}
                            </button>
                            <input
                                type="number"
                                inputmode="numeric"
                                id=id.clone()
                                name=format!("addon[{}]", addon.code)
                                min=base.to_string()
                                max=max.to_string()
                                step=step.to_string()
                                value=addon.value.to_string()
                                prop:value=move || count.get().to_string()
                                aria-describedby=below(&id, &addon.error)
                                aria-invalid=invalid
                                on:change=move |event| {
                                    let typed = event_target_value(&event).parse();
                                    count.set(typed.unwrap_or(base).clamp(base, max));
                                    count.notify();
                                }
                            />
                            <button
                                class="stepper-btn script-only"
                                type="button"
                                aria-label=addon.more.clone()
                                disabled=move || asleep.get()
                                on:click=more
                            >
                                {icon(&d.sprite, "plus")}
                            </button>
                        </div>
                    </div>
                }
            })
            .collect_view()
    });

    let address = data.with_value(|d| {
        let invalid = (!d.ip_error.is_empty()).then_some("true");
        d.needs_ip.then(|| {
            view! {
                <div class="field">
                    <label class="label" for="ip">
                        {d.text.ip_label.clone()}
                    </label>
                    <div class="input-row">
                        <input
                            class="input"
                            type="text"
                            id="ip"
                            name="ip"
                            inputmode="decimal"
                            autocomplete="off"
                            spellcheck="false"
                            required
                            maxlength="45"
                            value=d.ip.clone()
                            aria-describedby=below("ip", &d.ip_error)
                            aria-invalid=invalid
                            on:input=move |event| {
                                ip.set(event_target_value(&event));
                                asked.set_value(String::new());
                                verdict.set(Default::default());
                                check_soon();
                            }
                        />
                        {d.checks_ip
                            .then(|| {
                                view! {
                                    <button
                                        class="btn script-only"
                                        type="button"
                                        disabled=move || asleep.get()
                                        on:click=move |_| check()
                                    >
                                        {d.text.check.clone()}
                                    </button>
                                }
                            })}
                    </div>
                    {hint("ip", "error", d.ip_error.clone())}
                    <div class="verdict" id="ip-hint" role="status">
                        {verdict_line}
                    </div>
                </div>
            }
        })
    });

    let name = data.with_value(|d| {
        let invalid = (!d.name_error.is_empty()).then_some("true");
        view! {
            <div class="field">
                <label class="label" for="name">
                    {d.text.name_label.clone()} " " <span class="label-note">{d.text.name_note.clone()}</span>
                </label>
                <input
                    class="input"
                    type="text"
                    id="name"
                    name="name"
                    autocomplete="off"
                    maxlength="100"
                    value=d.name.clone()
                    aria-describedby=below("name", &d.name_error)
                    aria-invalid=invalid
                />
                {hint("name", "error", d.name_error.clone())}
                {hint("name", "hint", d.text.name_hint.clone())}
            </div>
        }
    });

    let balance = data.with_value(|d| d.balance).map(|available| {
        let after = move || data.with_value(|d| shown(d, available - amount.get()));
        let enough = move || available >= amount.get();
        let missing = move || {
            data.with_value(|d| {
                d.text.missing.replace("{missing}", &shown(d, (amount.get() - available).max(0)))
            })
        };
        data.with_value(|d| {
            let before = shown(d, available);
            view! {
                <div class="totals-row" hidden=move || !enough()>
                    <dt>{d.text.balance.clone()}</dt>
                    <dd>
                        <span class="balance-change">
                            <span class="money">{before.clone()}</span>
                            {icon(&d.sprite, "arrow-right")}
                            <span class="visually-hidden">{d.text.becomes.clone()}</span>
                            <strong class="money">{after}</strong>
                        </span>
                    </dd>
                </div>
                <div class="totals-row" hidden=enough>
                    <dt>{missing}</dt>
                    <dd>
                        <a href="/my/wallet">{d.text.top_up.clone()}</a>
                    </dd>
                </div>
            }
        })
    });

    let busy = RwSignal::new(false);
    data.with_value(|d| {
        let guest = (!d.text.guest_note.is_empty()).then(|| view! { <p class="fine">{d.text.guest_note.clone()}</p> });
        let period_error = hint("period", "error", d.period_error.clone());
        let no_script = d.periods.len() > 1 || !d.addons.is_empty();
        view! {
            <form
                class="buy-box"
                method="post"
                action=d.action.clone()
                aria-label=d.text.title.clone()
                on:submit=move |event| {
                    if busy.get_untracked() {
                        event.prevent_default();
                    }
                    busy.set(true);
                }
            >
                <input type="hidden" name="plan" value=d.plan.clone() />
                <input type="hidden" name="order" value=d.order.clone() />
                <input type="hidden" name="total" value=first_total.clone() prop:value=sent_total />
                <input type="hidden" name="renews" value=d.renews.clone() />
                <fieldset class="radio-cards">
                    <legend>{d.text.legend.clone()}</legend>
                    <div class="radio-cards-list">{periods}</div>
                    {period_error}
                </fieldset>
                {addons}
                {address}
                {name}
                <dl class="totals">
                    <div class="totals-row totals-sum">
                        <dt>{d.text.total.clone()}</dt>
                        <dd class="money" aria-live="polite">
                            {sum}
                        </dd>
                    </div>
                    {balance}
                </dl>
                <button class="btn btn-primary btn-lg btn-block" type="submit" hidden=d.text.buy.is_empty() aria-busy=move || busy.get().then_some("true")>
                    {button}
                </button>
                <div class="stack-s">
                    {guest}
                    <p class="fine">{d.text.fine.clone()}</p>
                    {no_script.then(|| view! { <noscript><p class="fine">{d.text.no_script.clone()}</p></noscript> })}
                </div>
            </form>
        }
    })
}

/// The value that an input of the form has by now.
#[cfg(feature = "hydrate")]
fn typed_before(selector: &str) -> Option<String> {
    use leptos::wasm_bindgen::JsCast;
    let input = document().query_selector(&format!(".buy-box {selector}")).ok()??;
    Some(input.dyn_into::<leptos::web_sys::HtmlInputElement>().ok()?.value())
}

fn timeline_step(sprite: &str, step: ProgressStep) -> impl IntoView + use<> {
    let time = (!step.time.is_empty()).then(|| {
        view! {
            <time class="timeline-time" datetime=step.datetime>
                {step.time}
            </time>
        }
    });
    let text = (!step.text.is_empty()).then(|| view! { <p class="timeline-text">{step.text}</p> });
    view! {
        <li class="timeline-item" data-state=step.state>
            <span class="timeline-dot">{icon(sprite, &step.icon)}</span>
            <div class="timeline-main">
                <p class="timeline-head">
                    <span class="timeline-title">
                        {step.title} " " <span class="visually-hidden">{format!("({})", step.state_label)}</span>
                    </span>
                    {time}
                </p>
                {text}
            </div>
        </li>
    }
}

/// An order's status and timeline; asks again until nothing will change any more.
#[island]
pub fn OrderTimeline(
    /// The order.
    id: String,
    /// Where it stood when the page was made.
    start: Progress,
    /// Address of the icons.
    sprite: String,
    /// Words of the link to the license.
    open_license: String,
    /// Words of the link to order again what was not bought.
    order_again: String,
) -> impl IntoView {
    let progress = RwSignal::new(start);
    let sprite = StoredValue::new(sprite);
    #[cfg(feature = "hydrate")]
    {
        let id = StoredValue::new(id);
        Effect::new(move |_| poll(id, progress, 0));
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (id, order_progress);
    view! {
        <div class="stack" aria-live="polite">
            <p class="spread">
                {move || {
                    let now = progress.get();
                    view! {
                        <span class="pill" data-tone=now.tone>
                            {icon(&sprite.get_value(), &now.icon)}
                            {now.label}
                        </span>
                    }
                }}
            </p>
            <p>{move || progress.get().sentence}</p>
            <ol class="timeline">
                {move || {
                    progress
                        .get()
                        .steps
                        .into_iter()
                        .map(|step| timeline_step(&sprite.get_value(), step))
                        .collect_view()
                }}
            </ol>
            {move || {
                let now = progress.get();
                let onwards = match (now.license, now.again) {
                    (Some(license), _) => {
                        Some((format!("/my/licenses/{license}"), open_license.clone()))
                    }
                    (None, Some(again)) => Some((again, order_again.clone())),
                    (None, None) => None,
                };
                onwards
                    .map(|(href, words)| {
                        view! {
                            <p>
                                <a class="btn btn-primary" href=href>
                                    {words}
                                </a>
                            </p>
                        }
                    })
            }}
        </div>
    }
}

/// Asks for news: every second at first, then more rarely; a failed call is no news.
#[cfg(feature = "hydrate")]
fn poll(id: StoredValue<String>, progress: RwSignal<Progress>, asked: u32) {
    if progress.with_untracked(|now| now.done) {
        return;
    }
    let pause = std::time::Duration::from_millis(if asked < 60 { 1000 } else { 5000 });
    set_timeout(
        move || {
            spawn_local(async move {
                if let Ok(news) = order_progress(id.get_value()).await
                    && progress.with_untracked(|now| *now != news)
                {
                    let done = news.done;
                    progress.set(news);
                    if done {
                        // The balance beside it and the sums below have changed too.
                        let _ = window().location().reload();
                        return;
                    }
                }
                poll(id, progress, asked.saturating_add(1));
            });
        },
        pause,
    );
}

/// Copies a text; without scripts it is not there, and the text can be selected by hand.
#[island]
pub fn CopyButton(
    /// What is copied.
    text: String,
    /// "Copy the key".
    label: String,
    /// "Copied".
    done: String,
    /// Address of the icons.
    sprite: String,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    let copy = move |_| {
        let _ = window().navigator().clipboard().write_text(&text);
        copied.set(true);
        set_timeout(move || copied.set(false), std::time::Duration::from_secs(2));
    };
    #[cfg(not(feature = "hydrate"))]
    let copy = {
        drop(text);
        move |_| copied.set(true)
    };
    view! {
        <button class="btn script-only" type="button" on:click=copy>
            {move || icon(&sprite, if copied.get() { "check" } else { "copy" })}
            <span aria-live="polite">
                {move || if copied.get() { done.clone() } else { label.clone() }}
            </span>
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_the_servers_sum() {
        let data = OrderFormData {
            currency: "EUR".into(),
            periods: vec![PeriodChoice {
                value: "1".into(),
                amount: 120_000,
                ..PeriodChoice::default()
            }],
            addons: vec![AddonChoice {
                code: "node".into(),
                base: 1,
                max: 9,
                unit: BTreeMap::from([("1".into(), 120_000)]),
                ..AddonChoice::default()
            }],
            ..OrderFormData::default()
        };
        assert_eq!(total(&data, "1", &[1]), 120_000);
        assert_eq!(total(&data, "1", &[3]), 360_000);
        assert_eq!(total(&data, "1", &[0]), 120_000, "below the base nothing is taken off");
        assert_eq!(money(&data, 360_000).to_string(), "36.00 EUR");
    }
}
