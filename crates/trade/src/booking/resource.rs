//! Who or what does a service: a person, or a room or a table that takes so many at once, with a week and days of its own
//! inside the store's hours.

use db::{FromRow, Row, Tx, args};
use goods::store::{OpeningHours, SpecialDay, check_hours, check_special, find_store};
use kernel::{Error, Id, MallId, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// A person takes one booking at once; a room or a table as many as fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BookingResourceKind)]
pub enum ResourceKind {
    Person,
    Room,
}

impl ResourceKind {
    const fn as_str(self) -> &'static str {
        match self {
            ResourceKind::Person => "person",
            ResourceKind::Room => "room",
        }
    }
}

/// What fills a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BookingResourceCounts)]
pub enum Counts {
    Bookings,
    People,
}

impl Counts {
    const fn as_str(self) -> &'static str {
        match self {
            Counts::Bookings => "bookings",
            Counts::People => "people",
        }
    }
}

/// A resource as staff write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BookingResourceInput)]
pub struct ResourceInput {
    pub store_id: Id,
    #[schema(min_length = 1, max_length = 20)]
    pub name: String,
    pub kind: ResourceKind,
    pub picture_key: Option<String>,
    /// At once; of a person always one booking.
    #[schema(minimum = 1, maximum = 500)]
    pub capacity: i64,
    pub counts: Counts,
    /// The week inside the store's hours; empty: whenever the store is open.
    #[serde(default)]
    pub hours: Vec<OpeningHours>,
    /// Days with other hours; without spans a day off.
    #[serde(default)]
    pub special_days: Vec<SpecialDay>,
    pub is_active: bool,
}

impl ResourceInput {
    /// 400 at the first value that does not fit.
    pub fn check(&self) -> Result<()> {
        if !(1..=20).contains(&self.name.trim().chars().count()) {
            return Err(Error::field("name", "名字要有 1 到 20 个字"));
        }
        if self.picture_key.as_ref().is_some_and(|key| key.len() > 200) {
            return Err(Error::field("picture_key", "请重新上传图片"));
        }
        if !(1..=500).contains(&self.capacity) {
            return Err(Error::field("capacity", "请填写 1 到 500 之间的数"));
        }
        if self.kind == ResourceKind::Person && (self.capacity != 1 || self.counts != Counts::Bookings) {
            return Err(Error::field("capacity", "一个人同一时间只接待一个预约"));
        }
        check_hours(&self.hours)
    }
}

/// A resource as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    pub id: Id,
    pub store_id: Id,
    pub name: String,
    pub kind: ResourceKind,
    pub picture_key: Option<String>,
    pub capacity: i64,
    pub counts: Counts,
    pub hours: Vec<OpeningHours>,
    pub special_days: Vec<SpecialDay>,
    pub is_active: bool,
}

impl Resource {
    /// What a booking of so many people takes of each quarter of an hour.
    pub fn weight(&self, people: i64) -> i64 {
        match self.counts {
            Counts::Bookings => 1,
            Counts::People => people,
        }
    }
}

const COLUMNS: &str =
    "r.id, r.store_id, r.name, r.kind, r.picture_key, r.capacity, r.counts, r.hours, r.special_days, r.is_active";

impl FromRow for Resource {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Resource {
            id: row.next()?,
            store_id: row.next()?,
            name: row.next()?,
            kind: if row.next::<String>()? == "person" { ResourceKind::Person } else { ResourceKind::Room },
            picture_key: row.next()?,
            capacity: row.next()?,
            counts: if row.next::<String>()? == "people" { Counts::People } else { Counts::Bookings },
            hours: serde_json::from_str(&row.next::<String>()?).map_err(Error::internal)?,
            special_days: serde_json::from_str(&row.next::<String>()?).map_err(Error::internal)?,
            is_active: row.next()?,
        })
    }
}

/// The most resources of one store; its board shows them all.
const MOST: i64 = 100;

/// The resources of a store, or of all.
pub fn resources(tx: &mut Tx<'_>, mall_id: MallId, store_id: Option<Id>) -> Result<Vec<Resource>> {
    match store_id {
        Some(store_id) => tx.all(
            &format!("select {COLUMNS} from service_resource r where r.mall_id = $1 and r.store_id = $2 order by r.id"),
            &args![mall_id, store_id],
        ),
        None => tx.all(
            &format!(
                "select {COLUMNS} from service_resource r where r.mall_id = $1 order by r.store_id, r.id limit 1000"
            ),
            &args![mall_id],
        ),
    }
}

