//! The stand-ins alone, for outside SDKs: `standalone FOLDER [PORT]`. Prints one JSON line with the address and the path of
//! the credentials, then serves at the root and under `/sandbox` until it is stopped. Durations are shortened.

use sandbox::{Pace, SandboxConfig};
use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("usage: standalone FOLDER [PORT]")?;
    let port: u16 = arguments.next().map_or(Ok(0), |p| p.parse())?;
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let address = format!("http://{}", listener.local_addr()?);
    let mut config = SandboxConfig::new(folder, &address);
    config.pace = Pace::quick();
    let stand_ins = sandbox::router(config)?;
    let line = serde_json::json!({"address": address, "credentials": stand_ins.credentials_path});
    #[allow(clippy::print_stdout, reason = "the line is what the caller waits for")]
    {
        println!("{line}");
    }
    axum::serve(listener, stand_ins.mounted_at("/sandbox").merge(stand_ins.router)).await?;
    Ok(())
}
