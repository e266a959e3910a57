//! The browser's entry point: it wakes the islands and does nothing else.

// The islands are exported by `app`; a crate that nothing names is not linked.
use app as _;

// The islands register themselves when their crate is linked.
use app as _;

/// Called by the script tag once the module is loaded.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_islands();
}
