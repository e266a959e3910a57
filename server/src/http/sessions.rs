//! tower-sessions over `portal::sessions`: the table's key is the hash of the cookie.

use std::collections::HashMap;

use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use portal::Portal;
use sha2::{Digest, Sha256};
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

/// The session's cookie. `__Host-` binds it to this host, to `/` and to https.
pub const COOKIE: &str = "__Host-session";

#[derive(Clone)]
pub(super) struct PgStore(pub Portal);

impl std::fmt::Debug for PgStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PgStore")
    }
}

#[async_trait::async_trait]
impl SessionStore for PgStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let data = encode(record)?;
        while !self
            .0
            .session_create(&key(record.id), &data)
            .await
            .map_err(|error| backend(&error))?
        {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        self.0
            .session_save(&key(record.id), &encode(record)?)
            .await
            .map_err(|error| backend(&error))
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let Some(stored) = self.0.session_load(&key(*id)).await.map_err(|error| backend(&error))?
        else {
            return Ok(None);
        };
        let data: HashMap<String, serde_json::Value> = serde_json::from_value(stored.data)
            .map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date: stored.expires_at }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        self.0.session_delete(&key(*id)).await.map_err(|error| backend(&error))
    }
}

/// Lets browsers take the cookie away: one named `__Host-` is ignored without `Secure`, and the
/// session's removal comes without.
pub(super) async fn let_go(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if let header::Entry::Occupied(mut cookies) = response.headers_mut().entry(header::SET_COOKIE) {
        for cookie in cookies.iter_mut() {
            let whole = cookie.to_str().ok().and_then(|line| {
                let removal = line.strip_prefix(COOKIE)?.strip_prefix("=;")?;
                let whole = format!("{COOKIE}=;{removal}; HttpOnly; SameSite=Lax; Secure");
                HeaderValue::from_str(&whole).ok()
            });
            if let Some(whole) = whole {
                *cookie = whole;
            }
        }
    }
    response
}

pub(super) fn key(id: Id) -> [u8; 32] {
    Sha256::digest(id.to_string().as_bytes()).into()
}

fn encode(record: &Record) -> Result<serde_json::Value> {
    serde_json::to_value(&record.data).map_err(|error| Error::Encode(error.to_string()))
}

fn backend(error: &portal::Error) -> Error {
    Error::Backend(error.to_string())
}
