//! Texts: Fluent catalogues in `i18n/{en,ru}/portal.ftl`, compiled in, checked at compile time.

use std::sync::LazyLock;

use i18n_embed::LanguageLoader;
use i18n_embed::fluent::{FluentLanguageLoader, fluent_language_loader};
use portal::locale::Locale;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "i18n/"]
struct Catalogues;

/// One loader per language, each with English behind it.
static LOADERS: LazyLock<[(Locale, FluentLanguageLoader); 2]> =
    LazyLock::new(|| Locale::ALL.map(|locale| (locale, load(locale))));

fn load(locale: Locale) -> FluentLanguageLoader {
    let loader = fluent_language_loader!();
    let language = locale.as_str().parse().unwrap_or_default();
    if let Err(error) = loader.load_languages(&Catalogues, &[language]) {
        tracing::error!(%error, locale = locale.as_str(), "a catalogue cannot be read");
    }
    // Marks around arguments would stand in attributes and mails too.
    loader.set_use_isolating(false);
    loader
}

/// The catalogue of a language; for the [`t!`](crate::t) macro.
pub fn loader(locale: Locale) -> &'static FluentLanguageLoader {
    let found = LOADERS.iter().find(|(known, _)| *known == locale);
    let [(_, first), _] = &*LOADERS;
    found.map_or(first, |(_, loader)| loader)
}

/// A message in a language: `t!(locale, "id", name = value)`.
#[macro_export]
macro_rules! t {
    ($locale:expr, $($message:tt)+) => {
        ::i18n_embed_fl::fl!($crate::i18n::loader($locale), $($message)+)
    };
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    fn ids(catalogue: &str) -> BTreeSet<&str> {
        catalogue
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
            .filter_map(|line| line.split_once(" ="))
            .map(|(id, _)| id)
            .collect()
    }

    #[test]
    fn both_languages_have_the_same_messages() {
        let english = ids(include_str!("../i18n/en/portal.ftl"));
        let russian = ids(include_str!("../i18n/ru/portal.ftl"));
        assert!(english.len() > 100, "the catalogue is read");
        assert_eq!(english.difference(&russian).collect::<Vec<_>>(), Vec::<&&str>::new());
        assert_eq!(russian.difference(&english).collect::<Vec<_>>(), Vec::<&&str>::new());
    }
}
