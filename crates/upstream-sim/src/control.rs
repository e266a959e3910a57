//! `/_sim`: the simulator's own API for other processes, and a small page for people.
//!
//! | call | body | does |
//! |---|---|---|
//! | `GET /_sim` | | the page |
//! | `GET /_sim/state` | | everything as JSON |
//! | `POST /_sim/faults` | `func`, `fault` with its parameters, `times` (1, or a number, or `"forever"`) | adds a fault |
//! | `DELETE /_sim/faults` | | takes all faults back |
//! | `POST /_sim/faults/remove` | `id` | takes one fault back |
//! | `POST /_sim/gates` | `func`, `point` (`before` or `after`) | closes a gate for the next call |
//! | `DELETE /_sim/gates` | | opens all gates |
//! | `POST /_sim/clock` | `advance_seconds` or `advance_ms`, or `set` to `2027-05-01`, `2027-05-01 12:00:00` or RFC 3339 | moves or sets the clock |
//! | `POST /_sim/balance` | `user` (the first when left out), `balance` in ten-thousandths or `amount` as `"12.50"` | sets a balance |
//! | `POST /_sim/cost` | `pricelist`, `month_cost` in ten-thousandths | changes a cost |
//! | `POST /_sim/sale` | `pricelist`, `orderable`, `renewable` (both true when left out) | opens or closes a sale |
//! | `POST /_sim/licenses` | `do` and what it needs, see [`LicenseCommand`] | acts past the vendor's API |
//! | `GET /_sim/wait` | query `func`, `arrived=N`, `executed=N` or `answered=N` | answers when so many calls were seen |
//!
//! Bodies are JSON. Forms of the page send the same fields urlencoded and are sent back to the page.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use time::Date;

use crate::catalogue::Plan;
use crate::faults::{FAULTS, Fault, GatePoint, Times};
use crate::model::{Account, Status, UNIT};
use crate::service;
use crate::sim::{AnswerKind, ByHand, Purchase, Sim};
use crate::wire::{self, Lang};

time::serde::format_description!(iso_date, Date, "[year]-[month]-[day]");

pub(crate) fn router() -> Router<Sim> {
    Router::new()
        .route("/_sim", get(page))
        .route("/_sim/", get(page))
        .route("/_sim/state", get(state))
        .route("/_sim/faults", post(add_fault).delete(clear_faults))
        .route("/_sim/faults/clear", post(clear_faults_form))
        .route("/_sim/faults/remove", post(remove_fault))
        .route("/_sim/gates", post(close_gate).delete(open_gates))
        .route("/_sim/gates/open", post(open_gates_form))
        .route("/_sim/clock", post(move_clock))
        .route("/_sim/balance", post(set_balance))
        .route("/_sim/cost", post(set_cost))
        .route("/_sim/sale", post(set_sale))
        .route("/_sim/licenses", post(change_license))
        .route("/_sim/wait", get(wait))
}

/// A request body, and whether it came from the page.
struct Input {
    fields: Value,
    form: bool,
}

impl Input {
    fn read(headers: &HeaderMap, body: &Bytes) -> Result<Self, Problem> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        // curl calls every body a form unless told otherwise; no form begins with a brace.
        let form = kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
            && !body.starts_with(b"{");
        if !form {
            let fields =
                serde_json::from_slice(body).map_err(|error| Problem(error.to_string()))?;
            return Ok(Self { fields, form });
        }
        // A form knows only text: what reads as a number is meant as one, what is empty is absent.
        let mut fields = Map::new();
        for (name, text) in wire::Params::read("", None, body).redacted() {
            let value = match text.trim() {
                "" => continue,
                text => text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from),
            };
            fields.insert(name, value);
        }
        Ok(Self { fields: Value::Object(fields), form })
    }

    fn parse<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        T::deserialize(&self.fields).map_err(|error| Problem(error.to_string()))
    }

    fn done(&self, answer: Value) -> Response {
        if self.form {
            return Redirect::to("/_sim").into_response();
        }
        axum::Json(answer).into_response()
    }
}

