//! The catalogues of texts and the sources: every message is used, and every use has a message.
//!
//! That a message exists in English with these arguments is checked when `t!` is compiled, and
//! that both languages agree by a test of `app`; what remains is what nobody says any more.

use std::{collections::BTreeSet, fs};

use anyhow::{Context as _, Result};

use crate::{bundle::files_below, edges::Rule, workspace::Workspace};

/// The rules about texts.
pub fn rules(ws: &Workspace) -> Result<Vec<Rule>> {
    let path = ws.root.join("app/i18n/en/portal.ftl");
    let catalogue = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let known: BTreeSet<_> = messages(&catalogue).collect();

    let mut used = BTreeSet::new();
    for path in files_below(&ws.root.join("app/src"))? {
        let source = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        used.extend(uses(&source).map(str::to_owned));
    }
    let mut unused = Rule::new("every message is said somewhere");
    unused.extend(known.iter().filter(|id| !used.contains(**id)), |id| {
        format!("app/i18n/en/portal.ftl: {id} is in no t!(…)")
    });
    let mut missing = Rule::new("every message that is said exists");
    missing.extend(used.iter().filter(|id| !known.contains(id.as_str())), |id| {
        format!("app/src: {id} is in no catalogue")
    });
    // The second one of a name is never said, and the compiler looks at either.
    let mut twice = Rule::new("no message has two texts");
    let mut seen = BTreeSet::new();
    twice.extend(messages(&catalogue).filter(|id| !seen.insert(*id)), |id| {
        format!("app/i18n/en/portal.ftl: {id} stands there again")
    });
    Ok(vec![unused, missing, twice])
}

/// The ids of a catalogue.
fn messages(catalogue: &str) -> impl Iterator<Item = &str> {
    catalogue
        .lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()))
        .filter_map(|line| line.split_once('='))
        .map(|(id, _)| id.trim_end())
}

/// The ids that a source asks for: the first literal of each `t!(…)`.
fn uses(source: &str) -> impl Iterator<Item = &str> {
    source.match_indices("t!(").filter_map(|(at, call)| {
        let before = source.get(..at)?;
        let line = before.rsplit('\n').next()?.trim_start();
        // `format!(` ends alike, and in comments there are examples.
        if line.starts_with("//") || before.ends_with(|last: char| last.is_alphanumeric()) {
            return None;
        }
        let (_, literal) = source.get(at + call.len()..)?.split_once('"')?;
        Some(literal.split_once('"')?.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_in_catalogues_and_sources() {
        let catalogue = "# a = comment\none = 1\ntwo =\n    { $n ->\n       *[other] x\n    }\n";
        assert_eq!(messages(catalogue).collect::<Vec<_>>(), ["one", "two"]);
        let source = "// t!(locale, \"no\")\nlet a = t!(locale, \"one\");\nformat!(\"no\")\n\
                      t!(\n    cx.locale,\n    \"two\",\n    n = 1\n)";
        assert_eq!(uses(source).collect::<Vec<_>>(), ["one", "two"]);
    }
}
