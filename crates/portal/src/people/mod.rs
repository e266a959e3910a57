//! Who is here: signing up, signing in, and the viewers that every use case asks for.
//!
//! Signing up answers alike for known and unknown addresses: it always makes a new account with an
//! unproved address and signs it in, so that an order waits for no mail. The address belongs to
//! whoever follows the mail; the owner of a known address is told instead, and nothing of theirs
//! changes.

mod passwords;
pub(crate) mod throttle;

use domain::address::Email;
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

pub use passwords::Passwords;

use crate::locale::Locale;
use crate::{Error, Portal, audit, mail, random};
use throttle::Allowance;

/// A signed-in user of a customer. Only this module makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerViewer {
    /// The user.
    pub(crate) user: Uuid,
    /// The customer whose wallet and licenses they see.
    pub(crate) customer: Uuid,
    /// The pricing group.
    pub(crate) group: String,
    /// The address they sign in with.
    pub email: String,
    /// It is proved to be theirs.
    pub email_verified: bool,
    /// Their language.
    pub locale: Locale,
}

/// What somebody of the staff may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffRole {
    /// Everything.
    Owner,
    /// Customers and their money.
    Support,
    /// Prices.
    Pricing,
    /// Looking.
    ReadOnly,
}

/// What needs a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Seeing the desk.
    See,
    /// Moving money by hand.
    CreditWallet,
    /// Letting a customer owe us something.
    GrantCredit,
    /// Blocking customers and changing their profile.
    ManageCustomers,
    /// Saying what became of an operation that nobody else can judge.
    DecideOperations,
    /// Pricelists, costs, and which group a customer pays as.
    SetPrices,
    /// Who is on the staff, and with which role.
    ManageStaff,
    /// Our accounts at vendors, and importing what they sell.
    ManageVendors,
}

impl StaffRole {
    /// All of them, the mightiest first.
    pub const ALL: [Self; 4] = [Self::Owner, Self::Support, Self::Pricing, Self::ReadOnly];

    /// The word kept in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Support => "support",
            Self::Pricing => "pricing",
            Self::ReadOnly => "readonly",
        }
    }

    /// The reverse of [`Self::as_str`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Whether this role may do that.
    #[must_use]
    pub const fn may(self, permission: Permission) -> bool {
        match permission {
            Permission::See => true,
            Permission::CreditWallet
            | Permission::ManageCustomers
            | Permission::DecideOperations => {
                matches!(self, Self::Owner | Self::Support)
            }
            Permission::SetPrices => matches!(self, Self::Owner | Self::Pricing),
            Permission::GrantCredit | Permission::ManageStaff | Permission::ManageVendors => {
                matches!(self, Self::Owner)
            }
        }
    }
}

/// A signed-in member of the staff. Only this module makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffViewer {
    pub(crate) user: Uuid,
    /// What they may do.
    pub role: StaffRole,
    /// The address they sign in with.
    pub email: String,
    /// Their language.
    pub locale: Locale,
}

/// Whoever looks at a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Viewer {
    /// Nobody we know.
    #[default]
    Guest,
    /// A customer's user.
    Customer(CustomerViewer),
    /// One of us.
    Staff(StaffViewer),
}

/// What tells who a user is; `customer` is their id and group, if it may use the portal.
pub(crate) struct ViewerRow {
    pub user: Uuid,
    pub email: String,
    pub email_verified: bool,
    pub staff_role: Option<String>,
    pub locale: String,
    pub customer: Option<(Uuid, String)>,
}