/// A request that cannot be understood or carried out, in words.
struct Problem(String);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, axum::Json(json!({ "error": self.0 }))).into_response()
    }
}

type Outcome = Result<Response, Problem>;

async fn state(State(sim): State<Sim>) -> axum::Json<Value> {
    axum::Json(sim.with(|desk| {
        let books = &desk.world.books;
        let accounts: Vec<Value> = books.accounts.iter().map(account_json).collect();
        json!({
            "now": desk.world.now().format(&time::format_description::well_known::Rfc3339).ok(),
            "accounts": accounts,
            "plans": desk.world.plans(),
            "licenses": books.licenses.values().collect::<Vec<_>>(),
            "debits": books.debits,
            "landings": books.landings,
            "calls": desk.calls,
            "faults": desk.faults.views(),
            "gates": desk.gates.views(),
        })
    }))
}

/// An account without its password.
fn account_json(account: &Account) -> Value {
    json!({
        "user": account.user,
        "currency": account.currency,
        "balance": account.balance,
        "balance_text": wire::amount(account.balance),
        "plans": account.plans.as_ref().map(Vec::len),
    })
}

#[derive(Deserialize)]
struct FaultCommand {
    func: String,
    times: Option<TimesField>,
    #[serde(flatten)]
    fault: Fault,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum TimesField {
    Count(u32),
    Word(String),
}

async fn add_fault(State(sim): State<Sim>, headers: HeaderMap, body: Bytes) -> Outcome {
    let input = Input::read(&headers, &body)?;
    let command: FaultCommand = input.parse()?;
    let times = match command.times {
        None => Times::Once,
        Some(TimesField::Count(count)) => Times::Count(count),
        Some(TimesField::Word(word)) if word == "forever" => Times::Forever,
        Some(TimesField::Word(word)) => {
            return Err(Problem(format!("times: a number or \"forever\", not {word:?}")));
        }
    };
    let id = sim.add_fault(&command.func, command.fault, times);
    Ok(input.done(json!({ "id": id })))
}

async fn clear_faults(State(sim): State<Sim>) -> axum::Json<Value> {
    sim.clear_faults();
    axum::Json(json!({}))
}

async fn clear_faults_form(State(sim): State<Sim>) -> Redirect {
    sim.clear_faults();
    Redirect::to("/_sim")
}

#[derive(Deserialize)]
struct RemoveCommand {
    id: u64,
}

async fn remove_fault(State(sim): State<Sim>, headers: HeaderMap, body: Bytes) -> Outcome {
    let input = Input::read(&headers, &body)?;
    let command: RemoveCommand = input.parse()?;
    let removed = sim.remove_fault(command.id);
    Ok(input.done(json!({ "removed": removed })))
}

#[derive(Deserialize)]
struct GateCommand {
    func: String,
    point: GatePoint,
}

async fn close_gate(State(sim): State<Sim>, headers: HeaderMap, body: Bytes) -> Outcome {
    let input = Input::read(&headers, &body)?;
    let command: GateCommand = input.parse()?;
    sim.with(|desk| desk.gates.close(&command.func, command.point));
    Ok(input.done(json!({})))
}

async fn open_gates(State(sim): State<Sim>) -> axum::Json<Value> {
    sim.with(|desk| desk.gates.release());
    axum::Json(json!({}))
}

async fn open_gates_form(State(sim): State<Sim>) -> Redirect {
    sim.with(|desk| desk.gates.release());
    Redirect::to("/_sim")
}

#[derive(Deserialize)]
struct ClockCommand {
    #[serde(default)]
    advance_seconds: u64,
    #[serde(default)]
    advance_ms: u64,
    set: Option<String>,
}

/// Sets the clock first, where both are asked for.
async fn move_clock(State(sim): State<Sim>, headers: HeaderMap, body: Bytes) -> Outcome {
    let input = Input::read(&headers, &body)?;
    let command: ClockCommand = input.parse()?;
    if let Some(text) = command.set {
        let at = wire::read_moment(&text);
        sim.set_clock(at.ok_or_else(|| Problem(format!("set: {text:?} is no date or time")))?);
    }
    let by = Duration::from_secs(command.advance_seconds);
    sim.advance_clock(by.saturating_add(Duration::from_millis(command.advance_ms)));
    let now = sim.now().format(&time::format_description::well_known::Rfc3339).ok();
    Ok(input.done(json!({ "now": now })))
}

#[derive(Deserialize)]
struct BalanceCommand {
    user: Option<String>,
    balance: Option<i64>,
    amount: Option<Value>,
}

async fn set_balance(State(sim): State<Sim>, headers: HeaderMap, body: Bytes) -> Outcome {
    let input = Input::read(&headers, &body)?;
    let command: BalanceCommand = input.parse()?;
    let user = user(&sim, command.user)?;
    let amount = match command.amount {
        Some(Value::String(text)) => parse_amount(&text),
        Some(Value::Number(whole)) => whole.as_i64().and_then(|whole| whole.checked_mul(UNIT)),
        _ => None,
    };
    let balance = command.balance.or(amount).filter(|balance| *balance >= 0);
    let balance = balance.ok_or_else(|| Problem("balance or amount is missing or bad".into()))?;
    sim.set_balance(&user, balance);
    Ok(input.done(json!({ "user": user, "balance": balance })))
}

/// The named user, or else the first.
fn user(sim: &Sim, named: Option<String>) -> Result<String, Problem> {
    let accounts = sim.accounts();
    let found = match named {
        Some(name) => accounts.into_iter().find(|account| account.user == name),
        None => accounts.into_iter().next(),
    };
    found.map(|account| account.user).ok_or_else(|| Problem("no such user".into()))
}

/// `12`, `12.5` or `12.3456` in ten-thousandths.
fn parse_amount(text: &str) -> Option<i64> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    if part.len() > 4 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part: i64 = format!("{part:0<4}").parse().ok()?;
    let whole: u32 = whole.parse().ok()?;
    i64::from(whole).checked_mul(UNIT)?.checked_add(part)
}

