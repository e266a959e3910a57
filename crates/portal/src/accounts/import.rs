//! The steps of an import: read a table from the vendor, from a file or from those that ship, keep
//! it, show what it would do, and do exactly that.

use serde_json::json;
use sqlx::types::Json;
use time::OffsetDateTime;
use upstream::catalog::{Note, Preset, Table, TableError};
use upstream::export;
use uuid::Uuid;

use super::propose::{Ask, Proposal, propose};
use super::{Account, AccountError, By, apply, note_in_tx, read};
use crate::locale::Localized;
use crate::{Error, Portal};

/// Where a table comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The vendor's own price list.
    Export,
    /// A table that ships, with costs from the vendor's price list.
    Preset(Preset),
    /// What somebody handed in.
    File,
}

/// A table that was read and kept.
#[derive(Debug, Clone)]
pub struct StoredImport {
    /// Its id.
    pub id: Uuid,
    /// Where it comes from.
    pub source: Source,
    /// Where new plans go, if somebody chose that.
    pub family: Option<String>,
    /// Who read it; none for somebody at the command line.
    pub author: Option<String>,
    /// When.
    pub at: OffsetDateTime,
    /// When it was written into the catalogue, if it was.
    pub applied_at: Option<OffsetDateTime>,
    /// How many plans are in it.
    pub plans: usize,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// This role may not.
    #[error("not allowed")]
    Forbidden,
    /// There is no such account.
    #[error("there is no such account")]
    NoSuchAccount,
    /// There is no such table.
    #[error("there is nothing to import")]
    NoSuchImport,
    /// There is no such family.
    #[error("there is no such family")]
    Family,
    /// The vendor's price list cannot be read.
    #[error("the vendor's price list cannot be read: {0}")]
    Vendor(String),
    /// The text is no table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The table's costs are in another currency than the account's.
    #[error("the table is in another currency than the account")]
    Currency,
    /// Something is under way for a plan whose codes would change.
    #[error("something is under way for a plan whose codes would change")]
    UnderWay,
    /// The difference is another one than what was shown.
    #[error("the difference to the catalogue has changed meanwhile")]
    Stale,
    /// Inside.
    #[error(transparent)]
    Internal(#[from] Error),
}

impl From<sqlx::Error> for ImportError {
    fn from(error: sqlx::Error) -> Self {
        Self::Internal(error.into())
    }
}

impl From<AccountError> for ImportError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Forbidden => Self::Forbidden,
            AccountError::Internal(error) => Self::Internal(error),
            AccountError::NoSuchAccount
            | AccountError::Stale
            | AccountError::Wrong(_)
            | AccountError::Dialects(_) => Self::NoSuchAccount,
        }
    }
}

impl Source {
    /// The word kept in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Export => "export",
            Self::Preset(preset) => preset.as_str(),
            Self::File => "file",
        }
    }

    /// The reverse of [`Self::as_str`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "export" => Some(Self::Export),
            "file" => Some(Self::File),
            word => Preset::from_word(word).map(Self::Preset),
        }
    }
}

/// What a stored table is compared by. What is shown and what is applied must be asked alike, or the
/// hash of the one would never be that of the other.
fn ask_of<'a>(
    account: &'a Account,
    source: Source,
    table: &'a Table,
    family: Option<&'a str>,
) -> Ask<'a> {
    Ask {
        account: account.id,
        slug: &account.slug,
        currency: account.currency,
        settings: &account.settings,
        table,
        family,
        whole: source == Source::Export,
    }
}

impl Portal {
    /// Families that new plans can go to: those of the catalogue, and those that an import makes.
    pub async fn import_families(
        &self,
        by: By<'_>,
    ) -> Result<Vec<(String, Localized)>, ImportError> {
        if !by.may() {
            return Err(ImportError::Forbidden);
        }
        let mut db = self.pool.acquire().await?;
        Ok(super::families(&mut db).await?)
    }

