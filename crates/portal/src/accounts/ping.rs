//! Whether everything that an account needs works, by asking for it and changing nothing.

use domain::Money;
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use time::OffsetDateTime;
use upstream::{DialectKind, export};

use super::{Account, AccountError, By, note_in_tx};
use crate::Portal;

/// One thing that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// `balance`, `list:` with a function family, or `export`.
    pub what: String,
    /// Whether the answer can be read.
    pub ok: bool,
    /// The balance, the number of licenses or plans; or what went wrong.
    pub text: String,
}

/// A look at everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// What was asked for.
    pub checks: Vec<Check>,
    /// When.
    pub at: OffsetDateTime,
}

impl Check {
    fn new(what: impl Into<String>, result: Result<String, String>) -> Self {
        let ok = result.is_ok();
        let text = result.unwrap_or_else(|text| text);
        Self { what: what.into(), ok, text: text.chars().take(300).collect() }
    }
}

impl Portal {
    /// Asks the vendor for the balance, the lists of all function families that the account
    /// speaks, and the price list. The result is kept for the page.
    pub async fn ping_account(&self, by: By<'_>, slug: &str) -> Result<Looked, AccountError> {
        let known = self.account(by, slug).await?;
        let account = self.upstream_account(known.id).await?;
        let mut checks = Vec::new();
        if let Some(read) = account.read_balance().await {
            let read = read.map(|balance: Money| balance.to_string());
            checks.push(Check::new("balance", read.map_err(|error| error.to_string())));
        }
        for kind in families(&known) {
            // What people do has no list.
            let Some(dialect) = account.dialect(kind) else { continue };
            // Where a filter could hide some of it the whole list is read, which takes it away.
            let read = if dialect.before_list().is_some() {
                let listed = self.vendor_list(&account, dialect.as_ref(), None).await;
                listed.map(|(rows, _)| rows.len().to_string()).map_err(|error| error.to_string())
            } else {
                match account.ask(&dialect.list(1), true).await {
                    Err(error) => Err(error.to_string()),
                    Ok(doc) => dialect
                        .read_list(&doc)
                        .map(|page| page.total.unwrap_or(page.rows.len()).to_string())
                        .map_err(|unclear| unclear.to_string()),
                }
            };
            checks.push(Check::new(format!("list:{}", kind.as_str()), read));
        }
        let read = match account.ask(&account.price_list(), true).await {
            Err(error) => Err(error.to_string()),
            Ok(doc) => export::read(&doc, account.currency())
                .map(|table| table.plans.len().to_string())
                .map_err(|unclear| unclear.to_string()),
        };
        checks.push(Check::new("export", read));
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        sqlx::query!(
            "update upstream_account set ping = $2, ping_at = $3 where id = $1",
            known.id,
            Json(&checks) as _,
            now,
        )
        .execute(&mut *tx)
        .await?;
        let after = serde_json::to_value(&checks).ok();
        note_in_tx(&mut tx, by, "upstream.ping", known.id, None, after, now).await?;
        tx.commit().await?;
        Ok(Looked { checks, at: now })
    }
}

/// The function families to look at: those that the account is said to speak, else those of its plans,
/// else of the shipped table, else the usual.
pub(super) fn families(account: &Account) -> Vec<DialectKind> {
    if let Some(spoken) = &account.settings.dialects {
        return spoken.iter().copied().collect();
    }
    if !account.dialects.is_empty() {
        return account.dialects.clone();
    }
    let preset = account.settings.preset;
    let table = preset.and_then(|preset| preset.table().ok()).unwrap_or_default();
    let families: Vec<_> = table.dialects().into_iter().collect();
    if families.is_empty() { vec![DialectKind::Soft] } else { families }
}
