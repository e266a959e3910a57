//! One style sheet out of several: `@import`s of local files are put in their place, comments go,
//! and references to assets get their hashed names. Nothing else is touched, so what is written
//! is what the browser sees.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};

/// The files of `style/public` by their path inside it, with the URL each is served at.
pub type Assets = BTreeMap<String, String>;

/// Reads a style sheet and everything that it imports.
pub fn bundle(entry: &Path, public: &Path, assets: &Assets) -> Result<String> {
    let mut sheet = Sheet { public, assets, open: Vec::new(), out: String::new() };
    sheet.include(entry)?;
    let lines = sheet.out.lines().map(str::trim_end).filter(|line| !line.is_empty());
    Ok(lines.collect::<Vec<_>>().join("\n") + "\n")
}

struct Sheet<'a> {
    public: &'a Path,
    assets: &'a Assets,
    /// The files being read, outermost first.
    open: Vec<PathBuf>,
    out: String,
}

impl Sheet<'_> {
    fn include(&mut self, path: &Path) -> Result<()> {
        if self.open.iter().any(|open| open == path) {
            bail!("{} imports itself", path.display());
        }
        let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        self.open.push(path.to_path_buf());
        for piece in pieces(&text) {
            match piece {
                Piece::Text(text) => self.out.push_str(text),
                Piece::Url(target) => {
                    let target = self.resolve(path, target)?;
                    self.out.extend(["url(\"", &target, "\")"]);
                }
                Piece::Import(rule) => {
                    let import = Import::parse(rule)
                        .with_context(|| format!("{}: {rule}", path.display()))?;
                    self.out.push_str(&import.opening);
                    self.include(&path.with_file_name(import.file))?;
                    self.out.push_str(&"\n}\n".repeat(import.blocks));
                }
            }
        }
        self.open.pop();
        Ok(())
    }

    /// The URL that a reference in `path` is served at.
    fn resolve(&self, path: &Path, target: &str) -> Result<String> {
        let elsewhere = ["data:", "#", "http:", "https:"];
        if elsewhere.iter().any(|prefix| target.starts_with(prefix)) {
            return Ok(target.to_owned());
        }
        let end = target.find(['#', '?']).unwrap_or(target.len());
        let (file, fragment) = target.split_at(end);
        let name = match file.strip_prefix("/assets/").or_else(|| file.strip_prefix('/')) {
            Some(absolute) => absolute.to_owned(),
            None => self.inside_public(path, file),
        };
        match self.assets.get(&name) {
            Some(url) => Ok(format!("{url}{fragment}")),
            None => bail!("{}: url({target}) is not in {}", path.display(), self.public.display()),
        }
    }

    /// `../public/x.svg` beside `style/base.css` is `x.svg`.
    fn inside_public(&self, path: &Path, file: &str) -> String {
        let beside = path.with_file_name(file);
        let real = beside.canonicalize().unwrap_or(beside);
        let public = self.public.canonicalize().unwrap_or_else(|_| self.public.to_path_buf());
        real.strip_prefix(public).map_or_else(|_| file.into(), |p| p.to_string_lossy().into_owned())
    }
}

