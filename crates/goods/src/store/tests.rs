//! Where stores are, when they are open, and that each has a place for its stock.

use super::hours::{DaySpan, OpeningHours, SpecialDay, check, check_special, is_open, still_to_come};
use super::place::{Point, box_around, distance_m};
use super::shop::open_stores;
use super::*;
use crate::testing::{TestMall, each};
use kernel::{Id, Instant, hours};

fn span(weekday: u8, open: &str, close: &str) -> OpeningHours {
    OpeningHours { weekday, open: open.into(), close: close.into() }
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

#[test]
fn a_store_is_open_within_its_span_of_local_time() {
    // 2026-11-23 is a Monday.
    let week = [span(1, "10:00", "21:30"), span(2, "10:00", "12:00"), span(2, "13:00", "18:00")];
    let open = |text: &str| is_open(&week, &[], at(text), hours(8));
    assert!(!open("2026-11-23T09:59:59+08:00"));
    assert!(open("2026-11-23T10:00:00+08:00"));
    assert!(open("2026-11-23T21:29:59+08:00"));
    assert!(!open("2026-11-23T21:30:00+08:00"));
    assert!(!open("2026-11-24T12:30:00+08:00"), "the break at noon");
    assert!(open("2026-11-24T05:30:00Z"), "half past one in Hangzhou");
    assert!(!open("2026-11-25T11:00:00+08:00"), "no span on Wednesday");
}

#[test]
fn a_bar_is_open_past_midnight() {
    let nights = [span(7, "20:00", "02:00"), span(3, "00:00", "24:00")];
    let open = |text: &str| is_open(&nights, &[], at(text), hours(8));
    assert!(open("2026-11-22T23:59:00+08:00"));
    assert!(open("2026-11-23T01:59:00+08:00"));
    assert!(!open("2026-11-23T02:00:00+08:00"));
    assert!(!open("2026-11-23T20:00:00+08:00"));
    assert!(open("2026-11-25T23:59:00+08:00"), "all day");
}

fn special(date: &str, spans: &[(&str, &str)]) -> SpecialDay {
    let spans = spans.iter().map(|(open, close)| DaySpan { open: (*open).into(), close: (*close).into() }).collect();
    SpecialDay { date: date.into(), note: "春节".into(), spans }
}

#[test]
fn a_special_day_beats_its_weekday() {
    // 2026-11-23 is a Monday.
    let week: Vec<_> = (1..=7).map(|day| span(day, "10:00", "21:30")).collect();
    let days = [special("2026-11-23", &[]), special("2026-11-24", &[("09:00", "12:00"), ("18:00", "01:00")])];
    let open = |text: &str| is_open(&week, &days, at(text), hours(8));
    assert!(open("2026-11-22T12:00:00+08:00"));
    assert!(!open("2026-11-23T12:00:00+08:00"), "closed that day");
    assert!(open("2026-11-24T09:30:00+08:00") && !open("2026-11-24T13:00:00+08:00"));
    assert!(open("2026-11-25T00:30:00+08:00"), "its night goes on");
    assert!(!open("2026-11-25T01:00:00+08:00") && open("2026-11-25T10:00:00+08:00"));
}

#[test]
fn special_days_are_put_in_order_and_end_by_themselves() {
    let today = at("2026-11-24T00:00:00Z").day_at_offset(0);
    let days = [special("2027-02-06", &[]), special("2026-11-23", &[]), special("2026-11-24", &[("10:00", "12:00")])];
    let kept = check_special(&days, today).unwrap();
    assert_eq!(kept.iter().map(|day| day.date.as_str()).collect::<Vec<_>>(), ["2026-11-24", "2027-02-06"]);
    assert_eq!(still_to_come(&kept, today + 1).len(), 1);
    let field = |days: &[SpecialDay]| check_special(days, today).unwrap_err().field_name().map(str::to_owned);
    assert_eq!(field(&[special("2027-02-30", &[])]).as_deref(), Some("special_days[0].date"));
    assert_eq!(field(&[special("2027-02-06", &[("ten", "12:00")])]).as_deref(), Some("special_days[0].spans"));
    assert_eq!(field(&[special("2027-02-06", &[]), special("2027-02-06", &[])]).as_deref(), Some("special_days"));
}

#[test]
fn odd_hours_are_refused() {
    for odd in [span(0, "10:00", "11:00"), span(8, "10:00", "11:00"), span(1, "10", "11:00"), span(1, "10:00", "25:00")]
    {
        assert!(check(std::slice::from_ref(&odd)).is_err(), "{odd:?}");
    }
    assert!(check(&[span(1, "9:00", "10:00")]).is_err(), "two digits each");
    assert!(check(&[]).is_ok());
}

#[test]
fn distances_match_known_places() {
    let west_lake = Point { lat: 30.2537, lng: 120.1648 };
    let shanghai = Point { lat: 31.2304, lng: 121.4737 };
    let metres = distance_m(west_lake, shanghai);
    assert!((164_000..168_000).contains(&metres), "{metres}");
    assert_eq!(distance_m(west_lake, west_lake), 0);
    let poles = distance_m(Point { lat: 90.0, lng: 0.0 }, Point { lat: -90.0, lng: 0.0 });
    assert!((20_015_000..20_016_000).contains(&poles));
    assert!(Point::parse(Some(91.0), Some(0.0)).is_err() && Point::parse(Some(1.0), None).is_err());
}

#[test]
fn a_box_contains_its_circle() {
    for (lat, lng) in [(30.25, 120.16), (0.0, 179.99), (-89.95, 10.0), (66.0, -179.0)] {
        let centre = Point { lat, lng };
        let (south, north, west, east) = box_around(centre, 10_000.0);
        for turn in 0..360 {
            let (sin, cos) = f64::from(turn).to_radians().sin_cos();
            let (lat, lng) = (lat + 0.0895 * cos, lng + 0.0895 * sin / lat.to_radians().cos().abs().max(0.001));
            let point = Point { lat: lat.clamp(-90.0, 90.0), lng: (lng + 540.0).rem_euclid(360.0) - 180.0 };
            if distance_m(centre, point) <= 10_000 {
                assert!(
                    point.lat >= south && point.lat <= north && point.lng >= west && point.lng <= east,
                    "{point:?}"
                );
            }
        }
    }
}

fn input(name: &str, lat: f64, lng: f64) -> StoreInput {
    StoreInput {
        name: name.into(),
        district_code: "330102".into(),
        address: "东坡路 8 号".into(),
        lat,
        lng,
        phone: "0571-87010418".into(),
        hours: vec![span(1, "10:00", "21:30")],
        special_days: Vec::new(),
        notice: None,
        picture_key: None,
        status: admin::StoreStatus::Open,
        ships: true,
        picture_keys: Vec::new(),
        services: Vec::new(),
        delivery_area: None,
    }
}

fn open_store(mall: &TestMall, name: &'static str, lat: f64, lng: f64) -> Id {
    mall.write(move |tx, ctx| create_store(tx, ctx, &input(name, lat, lng))).unwrap()
}

#[test]
fn a_store_brings_its_own_location() {
    each(|mall| {
        let id = open_store(mall, "湖滨店", 30.2537, 120.1648);
        let (store, location) = mall.read(move |tx, mall_id| location_of_store(tx, mall_id, id)).unwrap();
        assert_eq!((store.name.as_str(), store.is_open()), ("湖滨店", true));
        let all = mall.read(locations).unwrap();
        assert_eq!(
            all.iter().map(|l| (l.id, l.kind.as_str())).collect::<Vec<_>>(),
            [(mall.warehouse, "warehouse"), (location, "store")]
        );
        let (shop_id, warehouse) = (store.shop_id, mall.warehouse);
        let default = mall.read(move |tx, mall_id| default_location(tx, mall_id, shop_id)).unwrap();
        assert_eq!(default, warehouse);
        let missing = mall.read(|tx, mall_id| location_of_store(tx, mall_id, Id(5)));
        assert!(missing.unwrap_err().is("store.not_found"));
        let elsewhere = mall.read(move |tx, _| location_of_store(tx, Id(2), id));
        assert!(elsewhere.unwrap_err().is("store.not_found"), "another mall's store");
    });
}

#[test]
fn the_nearest_store_comes_first() {
    each(|mall| {
        let far = open_store(mall, "上海店", 31.2304, 121.4737);
        let near = open_store(mall, "湖滨店", 30.2537, 120.1648);
        let middle = open_store(mall, "武林店", 30.2712, 120.1614);
        let here = Point { lat: 30.2540, lng: 120.1650 };
        let found = mall.read(move |tx, mall_id| open_stores(tx, mall_id, Some(here))).unwrap();
        assert_eq!(found.iter().map(|s| s.id).collect::<Vec<_>>(), [near, middle, far]);
        let found = mall.read(|tx, mall_id| open_stores(tx, mall_id, None)).unwrap();
        assert_eq!(found.len(), 3);
    });
}

#[test]
fn what_staff_typed_is_checked() {
    each(|mall| {
        let refuse = |spoil: fn(&mut StoreInput)| {
            let mut spoiled = input("湖滨店", 30.0, 120.0);
            spoil(&mut spoiled);
            let error = mall.write(move |tx, ctx| create_store(tx, ctx, &spoiled)).unwrap_err();
            error.field_name().unwrap_or_default().to_owned()
        };
        assert_eq!(refuse(|s| s.name = String::new()), "name");
        assert_eq!(refuse(|s| s.district_code = "999999".into()), "district_code");
        assert_eq!(refuse(|s| s.lat = 120.0), "lat");
        assert_eq!(refuse(|s| s.phone = "call me".into()), "phone");
        assert_eq!(refuse(|s| s.hours[0].open = "ten".into()), "hours");
    });
}

/// Opens stores by the thousand, without their locations.
fn open_many(mall: &TestMall, places: &[Point]) {
    let places = places.to_vec();
    mall.write(move |tx, ctx| {
        let shop = only_shop(tx, ctx.mall_id)?;
        for (at, place) in places.iter().enumerate() {
            let status = if at % 50 == 49 { "closed" } else { "open" };
            tx.exec(
                "insert into store (id, mall_id, shop_id, name, district_code, address, lat, lng, phone, hours, status, created_at)
                 values ($1, $2, $3, $4, '330102', '东坡路', $5, $6, '0571-87010418', '[]', $7, $8)",
                &db::args![ctx.id(), ctx.mall_id, shop, format!("{at} 号店"), place.lat, place.lng, status, ctx.now],
            )?;
        }
        Ok(())
    })
    .unwrap();
}

#[test]
fn the_nearest_are_those_that_measuring_every_store_finds() {
    each(|mall| {
        // A dense town, a thin country, islands at the date line and a pole; several at one place.
        let mut chance = 20_261_126_u64;
        let mut next = move || {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (chance >> 11) as f64 / (1_u64 << 53) as f64
        };
        let mut places: Vec<Point> =
            (0..900).map(|_| Point { lat: 30.1 + 0.3 * next(), lng: 120.0 + 0.4 * next() }).collect();
        places.extend((0..300).map(|_| Point { lat: 18.0 + 35.0 * next(), lng: 75.0 + 60.0 * next() }));
        places.extend((0..40).map(|_| Point { lat: -18.0 + next(), lng: if next() < 0.5 { 179.9 } else { -179.9 } }));
        places.extend((0..20).map(|_| Point { lat: 89.5 + 0.5 * next(), lng: 360.0 * next() - 180.0 }));
        places.extend([Point { lat: 30.25, lng: 120.16 }; 7]);
        open_many(mall, &places);
        let all: Vec<(Id, f64, f64)> = mall
            .read(|tx, mall_id| {
                tx.all("select id, lat, lng from store where mall_id = $1 and status = 'open'", &db::args![mall_id])
            })
            .unwrap();
        for turn in 0..120 {
            let from = match turn % 6 {
                0 => Point { lat: 30.1 + 0.3 * next(), lng: 120.0 + 0.4 * next() },
                1 => Point { lat: 18.0 + 35.0 * next(), lng: 75.0 + 60.0 * next() },
                2 => Point { lat: -18.0 + next(), lng: 179.99 },
                3 => Point { lat: 89.9, lng: 10.0 },
                4 => Point { lat: 30.25, lng: 120.16 },
                _ => Point { lat: 180.0 * next() - 90.0, lng: 360.0 * next() - 180.0 },
            };
            let most = [1, 5, 20, 100][turn % 4];
            let mut measured: Vec<(i64, Id)> =
                all.iter().map(|(id, lat, lng)| (distance_m(from, Point { lat: *lat, lng: *lng }), *id)).collect();
            measured.sort_unstable();
            let wanted: Vec<Id> = measured.iter().take(most).map(|(_, id)| *id).collect();
            let found = mall.read(move |tx, mall_id| nearest_stores(tx, mall_id, from, most)).unwrap();
            assert_eq!(found.iter().map(|store| store.id).collect::<Vec<_>>(), wanted, "{from:?}, {most}");
        }
    });
}
