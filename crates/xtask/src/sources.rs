//! Rules about SQL that Cargo cannot know: they look at the string literals of the sources.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

use crate::{bundle::files_below, edges::Rule, workspace::Workspace};

/// Sources of `app` and `server` that may hold SQL after all, each with its reason.
const MAY_HOLD_SQL: [(&str, &str); 0] = [];
/// Who runs queries, however they are written. `sqlx::migrate!` and pools are fine.
const QUERY_CALLS: [&str; 8] = [
    "sqlx::query",
    "query!(",
    "query_as!(",
    "query_scalar!(",
    "query_file!(",
    "query_as(",
    "query_scalar(",
    "AssertSqlSafe",
];
const WRITES: [&str; 5] = ["insert into ", "update ", "delete from ", "truncate ", "merge into "];

/// The rules about SQL.
pub fn rules(ws: &Workspace) -> Result<Vec<Rule>> {
    let mut in_doors = Rule::new("app and server contain no SQL");
    for folder in ["app/src", "server/src"] {
        each_source(ws, &ws.root.join(folder), |place, source| {
            if MAY_HOLD_SQL.iter().any(|(file, _)| *file == place) {
                return;
            }
            let (code, literals) = split(source);
            in_doors.extend(QUERY_CALLS.iter().filter(|call| code.contains(**call)), |call| {
                format!("{place} uses {call}")
            });
            in_doors.extend(literals.iter().filter(|(_, text)| is_sql(text)), |(line, text)| {
                format!("{place}:{line} has SQL: {}", text.chars().take(60).collect::<String>())
            });
        })?;
    }

    let mut ledger = Rule::new("only ledger writes ledger_* tables");
    for package in &ws.packages {
        if ["ledger", "xtask"].contains(&package.name.as_str()) {
            continue;
        }
        each_source(ws, &package.folder().join("src"), |place, source| {
            let (_, literals) = split(source);
            ledger.extend(
                literals.iter().filter(|(_, text)| writes_ledger(text)),
                |(line, text)| {
                    format!("{place}:{line}: {}", text.chars().take(60).collect::<String>())
                },
            );
        })?;
    }
    Ok(vec![in_doors, ledger])
}