    /// Reads a table and keeps it. `text` is what a file has in it.
    pub async fn begin_import(
        &self,
        by: By<'_>,
        slug: &str,
        source: Source,
        text: &str,
        family: Option<&str>,
    ) -> Result<Uuid, ImportError> {
        let account = self.account(by, slug).await?;
        if let Some(family) = family {
            let known = self.import_families(by).await?;
            if known.iter().all(|(code, _)| code != family) {
                return Err(ImportError::Family);
            }
        }
        let table = self.table(&account, source, text).await?;
        let (id, now) = (Uuid::now_v7(), self.clock.now());
        let mut tx = self.pool.begin().await?;
        sqlx::query!(
            "insert into upstream_import
                (id, upstream_account_id, source, content, family, author, created_at)
             values ($1, $2, $3, $4, $5, $6, $7)",
            id,
            account.id,
            source.as_str(),
            Json(&table) as _,
            family,
            by.user(),
            now,
        )
        .execute(&mut *tx)
        .await?;
        let after = json!({ "import": id, "source": source.as_str(), "plans": table.plans.len() });
        note_in_tx(&mut tx, by, "upstream.read", account.id, None, Some(after), now).await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn table(
        &self,
        account: &Account,
        source: Source,
        text: &str,
    ) -> Result<Table, ImportError> {
        let shipped = |preset: Option<Preset>| preset.map(Preset::table).transpose();
        let table = match source {
            Source::Export => {
                let mut table = self.price_list(account).await?;
                if let Some(shipped) = shipped(account.settings.preset)? {
                    table.learn(&shipped);
                }
                table
            }
            Source::Preset(preset) => {
                let mut table = preset.table()?;
                match self.price_list(account).await {
                    Ok(priced) => table.take_costs(&priced),
                    Err(ImportError::Vendor(text)) => {
                        table.notes.push(Note::NoPriceList { text });
                    }
                    Err(error) => return Err(error),
                }
                // Costs are in the account's currency now, whatever the table guesses.
                table.currency = Some(account.currency);
                table
            }
            Source::File => {
                let mut table = Table::from_text(text)?;
                if let Some(shipped) = shipped(account.settings.preset)? {
                    table.learn(&shipped);
                }
                table
            }
        };
        if table.currency.is_some_and(|currency| currency != account.currency) {
            return Err(ImportError::Currency);
        }
        Ok(table)
    }

    async fn price_list(&self, account: &Account) -> Result<Table, ImportError> {
        let opened = self.upstream_account(account.id).await?;
        let doc = opened
            .ask(&opened.price_list(), true)
            .await
            .map_err(|failure| ImportError::Vendor(failure.to_string()))?;
        export::read(&doc, account.currency)
            .map_err(|unclear| ImportError::Vendor(unclear.to_string()))
    }

    /// The newest table that was read for the account, with what it would do now.
    pub async fn newest_import(
        &self,
        by: By<'_>,
        slug: &str,
    ) -> Result<Option<(StoredImport, Proposal)>, ImportError> {
        let account = self.account(by, slug).await?;
        let mut db = self.pool.acquire().await?;
        let row = sqlx::query!(
            "select i.id, i.source, i.content as \"content: Json<Table>\", i.family, i.created_at,
                    i.applied_at, u.email as \"author?\"
               from upstream_import i left join app_user u on u.id = i.author
              where i.upstream_account_id = $1 order by i.created_at desc, i.id desc limit 1",
            account.id,
        )
        .fetch_optional(&mut *db)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let source = Source::from_word(&row.source)
            .ok_or_else(|| Error::unreadable("upstream_import", &row.source))?;
        let ask = ask_of(&account, source, &row.content.0, row.family.as_deref());
        let proposal = propose(&mut db, &ask).await?;
        let stored = StoredImport {
            id: row.id,
            source,
            author: row.author,
            at: row.created_at,
            applied_at: row.applied_at,
            plans: row.content.0.plans.len(),
            family: row.family,
        };
        Ok(Some((stored, proposal)))
    }

    /// Writes what was shown under this hash; anything else is refused.
    pub async fn apply_import(
        &self,
        by: By<'_>,
        slug: &str,
        import: Uuid,
        hash: &str,
    ) -> Result<usize, ImportError> {
        let account = self.account(by, slug).await?;
        let now = self.clock.now();
        let mut tx = self.pool.begin().await?;
        // Two imports into one account go one after the other.
        sqlx::query!("select id from upstream_account where id = $1 for update", account.id)
            .fetch_one(&mut *tx)
            .await?;
        // Read again now that it is held: its families may be others than a moment ago.
        let account = read(&mut tx, Some(slug)).await?.pop().ok_or(ImportError::NoSuchAccount)?;
        let row = sqlx::query!(
            "select source, content as \"content: Json<Table>\", family from upstream_import
              where id = $1 and upstream_account_id = $2",
            import,
            account.id,
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(ImportError::NoSuchImport)?;
        let source = Source::from_word(&row.source)
            .ok_or_else(|| Error::unreadable("upstream_import", &row.source))?;
        let ask = ask_of(&account, source, &row.content.0, row.family.as_deref());
        let proposal = propose(&mut tx, &ask).await?;
        if proposal.hash != hash {
            return Err(ImportError::Stale);
        }
        let written = apply::write_in_tx(&mut tx, by, &ask, source, &proposal, now).await?;
        sqlx::query!("update upstream_import set applied_at = $2 where id = $1", import, now)
            .execute(&mut *tx)
            .await?;
        let after = json!({ "import": import, "source": source.as_str(), "hash": hash,
                            "changes": proposal.changes });
        note_in_tx(&mut tx, by, "upstream.import", account.id, None, Some(after), now).await?;
        tx.commit().await?;
        self.shelves.changed();
        Ok(written)
    }
}
