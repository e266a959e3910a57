//! Mail leaves through an outbox: a row is written with the event that it tells of, once, and
//! delivered later. Nothing waits for a mail.

use std::path::PathBuf;

use lettre::message::Mailbox;
use lettre::{AsyncFileTransport, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use serde_json::Value;
use sqlx::{PgConnection, Postgres, QueryBuilder};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::listing::{Days, Listed, Paging, SortKey, push_beginning};
use crate::locale::Locale;
use crate::people::StaffViewer;
use crate::{Error, Portal};

/// The mails that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Template {
    /// A new account; argument `token` proves the address.
    Welcome,
    /// Somebody signed up with an address that is known here.
    JoinKnown,
    /// A license is ready; arguments `plan`, `order`, `license`.
    LicenseReady,
    /// A vendor has too little of our money, to the staff; argument `vendor`.
    VendorBalance,
    /// Our money at a vendor has fallen below what the account's owner wants to be told of, to the
    /// staff; arguments `vendor`, `balance`, `threshold`.
    VendorBalanceLow,
    /// A license was to renew by itself and the wallet has too little; arguments `plan`, `license`,
    /// `day`, `missing`.
    RenewalUnpaid,
}

impl Template {
    /// The word kept in the database and in message ids.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::JoinKnown => "join-known",
            Self::LicenseReady => "license-ready",
            Self::VendorBalance => "vendor-balance",
            Self::VendorBalanceLow => "vendor-balance-low",
            Self::RenewalUnpaid => "renewal-unpaid",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [
            Self::Welcome,
            Self::JoinKnown,
            Self::LicenseReady,
            Self::VendorBalance,
            Self::VendorBalanceLow,
            Self::RenewalUnpaid,
        ]
        .into_iter()
        .find(|template| template.as_str() == word)
    }
}

/// A mail to be sent; the same template, object, event and recipient is the same mail.
#[derive(Debug)]
pub(crate) struct Letter<'a> {
    pub template: Template,
    pub object: Uuid,
    pub event: &'a str,
    pub recipient: &'a str,
    pub locale: Locale,
    pub args: Value,
}

/// Queues a mail in the transaction of its event.
pub(crate) async fn enqueue_in_tx(
    tx: &mut PgConnection,
    letter: &Letter<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into email_outbox
            (id, template, object_id, event, recipient, locale, args, created_at, next_try_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8) on conflict do nothing",
        Uuid::now_v7(),
        letter.template.as_str(),
        letter.object,
        letter.event,
        letter.recipient,
        letter.locale.as_str(),
        letter.args,
        now,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A mail as it stands in the outbox.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Its id.
    pub id: Uuid,
    /// Which mail.
    pub template: Template,
    /// To whom.
    pub recipient: String,
    /// In which language.
    pub locale: Locale,
    /// What the text needs.
    pub args: Value,
    /// When it was written.
    pub created_at: OffsetDateTime,
    /// When it left.
    pub sent_at: Option<OffsetDateTime>,
    /// Why it did not leave yet.
    pub last_error: Option<String>,
}

/// When it was written.
pub const BY_TIME: SortKey = SortKey::time("written", "created_at");
/// What mails can be sorted by.
pub const SORTS: [SortKey; 1] = [BY_TIME];

/// How far a mail is on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailState {
    /// It left.
    Sent,
    /// It is about to leave.
    Waiting,
    /// It did not leave and is tried again.
    Failing,
}

impl MailState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sent, Self::Waiting, Self::Failing];

    /// Its word in addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Waiting => "waiting",
            Self::Failing => "failing",
        }
    }

    /// The reverse of [`Self::as_str`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Which mails are listed.
#[derive(Debug, Clone, Default)]
pub struct MailFilter {
    /// Those that are so far.
    pub state: Option<MailState>,
    /// The beginning of the reader's address.
    pub recipient: Option<String>,
    /// When they were written.
    pub days: Days,
}

impl Outgoing {
    /// How far it is on its way.
    #[must_use]
    pub const fn state(&self) -> MailState {
        match (self.sent_at, &self.last_error) {
            (Some(_), _) => MailState::Sent,
            (None, Some(_)) => MailState::Failing,
            (None, None) => MailState::Waiting,
        }
    }
}

/// A mail's text, made from the catalogues by whoever has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Subject line.
    pub subject: String,
    /// Plain text.
    pub body: String,
}

/// How mail leaves this machine.
#[derive(Clone)]
pub enum Transport {
    /// One file per mail; the default, for development and the demo.
    Files(AsyncFileTransport<Tokio1Executor>),
    /// A mail server.
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
}

/// Sends mails from one address.
#[derive(Clone)]
pub struct Mailer {
    from: Mailbox,
    transport: Transport,
}

impl Mailer {
    /// Writes mails into this folder.
    pub fn to_files(from: &str, folder: PathBuf) -> Result<Self, Error> {
        std::fs::create_dir_all(&folder)
            .map_err(|error| Error::Machine(format!("mailbox {}: {error}", folder.display())))?;
        Self::new(from, Transport::Files(AsyncFileTransport::new(folder)))
    }

