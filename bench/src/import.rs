//! `hefang import products`: ten thousand products with a picture each, named by its path. Timed in one go, then stopped in
//! the middle and resumed in another mall; both must end with every product once.
//! The pictures are cuts of the demo photographs, each another place, size and light, 800 pixels wide: as large as shops
//! send them, and no two alike.

use crate::{Outcome, say};
use db::{Db, Options, args};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, GenericImageView};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use tokio::process::Command;

const PRODUCTS: usize = 10_000;
const SIDE: u32 = 800;

/// Prints how long the import takes.
pub async fn measure(hefang: &Path, folder: &Path, products: Option<usize>) -> Outcome<()> {
    let products = products.unwrap_or(PRODUCTS);
    let goods = folder.join("goods");
    let began = Instant::now();
    let bytes = tokio::task::block_in_place(|| make(&goods, products))?;
    say(&format!("({products} pictures, {} MB, made in {:.0} s)", bytes >> 20, began.elapsed().as_secs_f64()));

    let data = folder.join("whole");
    found(hefang, &data).await?;
    let began = Instant::now();
    let status = import(hefang, &data, &goods)?.wait().await?;
    let took = began.elapsed();
    if !status.success() {
        return Err("the import did not end well".into());
    }
    let counted = count(&data)?;
    say(&format!(
        "| import of {products} products with a picture each | {:.1} s | bar 60 s | {:.2} |",
        took.as_secs_f64(),
        took.as_secs_f64() / 60.0
    ));
    std::fs::remove_dir_all(&data)?;

    let data = folder.join("halves");
    found(hefang, &data).await?;
    let mut first = import(hefang, &data, &goods)?;
    tokio::time::sleep(took / 3).await;
    let pid = first.id().ok_or("the import ended before it could be stopped")?;
    Command::new("kill").args(["-INT", &pid.to_string()]).status().await?;
    first.wait().await?;
    let between = count(&data)?;
    import(hefang, &data, &goods)?.wait().await?;
    let after = count(&data)?;
    say(&format!(
        "| stopped at {} products, resumed, ended with | {} | {} in one go | |",
        between.0, after.0, counted.0
    ));
    if after != counted || counted.0 != i64::try_from(products)? || between.0 >= counted.0 {
        return Err(format!("in one go {counted:?}, in two {after:?}, stopped at {between:?}").into());
    }
    std::fs::remove_dir_all(&data)?;
    Ok(())
}

async fn found(hefang: &Path, data: &Path) -> Outcome<()> {
    let created = Command::new(hefang)
        .args(["mall", "create", "--code", "import", "--name", "导入", "--data"])
        .arg(data)
        .env("HEFANG_STAFF_PASSWORD", "a-password-for-the-bench")
        .stdout(Stdio::null())
        .status()
        .await?;
    if !created.success() {
        return Err("the mall could not be founded".into());
    }
    let db = open(data)?;
    db.write_blocking(|tx| {
        let (mall_id,): (i64,) = tx.one("select id from mall", &[])?;
        tx.exec(
            "insert into category (id, mall_id, path, name, position) values (7, $1, '/7/', '批量', 1)",
            &args![mall_id],
        )
    })?;
    db.close();
    Ok(())
}

fn import(hefang: &Path, data: &Path, goods: &Path) -> Outcome<tokio::process::Child> {
    Ok(Command::new(hefang)
        .args(["import", "products", "--mall", "import", "--data"])
        .arg(data)
        .arg("--pictures")
        .arg(goods)
        .arg(goods.join("goods.csv"))
        .env("HEFANG_LOG__LEVEL", "error")
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()?)
}

fn open(data: &Path) -> Outcome<Db> {
    Ok(Db::open(Options::new(&format!("sqlite:{}", data.join("hefang.db").display())))?)
}

/// Products, SKUs, pieces in stock and pictures.
fn count(data: &Path) -> Outcome<(i64, i64, i64, i64)> {
    let db = open(data)?;
    let counted = db.read_blocking(|tx| {
        tx.one(
            "select (select count(*) from product), (select count(*) from sku),
               (select cast(coalesce(sum(on_hand), 0) as bigint) from stock), (select count(*) from file)",
            &[],
        )
    })?;
    db.close();
    Ok(counted)
}

/// The table and its pictures; answers the bytes of the pictures.
fn make(folder: &Path, products: usize) -> Outcome<usize> {
    std::fs::create_dir_all(folder)?;
    let mut table =
        String::from("商品编码,商品名称,分类,商品图,商品详情,参数,规格名1,规格值1,规格编码,售价,库存,重量(克),状态\n");
    for n in 1..=products {
        let path = path_of(n);
        let (price, stock) = (1_000 + n % 9_000, n % 50 + 1);
        let about = format!("第 {n} 件，试着导入的商品，写两句介绍，说它从哪里来、怎么用。");
        // Every tenth comes in three sizes.
        let sizes: &[&str] = if n % 10 == 0 { &["小", "中", "大"] } else { &[""] };
        for (at, size) in sizes.iter().enumerate() {
            let option = if size.is_empty() { "" } else { "大小" };
            let facts = if at == 0 {
                format!("批量商品 {n},批量,{path},{about},产地:杭州;材质:竹")
            } else {
                ",,,,".into()
            };
            writeln!(
                table,
                "B{n},{facts},{option},{size},B{n}-{at},{}.{:02},{stock},{},上架",
                price / 100,
                price % 100,
                n % 900 + 50
            )?;
        }
    }
    std::fs::write(folder.join("goods.csv"), table)?;
    let photos = photographs()?;
    let (next, bytes) = (AtomicUsize::new(1), AtomicUsize::new(0));
    let failed = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..std::thread::available_parallelism().map_or(2, usize::from))
            .map(|_| {
                scope.spawn(|| -> Outcome<()> {
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        if n > products {
                            return Ok(());
                        }
                        let jpeg = cut(&photos[n % photos.len()], n / photos.len())?;
                        bytes.fetch_add(jpeg.len(), Ordering::Relaxed);
                        let file = folder.join(path_of(n));
                        std::fs::create_dir_all(file.parent().ok_or("a folder")?)?;
                        std::fs::write(file, jpeg)?;
                    }
                })
            })
            .collect();
        workers.into_iter().find_map(|worker| worker.join().unwrap_or_else(|_| Err("a worker broke".into())).err())
    });
    match failed {
        Some(error) => Err(error),
        None => Ok(bytes.into_inner()),
    }
}

fn path_of(n: usize) -> String {
    format!("pics/{:02}/{n}.jpg", n % 100)
}

fn photographs() -> Outcome<Vec<DynamicImage>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../demo/photos");
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|end| end == "jpg"));
    paths.sort();
    paths.iter().take(24).map(|path| Ok(image::open(path)?)).collect()
}

/// The `turn`-th square of a photograph.
fn cut(photo: &DynamicImage, turn: usize) -> Outcome<Vec<u8>> {
    let (width, height) = photo.dimensions();
    let turn = u32::try_from(turn)?;
    let side = (width.min(height) - turn % 97 * 2).max(SIDE.min(width.min(height)));
    let (x, y) = (turn * 37 % (width - side + 1), turn * 53 % (height - side + 1));
    let square = photo.crop_imm(x, y, side, side).resize_exact(SIDE, SIDE, FilterType::Triangle);
    let lit = square.brighten(i32::try_from(turn % 41)? - 20);
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 85).encode_image(&lit.into_rgb8())?;
    Ok(jpeg)
}