/// A part of a style sheet.
#[derive(Debug, PartialEq)]
enum Piece<'a> {
    Text(&'a str),
    /// What stands between the brackets of `url()`, without quotes.
    Url(&'a str),
    /// A whole rule without its semicolon.
    Import(&'a str),
}

/// Splits a style sheet; comments and `@charset` are left out.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    // Letters before `url(` make it another function.
    let mut in_word = false;
    while let Some(first) = rest.chars().next() {
        let taken = if let Some(comment) = rest.strip_prefix("/*") {
            comment.find("*/").map_or(rest.len(), |end| end + 4)
        } else if matches!(first, '"' | '\'') {
            let length = string_length(rest, first);
            found.extend(rest.get(..length).map(Piece::Text));
            length
        } else if starts_with(rest, "@import") || starts_with(rest, "@charset") {
            let length = statement_length(rest);
            if starts_with(rest, "@import") {
                let rule = rest.get(..length).unwrap_or(rest).trim_end_matches(';');
                found.push(Piece::Import(rule));
            }
            length
        } else if !in_word && starts_with(rest, "url(") {
            let (target, length) = url(rest);
            found.push(Piece::Url(target));
            length
        } else {
            found.extend(rest.get(..first.len_utf8()).map(Piece::Text));
            first.len_utf8()
        };
        in_word = first.is_alphanumeric() || matches!(first, '-' | '_');
        rest = rest.get(taken..).unwrap_or_default();
    }
    found
}

fn starts_with(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// With both quotes; up to the end if the closing one is missing.
fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

/// With its semicolon; one inside of quotes does not count.
fn statement_length(text: &str) -> usize {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, ';') => return at + 1,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    text.len()
}

/// The target of `url(…)` and the length of all of it.
fn url(text: &str) -> (&str, usize) {
    let inner = text.get(4..).unwrap_or_default();
    let padding = inner.len() - inner.trim_start().len();
    let start = inner.trim_start();
    if let Some(quote @ ('"' | '\'')) = start.chars().next() {
        let length = string_length(start, quote);
        let target = start.get(1..length - 1).unwrap_or_default();
        let after = start.get(length..).unwrap_or_default();
        let closing = after.find(')').map_or(after.len(), |at| at + 1);
        (target, 4 + padding + length + closing)
    } else {
        let end = inner.find(')').unwrap_or(inner.len());
        (inner.get(..end).unwrap_or_default().trim(), (4 + end + 1).min(text.len()))
    }
}

/// An `@import` as the blocks that stand for it.
#[derive(Debug, PartialEq)]
struct Import {
    file: String,
    opening: String,
    blocks: usize,
}

impl Import {
    /// `@import "x.css" layer(name) supports(…) media`.
    fn parse(rule: &str) -> Result<Self> {
        let after = rule.get("@import".len()..).unwrap_or_default().trim_start();
        let (file, rest) = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let length = string_length(after, quote);
                (after.get(1..length - 1), after.get(length..))
            }
            _ if starts_with(after, "url(") => {
                let (target, length) = url(after);
                (Some(target), after.get(length..))
            }
            _ => (None, None),
        };
        let file = file.filter(|file| !file.is_empty()).context("no file is named")?;
        if file.contains("//") {
            bail!("only local files can be imported");
        }
        let mut rest = rest.unwrap_or_default().trim();
        let mut layer = None;
        if let Some(named) = rest.strip_prefix("layer(") {
            let (name, after) = named.split_once(')').context("`layer(` is not closed")?;
            (layer, rest) = (Some(format!("@layer {} {{\n", name.trim())), after.trim());
        } else if rest == "layer" || rest.starts_with("layer ") {
            let after = rest.strip_prefix("layer").unwrap_or_default();
            (layer, rest) = (Some("@layer {\n".to_owned()), after.trim());
        }
        if rest.starts_with("supports(") {
            bail!("`supports()` is not followed here: write an @supports block in the file");
        }
        let media = (!rest.is_empty()).then(|| format!("@media {rest} {{\n"));
        let blocks = usize::from(layer.is_some()) + usize::from(media.is_some());
        let opening = media.unwrap_or_default() + &layer.unwrap_or_default();
        Ok(Self { file: file.to_owned(), opening, blocks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
        let root = std::env::temp_dir().join(format!("xtask-css-{}-{name}", std::process::id()));
        for (file, text) in files {
            let path = root.join(file);
            fs::create_dir_all(path.parent().expect("has one")).expect("is made");
            fs::write(path, text).expect("is written");
        }
        root
    }

    fn bundled(name: &str, files: &[(&str, &str)]) -> Result<String> {
        let root = folder(name, files);
        let assets = [("a.woff2", "/assets/a.1f.woff2"), ("i/s.svg", "/assets/i/s.2e.svg")];
        let assets = assets.map(|(name, url)| (name.to_owned(), url.to_owned())).into();
        let css = bundle(&root.join("main.css"), &root.join("public"), &assets);
        fs::remove_dir_all(root).expect("is removed");
        css
    }

    #[test]
    fn imports_become_layers_in_their_place() {
        let css = bundled(
            "imports",
            &[
                (
                    "main.css",
                    "@charset \"utf-8\";\n@layer reset, base;\n@import \"reset.css\" layer(reset);\n\
                     @import url(sub/wide.css) (min-width: 60rem);\n",
                ),
                ("reset.css", "/* all of it; even this */\n* { margin: 0 }\n"),
                ("sub/wide.css", "@import 'deep.css' layer(base);\nb { c: d }"),
                ("sub/deep.css", "e::before { content: \"/* ; } url(x) */\" }"),
            ],
        );
        let expected = "@layer reset, base;\n@layer reset {\n* { margin: 0 }\n}\n\
                        @media (min-width: 60rem) {\n@layer base {\n\
                        e::before { content: \"/* ; } url(x) */\" }\n}\nb { c: d }\n}\n";
        assert_eq!(css.expect("is bundled"), expected);
    }

    #[test]
    fn references_get_hashed_names() {
        let css = bundled(
            "urls",
            &[
                (
                    "main.css",
                    "a { b: url( '/assets/a.woff2' ) url(/i/s.svg#home) url(\"public/a.woff2\") \
                     url(\"data:x;y,')\") url(#clip) my-url(z) }",
                ),
                ("public/a.woff2", ""),
            ],
        );
        let expected = "a { b: url(\"/assets/a.1f.woff2\") url(\"/assets/i/s.2e.svg#home\") \
                        url(\"/assets/a.1f.woff2\") url(\"data:x;y,')\") url(\"#clip\") my-url(z) }\n";
        assert_eq!(css.expect("is bundled"), expected);
    }

    #[test]
    fn mistakes_are_named() {
        let error = |files: &[(&str, &str)]| {
            format!("{:#}", bundled("mistakes", files).expect_err("is wrong"))
        };
        assert!(error(&[("main.css", "a { b: url(c.png) }")]).contains("url(c.png) is not in"));
        assert!(error(&[("main.css", "@import 'main.css';")]).contains("imports itself"));
        let remote = error(&[("main.css", "@import url(https://x/y.css);")]);
        assert!(remote.contains("only local files"), "{remote}");
    }
}
