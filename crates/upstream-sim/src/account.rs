//! Functions about the login itself: who it is and how much money it has.

use crate::model::{Ask, World};
use crate::wire::{self, Answer, Node};

/// Answers a function of this file, or `None` when it belongs elsewhere.
pub(crate) fn answer(world: &mut World, ask: &Ask, func: &str) -> Option<Answer> {
    Some(match func {
        "subaccount" => Ok(subaccount(world, ask)),
        "accountinfo" => Ok(account_info(world, ask)),
        "dashboard.info" => Ok(dashboard(world, ask)),
        "whoami" => Ok(whoami(world, ask)),
        _ => return None,
    })
}

fn balance(world: &World, ask: &Ask) -> i64 {
    match world.account(ask.user) {
        Some(account) if !ask.twists.low_balance => account.balance,
        _ => 0,
    }
}

fn balance_text(world: &World, ask: &Ask) -> String {
    wire::money_text(balance(world, ask), &world.currency(ask.user), ask.lang)
}

/// `subaccount`: the balance as a plain number, which a public client compares as such.
fn subaccount(world: &World, ask: &Ask) -> Node {
    Node::list("subaccount").with(
        Node::new("elem")
            .field("id", 1)
            .field("project", "Simulator")
            .field("balance", wire::amount(balance(world, ask)))
            .field("currency", world.currency(ask.user)),
    )
}

/// `accountinfo`: the older name of the same.
fn account_info(world: &World, ask: &Ask) -> Node {
    Node::list("accountinfo").with(
        Node::new("elem")
            .field("id", 1)
            .field("name", ask.user)
            .field("balance", wire::amount(balance(world, ask)))
            .field("currency", world.currency(ask.user)),
    )
}

/// `dashboard.info`: the balance as text with its currency, as a person sees it.
fn dashboard(world: &World, ask: &Ask) -> Node {
    let text = balance_text(world, ask);
    Node::list("dashboard.info").with(
        Node::new("elem")
            .field("balance", &text)
            .field("realbalance", &text)
            .field("available", &text),
    )
}

/// `whoami`: the login; level 16 is a client.
fn whoami(world: &World, ask: &Ask) -> Node {
    Node::doc().with(user(world, ask))
}

/// The login as `whoami` and every document in `xjson` have it.
pub(crate) fn user(world: &World, ask: &Ask) -> Node {
    Node::new("user")
        .attribute("name", ask.user)
        .attribute("level", 16)
        .attribute("balance", balance_text(world, ask))
}