#[derive(Deserialize)]
struct CostCommand {
    pricelist: u32,
    month_cost: i64,
}

async fn set_cost(State(sim): State<Sim>, headers: HeaderMap, body: Bytes) -> Outcome {
    let input = Input::read(&headers, &body)?;
    let command: CostCommand = input.parse()?;
    sim.set_month_cost(command.pricelist, command.month_cost);
    Ok(input.done(json!({})))
}

#[derive(Deserialize)]
struct SaleCommand {
    pricelist: u32,
    #[serde(default = "open")]
    orderable: bool,
    #[serde(default = "open")]
    renewable: bool,
}

fn open() -> bool {
    true
}

async fn set_sale(State(sim): State<Sim>, headers: HeaderMap, body: Bytes) -> Outcome {
    let input = Input::read(&headers, &body)?;
    let command: SaleCommand = input.parse()?;
    if !sim.plans().iter().any(|plan| plan.code == command.pricelist) {
        return Err(Problem(format!("there is no plan {}", command.pricelist)));
    }
    sim.set_sale(command.pricelist, command.orderable, command.renewable);
    Ok(input.done(json!({})))
}

/// What a person at the vendor's site may do, as `{"do":"move","id":334601,"ip":"192.0.2.7"}`.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum LicenseCommand {
    Suspend {
        id: u64,
    },
    Resume {
        id: u64,
    },
    Delete {
        id: u64,
    },
    Move {
        id: u64,
        ip: String,
    },
    Rename {
        id: u64,
        licname: String,
    },
    Expire {
        id: u64,
        #[serde(with = "iso_date")]
        expiredate: Date,
    },
    Autoprolong {
        id: u64,
        period: Option<i32>,
    },
    Buy {
        user: Option<String>,
        pricelist: u32,
        period: i32,
        ip: String,
        #[serde(default)]
        licname: String,
    },
}

