//! The command line. Every command takes its settings from the same configuration; errors say what to do.

use crate::{demo, doctor, import, router, serve, template};
use clap::{Args, Parser, Subcommand};
use db::{Db, args};
use kernel::{Actor, Clock, Error, Ids, MallId, Result, SystemClock};
use platform::Ctx;
use platform::config::Config;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tracing_subscriber::EnvFilter;

/// 河坊：一个程序开一座商城。
#[derive(Parser)]
#[command(name = "hefang", version, about = "河坊 Hefang: a commerce engine for mini-program shops")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// A TOML file that overrides config/default.toml.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Args)]
struct PlaceArgs {
    /// Port to listen on (`server.port`).
    #[arg(long, global = true)]
    port: Option<u16>,
    /// Folder of the embedded database and of files (`data.dir`).
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the malls of the configured database.
    Serve,
    /// Create the demo mall 河坊生活 if it is not there, and serve it with local stand-ins for WeChat, SMS and carriers.
    Demo,
    /// Bring the database to this release.
    Migrate,
    /// Check configuration, keys, clock, database and storage, and say what to do.
    Doctor,
    /// Print the OpenAPI 3.1 document.
    Openapi,
    /// Found and list malls.
    #[command(subcommand)]
    Mall(MallCommand),
    /// Create staff.
    #[command(subcommand)]
    Staff(StaffCommand),
    /// Bring goods in from files.
    #[command(subcommand)]
    Import(ImportCommand),
    /// Copy the database to a file while it serves.
    Backup {
        /// File to write; must not exist.
        file: PathBuf,
    },
    /// Replace the database with a backup. The server must be stopped.
    Restore {
        /// A file written by `backup`.
        file: PathBuf,
        /// Replace a database that exists.
        #[arg(long)]
        force: bool,
    },
}

#[derive(Subcommand)]
enum MallCommand {
    /// Found a mall with its first shop, warehouse and owner.
    Create {
        /// Short code: lower-case letters, digits, dashes.
        #[arg(long)]
        code: String,
        /// Name shown to members.
        #[arg(long)]
        name: String,
        /// User name of the owner.
        #[arg(long, default_value = "admin")]
        owner: String,
        /// Host name under which browsers find this mall.
        #[arg(long)]
        host: Option<String>,
        /// Content to begin with: food, lifestyle or fashion.
        #[arg(long)]
        template: Option<String>,
    },
    /// List the malls.
    List,
}

#[derive(Subcommand)]
enum ImportCommand {
    /// Products from a CSV or XLSX table; the same command goes on where it was stopped.
    Products {
        /// The table; `GET /admin/v1/product-imports/template` is an example.
        file: PathBuf,
        /// Code of the mall.
        #[arg(long)]
        mall: String,
        /// Folder of the pictures that the table names.
        #[arg(long, value_name = "DIR")]
        pictures: Option<PathBuf>,
        /// Leave products alone that are there already.
        #[arg(long)]
        skip_known: bool,
    },
}

#[derive(Subcommand)]
enum StaffCommand {
    /// Create an owner of a mall; the password is read from HEFANG_STAFF_PASSWORD or made and printed.
    Create {
        /// Code of the mall.
        #[arg(long)]
        mall: String,
        #[arg(long)]
        username: String,
    },
}

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("✗ {}", error.message()));
            if let Some(cause) = error.cause() {
                say(&format!("  {cause}"));
            }
            ExitCode::FAILURE
        }
    }
}

/// What people read stands on standard error, so that documents on standard output can be piped.
#[allow(clippy::print_stderr, reason = "a command line talks to its user")]
pub fn say(text: &str) {
    eprintln!("{text}");
}

fn settings(cli: &Cli) -> Result<Config> {
    let environment = std::env::vars().filter(|(name, _)| name != STAFF_PASSWORD);
    let mut config = Config::load(cli.config.as_deref(), environment)?;
    if let Some(port) = cli.place.port {
        config.server.port = port;
    }
    if let Some(dir) = &cli.place.data {
        config.data.dir.clone_from(dir);
    }
    Ok(config)
}

const STAFF_PASSWORD: &str = "HEFANG_STAFF_PASSWORD";

fn run(cli: Cli) -> Result<()> {
    if let Command::Openapi = cli.command {
        return print_document();
    }
    let config = settings(&cli)?;
    start_log(&config);
    match cli.command {
        Command::Serve => runtime()?.block_on(async {
            let prepared = serve::prepare(config).await?;
            let listener = serve::listen(&prepared.app.config).await?;
            say(&format!("河坊已启动 {}", crate::flows::hooks::public_url(&prepared.app)));
            serve::run(prepared, listener).await
        }),
        Command::Demo => runtime()?.block_on(demo::run(config)),
        Command::Migrate => migrate(&config),
        Command::Doctor => runtime()?.block_on(doctor::run(config)),
        Command::Openapi => Ok(()),
        Command::Mall(MallCommand::Create { code, name, owner, host, template }) => {
            create_mall(config, &code, &name, &owner, host, template)
        }
        Command::Mall(MallCommand::List) => list_malls(&config),
        Command::Staff(StaffCommand::Create { mall, username }) => create_staff(config, &mall, &username),
        Command::Import(ImportCommand::Products { file, mall, pictures, skip_known }) => {
            runtime()?.block_on(import::products(config, import::Asked { file, mall, pictures, skip_known }))
        }
        Command::Backup { file } => {
            serve::open_migrated(&config, &SystemClock)?.backup_to(&file)?;
            say(&format!("✓ 已备份到 {}", file.display()));
            Ok(())
        }
        Command::Restore { file, force } => {
            Db::restore(&crate::wiring::database(&config), &file, force)?;
            say("✓ 已恢复");
            Ok(())
        }
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::internal)
}

