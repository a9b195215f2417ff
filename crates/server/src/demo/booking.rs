//! What can be booked in the stores of the demo, and who comes today and tomorrow: with a deposit, on the phone, here already.

use crate::flows::booking::{Asked, book_in};
use crate::flows::settle;
use db::{Tx, args};
use goods::store::find_store;
use kernel::{Id, Instant, Result, minutes};
use platform::{App, Ctx};
use trade::booking::{
    Contact, Counts, NoShow, ResourceInput, ResourceKind, ServiceInput, create_resource, create_service, find_resource,
    find_service, starts,
};
use trade::order;

/// `(name, slug of the product whose photograph it has, what it is, minutes, price, deposit, people, who)`.
type Plan = (&'static str, &'static str, &'static str, i64, i64, i64, i64, &'static [usize]);

const SERVICES: &[Plan] = &[
    (
        "多肉组盆手作",
        "assorted-succulents",
        "从八种多肉里挑三株，自己配土、组盆，做好带走。老师在旁边看着，不怕手生。\n花盆、土和三株多肉都含在内，适合两三个人一起来。",
        90,
        12_800,
        3_000,
        4,
        &[0],
    ),
    (
        "盆景修剪一对一",
        "bonsai-tree",
        "带上你家的真柏或榕树，陈师傅边剪边讲：哪一枝该留，什么时候换土。没有盆景也可以，店里有练手的树。",
        60,
        19_800,
        5_000,
        1,
        &[1],
    ),
    (
        "胶片相机入门",
        "nikkormat-slr-camera",
        "装一卷胶片，学会看光圈和快门，再去湖边拍完它。相机店里借，胶片和冲扫含在内。",
        120,
        26_800,
        26_800,
        2,
        &[1, 2],
    ),
    ("花艺咨询", "orchid", "说说送谁、多少预算，花艺师帮你配一束。免费，约好时间就来。", 30, 0, 0, 2, &[2]),
];

const OFFSET: i64 = kernel::hours(8);

pub(super) fn seed(tx: &mut Tx<'_>, app: &App, ctx: &Ctx) -> Result<()> {
    let stores: Vec<Id> = tx.all("select id from store where mall_id = $1 order by id limit 2", &args![ctx.mall_id])?;
    let members: Vec<Id> = tx
        .all("select id from member where mall_id = $1 and kind = 'member' order by id limit 4", &args![ctx.mall_id])?;
    let Some(first) = stores.first().copied() else { return Ok(()) };
    let mut who: Vec<Vec<Id>> = vec![Vec::new(); 3];
    for store_id in &stores {
        for (at, (name, kind, capacity, counts)) in [
            ("手作长桌", ResourceKind::Room, 8, Counts::People),
            ("陈师傅", ResourceKind::Person, 1, Counts::Bookings),
            ("阿岚", ResourceKind::Person, 1, Counts::Bookings),
        ]
        .into_iter()
        .enumerate()
        {
            let input = ResourceInput {
                store_id: *store_id,
                name: name.into(),
                kind,
                picture_key: None,
                capacity,
                counts,
                hours: Vec::new(),
                special_days: Vec::new(),
                is_active: true,
            };
            who[at].push(create_resource(tx, ctx, &input)?);
        }
    }
    let mut services = Vec::with_capacity(SERVICES.len());
    for plan in SERVICES {
        services.push(offer(tx, ctx, plan, &who)?);
    }
    for (turn, (service, name, people, member)) in [
        (0, "许青禾", 2, members.first()),
        (1, "沈知白", 1, members.get(1)),
        (0, "王女士", 3, None),
        (2, "顾云舒", 1, members.get(2)),
        (2, "李先生", 2, None),
    ]
    .into_iter()
    .enumerate()
    {
        let wanted = Visit { service_id: services[service], store_id: first, name, people, member: member.copied() };
        wanted.book(tx, app, ctx, turn)?;
    }
    Ok(())
}

fn offer(tx: &mut Tx<'_>, ctx: &Ctx, plan: &Plan, who: &[Vec<Id>]) -> Result<Id> {
    let (name, slug, description, duration_minutes, price_fen, deposit_fen, max_people, able) = *plan;
    let pictures: Option<String> =
        tx.opt("select picture_keys from product where mall_id = $1 and slug = $2", &args![ctx.mall_id, slug])?;
    let pictures: Vec<String> = pictures.and_then(|keys| serde_json::from_str(&keys).ok()).unwrap_or_default();
    let input = ServiceInput {
        name: name.into(),
        picture_key: pictures.into_iter().next(),
        description: description.into(),
        duration_minutes,
        pause_minutes: if duration_minutes > 30 { 15 } else { 0 },
        step_minutes: 30,
        price_fen,
        deposit_fen,
        max_people,
        days_ahead: 14,
        lead_minutes: 60,
        free_hours: 4,
        grace_minutes: 30,
        no_show: NoShow::Kept,
        is_offered: true,
        resource_ids: able.iter().flat_map(|at| who[*at].clone()).collect(),
    };
    create_service(tx, ctx, &input)
}

/// Somebody who comes.
struct Visit {
    service_id: Id,
    store_id: Id,
    name: &'static str,
    people: i64,
    /// Nobody: on the phone.
    member: Option<Id>,
}

impl Visit {
    /// At the first time from now on, one later for each turn; today while the store is open, else tomorrow.
    fn book(&self, tx: &mut Tx<'_>, app: &App, ctx: &Ctx, turn: usize) -> Result<()> {
        let service = find_service(tx, ctx.mall_id, self.service_id)?;
        let store = find_store(tx, ctx.mall_id, self.store_id)?;
        let able = trade::booking::able(tx, ctx.mall_id, self.service_id, self.store_id)?;
        let Some(resource) = able.first().map(|resource| find_resource(tx, ctx.mall_id, resource.id)).transpose()?
        else {
            return Ok(());
        };
        let today = ctx.now.day_at_offset(OFFSET);
        let earliest = if self.member.is_some() { ctx.now + minutes(60) } else { ctx.now - minutes(30) };
        let free: Vec<Instant> = (today..today + 2)
            .flat_map(|day| starts(&store, &resource, &service, day, OFFSET))
            .filter(|at| *at >= earliest)
            .collect();
        let Some(starts_at) = free.get(turn).copied() else { return Ok(()) };
        let member_id = match self.member {
            Some(id) => id,
            None => people::identity::create_guest(tx, ctx)?,
        };
        let asked = Asked {
            member_id,
            service_id: self.service_id,
            store_id: self.store_id,
            resource_id: None,
            starts_at,
            people: self.people,
            contact: Some(Contact { name: self.name.into(), phone: "13900001234".into() }),
            remark: None,
            expected_deposit_fen: self.member.map(|_| service.deposit.0 * self.people),
        };
        let placed = match tx.savepoint(|tx| book_in(app, tx, ctx, &asked, minutes(30), OFFSET)) {
            Err(error) if error.is("booking.time_full") => return Ok(()),
            placed => placed?,
        };
        if self.member.is_some() {
            let order = order::find(tx, ctx.mall_id, placed.placed.group_id)?;
            settle::offline(tx, ctx, &order, Some("演示收款"), "CNY")?;
        }
        Ok(())
    }
}
