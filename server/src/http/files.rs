//! The site's files: named by content, so they are kept by browsers for ever.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::routing::{MethodRouter, get_service};
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;

/// What `cargo xtask bundle` made.
#[derive(Debug, Clone, Default)]
pub struct Site {
    pub(crate) folder: PathBuf,
    pub(crate) manifest: BTreeMap<String, String>,
}

impl Site {
    /// Reads the bundle in this folder.
    pub fn read(folder: &Path) -> anyhow::Result<Self> {
        let folder = std::path::absolute(folder)?;
        let path = folder.join("manifest.json");
        let text = std::fs::read_to_string(&path).with_context(|| {
            format!(
                "no site in {}; `cargo xtask bundle` makes one, PORTAL_SITE names it",
                folder.display()
            )
        })?;
        let manifest = serde_json::from_str(&text)
            .with_context(|| format!("{} is not a manifest", path.display()))?;
        Ok(Self { folder, manifest })
    }
}

/// A file that is asked for by a name of its own, and therefore asked for again.
pub(super) fn at_the_top(site: &Site, name: &str) -> MethodRouter {
    let file = ServeFile::new(site.folder.join(name));
    let layer = SetResponseHeaderLayer::if_not_present(
        header::CACHE_CONTROL,
        HeaderValue::from_static("no-cache"),
    );
    get_service(file).layer(layer)
}

/// The files of a folder, kept for ever by whoever got one.
pub(super) fn immutable(site: &Site, folder: &str) -> Router {
    let files = ServeDir::new(site.folder.join(folder)).precompressed_br().precompressed_gzip();
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    Router::new().fallback_service(files).layer(SetResponseHeaderLayer::if_not_present(
        header::CACHE_CONTROL,
        move |response: &axum::http::Response<_>| {
            response.status().is_success().then(|| forever.clone())
        },
    ))
}
