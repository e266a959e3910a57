//! Logs: sentences with fields, to standard error; JSON when asked for.

use tracing_subscriber::EnvFilter;

/// Starts logging as `PORTAL_LOG` (a filter) and `PORTAL_LOG_FORMAT` (`text`, `json`) say.
pub(crate) fn start() {
    let filter = EnvFilter::try_from_env("PORTAL_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,hyper=warn"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let json = std::env::var("PORTAL_LOG_FORMAT").is_ok_and(|format| format == "json");
    // A second call, as tests make it, changes nothing.
    let _ = if json { logs.json().try_init() } else { logs.compact().try_init() };
}