async fn change_license(State(sim): State<Sim>, headers: HeaderMap, body: Bytes) -> Outcome {
    let input = Input::read(&headers, &body)?;
    let (id, change) = match input.parse()? {
        LicenseCommand::Suspend { id } => (id, ByHand::Suspend),
        LicenseCommand::Resume { id } => (id, ByHand::Resume),
        LicenseCommand::Delete { id } => (id, ByHand::Delete),
        LicenseCommand::Move { id, ip } => (id, ByHand::Move(ip)),
        LicenseCommand::Rename { id, licname } => (id, ByHand::Rename(licname)),
        LicenseCommand::Expire { id, expiredate } => (id, ByHand::Expire(expiredate)),
        LicenseCommand::Autoprolong { id, period } => (id, ByHand::Autoprolong(period)),
        LicenseCommand::Buy { user: named, pricelist, period, ip, licname } => {
            let user = user(&sim, named)?;
            let purchase = Purchase { user, plan: pricelist, period, ip, licname };
            let id = sim.buy_by_hand(&purchase);
            let id = id.ok_or_else(|| Problem("the purchase was refused".into()))?;
            return Ok(input.done(json!({ "id": id })));
        }
    };
    if !sim.by_hand(id, change) {
        return Err(Problem(format!("there is no license {id}")));
    }
    Ok(input.done(json!({ "id": id })))
}

#[derive(Deserialize)]
struct WaitQuery {
    func: String,
    arrived: Option<usize>,
    executed: Option<usize>,
    answered: Option<usize>,
}

async fn wait(State(sim): State<Sim>, Query(query): Query<WaitQuery>) -> axum::Json<Value> {
    if let Some(count) = query.arrived {
        sim.wait_for_call(&query.func, count).await;
    }
    if let Some(count) = query.executed {
        sim.wait_for_executed(&query.func, count).await;
    }
    if let Some(count) = query.answered {
        sim.wait_for_answered(&query.func, count).await;
    }
    axum::Json(json!({}))
}