/// Rust and SQL files of a folder, with their path below the root.
fn each_source(ws: &Workspace, folder: &Path, mut look: impl FnMut(&str, &str)) -> Result<()> {
    for path in files_below(folder)? {
        let extension = path.extension().unwrap_or_default();
        if extension != "rs" && extension != "sql" {
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let place = path.strip_prefix(&ws.root).unwrap_or(&path).to_string_lossy();
        if extension == "sql" {
            // One literal, as it were.
            look(&place, &format!("r####\"{text}\"####"));
        } else {
            look(&place, &text);
        }
    }
    Ok(())
}

/// A statement, not a sentence or a CSS class: capitals or small letters throughout the verb.
fn is_sql(text: &str) -> bool {
    let starts = |verb: &str| text.starts_with(verb) || text.starts_with(&verb.to_uppercase());
    let lower = text.to_lowercase();
    (starts("select ") && lower.contains(" from "))
        || starts("insert into ")
        || starts("delete from ")
        || (starts("update ") && lower.contains(" set "))
        || (starts("with ") && lower.contains(" as ("))
}

fn writes_ledger(text: &str) -> bool {
    let text = text.to_lowercase().replace("only ", "").replace("table ", "");
    let text = text.replace("public.", "").replace('"', "");
    WRITES.iter().any(|write| text.contains(&format!("{write}ledger_")))
}

/// The code without comments and literals, and the literals with their lines, white space
/// collapsed.
fn split(source: &str) -> (String, Vec<(usize, String)>) {
    let mut code = String::new();
    let mut literals = Vec::new();
    let mut rest = source;
    let mut in_word = false;
    while let Some(first) = rest.chars().next() {
        let line = source.len() - rest.len();
        let line = source.get(..line).unwrap_or_default().matches('\n').count() + 1;
        let (length, content) = token(rest, first, in_word);
        match content {
            Token::Code => code.push(first),
            Token::Comment => code.push(' '),
            Token::Literal(text) => {
                let text = text.replace("\\\n", " ").replace("\\n", " ");
                literals.push((line, text.split_whitespace().collect::<Vec<_>>().join(" ")));
                code.push_str("\"\"");
            }
        }
        in_word = first.is_alphanumeric() || first == '_';
        rest = rest.get(length..).unwrap_or_default();
    }
    (code, literals)
}

enum Token<'a> {
    Code,
    Comment,
    Literal(&'a str),
}

/// What begins here, and how long it is.
fn token(rest: &str, first: char, in_word: bool) -> (usize, Token<'_>) {
    if rest.starts_with("//") {
        return (rest.find('\n').unwrap_or(rest.len()), Token::Comment);
    }
    if rest.starts_with("/*") {
        return (rest.find("*/").map_or(rest.len(), |end| end + 2), Token::Comment);
    }
    if !in_word && (first == 'r' || rest.starts_with("br")) {
        let after = rest.trim_start_matches('b').get(1..).unwrap_or_default();
        let body = after.trim_start_matches('#');
        if let Some(body) = body.strip_prefix('"') {
            let marks = "#".repeat(after.len() - body.len() - 1);
            let opening = rest.len() - body.len();
            let closing = format!("\"{marks}");
            let end = body.find(&closing).unwrap_or(body.len());
            let text = body.get(..end).unwrap_or(body);
            return (opening + end + closing.len(), Token::Literal(text));
        }
    }
    if first == '"' {
        let mut escaped = false;
        for (at, c) in rest.char_indices().skip(1) {
            if c == '"' && !escaped {
                return (at + 1, Token::Literal(rest.get(1..at).unwrap_or_default()));
            }
            escaped = c == '\\' && !escaped;
        }
        return (rest.len(), Token::Code);
    }
    if first == '\'' {
        // 'x' and '\u{1F512}' are characters, 'a is a lifetime.
        let mut chars = rest.char_indices().skip(1);
        let inside = chars.next().map(|(_, c)| c);
        if inside == Some('\\') {
            let escaped = chars.next().map_or(rest.len(), |(at, c)| at + c.len_utf8());
            let end = rest.get(escaped..).and_then(|tail| tail.find('\''));
            return (end.map_or(rest.len(), |end| escaped + end + 1), Token::Comment);
        }
        if let Some((at, '\'')) = chars.next() {
            return (at + 1, Token::Comment);
        }
    }
    (first.len_utf8(), Token::Code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_found_and_comments_are_not() {
        let source = [
            "// \"select 1 from comment\"",
            "fn f<'a>(c: char) -> &'a str {",
            r#"    if c == '\'' || c == '"' { "a" } else { "b \"c\" \\" }"#,
            "    r#\"x \"y\"\"#",
            "}",
            "/* query!( */ let s = \"update t",
            "    set v = 1\";",
        ];
        let (code, literals) = split(&source.join("\n"));
        let texts: Vec<_> = literals.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["a", r#"b \"c\" \\"#, r#"x "y""#, "update t set v = 1"]);
        assert_eq!(literals.first().map(|(line, _)| *line), Some(3));
        assert!(!code.contains("query!("));
    }

    #[test]
    fn statements_are_told_from_sentences() {
        assert!(is_sql("select id from license where id = $1"));
        assert!(is_sql("WITH due AS (SELECT 1) SELECT * FROM due"));
        assert!(is_sql("update account set name = $1"));
        assert!(!is_sql("Select a plan from the list"));
        assert!(!is_sql("select input wide"));
        assert!(!is_sql("update your password"));
    }

    #[test]
    fn writes_to_the_ledger_are_seen() {
        assert!(writes_ledger("insert into ledger_transfer (id) values ($1)"));
        assert!(writes_ledger("with x as (delete from only \"ledger_account\" returning 1)"));
        assert!(writes_ledger("truncate table public.ledger_account"));
        assert!(!writes_ledger("select * from ledger_account"));
    }
}