fn start_log(config: &Config) {
    let filter = EnvFilter::try_new(&config.log.level).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if config.log.json { log.json().init() } else { log.compact().with_target(false).init() }
}

#[allow(clippy::print_stdout, reason = "the document is this command's output")]
fn print_document() -> Result<()> {
    println!("{}", serde_json::to_string_pretty(&router::document()).map_err(Error::internal)?);
    Ok(())
}

fn migrate(config: &Config) -> Result<()> {
    let applied = {
        std::fs::create_dir_all(&config.data.dir).map_err(Error::internal)?;
        crate::wiring::open_db(config)?.migrate(db::migrations(), SystemClock.now())?
    };
    say(&if applied.is_empty() {
        "✓ 数据库已是最新".to_owned()
    } else {
        format!("✓ 已执行迁移 {applied:?}")
    });
    Ok(())
}

fn create_mall(
    config: Config,
    code: &str,
    name: &str,
    owner: &str,
    host: Option<String>,
    template: Option<String>,
) -> Result<()> {
    if let Some(template) = &template {
        template::brief(template)?;
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let config = serve::with_secret(config)?;
    let db = serve::open_migrated(&config, &*clock)?;
    let (password, given) = password();
    let hash = people::staff::hash_password(&password)?;
    let ids = Arc::new(Ids::new(config.server.node));
    let mall_id = ids.next(&*clock);
    let ctx = Ctx::new(mall_id, Actor::System, clock, ids);
    let (code_, name_, owner_) = (code.to_owned(), name.to_owned(), owner.to_owned());
    db.write_blocking(move |tx| {
        platform::mall::create(tx, mall_id, &code_, &name_, ctx.now)?;
        goods::store::found_shop(tx, &ctx, &name_)?;
        people::staff::create_owner(tx, &ctx, &owner_, &hash)?;
        if let Some(host) = &host {
            tx.exec("insert into mall_host (host, mall_id) values ($1, $2)", &args![host, mall_id])?;
        }
        Ok(())
    })?;
    db.close();
    say(&format!("✓ 商城 {name}（{code}）已创建，店主 {owner}"));
    show_password(&password, given);
    if let Some(template) = template {
        runtime()?.block_on(async {
            let prepared = serve::prepare(config).await?;
            template::apply(&prepared.app, mall_id, &template).await?;
            prepared.app.db.close();
            Ok::<(), Error>(())
        })?;
        say(&format!("✓ 已套用模板 {template}，示例内容可在后台一键清除"));
    }
    Ok(())
}

fn create_staff(config: Config, mall_code: &str, username: &str) -> Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let config = serve::with_secret(config)?;
    let db = serve::open_migrated(&config, &*clock)?;
    let code = mall_code.to_owned();
    let found: Option<(MallId,)> =
        db.read_blocking(move |tx| tx.opt("select id from mall where code = $1", &args![&code]))?;
    let (mall_id,) = found.ok_or_else(|| Error::not_found("mall.unknown", format!("没有代号为 {mall_code} 的商城")))?;
    let (password, given) = password();
    let hash = people::staff::hash_password(&password)?;
    let ctx = Ctx::new(mall_id, Actor::System, clock, Arc::new(Ids::new(config.server.node)));
    let name = username.to_owned();
    db.write_blocking(move |tx| people::staff::create_owner(tx, &ctx, &name, &hash))?;
    say(&format!("✓ 店主 {username} 已创建"));
    show_password(&password, given);
    Ok(())
}

fn password() -> (String, bool) {
    match std::env::var(STAFF_PASSWORD) {
        Ok(given) if !given.is_empty() => (given, true),
        _ => (platform::seal::random_token().chars().take(16).collect(), false),
    }
}

fn show_password(password: &str, given: bool) {
    if !given {
        say(&format!("  初始密码 {password}（只显示这一次，登录后请修改）"));
    }
}

fn list_malls(config: &Config) -> Result<()> {
    let db = serve::open_migrated(config, &SystemClock)?;
    let malls: Vec<(MallId, String, String, String)> =
        db.read_blocking(|tx| tx.all("select id, code, name, status from mall order by id", &args![]))?;
    for (id, code, name, status) in malls {
        say(&format!("{id}  {code}  {name}  {status}"));
    }
    Ok(())
}