const STYLE: &str = "
:root { color-scheme: light dark; --line: light-dark(#d9dbe0, #3a3d44);
  --soft: light-dark(#f5f6f8, #202329); --dim: light-dark(#5c616b, #a2a7b1);
  --accent: light-dark(#2450c8, #8aa8ff); --bad: light-dark(#b3261e, #ff9b93);
  --good: light-dark(#17693a, #7fd6a0); }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 78rem; font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.05rem; margin: 2rem 0 .6rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: baseline; }
header p, .dim { color: var(--dim); margin: 0; } a { color: var(--accent); }
.cards { display: flex; flex-wrap: wrap; gap: 1rem; margin-top: 1rem; }
.card, form.card { border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem;
  background: var(--soft); }
.card strong { display: block; font-size: 1.25rem; font-variant-numeric: tabular-nums; }
form.card { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; margin: 0; }
label { display: grid; gap: .2rem; font-size: .85rem; color: var(--dim); }
input, select, button { font: inherit; padding: .35rem .6rem; border: 1px solid var(--line);
  border-radius: .4rem; min-height: 2.3rem; }
input { width: 9rem; } input.wide { width: 13rem; }
button { cursor: pointer; background: var(--accent); color: light-dark(#fff, #10131a);
  border-color: transparent; }
button.plain { background: none; color: inherit; border-color: var(--line); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .6rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: start; padding: .4rem .7rem; border-bottom: 1px solid var(--line);
  white-space: nowrap; vertical-align: top; }
th { color: var(--dim); font-weight: 600; } tr:last-child td { border-bottom: 0; }
td.wrap { white-space: normal; overflow-wrap: anywhere; min-width: 16rem; }
code { font: .85em ui-monospace, monospace; } .num { text-align: end; }
.bad { color: var(--bad); } .good { color: var(--good); }
";

/// What the page proposes as the function of a fault.
const FUNCTIONS: [&str; 48] = [
    "*",
    "soft",
    "soft.order.param",
    "soft.order.param!",
    "v2.soft.order.param",
    "soft.edit",
    "soft.edit!",
    "soft.checkip",
    "soft.suspend",
    "soft.resume",
    "soft.delete",
    "platform",
    "platform.order.param",
    "platform.edit",
    "platform.suspend",
    "platform.resume",
    "platform.delete",
    "softexternal",
    "softexternal.order.param",
    "softexternal.edit",
    "softexternal.suspend",
    "softexternal.resume",
    "softexternal.delete",
    "parallelslic",
    "parallelslic.order.param",
    "parallelslic.edit",
    "parallelslic.suspend",
    "parallelslic.resume",
    "parallelslic.delete",
    "addition",
    "addition.order.param",
    "addition.edit",
    "addition.delete",
    "software",
    "software.filter",
    "software.edit",
    "software.licinfo",
    "software.period",
    "software.enable",
    "software.disable",
    "software.delete",
    "service.prolong",
    "service.changepricelist",
    "payment.add",
    "basket",
    "subaccount",
    "dashboard.info",
    "pricelist.export",
];

/// How many licenses and calls the page shows, newest first.
const SHOWN: usize = 50;

async fn page(State(sim): State<Sim>) -> Html<String> {
    let now = wire::date_time(sim.now());
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Vendor simulator</title><link rel=\"icon\" href=\"data:,\">\
         <style>{STYLE}</style></head><body>\
         <header><h1>Vendor simulator</h1><p>{now} UTC</p>\
         <p><a href=\"/_sim\">Reload</a></p><p><a href=\"/_sim/state\">State as JSON</a></p></header>\
         <main>"
    );
    cards(&sim, &mut html);
    forms(&sim, &mut html);
    waiting(&sim, &mut html);
    licenses(&sim, &mut html);
    calls(&sim, &mut html);
    html.push_str("</main></body></html>\n");
    Html(html)
}

fn cards(sim: &Sim, html: &mut String) {
    html.push_str("<div class=\"cards\">");
    let accounts = sim.accounts();
    for account in &accounts {
        let money = wire::money_text(account.balance, &account.currency, Lang::En);
        let plans = account.plans.as_ref().map(|plans| format!(", {} plans", plans.len()));
        card(html, &format!("{}{}", account.user, plans.unwrap_or_default()), &money);
    }
    card(html, "live licenses", &sim.live_licenses().len().to_string());
    let unpaid = sim.licenses();
    let unpaid = unpaid.iter().filter(|license| license.status == Status::Ordered).count();
    card(html, "unpaid items", &unpaid.to_string());
    let mut spent = BTreeMap::<_, i64>::new();
    for debit in sim.debits() {
        let account = accounts.iter().find(|account| account.user == debit.user);
        let currency = account.map(|account| account.currency.as_str()).unwrap_or_default();
        let sum = spent.entry(currency).or_default();
        *sum = sum.saturating_add(debit.amount);
    }
    for (currency, sum) in spent {
        card(html, "debited in all", &wire::money_text(sum, currency, Lang::En));
    }
    html.push_str("</div>");
}

fn card(html: &mut String, label: &str, value: &str) {
    let _ = write!(
        html,
        "<div class=\"card\"><span class=\"dim\">{}</span><strong>{}</strong></div>",
        escaped(label),
        escaped(value)
    );
}

fn forms(sim: &Sim, html: &mut String) {
    html.push_str(
        "<h2>Add a fault</h2><form class=\"card\" method=\"post\" action=\"/_sim/faults\">\
         <label>Function<input class=\"wide\" name=\"func\" value=\"soft.order.param\" \
         list=\"functions\" title=\"a function, * for all of them, or with ! behind it only calls \
         that confirm a change\" required></label><datalist id=\"functions\">",
    );
    for func in FUNCTIONS {
        let _ = write!(html, "<option>{func}</option>");
    }
    html.push_str("</datalist><label>Fault<select name=\"fault\">");
    for (name, parameters) in FAULTS {
        let hint = if parameters.is_empty() { String::new() } else { format!(" ({parameters})") };
        let _ = write!(html, "<option value=\"{name}\">{name}{hint}</option>");
    }
    html.push_str(
        "</select></label>\
         <label>Times<input name=\"times\" value=\"1\" pattern=\"[0-9]+|forever\" \
         title=\"a number or forever\" required></label>",
    );
    for (name, hint) in [
        ("ms", "200"),
        ("status", "502"),
        ("kind", "limit"),
        ("views", "3"),
        ("lists", "2"),
        ("bytes", ""),
        ("seconds", "-3600"),
    ] {
        let _ = write!(html, "<label>{name}<input name=\"{name}\" placeholder=\"{hint}\"></label>");
    }
    html.push_str(
        "<button>Add</button></form>\
         <h2>Clock and balance</h2><div class=\"cards\">\
         <form class=\"card\" method=\"post\" action=\"/_sim/clock\">\
         <label>Advance by<select name=\"advance_seconds\"><option value=\"60\">a minute</option>\
         <option value=\"3600\">an hour</option><option value=\"86400\" selected>a day</option>\
         <option value=\"604800\">a week</option><option value=\"2592000\">30 days</option>\
         </select></label><button>Advance</button></form>\
         <form class=\"card\" method=\"post\" action=\"/_sim/clock\">\
         <label>Set to<input name=\"set\" type=\"date\" required></label><button>Set</button></form>\
         <form class=\"card\" method=\"post\" action=\"/_sim/balance\">\
         <label>Account<select name=\"user\">",
    );
    for account in sim.accounts() {
        let user = escaped(&account.user);
        let _ = write!(html, "<option>{user}</option>");
    }
    html.push_str(
        "</select></label><label>New balance<input name=\"amount\" inputmode=\"decimal\" \
         placeholder=\"100.00\" required></label><button>Set</button></form></div>",
    );
}

fn waiting(sim: &Sim, html: &mut String) {
    html.push_str("<h2>Active faults and gates</h2>");
    let (faults, gates) = sim.with(|desk| (desk.faults.views(), desk.gates.views()));
    if faults.is_empty() && gates.is_empty() {
        html.push_str("<p class=\"dim\">None: every call is answered as the rules say.</p>");
        return;
    }
    html.push_str(
        "<div class=\"scroll\"><table><thead><tr><th>Function</th><th>What</th><th>Left</th>\
         <th></th></tr></thead><tbody>",
    );
    for fault in faults {
        let left = fault.left.map_or_else(|| "forever".to_owned(), |left| left.to_string());
        let _ = write!(
            html,
            "<tr><td>{}</td><td>{}</td><td>{left}</td><td><form method=\"post\" \
             action=\"/_sim/faults/remove\"><button class=\"plain\" name=\"id\" value=\"{}\">\
             Take back</button></form></td></tr>",
            escaped(&fault.func),
            escaped(&words(&fault.fault)),
            fault.id
        );
    }
    for gate in gates {
        row(html, &["gate", &words(&gate), "1", ""]);
    }
    html.push_str(
        "</tbody></table></div><div class=\"cards\">\
         <form method=\"post\" action=\"/_sim/faults/clear\"><button class=\"plain\">\
         Clear faults</button></form>\
         <form method=\"post\" action=\"/_sim/gates/open\"><button class=\"plain\">\
         Open gates</button></form></div>",
    );
}

fn words<T: Serialize>(value: &T) -> String {
    let Ok(Value::Object(fields)) = serde_json::to_value(value) else { return String::new() };
    let fields = fields.into_iter().map(|(name, value)| match value {
        Value::String(text) if name == "fault" => text,
        other => format!("{name}={other}"),
    });
    fields.collect::<Vec<_>>().join(" ")
}

fn licenses(sim: &Sim, html: &mut String) {
    let all = sim.licenses();
    let _ = write!(html, "<h2>Licenses ({})</h2>", all.len());
    if all.is_empty() {
        html.push_str("<p class=\"dim\">Nothing was ordered yet.</p>");
        return;
    }
    html.push_str(
        "<div class=\"scroll\"><table><thead><tr><th>Number</th><th>Account</th><th>Plan</th>\
         <th>Name</th><th>Address</th><th>Status</th><th>Period</th><th>Expires</th>\
         <th>Reference</th><th>Key</th></tr></thead><tbody>",
    );
    let plans = sim.plans();
    for license in all.iter().rev().take(SHOWN) {
        let known = |plan: &&Plan| plan.code == license.plan && plan.family == license.family;
        let name = plans.iter().find(known).map(|plan| plan.name.as_str()).unwrap_or_default();
        let expires = if license.is_lifetime() && license.status != Status::Ordered {
            "never".to_owned()
        } else {
            wire::date(license.expires)
        };
        let called = if license.comment.is_empty() { &license.licname } else { &license.comment };
        let address = match license.item {
            Some(item) => format!("for {item}"),
            None => license.ip.clone(),
        };
        row(
            html,
            &[
                &license.id.to_string(),
                &license.user,
                &format!("{} {} {name}", license.family, license.plan),
                called,
                &address,
                license.status.text(Lang::En),
                &service::period_text(license.period, Lang::En),
                &expires,
                &license.remoteid,
                &license.key,
            ],
        );
    }
    html.push_str("</tbody></table></div>");
}

fn calls(sim: &Sim, html: &mut String) {
    let calls = sim.calls();
    let _ = write!(html, "<h2>Calls ({})</h2>", calls.len());
    if calls.is_empty() {
        html.push_str("<p class=\"dim\">Nobody called yet.</p>");
        return;
    }
    html.push_str(
        "<div class=\"scroll\"><table><thead><tr><th class=\"num\">No.</th><th>Time</th>\
         <th>Account</th><th>Function</th><th>Executed</th><th>Answer</th><th>Faults</th>\
         <th>Parameters</th></tr></thead><tbody>",
    );
    for call in calls.iter().rev().take(SHOWN) {
        let executed = if call.executed {
            "<span class=\"good\">yes</span>"
        } else {
            "<span class=\"bad\">no</span>"
        };
        let _ = write!(
            html,
            "<tr><td class=\"num\">{}</td><td>{}</td><td>{}</td><td>{}</td><td>{executed}</td><td>{}</td>\
             <td>{}</td><td class=\"wrap\"><code>{}</code></td></tr>",
            call.seq,
            wire::date_time(call.at),
            escaped(call.user()),
            escaped(&call.func),
            escaped(&answer(&call.answer)),
            escaped(&call.faults.join(", ")),
            escaped(&parameters(&call.params)),
        );
    }
    html.push_str("</tbody></table></div>");
}

fn answer(kind: &AnswerKind) -> String {
    match kind {
        AnswerKind::Pending => "pending".to_owned(),
        AnswerKind::Document => "document".to_owned(),
        AnswerKind::Error(kind) => format!("error {kind}"),
        AnswerKind::Nothing => "nothing".to_owned(),
        AnswerKind::Http(status) => format!("HTTP {status}"),
        AnswerKind::Spoilt(fault) => format!("spoilt: {fault}"),
    }
}

fn parameters(params: &BTreeMap<String, String>) -> String {
    let shown = params.iter().filter(|(name, _)| *name != "func" && *name != "authinfo");
    shown.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

fn row(html: &mut String, cells: &[&str]) {
    html.push_str("<tr>");
    for cell in cells {
        let _ = write!(html, "<td>{}</td>", escaped(cell));
    }
    html.push_str("</tr>");
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    wire::escape(text, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_without_floats() {
        assert_eq!(parse_amount("12"), Some(120_000));
        assert_eq!(parse_amount("12.5"), Some(125_000));
        assert_eq!(parse_amount("0.0001"), Some(1));
        assert_eq!(parse_amount("0.00001"), None);
        assert_eq!(parse_amount("-1"), None);
    }

    #[test]
    fn every_fault_is_on_the_page() {
        for (name, _) in FAULTS {
            let all = json!({
                "fault": name, "ms": 1, "views": 1, "seconds": 1, "status": 500, "kind": "x"
            });
            let fault: Fault = serde_json::from_value(all).unwrap();
            assert_eq!(fault.name(), name);
        }
    }
}
