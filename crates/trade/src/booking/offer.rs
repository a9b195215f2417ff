//! Services: how long they take, what they cost, by which rules they are booked, and who can do them.

use super::model::NoShow;
use db::{Arg, FromRow, Row, Tx, args};
use kernel::{Cursor, Error, Fen, Id, MallId, Page, Result};
use platform::Ctx;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::ToSchema;

/// A service as staff write it. Prices are for one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceInput {
    #[schema(min_length = 1, max_length = 40)]
    pub name: String,
    pub picture_key: Option<String>,
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub description: String,
    /// In quarters of an hour.
    #[schema(minimum = 15, maximum = 480)]
    pub duration_minutes: i64,
    /// Before the next guest; in quarters of an hour.
    #[schema(minimum = 0, maximum = 120)]
    pub pause_minutes: i64,
    /// 15, 30 or 60: how far apart times are offered.
    #[schema(minimum = 15, maximum = 60)]
    pub step_minutes: i64,
    #[schema(minimum = 0, maximum = 10_000_000)]
    pub price_fen: i64,
    /// Paid when booking; at most the price, which is then paid in full.
    #[schema(minimum = 0, maximum = 10_000_000)]
    pub deposit_fen: i64,
    /// People of one booking.
    #[schema(minimum = 1, maximum = 100)]
    pub max_people: i64,
    /// Days that can be chosen, today included.
    #[schema(minimum = 1, maximum = 90)]
    pub days_ahead: i64,
    /// A time can be chosen until so long before it.
    #[schema(minimum = 0, maximum = 10080)]
    pub lead_minutes: i64,
    /// So long before it a booking can be changed, or given up without losing the deposit.
    #[schema(minimum = 0, maximum = 336)]
    pub free_hours: i64,
    /// So long after its beginning nobody is waited for.
    #[schema(minimum = 5, maximum = 240)]
    pub grace_minutes: i64,
    pub no_show: NoShow,
    pub is_offered: bool,
    /// Who can do it; the stores that offer it are theirs.
    #[schema(max_items = 200)]
    pub resource_ids: Vec<Id>,
}

impl ServiceInput {
    /// 400 at the first value that does not fit.
    pub fn check(&self) -> Result<()> {
        let fits = |field: &'static str, value: i64, from: i64, to: i64| match value {
            value if (from..=to).contains(&value) => Ok(()),
            _ => Err(Error::field(field, format!("请填写 {from} 到 {to} 之间的数"))),
        };
        if !(1..=40).contains(&self.name.trim().chars().count()) {
            return Err(Error::field("name", "名称要有 1 到 40 个字"));
        }
        if self.description.chars().count() > 2_000 {
            return Err(Error::field("description", "介绍最长 2000 个字"));
        }
        if self.picture_key.as_ref().is_some_and(|key| key.len() > 200) {
            return Err(Error::field("picture_key", "请重新上传图片"));
        }
        fits("duration_minutes", self.duration_minutes, 15, 480)?;
        fits("pause_minutes", self.pause_minutes, 0, 120)?;
        for (field, minutes) in [("duration_minutes", self.duration_minutes), ("pause_minutes", self.pause_minutes)] {
            if minutes % 15 != 0 {
                return Err(Error::field(field, "请填写 15 分钟的倍数"));
            }
        }
        if ![15, 30, 60].contains(&self.step_minutes) {
            return Err(Error::field("step_minutes", "可以每 15、30 或 60 分钟一个时间"));
        }
        fits("price_fen", self.price_fen, 0, 10_000_000)?;
        if !(0..=self.price_fen).contains(&self.deposit_fen) {
            return Err(Error::field("deposit_fen", "定金不能超过价格"));
        }
        fits("max_people", self.max_people, 1, 100)?;
        fits("days_ahead", self.days_ahead, 1, 90)?;
        fits("lead_minutes", self.lead_minutes, 0, 10_080)?;
        fits("free_hours", self.free_hours, 0, 336)?;
        fits("grace_minutes", self.grace_minutes, 5, 240)?;
        if self.resource_ids.len() > 200 {
            return Err(Error::field("resource_ids", "最多 200 位老师或房间"));
        }
        Ok(())
    }
}

/// A service as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    pub id: Id,
    pub name: String,
    pub picture_key: Option<String>,
    pub description: String,
    pub duration_minutes: i64,
    pub pause_minutes: i64,
    pub step_minutes: i64,
    pub price: Fen,
    pub deposit: Fen,
    pub max_people: i64,
    pub days_ahead: i64,
    pub lead_minutes: i64,
    pub free_hours: i64,
    pub grace_minutes: i64,
    pub no_show: NoShow,
    pub is_offered: bool,
}

const COLUMNS: &str =
    "s.id, s.name, s.picture_key, s.description, s.duration_minutes, s.pause_minutes, s.step_minutes, s.price_fen,
    s.deposit_fen, s.max_people, s.days_ahead, s.lead_minutes, s.free_hours, s.grace_minutes, s.no_show, s.is_offered";

impl FromRow for Service {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Service {
            id: row.next()?,
            name: row.next()?,
            picture_key: row.next()?,
            description: row.next()?,
            duration_minutes: row.next()?,
            pause_minutes: row.next()?,
            step_minutes: row.next()?,
            price: row.next()?,
            deposit: row.next()?,
            max_people: row.next()?,
            days_ahead: row.next()?,
            lead_minutes: row.next()?,
            free_hours: row.next()?,
            grace_minutes: row.next()?,
            no_show: NoShow::parse(&row.next::<String>()?),
            is_offered: row.next()?,
        })
    }
}

fn no_such() -> Error {
    Error::not_found("booking.no_such_service", "没有找到这项服务")
}

