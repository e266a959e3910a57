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
    use std::collections::{BTreeMap, BTreeSet};

    const ENGLISH: &str = include_str!("../i18n/en/portal.ftl");
    const RUSSIAN: &str = include_str!("../i18n/ru/portal.ftl");

    /// The messages of a catalogue by their ids, each with everything that belongs to it.
    fn messages(catalogue: &str) -> BTreeMap<&str, String> {
        let mut found: BTreeMap<&str, String> = BTreeMap::new();
        let mut last = None;
        for line in catalogue.lines().filter(|line| !line.starts_with('#')) {
            if line.starts_with(|c: char| c.is_ascii_lowercase()) {
                let (id, text) = line.split_once('=').unwrap();
                assert!(
                    found.insert(id.trim_end(), text.to_owned()).is_none(),
                    "{id} stands twice"
                );
                last = Some(id.trim_end());
            } else if let Some(text) = last.and_then(|id| found.get_mut(id)) {
                text.push('\n');
                text.push_str(line);
            }
        }
        found
    }

    fn arguments(text: &str) -> BTreeSet<&str> {
        let names = text.split('$').skip(1);
        names
            .map(|rest| {
                rest.split(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c))).next()
            })
            .map(Option::unwrap)
            .collect()
    }

    #[test]
    fn both_languages_have_the_same_messages() {
        let (english, russian) = (messages(ENGLISH), messages(RUSSIAN));
        assert!(english.len() > 100, "the catalogue is read");
        assert_eq!(
            english.keys().collect::<Vec<_>>(),
            russian.keys().collect::<Vec<_>>(),
            "the same messages, in an order of their own"
        );
    }

    #[test]
    fn both_languages_say_the_same_about_the_same() {
        let russian = messages(RUSSIAN);
        for (id, text) in messages(ENGLISH) {
            assert_eq!(arguments(&text), arguments(&russian[id]), "the arguments of {id}");
            assert!(!text.trim().is_empty() && !russian[id].trim().is_empty(), "{id} is empty");
        }
    }

    #[test]
    fn russian_counts_in_russian() {
        for (id, text) in messages(RUSSIAN) {
            let forms = ["[one]", "[few]", "[many]"].map(|form| text.contains(form));
            assert!(forms == [true; 3] || forms == [false; 3], "{id} lacks a plural form");
        }
    }
}
