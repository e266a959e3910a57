//! `cargo xtask bundle`: the files that the browser gets.
//!
//! ```text
//! <site>/pkg/portal.<hash>.js|wasm|css     the islands and the style sheet
//! <site>/assets/<name>.<hash>.<ext>        the files of style/public
//! <site>/manifest.json                     logical name -> URL, for everything
//! ```
//! Beside each file that shrinks are its `.br` and `.gz`. A name holds a hash of its content, so
//! files never change: new ones are added first, then `manifest.json` changes over, then the old
//! ones go. A portal reads the manifest when it starts.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
    thread,
    time::UNIX_EPOCH,
};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use crate::{css, process, report::kilobytes, tools, workspace::Workspace};

/// What `rustc` emits for the browser beyond the first version of wasm. Naming it is safer than
/// `--all-features`, which writes imports that browsers refuse.
const WASM_FEATURES: [&str; 7] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-mutable-globals",
    "--enable-sign-ext",
    "--enable-multivalue",
];
/// Asked for by browsers and robots at the top, whatever the pages say.
const ALSO_AT_THE_TOP: [&str; 2] = ["favicon.ico", "robots.txt"];
const ALREADY_COMPRESSED: [&str; 7] = ["woff2", "png", "jpg", "jpeg", "webp", "avif", "gif"];

/// Builds `frontend` for the browser and writes the site.
#[derive(clap::Args)]
pub struct Args {
    /// Optimise for size, with the `wasm-opt` of end2end/node_modules
    #[arg(long)]
    release: bool,
    /// Where the site goes [default: <target>/site]
    #[arg(long)]
    out: Option<PathBuf>,
}

/// What to build, and where.
pub struct Options {
    pub release: bool,
    pub out: Option<PathBuf>,
}

pub fn command(ws: &Workspace, args: &Args) -> Result<ExitCode> {
    tools::ensure_wasm_target()?;
    bundle(ws, &Options { release: args.release, out: args.out.clone() })?;
    Ok(ExitCode::SUCCESS)
}

/// Builds the site and returns its folder.
pub fn bundle(ws: &Workspace, options: &Options) -> Result<PathBuf> {
    let wasm_opt = options.release.then(|| tools::ensure_wasm_opt(ws)).transpose()?;
    let wasm = build_wasm(ws, options.release)?;
    let site = options.out.clone().unwrap_or_else(|| ws.target.join("site"));
    fs::create_dir_all(&site).with_context(|| site.display().to_string())?;
    let site = site.canonicalize().with_context(|| site.display().to_string())?;

    let style = ws.root.join("style");
    let inputs = digest_of_inputs(&wasm, &style, options.release, wasm_opt.as_deref())?;
    let mark = site.join(".inputs");
    if fs::read_to_string(&mark).is_ok_and(|of_last_time| of_last_time == inputs) {
        println!("the site is up to date: {}", site.display());
        return Ok(site);
    }

    let mut files = Files::default();
    add_assets(&mut files, &style.join("public"))?;
    add_style(&mut files, &style)?;
    add_script(&mut files, &wasm, &site.join(".bindgen"), options.release, wasm_opt.as_deref())?;
    let written = files.install(&site, options.release)?;
    fs::write(&mark, inputs).with_context(|| mark.display().to_string())?;
    for (name, raw, brotli) in &written {
        let brotli = brotli.map(|size| format!("{:>10} as brotli", kilobytes(size)));
        println!("{:>10} {} {name}", kilobytes(*raw), brotli.unwrap_or_else(|| " ".repeat(20)));
    }
    println!("the site is in {}", site.display());
    Ok(site)
}

/// How many bytes of scripts and wasm the islands cost a browser that has none of them yet.
pub fn weight_of_islands(site: &Path) -> Result<u64> {
    let mut bytes = 0;
    for path in files_below(&site.join("pkg"))? {
        let name = path.to_string_lossy();
        if name.ends_with(".js.br") || name.ends_with(".wasm.br") {
            bytes += fs::metadata(&path).with_context(|| path.display().to_string())?.len();
        }
    }
    Ok(bytes)
}

/// Everything that goes into the site, before it is written.
#[derive(Default)]
struct Files {
    /// Path inside the site, and content.
    all: BTreeMap<String, Vec<u8>>,
    /// Logical name and URL.
    manifest: BTreeMap<String, String>,
}