/// A service; `booking.no_such_service` (404).
pub fn find_service(tx: &mut Tx<'_>, mall_id: MallId, id: Id) -> Result<Service> {
    services_by_id(tx, mall_id, &[id])?.remove(&id).ok_or_else(no_such)
}

/// Services by id.
pub fn services_by_id(tx: &mut Tx<'_>, mall_id: MallId, ids: &[Id]) -> Result<HashMap<Id, Service>> {
    let sql = format!("select {COLUMNS} from service s where s.mall_id = $1 and s.id = any($2)");
    let found: Vec<Service> = tx.all(&sql, &args![mall_id, ids])?;
    Ok(found.into_iter().map(|service| (service.id, service)).collect())
}

/// Services, the newest last; of one store those that somebody there can do.
pub fn services(
    tx: &mut Tx<'_>,
    mall_id: MallId,
    store_id: Option<Id>,
    offered_only: bool,
    cursor: Option<Cursor>,
    limit: i64,
) -> Result<Page<Service>> {
    let after = cursor.map_or(0, |cursor| cursor.id);
    let offered = if offered_only { "and s.is_offered" } else { "" };
    let somebody = |of_store: &str| {
        format!(
            "and exists (select 1 from service_skill k
               join service_resource r on r.mall_id = k.mall_id and r.id = k.resource_id
               join store t on t.mall_id = r.mall_id and t.id = r.store_id
               where k.mall_id = s.mall_id and k.service_id = s.id and r.is_active and t.status = 'open' {of_store})"
        )
    };
    let able = match store_id {
        Some(_) => somebody("and r.store_id = $4"),
        None if offered_only => format!("{} and cast($4 as bigint) is null", somebody("")),
        None => "and cast($4 as bigint) is null".to_owned(),
    };
    let rows = tx.all(
        &format!(
            "select {COLUMNS} from service s
             where s.mall_id = $1 and s.id > $2 {offered} {able}
             order by s.id
             limit $3"
        ),
        &args![mall_id, after, limit + 1, store_id],
    )?;
    Ok(Page::from_rows(rows, limit, |row: &Service| Cursor { key: 0, id: row.id.0 }))
}

/// Who can do what: the resources of each service, in order.
pub fn skills_of(tx: &mut Tx<'_>, mall_id: MallId, service_ids: &[Id]) -> Result<HashMap<Id, Vec<Id>>> {
    let rows: Vec<(Id, Id)> = tx.all(
        "select service_id, resource_id from service_skill
         where mall_id = $1 and service_id = any($2)
         order by service_id, resource_id",
        &args![mall_id, service_ids],
    )?;
    let mut skills: HashMap<Id, Vec<Id>> = HashMap::new();
    for (service, resource) in rows {
        skills.entry(service).or_default().push(resource);
    }
    Ok(skills)
}

/// Writes a new service.
pub fn create_service(tx: &mut Tx<'_>, ctx: &Ctx, input: &ServiceInput) -> Result<Id> {
    input.check()?;
    let id = ctx.id();
    tx.exec(
        "insert into service (id, mall_id, name, picture_key, description, duration_minutes, pause_minutes, step_minutes,
           price_fen, deposit_fen, max_people, days_ahead, lead_minutes, free_hours, grace_minutes, no_show, is_offered,
           created_at, updated_at)
         values ($2, $1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18)",
        &values(ctx, id, input),
    )?;
    save_skills(tx, ctx, id, input)?;
    Ok(id)
}

/// Changes a service. Bookings keep the rules they were made under.
pub fn save_service(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, input: &ServiceInput) -> Result<()> {
    input.check()?;
    let saved = tx.exec(
        "update service
         set name = $3, picture_key = $4, description = $5, duration_minutes = $6, pause_minutes = $7, step_minutes = $8,
           price_fen = $9, deposit_fen = $10, max_people = $11, days_ahead = $12, lead_minutes = $13, free_hours = $14,
           grace_minutes = $15, no_show = $16, is_offered = $17, updated_at = $18
         where mall_id = $1 and id = $2",
        &values(ctx, id, input),
    )?;
    if saved == 0 {
        return Err(no_such());
    }
    save_skills(tx, ctx, id, input)
}

fn values(ctx: &Ctx, id: Id, input: &ServiceInput) -> Vec<Arg> {
    args![
        ctx.mall_id,
        id,
        input.name.trim(),
        &input.picture_key,
        input.description.trim(),
        input.duration_minutes,
        input.pause_minutes,
        input.step_minutes,
        input.price_fen,
        input.deposit_fen,
        input.max_people,
        input.days_ahead,
        input.lead_minutes,
        input.free_hours,
        input.grace_minutes,
        input.no_show.as_str(),
        input.is_offered,
        ctx.now
    ]
    .to_vec()
}

fn save_skills(tx: &mut Tx<'_>, ctx: &Ctx, id: Id, input: &ServiceInput) -> Result<()> {
    let mut wanted = input.resource_ids.clone();
    wanted.sort_unstable();
    wanted.dedup();
    if super::resources_by_id(tx, ctx.mall_id, &wanted)?.len() != wanted.len() {
        return Err(Error::field("resource_ids", "有老师或房间已经不在了，请刷新后再选"));
    }
    tx.exec("delete from service_skill where mall_id = $1 and service_id = $2", &args![ctx.mall_id, id])?;
    let rows: Vec<Vec<Arg>> = wanted.iter().map(|resource| args![ctx.mall_id, id, *resource].to_vec()).collect();
    tx.insert_many("insert into service_skill (mall_id, service_id, resource_id) values", "", &rows)?;
    Ok(())
}