    /// Sends through a server: `smtps://user:password@host` or `smtp://host:25`.
    pub fn to_server(from: &str, url: &str) -> Result<Self, Error> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|error| Error::Machine(format!("mail server: {error}")))?
            .build();
        Self::new(from, Transport::Smtp(transport))
    }

    fn new(from: &str, transport: Transport) -> Result<Self, Error> {
        let from =
            from.parse().map_err(|error| Error::Machine(format!("mail sender {from}: {error}")))?;
        Ok(Self { from, transport })
    }

    async fn send(&self, recipient: &str, text: Text) -> Result<(), String> {
        let to: Mailbox = recipient.parse().map_err(|error| format!("recipient: {error}"))?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            .subject(text.subject)
            .body(text.body)
            .map_err(|error| error.to_string())?;
        match &self.transport {
            Transport::Files(files) => {
                files.send(message).await.map(drop).map_err(|error| error.to_string())
            }
            Transport::Smtp(server) => {
                server.send(message).await.map(drop).map_err(|error| error.to_string())
            }
        }
    }
}

const LEASE: Duration = Duration::minutes(5);

impl Portal {
    /// Delivers one due mail; false when none is due. A mail that fails is tried again later, at
    /// growing distances, for about two days.
    pub async fn deliver_mail(
        &self,
        mailer: &Mailer,
        write: impl Fn(&Outgoing) -> Text,
    ) -> Result<bool, Error> {
        let now = self.clock.now();
        let row = sqlx::query!(
            "update email_outbox set lease_until = $2, attempts = attempts + 1
              where id = (select id from email_outbox
                           where sent_at is null and next_try_at <= $1 and attempts < 12
                             and (lease_until is null or lease_until < $1)
                           order by next_try_at limit 1 for update skip locked)
             returning id, template, recipient, locale, args, created_at, attempts",
            now,
            now + LEASE,
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(false) };
        let mail = Outgoing {
            id: row.id,
            template: Template::from_word(&row.template)
                .ok_or_else(|| Error::unreadable("email_outbox", &row.template))?,
            recipient: row.recipient,
            locale: Locale::from_tag(&row.locale).unwrap_or_default(),
            args: row.args,
            created_at: row.created_at,
            sent_at: None,
            last_error: None,
        };
        let sent = mailer.send(&mail.recipient, write(&mail)).await;
        let now = self.clock.now();
        match sent {
            Ok(()) => {
                // A link that proves an address is a secret: the demo alone keeps it, to be read
                // in the desk.
                sqlx::query!(
                    "update email_outbox
                        set sent_at = $2, lease_until = null, last_error = null,
                            args = case when $3 then args else args - 'token' end
                      where id = $1",
                    mail.id,
                    now,
                    self.demo,
                )
                .execute(&self.pool)
                .await?;
            }
            Err(error) => {
                tracing::warn!(mail.id = %mail.id, error, "a mail was not delivered; it will be tried again");
                let wait = Duration::seconds(30)
                    * 2_i32.pow(u32::try_from(row.attempts.clamp(0, 12)).unwrap_or(0));
                sqlx::query!(
                    "update email_outbox set next_try_at = $2, lease_until = null, last_error = $3 where id = $1",
                    mail.id,
                    now + wait,
                    error,
                )
                .execute(&self.pool)
                .await?;
            }
        }
        Ok(true)
    }

    /// What was written, for staff.
    pub async fn mails(
        &self,
        _staff: &StaffViewer,
        filter: &MailFilter,
        paging: &Paging,
    ) -> Result<Listed<Outgoing>, Error> {
        let mut query = QueryBuilder::<Postgres>::new(
            "select id, number, template, recipient, locale, args, created_at, sent_at, last_error, ",
        );
        query.push(paging.sort.selected(paging.sort.column)).push(" from email_outbox where true");
        query.push(match filter.state {
            None => "",
            Some(MailState::Sent) => " and sent_at is not null",
            Some(MailState::Waiting) => " and sent_at is null and last_error is null",
            Some(MailState::Failing) => " and sent_at is null and last_error is not null",
        });
        if let Some(text) = &filter.recipient {
            query.push(" and ");
            push_beginning(&mut query, "lower(recipient) collate \"C\"", text);
        }
        filter.days.push(&mut query, "created_at");
        paging.push(&mut query, paging.sort.column, "number");
        let rows: Vec<ListRow> = query.build_query_as().fetch_all(&self.pool).await?;
        Listed::cut(rows, paging, |row| (row.number, row.sort_key.as_str()), ListRow::read)
    }
}

#[derive(sqlx::FromRow)]
struct ListRow {
    id: Uuid,
    number: i64,
    template: String,
    recipient: String,
    locale: String,
    args: Value,
    created_at: OffsetDateTime,
    sent_at: Option<OffsetDateTime>,
    last_error: Option<String>,
    sort_key: String,
}

impl ListRow {
    fn read(self) -> Result<Outgoing, Error> {
        Ok(Outgoing {
            id: self.id,
            template: Template::from_word(&self.template)
                .ok_or_else(|| Error::unreadable("email_outbox", &self.template))?,
            recipient: self.recipient,
            locale: Locale::from_tag(&self.locale).unwrap_or_default(),
            args: self.args,
            created_at: self.created_at,
            sent_at: self.sent_at,
            last_error: self.last_error,
        })
    }
}