impl Files {
    /// Adds `folder/stem.<hash>.ext` for a logical `stem.ext`, and returns the hash.
    fn add(&mut self, folder: &str, name: &str, content: Vec<u8>) -> String {
        let hash = hash_of(&content);
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let path = format!("{folder}/{stem}.{hash}.{extension}");
        let path = path.trim_end_matches('.').to_owned();
        self.manifest.insert(name.to_owned(), format!("/{path}"));
        self.all.insert(path, content);
        hash
    }

    /// Writes the files and removes those of earlier times. Returns names and sizes.
    fn install(self, site: &Path, release: bool) -> Result<Vec<(String, u64, Option<u64>)>> {
        let names: Vec<_> = self.all.iter().collect();
        let (left, right) = names.split_at(names.len() / 2);
        // Each half on a core of its own; the work is nearly all compression.
        let write_all = |half: &[(&String, &Vec<u8>)]| {
            let each = half.iter().map(|(name, content)| write(site, name, content, release));
            each.collect::<Result<Vec<_>>>()
        };
        let (left, right) = thread::scope(|scope| {
            let left = scope.spawn(|| write_all(left));
            let right = write_all(right);
            (left.join(), right)
        });
        let mut written = match left {
            Ok(left) => left?,
            Err(_) => bail!("the compression panicked"),
        };
        written.extend(right?);

        let manifest = serde_json::to_string_pretty(&self.manifest)? + "\n";
        write_atomically(&site.join("manifest.json"), manifest.as_bytes())?;
        let keep: BTreeSet<_> = self.all.keys().map(|name| site.join(name)).collect();
        for folder in ["pkg", "assets"] {
            prune(&site.join(folder), &keep)?;
        }
        Ok(written)
    }
}

fn build_wasm(ws: &Workspace, release: bool) -> Result<PathBuf> {
    let mut build = process::cargo();
    build.args(["build", "--package", "frontend", "--lib", "--target", "wasm32-unknown-unknown"]);
    if release {
        build.args(["--profile", "wasm-release"]);
    } else {
        // A profile of its own, or another level of debug information, would compile every macro
        // and build script once more; this way they are shared with the portal's build.
        build.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
    }
    process::run_ok(&mut build)?;
    let profile = if release { "wasm-release" } else { "debug" };
    Ok(ws.target.join("wasm32-unknown-unknown").join(profile).join("frontend.wasm"))
}

/// Changes whenever the site would. The wasm and this program count by size and time: only builds
/// write them.
fn digest_of_inputs(
    wasm: &Path,
    style: &Path,
    release: bool,
    wasm_opt: Option<&Path>,
) -> Result<String> {
    let mut digest = Sha256::new();
    for built in [wasm, &env::current_exe()?] {
        let found = fs::metadata(built).with_context(|| built.display().to_string())?;
        let changed = found.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        digest.update(format!("{} {}\n", found.len(), changed.as_nanos()));
    }
    digest.update(format!("{release} {wasm_opt:?}\n"));
    for path in files_below(style)? {
        let content = fs::read(&path).with_context(|| path.display().to_string())?;
        digest.update(format!("{} {}\n", path.display(), content.len()));
        digest.update(content);
    }
    Ok(hex::encode(digest.finalize()))
}

fn add_assets(files: &mut Files, public: &Path) -> Result<()> {
    for path in files_below(public)? {
        let name = path.strip_prefix(public)?.to_string_lossy().into_owned();
        let content = fs::read(&path).with_context(|| path.display().to_string())?;
        if ALSO_AT_THE_TOP.contains(&name.as_str()) {
            files.all.insert(name.clone(), content.clone());
        }
        files.add("assets", &name, content);
    }
    Ok(())
}

fn add_style(files: &mut Files, style: &Path) -> Result<()> {
    let public = style.join("public");
    let sheet = css::bundle(&style.join("main.css"), &public, &files.manifest)?;
    files.add("pkg", "portal.css", sheet.into_bytes());
    Ok(())
}