/// Resources by id, in order.
pub fn resources_by_id(tx: &mut Tx<'_>, mall_id: MallId, ids: &[Id]) -> Result<Vec<Resource>> {
    let sql = format!("select {COLUMNS} from service_resource r where r.mall_id = $1 and r.id = any($2) order by r.id");
    tx.all(&sql, &args![mall_id, ids])
}

/// Names by id.
pub fn resource_names(tx: &mut Tx<'_>, mall_id: MallId, ids: &[Id]) -> Result<HashMap<Id, String>> {
    let rows: Vec<(Id, String)> =
        tx.all("select id, name from service_resource where mall_id = $1 and id = any($2)", &args![mall_id, ids])?;
    Ok(rows.into_iter().collect())
}

/// Those of a store that can do a service.
pub fn able(tx: &mut Tx<'_>, mall_id: MallId, service_id: Id, store_id: Id) -> Result<Vec<Resource>> {
    tx.all(
        &format!(
            "select {COLUMNS} from service_skill k
             join service_resource r on r.mall_id = k.mall_id and r.id = k.resource_id
             where k.mall_id = $1 and k.service_id = $2 and r.store_id = $3 and r.is_active
             order by r.id"
        ),
        &args![mall_id, service_id, store_id],
    )
}

fn no_such() -> Error {
    Error::not_found("booking.no_such_resource", "没有找到这位老师或房间")
}

/// A resource; `booking.no_such_resource` (404).
pub fn find_resource(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Resource> {
    resources_by_id(tx, mall_id, &[id])?.pop().ok_or_else(no_such)
}

/// Writes a new resource.
pub fn create_resource(tx: &mut Tx<'_>, ctx: &Ctx, input: &ResourceInput) -> Result<Id> {
    input.check()?;
    find_store(tx, ctx.mall_id, input.store_id)?;
    let known: i64 = tx.one(
        "select count(*) from service_resource where mall_id = $1 and store_id = $2",
        &args![ctx.mall_id, input.store_id],
    )?;
    if known >= MOST {
        return Err(Error::conflict("booking.too_many_resources", "一家门店最多 100 位老师或房间"));
    }
    let id = ctx.id();
    tx.exec(
        "insert into service_resource (id, mall_id, store_id, name, kind, picture_key, capacity, counts, hours,
           special_days, is_active, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)",
        &args![
            id,
            ctx.mall_id,
            input.store_id,
            input.name.trim(),
            input.kind.as_str(),
            &input.picture_key,
            input.capacity,
            input.counts.as_str(),
            hours_json(input)?,
            special_json(ctx, input)?,
            input.is_active,
            ctx.now
        ],
    )?;
    Ok(id)
}

/// Changes a resource; it stays at its store. Bookings keep the time they have.
pub fn save_resource(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, input: &ResourceInput) -> Result<()> {
    input.check()?;
    if find_resource(tx, ctx.mall_id, id)?.store_id != input.store_id {
        return Err(Error::field("store_id", "老师或房间不能换门店，请在那家门店新建"));
    }
    tx.exec(
        "update service_resource
         set name = $3, kind = $4, picture_key = $5, capacity = $6, counts = $7, hours = $8, special_days = $9,
           is_active = $10, updated_at = $11
         where mall_id = $1 and id = $2",
        &args![
            ctx.mall_id,
            id,
            input.name.trim(),
            input.kind.as_str(),
            &input.picture_key,
            input.capacity,
            input.counts.as_str(),
            hours_json(input)?,
            special_json(ctx, input)?,
            input.is_active,
            ctx.now
        ],
    )?;
    Ok(())
}

fn hours_json(input: &ResourceInput) -> Result<String> {
    serde_json::to_string(&input.hours).map_err(Error::internal)
}

/// Days that are over everywhere on earth are dropped.
fn special_json(ctx: &Ctx, input: &ResourceInput) -> Result<String> {
    let kept = check_special(&input.special_days, ctx.now.day_at_offset(0) - 1)?;
    serde_json::to_string(&kept).map_err(Error::internal)
}
