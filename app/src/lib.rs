//! The site: routes, pages, components, islands and server functions.
//!
//! A page is HTML from the server; only an `#[island]` reaches the browser. Every journey works
//! without scripts: forms are real, mutations end in a redirect, and a form that is refused comes
//! back on the same address with the input kept, the reasons in words and a true status code.
//!
//! What both sides need is in [`api`] and [`islands`]; everything else exists on the server only.

pub mod api;
pub mod islands;

#[cfg(feature = "ssr")]
pub mod components;
#[cfg(feature = "ssr")]
pub mod context;
#[cfg(feature = "ssr")]
pub mod exports;
#[cfg(feature = "ssr")]
pub mod format;
#[cfg(feature = "ssr")]
pub mod i18n;
#[cfg(feature = "ssr")]
pub mod letters;
#[cfg(feature = "ssr")]
mod lists;
#[cfg(feature = "ssr")]
pub mod pages;
#[cfg(feature = "ssr")]
mod shell;

#[cfg(feature = "ssr")]
pub use shell::{App, route_needs_islands, shell};
