//! Where a store delivers to: within a distance, or inside a polygon that staff drew on the map. A point on the line may
//! fall on either side; nobody lives on it.

use super::place::{Point, distance_m};
use kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Farthest from its store that an area may reach, in metres.
pub const FARTHEST_M: i64 = 50_000;
const MOST_POINTS: usize = 200;

/// Where a store delivers to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DeliveryArea {
    /// As the crow flies from the store.
    Radius {
        #[schema(minimum = 100, maximum = 50000)]
        metres: i64,
    },
    /// 3–200 corners in order, none farther from the store than 50 km; its sides do not cross.
    Polygon { points: Vec<AreaPoint> },
}

/// A corner, in GCJ-02 degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AreaPoint {
    pub lat: f64,
    pub lng: f64,
}

impl From<AreaPoint> for Point {
    fn from(AreaPoint { lat, lng }: AreaPoint) -> Self {
        Point { lat, lng }
    }
}

impl DeliveryArea {
    /// Checks what staff drew around a store.
    pub(super) fn check(&self, store: Point) -> Result<()> {
        let refuse = |message: &'static str| Err(Error::field("delivery_area", message));
        match self {
            DeliveryArea::Radius { metres } if (100..=FARTHEST_M).contains(metres) => Ok(()),
            DeliveryArea::Radius { .. } => refuse("配送半径要在 100 米到 50 公里之间"),
            DeliveryArea::Polygon { points } => {
                if !(3..=MOST_POINTS).contains(&points.len()) {
                    return refuse("配送范围要有 3 到 200 个角");
                }
                for point in points {
                    Point::parse(Some(point.lat), Some(point.lng))?;
                    if distance_m(store, (*point).into()) > FARTHEST_M {
                        return refuse("配送范围离门店最远 50 公里");
                    }
                }
                if crosses_itself(points) { refuse("配送范围的边不能交叉") } else { Ok(()) }
            }
        }
    }

    /// Whether a point lies within the area of a store.
    pub fn contains(&self, store: Point, point: Point) -> bool {
        match self {
            DeliveryArea::Radius { metres } => distance_m(store, point) <= *metres,
            DeliveryArea::Polygon { points } => inside(points, point),
        }
    }
}

/// The sides of a polygon, the last one back to the first corner.
fn sides(points: &[AreaPoint]) -> impl Iterator<Item = (AreaPoint, AreaPoint)> + '_ {
    points.iter().zip(points.iter().cycle().skip(1)).map(|(a, b)| (*a, *b))
}

/// Counts the sides that a ray to the east crosses. A corner at the ray's height counts as above it, so that a ray through
/// a corner is counted once.
fn inside(points: &[AreaPoint], point: Point) -> bool {
    let crossed = sides(points).filter(|(a, b)| {
        let passes = (a.lat > point.lat) != (b.lat > point.lat);
        passes && point.lng < a.lng + (point.lat - a.lat) / (b.lat - a.lat) * (b.lng - a.lng)
    });
    crossed.count() % 2 == 1
}

/// Whether two sides that are not neighbours meet; neighbours meet at their corner.
fn crosses_itself(points: &[AreaPoint]) -> bool {
    let all: Vec<(AreaPoint, AreaPoint)> = sides(points).collect();
    let last = all.len() - 1;
    all.iter().enumerate().any(|(at, one)| {
        let others = all.iter().enumerate().skip(at + 2);
        others.filter(|(other, _)| !(at == 0 && *other == last)).any(|(_, other)| meet(*one, *other))
    })
}

fn meet((a, b): (AreaPoint, AreaPoint), (c, d): (AreaPoint, AreaPoint)) -> bool {
    let turn = |p: AreaPoint, q: AreaPoint, r: AreaPoint| {
        (q.lng - p.lng) * (r.lat - p.lat) - (q.lat - p.lat) * (r.lng - p.lng)
    };
    turn(a, b, c) * turn(a, b, d) <= 0.0 && turn(c, d, a) * turn(c, d, b) <= 0.0 && spans_overlap((a, b), (c, d))
}