impl From<ViewerRow> for Viewer {
    fn from(row: ViewerRow) -> Self {
        let ViewerRow { user, email, email_verified, .. } = row;
        let locale = Locale::from_tag(&row.locale).unwrap_or_default();
        let role = row.staff_role.as_deref().and_then(StaffRole::from_word);
        match (row.customer, role) {
            (Some((customer, group)), None) => Self::Customer(CustomerViewer {
                user,
                customer,
                group,
                email,
                email_verified,
                locale,
            }),
            (None, Some(role)) => Self::Staff(StaffViewer { user, role, email, locale }),
            _ => Self::Guest,
        }
    }
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Unknown address or wrong password; which of the two is not said.
    #[error("unknown address or wrong password")]
    Wrong,
    /// Too many attempts for this address or from this place.
    #[error("too many attempts")]
    TooMany,
    /// The password is right, but we let this account in no more.
    #[error("blocked")]
    Blocked,
    /// Inside.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// Why no account was made.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The address is not one.
    #[error("not an e-mail address")]
    Email,
    /// Shorter than [`PASSWORD_MIN`] characters or longer than [`PASSWORD_MAX`].
    #[error("the password is too short or too long")]
    Password,
    /// Among the passwords that everybody tries first.
    #[error("the password is too common")]
    CommonPassword,
    /// Too many attempts from this place.
    #[error("too many attempts")]
    TooMany,
    /// Inside.
    #[error(transparent)]
    Internal(#[from] Error),
}

/// The shortest password.
pub const PASSWORD_MIN: usize = 10;
/// The longest password; argon2 takes any, our forms do not.
pub const PASSWORD_MAX: usize = 128;

const SIGN_IN_BY_ACCOUNT: Allowance = Allowance { burst: 8, refill_seconds: 30 };
const SIGN_IN_BY_PLACE: Allowance = Allowance { burst: 30, refill_seconds: 6 };
const JOIN_BY_PLACE: Allowance = Allowance { burst: 20, refill_seconds: 60 };
/// How many accounts of one address are tried at sign-in: the proved one, then those that have
/// bought something, then the oldest. Nobody is pushed out by newcomers under the same address.
const CANDIDATES: i64 = 8;
/// Sign-ups for one address, known here or not: fewer than the candidates, and no flood of mail.
const JOIN_BY_ADDRESS: Allowance = Allowance { burst: 5, refill_seconds: 86_400 };
const PROOF_LIFE: Duration = Duration::days(2);

impl Portal {
    /// Checks a password and says whose it is. `place` is the caller's address.
    pub async fn sign_in(
        &self,
        email: &str,
        password: &str,
        place: &str,
    ) -> Result<Uuid, SignInError> {
        let now = self.clock.now();
        let key = email.trim().to_lowercase();
        let name = hex::encode(Sha256::digest(key.as_bytes()));
        let (by_place, by_account) = (format!("in:{place}"), format!("in:{name}"));
        let buckets =
            [(by_place.as_str(), SIGN_IN_BY_PLACE), (by_account.as_str(), SIGN_IN_BY_ACCOUNT)];
        if !throttle::take_both(&self.pool, buckets, now).await? {
            return Err(SignInError::TooMany);
        }
        let candidates = sqlx::query!(
            "select u.id, u.password_hash,
                    (c.blocked_at is not null or u.disabled_at is not null) as \"blocked!\"
               from app_user u left join customer c on c.id = u.customer_id
              where lower(u.email) = $1
              order by u.email_verified_at is null,
                       not exists(select 1 from customer_order o where o.user_id = u.id),
                       u.created_at
              limit $2",
            key,
            CANDIDATES,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::from)?;
        if candidates.is_empty() || password.len() > PASSWORD_MAX * 4 {
            self.passwords.verify(None, "").await?;
            return Err(SignInError::Wrong);
        }
        let mut refusal = SignInError::Wrong;
        for candidate in candidates {
            if !self.passwords.verify(Some(&candidate.password_hash), password).await? {
                continue;
            }
            // Only whoever knows the password is told; another account may have the same.
            if candidate.blocked {
                refusal = SignInError::Blocked;
                continue;
            }
            throttle::give_back_both(&self.pool, buckets).await?;
            self.seen(candidate.id, now).await?;
            return Ok(candidate.id);
        }
        Err(refusal)
    }

    /// Remembers that a user was here.
    pub(crate) async fn seen(&self, user: Uuid, now: OffsetDateTime) -> Result<(), Error> {
        sqlx::query!("update app_user set last_seen_at = $2 where id = $1", user, now)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Makes a customer with one user and queues its mail; returns the user to sign in.
    pub async fn join(
        &self,
        email: &str,
        password: &str,
        locale: Locale,
        place: &str,
    ) -> Result<Uuid, JoinError> {
        let email = Email::parse(email).map_err(|_| JoinError::Email)?;
        check_password(password, &email)?;
        let now = self.clock.now();
        if !throttle::take(&self.pool, &format!("join:{place}"), JOIN_BY_PLACE, now).await? {
            return Err(JoinError::TooMany);
        }
        let name = hex::encode(Sha256::digest(email.key().as_bytes()));
        if !throttle::take(&self.pool, &format!("join:{name}"), JOIN_BY_ADDRESS, now).await? {
            return Err(JoinError::TooMany);
        }
        let hash = self.passwords.hash(password).await?;
        let mut tx = self.pool.begin().await.map_err(Error::from)?;
        let user = Uuid::now_v7();
        let customer = new_customer_in_tx(&mut tx, email.as_str(), now).await?;
        insert_user_in_tx(
            &mut tx,
            &NewUser {
                id: user,
                customer: Some(customer),
                role: None,
                email: &email,
                hash: &hash,
                verified: false,
                locale,
            },
            now,
        )
        .await?;
        let known = sqlx::query_scalar!(
            "select exists(select 1 from app_user
                            where lower(email) = $1 and email_verified_at is not null) as \"known!\"",
            email.key(),
        )
        .fetch_one(&mut *tx)
        .await
        .map_err(Error::from)?;
        // The work is the same in both cases; only the mail's words differ.
        let token = new_proof_in_tx(&mut tx, user, now).await?;
        let template = if known { mail::Template::JoinKnown } else { mail::Template::Welcome };
        mail::enqueue_in_tx(
            &mut tx,
            &mail::Letter {
                template,
                object: user,
                event: "join",
                recipient: email.as_str(),
                locale,
                args: if known { json!({}) } else { json!({ "token": token }) },
            },
            now,
        )
        .await?;
        tx.commit().await.map_err(Error::from)?;
        Ok(user)
    }

