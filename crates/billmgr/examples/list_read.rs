//! What reading a list of ten thousand licenses costs, next to quick-xml merely telling its tokens
//! apart. Prints one line of JSON, for `cargo xtask bench --only list-read`.
//!
//! All memory is counted, also while the time is taken; that burdens only the reader.

use std::error::Error;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use billmgr::{Node, read_xml};
use peak_alloc::PeakAlloc;
use quick_xml::Reader;
use quick_xml::events::Event;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const LICENSES: u32 = 10_000;
const ROUNDS: usize = 15;

fn main() -> Result<(), Box<dyn Error>> {
    let body = list(LICENSES)?;
    let doc = read_xml(body.as_bytes())?;
    check(&doc)?;
    drop(doc);

    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let doc = read_xml(body.as_bytes())?;
    let peak = MEMORY.peak_usage() - before;
    let kept = MEMORY.current_usage() - before;
    drop(doc);

    let (mut reading, mut tokenising) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        tokenising.push(timed(|| tokenise(&body))?);
        reading.push(timed(|| Ok(read_xml(black_box(body.as_bytes()))?))?);
    }
    let (reading, tokenising) = (median(reading)?, median(tokenising)?);
    println!(
        "{}",
        serde_json::json!({
            "licenses": LICENSES,
            "body_bytes": body.len(),
            "rounds": ROUNDS,
            "read_micros": u64::try_from(reading.as_micros())?,
            "tokenise_micros": u64::try_from(tokenising.as_micros())?,
            "peak_bytes": peak,
            "kept_bytes": kept,
        })
    );
    Ok(())
}

/// How long something takes.
fn timed<T>(work: impl FnOnce() -> Result<T, Box<dyn Error>>) -> Result<Duration, Box<dyn Error>> {
    let start = Instant::now();
    let done = black_box(work()?);
    let time = start.elapsed();
    drop(done);
    Ok(time)
}

fn tokenise(body: &str) -> Result<u64, Box<dyn Error>> {
    let mut reader = Reader::from_str(black_box(body));
    let mut events = 0;
    while !matches!(black_box(reader.read_event()?), Event::Eof) {
        events += 1;
    }
    Ok(events)
}

fn median(mut times: Vec<Duration>) -> Result<Duration, Box<dyn Error>> {
    times.sort_unstable();
    times.get(times.len() / 2).copied().ok_or_else(|| "nothing was measured".into())
}

fn check(doc: &Node) -> Result<(), Box<dyn Error>> {
    let row = doc.elems().last().ok_or("the list has no rows")?;
    let last = (LICENSES - 1).to_string();
    let good = doc.elems().count() == usize::try_from(LICENSES)?
        && row.children.len() == 20
        && row.value("id").is_some_and(|id| id.ends_with(&last))
        && row.code("item_status") == Some("2")
        && row.value("licname").is_some_and(|name| name.contains(" & Ко"));
    if good { Ok(()) } else { Err("the list was not read as it was written".into()) }
}

/// An answer to `func=soft` with the fields of protocol section 3.1.
fn list(licenses: u32) -> Result<String, std::fmt::Error> {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<doc func=\"soft\">");
    write!(out, "<p_elems>{licenses}</p_elems>")?;
    for number in 0..licenses {
        let (third, fourth) = (number / 250, number % 250);
        let day = number % 28 + 1;
        write!(
            out,
            "<elem><id>3{number:05}</id>\
             <licname>Узел {number} &amp; Ко</licname>\
             <ip>10.1.{third}.{fourth}</ip>\
             <period>1</period>\
             <pricelist>Панель, lite</pricelist>\
             <pricelist_id>4601</pricelist_id>\
             <account>Рога &amp; копыта</account>\
             <project>1</project>\
             <datacentername/>\
             <processingmodule>7</processingmodule>\
             <createdate>2026-01-{day:02}</createdate>\
             <expiredate>2027-01-{day:02}</expiredate>\
             <autoprolong orig=\"null\">Нет</autoprolong>\
             <status_msg/>\
             <item_status orig=\"2\">Активен</item_status>\
             <special_status orig=\"0\">-</special_status>\
             <cost>129.00 RUB / Месяц</cost>\
             <item_cost>129.0000</item_cost>\
             <real_ipchange>on</real_ipchange>\
             <remoteid>l{number}</remoteid></elem>"
        )?;
    }
    out.push_str("</doc>\n");
    Ok(out)
}
