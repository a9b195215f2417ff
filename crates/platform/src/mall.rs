//! Malls of this deployment, kept in memory: every request begins by asking which mall it is for.
//! A mall is named by the session's token, else the `X-Mall` header, else the host, else it is the only one.

use db::{Db, Tx, args};
use kernel::ports::ObjectStore;
use kernel::{Error, Id, Instant, MallId, Result, minutes, seconds};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use utoipa::ToSchema;

/// Settings of a mall that its owner may change.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct MallSettings {
    /// Shown name of the mall.
    pub name: String,
    pub logo_key: Option<String>,
    /// Brand colour, `#RRGGBB`.
    pub accent: String,
    /// How round cards and pictures are, in pixels.
    #[schema(minimum = 0, maximum = 24)]
    pub radius_px: i64,
    /// Minutes after which an unpaid order closes.
    #[schema(minimum = 5, maximum = 1440)]
    pub order_expiry_minutes: i64,
    /// Days after shipping when an order completes by itself.
    #[schema(minimum = 1, maximum = 60)]
    pub auto_confirm_days: i64,
    /// Minutes in which a hand-over at the counter may be taken back; 0 for never.
    #[schema(minimum = 0, maximum = 1440)]
    pub redeem_undo_minutes: i64,
    /// Days after which a member is reminded of goods that were laid out; 0 for never.
    #[schema(minimum = 0, maximum = 60)]
    pub pickup_remind_days: i64,
    /// Days after which an order that was laid out and not fetched is paid back; 0 for never. Needs reminders before it.
    #[schema(minimum = 0, maximum = 90)]
    pub pickup_refund_days: i64,
    /// Pieces a member may have put aside in stores for trying at once; 0 for none.
    #[schema(minimum = 0, maximum = 20)]
    pub fitting_pieces: i64,
    /// From where parcels leave when several places could send them.
    pub express_from: ExpressFrom,
    /// Where no place has all goods of an order, several send: as many orders, paid together.
    pub splits_orders: bool,
    pub service_phone: Option<String>,
    /// ICP filing number shown at the foot of H5 pages.
    pub icp_number: Option<String>,
    /// The company behind the mall, as on its business licence.
    pub company_name: Option<String>,
    /// Licences shown to everybody, at most nine.
    pub licences: Vec<MallLicence>,
    /// Where maps come from; without it stores are shown on a plan of their own and no other host is asked.
    pub map: Option<MallMap>,
}

/// From where a shop's parcels leave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExpressFrom {
    /// The shop's warehouse alone.
    #[default]
    Warehouse,
    /// The warehouse when it has everything, else the nearest store that has.
    WarehouseFirst,
    /// The nearest place that has everything.
    NearestFirst,
}

/// The source of map tiles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MallMap {
    /// With `{z}`, `{x}` and `{y}` in it.
    #[schema(max_length = 300, example = "https://tiles.example.com/{z}/{x}/{y}.png")]
    pub tiles: String,
    /// Who made the map, as its licence wants it to be said.
    #[serde(default)]
    #[schema(max_length = 80)]
    pub credit: String,
    /// True when the tiles are drawn in WGS-84; maps made for the Chinese mainland are drawn in GCJ-02.
    #[serde(default)]
    pub wgs84: bool,
}

/// A licence of the mall's company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MallLicence {
    #[schema(min_length = 1, max_length = 30, example = "营业执照")]
    pub name: String,
    #[schema(max_length = 60)]
    #[serde(default)]
    pub number: String,
    /// An uploaded picture.
    pub picture_key: Option<String>,
}

impl Default for MallSettings {
    fn default() -> Self {
        MallSettings {
            name: String::new(),
            logo_key: None,
            accent: "#2F7D6B".into(),
            radius_px: 12,
            order_expiry_minutes: 30,
            auto_confirm_days: 10,
            redeem_undo_minutes: 30,
            pickup_remind_days: 3,
            pickup_refund_days: 0,
            fitting_pieces: 3,
            express_from: ExpressFrom::Warehouse,
            splits_orders: false,
            service_phone: None,
            icp_number: None,
            company_name: None,
            licences: Vec::new(),
            map: None,
        }
    }
}

impl MallSettings {
    pub const fn order_expiry(&self) -> i64 {
        minutes(self.order_expiry_minutes)
    }

    /// Scheme and host of the map tiles, for the content policy; none for tiles of our own.
    pub fn tile_origin(&self) -> Option<String> {
        let tiles = &self.map.as_ref()?.tiles;
        let rest = tiles.strip_prefix("https://")?;
        let host = rest.split('/').next()?.replace("{s}", "*");
        let plain = |c: char| c.is_ascii_alphanumeric() || ".-:*".contains(c);
        (!host.is_empty() && host.chars().all(plain)).then(|| format!("https://{host}"))
    }
}

/// One tenant.
#[derive(Debug, Clone)]
pub struct Mall {
    pub id: MallId,
    pub code: String,
    pub currency: String,
    /// Offset of the mall's day from UTC in milliseconds (China: 8 h).
    pub utc_offset_ms: i64,
    pub settings: MallSettings,
}

/// What every page shows of its mall.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct MallBrief {
    pub code: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_url: Option<String>,
    /// Brand colour, `#RRGGBB`.
    pub accent: String,
    /// How round cards and pictures are, in pixels.
    pub radius_px: i64,
    /// ICP filing number for the foot of H5 pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub icp_number: Option<String>,
    /// Where maps come from; absent when stores stand on a plan without a map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub map: Option<MallMap>,
}

