//! `/healthz`: the process answers. `/readyz`: it can do its work.

use axum::extract::State;
use axum::http::StatusCode;
use portal::Portal;

pub(super) async fn alive() -> &'static str {
    "alive\n"
}

pub(super) async fn ready(State(portal): State<Portal>) -> (StatusCode, &'static str) {
    match portal::is_migrated(&portal.pool).await {
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
        Ok(false) => (StatusCode::SERVICE_UNAVAILABLE, "the database is at another version\n"),
        Ok(true) if !portal::operations::is_working(&portal).await => {
            (StatusCode::SERVICE_UNAVAILABLE, "no worker carries out operations\n")
        }
        Ok(true) => (StatusCode::OK, "ready\n"),
    }
}