fn add_script(
    files: &mut Files,
    wasm: &Path,
    scratch: &Path,
    release: bool,
    wasm_opt: Option<&Path>,
) -> Result<()> {
    remove_dir(scratch)?;
    wasm_bindgen_cli_support::Bindgen::new()
        .input_path(wasm)
        .out_name("portal")
        .web(true)?
        .typescript(false)
        .remove_name_section(release)
        .remove_producers_section(release)
        .generate(scratch)
        .context("wasm-bindgen failed")?;
    let bound = scratch.join("portal_bg.wasm");
    if let Some(wasm_opt) = wasm_opt {
        let mut shrink = process::clean(wasm_opt);
        shrink.arg("-Oz").args(WASM_FEATURES).arg(&bound).arg("-o").arg(&bound);
        process::run_ok(&mut shrink)?;
    }
    let hash = files.add("pkg", "portal.wasm", fs::read(&bound)?);
    let script = fs::read_to_string(scratch.join("portal.js"))?;
    let mut script = script.replace("portal_bg.wasm", &format!("portal.{hash}.wasm"));

    let snippets = scratch.join("snippets");
    let mut content = BTreeMap::new();
    for path in files_below(&snippets)? {
        let name = path.strip_prefix(&snippets)?.to_string_lossy().into_owned();
        content.insert(name, fs::read(&path)?);
    }
    if !content.is_empty() {
        // They import each other by relative paths, so they share one hash, in their folder.
        let folder = format!(
            "snippets.{}",
            hash_of(&content.values().flatten().copied().collect::<Vec<_>>())
        );
        script = script.replace("./snippets/", &format!("./{folder}/"));
        files
            .all
            .extend(content.into_iter().map(|(name, js)| (format!("pkg/{folder}/{name}"), js)));
    }
    files.add("pkg", "portal.js", script.into_bytes());
    remove_dir(scratch)
}

/// Writes a file and what it shrinks to; the sizes are for the reader.
fn write(
    site: &Path,
    name: &str,
    content: &[u8],
    release: bool,
) -> Result<(String, u64, Option<u64>)> {
    let path = site.join(name);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
    let mut shrunk = None;
    if !ALREADY_COMPRESSED.contains(&extension.as_str()) {
        let brotli = brotli(content, if release { 11 } else { 5 })?;
        shrunk = Some(length(&brotli));
        // The compressed ones first: once the name exists, so do its siblings.
        write_atomically(&site.join(format!("{name}.br")), &brotli)?;
        write_atomically(&site.join(format!("{name}.gz")), &gzip(content, release)?)?;
    }
    write_atomically(&path, content)?;
    Ok((name.to_owned(), length(content), shrunk))
}

fn length(content: &[u8]) -> u64 {
    u64::try_from(content.len()).unwrap_or(u64::MAX)
}

fn brotli(content: &[u8], quality: i32) -> Result<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams { quality, ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &*content, &mut compressed, &params)?;
    Ok(compressed)
}

fn gzip(content: &[u8], release: bool) -> Result<Vec<u8>> {
    let level = if release { flate2::Compression::best() } else { flate2::Compression::fast() };
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

fn write_atomically(path: &Path, content: &[u8]) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = path.with_file_name(format!(".{name}.new"));
    fs::write(&unfinished, content)
        .and_then(|()| fs::rename(&unfinished, path))
        .with_context(|| path.display().to_string())
}

/// Removes what is neither kept nor a compressed form of it.
fn prune(folder: &Path, keep: &BTreeSet<PathBuf>) -> Result<()> {
    for path in files_below(folder)? {
        let compressed = path.extension().is_some_and(|end| end == "br" || end == "gz");
        let plain = if compressed { path.with_extension("") } else { path.clone() };
        if !keep.contains(&plain) {
            fs::remove_file(&path).with_context(|| path.display().to_string())?;
        }
    }
    Ok(())
}

fn remove_dir(path: &Path) -> Result<()> {
    if path.exists() {
        fs::remove_dir_all(path).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// All files of a folder and its folders, sorted; none if it does not exist.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn hash_of(content: &[u8]) -> String {
    let mut hash = hex::encode(Sha256::digest(content));
    hash.truncate(12);
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_a_hash_and_the_manifest_knows_them() {
        let mut files = Files::default();
        let hash = files.add("assets", "fonts/a.woff2", b"x".to_vec());
        assert_eq!(hash.len(), 12);
        let url = format!("/assets/fonts/a.{hash}.woff2");
        assert_eq!(files.manifest.get("fonts/a.woff2"), Some(&url));
    }

    #[test]
    fn an_install_removes_what_is_old_and_keeps_what_is_new() {
        let site = env::temp_dir().join(format!("xtask-site-{}", std::process::id()));
        let install = |css: &str| {
            let mut files = Files::default();
            let hash = files.add("pkg", "portal.css", css.as_bytes().to_vec());
            files.install(&site, false).expect("is written");
            site.join(format!("pkg/portal.{hash}.css"))
        };
        let old = install("a {}");
        let new = install("b {}");
        assert!(!old.exists() && new.exists());
        let names: Vec<_> = files_below(&site).expect("is read");
        assert_eq!(names.len(), 4, "css, br, gz, manifest.json: {names:?}");
        fs::remove_dir_all(site).expect("is removed");
    }
}
