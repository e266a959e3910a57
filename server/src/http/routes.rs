//! What can be asked for, as data: the gates in `end2end` must know every page.

use std::collections::BTreeSet;

use serde::Serialize;

/// Everything that Leptos answers.
#[derive(Debug, Serialize)]
pub struct Routes {
    /// Pages, with their parameters in braces: `/my/orders/{id}`.
    pub pages: BTreeSet<String>,
    /// Targets of forms and questions of islands.
    pub functions: BTreeSet<Function>,
}

/// One server function.
#[derive(Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct Function {
    /// Its address.
    pub path: String,
    /// The method that it listens to.
    pub method: String,
}

impl Routes {
    /// Asks Leptos, so that nothing can be missing.
    #[must_use]
    pub fn list() -> Self {
        let pages = leptos_axum::generate_route_list(app::App);
        let functions = leptos::server_fn::axum::server_fn_paths();
        Self {
            pages: pages.iter().map(|route| route.path().to_owned()).collect(),
            functions: functions
                .map(|(path, method)| Function {
                    path: path.to_owned(),
                    method: method.to_string(),
                })
                .collect(),
        }
    }
}
