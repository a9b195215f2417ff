//! `make bench`: measures the program against its ceilings in one run and prints ratios.
//! Reads over HTTP against a bare axum handler that returns the same bytes; complete checkouts through the API;
//! placing orders for one hot SKU against raw batch inserts into the same database file; memory and start-up.
//! All load stays on 127.0.0.1, is bounded in count and time, and ends by itself.

mod bare;
mod checkout;
mod crowd;
mod hot;
mod import;
mod load;
mod nearby;
mod process;
mod reads;
mod scale;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Callers at once, as in the bars of the project.
pub const CALLERS: usize = 64;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let result = match args.next().as_deref() {
        Some("bare") => bare::main(args),
        Some(hefang) => run(PathBuf::from(hefang), args.next().as_deref(), args.next().as_deref()),
        None => Err("usage: bench PATH-OF-HEFANG [sale | scale | import [PRODUCTS] | nearby]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("bench failed: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Whatever goes wrong ends the run with a sentence.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// One line of the report.
#[allow(clippy::print_stdout, reason = "the report is the output")]
pub fn say(text: &str) {
    println!("{text}");
}

/// Runs everything, or the part named.
fn run(hefang: PathBuf, part: Option<&str>, size: Option<&str>) -> Outcome<()> {
    let size = size.map(str::parse).transpose()?;
    let folder = std::env::temp_dir().join(format!("hefang-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        say("| what | figure | against | ratio |");
        say("|---|---|---|---|");
        if part.is_none_or(|part| part == "sale") {
            sale(&hefang, &folder).await?;
        }
        if part.is_none_or(|part| part == "scale") {
            scale::measure(&hefang, &folder).await?;
        }
        if part.is_none_or(|part| part == "nearby") {
            nearby::measure(&folder).await?;
        }
        if part.is_none_or(|part| part == "import") {
            import::measure(&hefang, &folder, size).await?;
        }
        Ok(())
    });
    std::fs::remove_dir_all(&folder)?;
    done
}

/// Reads, checkouts, memory, start-up and the hot SKU, on one demo mall.
async fn sale(hefang: &Path, folder: &Path) -> Outcome<()> {
    let mut mall = process::Mall::create(hefang, folder).await?;
    reads::measure(&mut mall).await?;
    checkout::measure(&mut mall).await?;
    // What was freed goes back to the system within ten seconds.
    for (when, wait) in [("at the end of the run", 0), ("15 s after the run", 15)] {
        tokio::time::sleep(std::time::Duration::from_secs(wait)).await;
        let rss = mall.memory_mib()?;
        say(&format!("| resident memory {when} | {rss:.0} MiB | bar 120 MB | {:.2} |", rss * 1.048_576 / 120.0));
    }
    mall.stop().await?;
    let started = process::start_up_ms(hefang, folder).await?;
    say(&format!("| start-up to first answer | {started:.0} ms | bar 300 ms | {:.2} |", started / 300.0));
    hot::measure(folder).await
}
