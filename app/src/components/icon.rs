//! Icons: one sprite file for all pages, so an icon costs a line of markup and no script.

use leptos::prelude::*;

/// Address of the sprite, with its content hash; provided as context by the page shell.
#[derive(Clone, Debug)]
pub struct Sprite(pub String);

/// A symbol of the sprite. Decorative: the words beside it carry the meaning.
#[component]
pub fn Icon(
    /// Id of a symbol in `style/public/icons.svg`.
    #[prop(into)]
    name: String,
) -> impl IntoView {
    let sprite =
        use_context::<Sprite>().map_or_else(|| "/assets/icons.svg".to_owned(), |sprite| sprite.0);
    view! {
        <svg class="icon" width="20" height="20" aria-hidden="true" focusable="false">
            <use href=[sprite, name].join("#")></use>
        </svg>
    }
}