impl Mall {
    /// Name, logo, colour and roundness; addresses of files come from the store they lie in.
    pub fn brief(&self, objects: &dyn ObjectStore) -> MallBrief {
        MallBrief {
            code: self.code.clone(),
            name: self.settings.name.clone(),
            logo_url: self.settings.logo_key.as_deref().map(|key| objects.url(key)),
            accent: self.settings.accent.clone(),
            radius_px: self.settings.radius_px,
            icp_number: self.settings.icp_number.clone(),
            map: self.settings.map.clone(),
        }
    }
}

#[derive(Default)]
struct Directory {
    by_id: HashMap<i64, Arc<Mall>>,
    by_code: HashMap<String, Arc<Mall>>,
    by_host: HashMap<String, Arc<Mall>>,
    only: Option<Arc<Mall>>,
    loaded_at: Instant,
}

/// The directory of malls; reloaded when changed here and at least every 10 seconds.
#[derive(Clone, Default)]
pub struct Malls(Arc<RwLock<Arc<Directory>>>);

impl Malls {
    /// Reads all open malls.
    pub async fn load(&self, db: &Db, now: Instant) -> Result<()> {
        let directory = db.read(move |tx| read_directory(tx, now)).await?;
        *self.0.write().unwrap_or_else(|e| e.into_inner()) = Arc::new(directory);
        Ok(())
    }

    /// True when another node may have changed something since the last load.
    pub fn is_stale(&self, now: Instant) -> bool {
        now - self.directory().loaded_at > seconds(10)
    }

    pub fn get(&self, id: MallId) -> Result<Arc<Mall>> {
        self.directory().by_id.get(&id.0).cloned().ok_or_else(unknown)
    }

    /// The mall named by header or host; the only one if neither is known.
    pub fn resolve(&self, code: Option<&str>, host: Option<&str>) -> Result<Arc<Mall>> {
        let directory = self.directory();
        if let Some(code) = code {
            return directory.by_code.get(code).cloned().ok_or_else(unknown);
        }
        let host = host.map(|h| h.rsplit_once(':').map_or(h, |(name, _)| name));
        let by_host = host.and_then(|h| directory.by_host.get(h));
        by_host.or(directory.only.as_ref()).cloned().ok_or_else(unknown)
    }

    pub fn all(&self) -> Vec<Arc<Mall>> {
        self.directory().by_id.values().cloned().collect()
    }

    fn directory(&self) -> Arc<Directory> {
        self.0.read().unwrap_or_else(|e| e.into_inner()).clone()
    }
}

fn unknown() -> Error {
    Error::not_found("mall.unknown", "没有找到这家商城")
}

fn read_directory(tx: &mut Tx<'_>, now: Instant) -> Result<Directory> {
    let malls: Vec<(Id, String, String, String, i64, String)> = tx.all(
        "select id, code, name, currency, utc_offset_ms, settings from mall where status = 'open' order by id",
        &args![],
    )?;
    let mut directory = Directory { loaded_at: now, ..Directory::default() };
    for (id, code, name, currency, utc_offset_ms, settings) in malls {
        let mut settings: MallSettings = serde_json::from_str(&settings).map_err(Error::internal)?;
        if settings.name.is_empty() {
            settings.name = name;
        }
        let mall = Arc::new(Mall { id, code: code.clone(), currency, utc_offset_ms, settings });
        directory.by_code.insert(code, mall.clone());
        directory.by_id.insert(id.0, mall);
    }
    let hosts: Vec<(String, Id)> = tx.all("select host, mall_id from mall_host", &args![])?;
    for (host, id) in hosts {
        if let Some(mall) = directory.by_id.get(&id.0) {
            directory.by_host.insert(host, mall.clone());
        }
    }
    if directory.by_id.len() == 1 {
        directory.only = directory.by_id.values().next().cloned();
    }
    Ok(directory)
}

/// Founds a mall: its row and its settings. `mall.code_taken` (409) if the code is used.
pub fn create(tx: &mut Tx<'_>, id: MallId, code: &str, name: &str, now: Instant) -> Result<()> {
    let fits = !code.is_empty()
        && code.len() <= 32
        && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !fits {
        return Err(Error::field("code", "商城代号用小写字母、数字或短横线，最长 32 个字符"));
    }
    let settings = MallSettings { name: name.into(), ..MallSettings::default() };
    tx.exec(
        "insert into mall (id, code, name, settings, created_at) values ($1, $2, $3, $4, $5)",
        &args![id, code, name, serde_json::to_string(&settings).map_err(Error::internal)?, now],
    )?;
    Ok(())
}

/// Writes changed settings; the caller reloads the directory after commit.
pub fn save_settings(tx: &mut Tx<'_>, id: MallId, settings: &MallSettings) -> Result<()> {
    tx.exec(
        "update mall set settings = $2, name = $3 where id = $1",
        &args![id, serde_json::to_string(settings).map_err(Error::internal)?, &settings.name],
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_host_of_the_tiles_is_let_in() {
        let origin = |tiles: &str| {
            let map = Some(MallMap { tiles: tiles.into(), credit: String::new(), wgs84: false });
            MallSettings { map, ..MallSettings::default() }.tile_origin()
        };
        assert_eq!(origin("https://tiles.example.com/{z}/{x}/{y}.png").as_deref(), Some("https://tiles.example.com"));
        assert_eq!(origin("https://{s}.example.com:8443/{z}/{x}/{y}").as_deref(), Some("https://*.example.com:8443"));
        assert_eq!(origin("/files/tiles/{z}/{x}/{y}.png"), None);
        assert_eq!(origin("https://a.example; script-src *//{z}/{x}/{y}"), None);
    }
}