/// Sides on one line meet only where their boxes do.
fn spans_overlap((a, b): (AreaPoint, AreaPoint), (c, d): (AreaPoint, AreaPoint)) -> bool {
    let overlap = |(p, q): (f64, f64), (r, s): (f64, f64)| p.min(q) <= r.max(s) && r.min(s) <= p.max(q);
    overlap((a.lat, b.lat), (c.lat, d.lat)) && overlap((a.lng, b.lng), (c.lng, d.lng))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STORE: Point = Point { lat: 30.25, lng: 120.16 };

    fn polygon(corners: &[(f64, f64)]) -> DeliveryArea {
        DeliveryArea::Polygon { points: corners.iter().map(|(lat, lng)| AreaPoint { lat: *lat, lng: *lng }).collect() }
    }

    fn at(lat: f64, lng: f64) -> Point {
        Point { lat, lng }
    }

    /// A U open to the north, around the store.
    fn horseshoe() -> DeliveryArea {
        polygon(&[
            (30.30, 120.10),
            (30.20, 120.10),
            (30.20, 120.22),
            (30.30, 120.22),
            (30.30, 120.18),
            (30.24, 120.18),
            (30.24, 120.14),
            (30.30, 120.14),
        ])
    }

    #[test]
    fn a_point_is_inside_a_polygon_with_bays_or_not() {
        let area = horseshoe();
        area.check(STORE).unwrap();
        let within = |lat, lng| area.contains(STORE, at(lat, lng));
        assert!(within(30.22, 120.16), "in the bend");
        assert!(within(30.28, 120.12) && within(30.28, 120.20), "in both arms");
        assert!(!within(30.28, 120.16), "between the arms");
        assert!(!within(30.31, 120.12) && !within(30.19, 120.16) && !within(30.22, 120.09) && !within(30.22, 120.23));
        assert!(within(30.24, 120.12), "at the height of two corners");
        assert!(!within(30.24, 120.09) && !within(30.20, 120.05), "a ray through corners is counted once");
    }

    #[test]
    fn a_radius_is_measured_on_the_globe() {
        let area = DeliveryArea::Radius { metres: 3_000 };
        area.check(STORE).unwrap();
        // A thousandth of a degree of latitude is 111.2 m.
        assert!(area.contains(STORE, at(30.2769, 120.16)) && !area.contains(STORE, at(30.2771, 120.16)));
        assert!(area.contains(STORE, at(30.25, 120.19)) && !area.contains(STORE, at(30.25, 120.192)));
    }

    #[test]
    fn what_cannot_be_an_area_is_refused() {
        let far = polygon(&[(30.25, 120.16), (30.25, 120.70), (30.30, 120.16)]);
        let bow_tie = polygon(&[(30.2, 120.1), (30.3, 120.2), (30.3, 120.1), (30.2, 120.2)]);
        let line = polygon(&[(30.2, 120.1), (30.3, 120.1), (30.25, 120.1), (30.22, 120.1)]);
        let two = polygon(&[(30.2, 120.1), (30.3, 120.2)]);
        let nowhere = polygon(&[(30.2, 120.1), (30.3, 120.2), (95.0, 120.1)]);
        for area in [far, bow_tie, line, two, nowhere] {
            assert!(area.check(STORE).is_err(), "{area:?}");
        }
        for metres in [0, 99, 50_001, -5] {
            assert!(DeliveryArea::Radius { metres }.check(STORE).is_err());
        }
    }

    proptest! {
        /// Of a circle of corners the distance decides, but for the slivers between the sides and the circle.
        #[test]
        fn a_round_polygon_agrees_with_its_circle(corners in 3usize..60, turn in 0.0f64..std::f64::consts::TAU, far in 0.0f64..1.6) {
            let round = |angle: f64, far: f64| at(30.25 + 0.02 * far * angle.sin(), 120.16 + 0.02 * far * angle.cos());
            let step = std::f64::consts::TAU / corners as f64;
            let points: Vec<AreaPoint> = (0..corners)
                .map(|n| round(n as f64 * step, 1.0))
                .map(|p| AreaPoint { lat: p.lat, lng: p.lng })
                .collect();
            let area = DeliveryArea::Polygon { points };
            prop_assert!(area.check(STORE).is_ok());
            let apothem = (step / 2.0).cos();
            if far < apothem - 1e-9 {
                prop_assert!(area.contains(STORE, round(turn, far)));
            } else if far > 1.0 + 1e-9 {
                prop_assert!(!area.contains(STORE, round(turn, far)));
            }
        }
    }
}