    /// Follows the link of a mail, signed in as the account that it was sent for: the address now
    /// belongs to this account. False when the link is spent, too old or another account's, or the
    /// address was proved by another account meanwhile.
    ///
    /// Only the account itself can use its link, so that nobody proves a stranger's account by
    /// opening the mail that the stranger caused.
    pub async fn prove_email(&self, user: Uuid, token: &str) -> Result<bool, Error> {
        let now = self.clock.now();
        let hash = Sha256::digest(token.as_bytes());
        let mut tx = self.pool.begin().await?;
        let user = sqlx::query_scalar!(
            "update email_proof set used_at = $2
              where token_hash = $1 and used_at is null and expires_at > $2 and user_id = $3
              returning user_id",
            hash.as_slice(),
            now,
            user,
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(user) = user else { return Ok(false) };
        let proved = sqlx::query!(
            "update app_user u set email_verified_at = $2 where u.id = $1 and not exists (
                select 1 from app_user o
                 where lower(o.email) = lower(u.email) and o.email_verified_at is not null)",
            user,
            now,
        )
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(proved == 1)
    }

    /// The viewer of a signed-in user; a guest if the user is gone, or is let in no more.
    pub async fn viewer(&self, user: Uuid) -> Result<Viewer, Error> {
        let row = sqlx::query!(
            "select u.email, u.email_verified_at, u.staff_role, u.locale,
                    c.id as \"customer?\", c.group_code as \"group?\"
               from app_user u left join customer c on c.id = u.customer_id
              where u.id = $1 and c.blocked_at is null and u.disabled_at is null",
            user,
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(row.map_or(Viewer::Guest, |row| {
            Viewer::from(ViewerRow {
                user,
                email: row.email,
                email_verified: row.email_verified_at.is_some(),
                staff_role: row.staff_role,
                locale: row.locale,
                customer: row.customer.zip(row.group),
            })
        }))
    }

    /// Remembers the language that a user chose.
    pub async fn set_locale(&self, user: Uuid, locale: Locale) -> Result<(), Error> {
        sqlx::query!("update app_user set locale = $2 where id = $1", user, locale.as_str())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Makes a member of the staff; used by the command line.
    pub async fn create_staff(
        &self,
        email: &str,
        password: &str,
        role: StaffRole,
    ) -> Result<Uuid, JoinError> {
        let email = Email::parse(email).map_err(|_| JoinError::Email)?;
        check_password(password, &email)?;
        let hash = self.passwords.hash(password).await?;
        let now = self.clock.now();
        let id = Uuid::now_v7();
        let mut tx = self.pool.begin().await.map_err(Error::from)?;
        insert_user_in_tx(
            &mut tx,
            &NewUser {
                id,
                customer: None,
                role: Some(role),
                email: &email,
                hash: &hash,
                verified: true,
                locale: Locale::En,
            },
            now,
        )
        .await?;
        let entry = audit::Entry {
            actor: None,
            action: "staff.create",
            object_type: "user",
            object_id: id,
            before: None,
            after: Some(json!({ "email": email.as_str(), "role": role.as_str() })),
            reason: Some(audit::COMMAND_LINE),
        };
        audit::write_in_tx(&mut tx, entry, now).await?;
        tx.commit().await.map_err(Error::from)?;
        Ok(id)
    }
}

impl Viewer {
    /// The customer's user, if this is one.
    #[must_use]
    pub const fn customer(&self) -> Option<&CustomerViewer> {
        match self {
            Self::Customer(customer) => Some(customer),
            Self::Guest | Self::Staff(_) => None,
        }
    }

    /// The member of the staff, if this is one.
    #[must_use]
    pub const fn staff(&self) -> Option<&StaffViewer> {
        match self {
            Self::Staff(staff) => Some(staff),
            Self::Guest | Self::Customer(_) => None,
        }
    }

    /// The pricing group: guests see the public prices.
    #[must_use]
    pub fn group(&self) -> &str {
        self.customer().map_or("public", |customer| customer.group.as_str())
    }

    /// The language of a signed-in user.
    #[must_use]
    pub const fn locale(&self) -> Option<Locale> {
        match self {
            Self::Guest => None,
            Self::Customer(customer) => Some(customer.locale),
            Self::Staff(staff) => Some(staff.locale),
        }
    }

    /// The user's id, for the session and for settings of their own.
    #[must_use]
    pub const fn user(&self) -> Option<Uuid> {
        match self {
            Self::Guest => None,
            Self::Customer(customer) => Some(customer.user),
            Self::Staff(staff) => Some(staff.user),
        }
    }
}

pub(crate) struct NewUser<'a> {
    pub id: Uuid,
    pub customer: Option<Uuid>,
    pub role: Option<StaffRole>,
    pub email: &'a Email,
    pub hash: &'a str,
    pub verified: bool,
    pub locale: Locale,
}

pub(crate) async fn new_customer_in_tx(
    tx: &mut PgConnection,
    name: &str,
    now: OffsetDateTime,
) -> Result<Uuid, Error> {
    let id = Uuid::now_v7();
    sqlx::query!("insert into customer (id, name, created_at) values ($1, $2, $3)", id, name, now)
        .execute(tx)
        .await?;
    Ok(id)
}

pub(crate) async fn insert_user_in_tx(
    tx: &mut PgConnection,
    new: &NewUser<'_>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into app_user
            (id, customer_id, staff_role, email, email_verified_at, password_hash, locale, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id,
        new.customer,
        new.role.map(StaffRole::as_str),
        new.email.as_str(),
        new.verified.then_some(now),
        new.hash,
        new.locale.as_str(),
        now,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn new_proof_in_tx(
    tx: &mut PgConnection,
    user: Uuid,
    now: OffsetDateTime,
) -> Result<String, Error> {
    let token = hex::encode(random::bytes::<32>());
    let hash = Sha256::digest(token.as_bytes());
    sqlx::query!(
        "insert into email_proof (token_hash, user_id, expires_at) values ($1, $2, $3)",
        hash.as_slice(),
        user,
        now + PROOF_LIFE,
    )
    .execute(tx)
    .await?;
    Ok(token)
}

/// Length, and not the first thing that an attacker tries; no rules of composition.
fn check_password(password: &str, email: &Email) -> Result<(), JoinError> {
    let length = password.chars().count();
    if !(PASSWORD_MIN..=PASSWORD_MAX).contains(&length) {
        return Err(JoinError::Password);
    }
    let lower = password.to_lowercase();
    let distinct = lower.chars().collect::<std::collections::BTreeSet<_>>().len();
    let counting = "01234567890123456789".contains(&lower)
        || "98765432109876543210".contains(&lower)
        || "abcdefghijklmnopqrstuvwxyz".contains(&lower)
        || "qwertyuiopasdfghjklzxcvbnm".contains(&lower);
    let common = COMMON
        .iter()
        .any(|word| lower.trim_end_matches(|c: char| c.is_ascii_digit() || c == '!') == *word);
    if distinct < 4 || counting || common || lower == email.key() {
        return Err(JoinError::CommonPassword);
    }
    Ok(())
}

/// Words that head every list of leaked passwords and reach our minimum length with a few digits.
const COMMON: [&str; 20] = [
    "password",
    "passw0rd",
    "password123",
    "qwerty",
    "qwertyuiop",
    "letmein",
    "welcome",
    "admin",
    "administrator",
    "iloveyou",
    "sunshine",
    "princess",
    "football",
    "monkey",
    "dragon",
    "master",
    "superman",
    "trustno",
    "changeme",
    "parol",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_long_and_not_everybodys() {
        let email = Email::parse("ada.lovelace@example.org").unwrap();
        for good in ["demo-portal-2026", "correct horse", "пароль подлиннее"] {
            assert!(check_password(good, &email).is_ok(), "{good}");
        }
        assert!(matches!(check_password("short", &email), Err(JoinError::Password)));
        assert!(matches!(check_password(&"x1y2".repeat(40), &email), Err(JoinError::Password)));
        for bad in
            ["1234567890", "aaaaaaaaaaaa", "Password123!", "ada.lovelace@example.org", "qwertyuiop"]
        {
            assert!(matches!(check_password(bad, &email), Err(JoinError::CommonPassword)), "{bad}");
        }
    }
}
