//! `make bench`: measures the program against its ceilings in one run and prints ratios.
//! Reads over HTTP against a bare axum handler that returns the same bytes; complete checkouts through the API;
//! placing orders for one hot SKU against raw batch inserts into the same database file; memory and start-up.
//! All load stays on 127.0.0.1, is bounded in count and time, and ends by itself.

mod bare;
mod checkout;
mod hot;
mod load;
mod process;
mod reads;

use std::path::PathBuf;
use std::process::ExitCode;

/// Callers at once, as in the bars of the project.
pub const CALLERS: usize = 64;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let result = match args.next().as_deref() {
        Some("bare") => bare::main(args),
        Some(hefang) => run(PathBuf::from(hefang)),
        None => Err("usage: bench PATH-OF-HEFANG".into()),
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

fn run(hefang: PathBuf) -> Outcome<()> {
    let folder = std::env::temp_dir().join(format!("hefang-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let done = measure(&hefang, &folder);
    std::fs::remove_dir_all(&folder)?;
    done
}

fn measure(hefang: &std::path::Path, folder: &std::path::Path) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        say("| what | figure | against | ratio |");
        say("|---|---|---|---|");
        let mut mall = process::Mall::create(hefang, folder).await?;
        reads::measure(&mut mall).await?;
        checkout::measure(&mut mall).await?;
        let rss = mall.memory_mib()?;
        say(&format!("| resident memory after the run | {rss:.0} MiB | bar 120 MB | {:.2} |", rss * 1.048_576 / 120.0));
        mall.stop().await?;
        let started = process::start_up_ms(hefang, folder).await?;
        say(&format!("| start-up to first answer | {started:.0} ms | bar 300 ms | {:.2} |", started / 300.0));
        hot::measure(folder).await
    })
}
