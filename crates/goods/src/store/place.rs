//! Places on the globe: distances by the haversine formula, good to half a percent, which is what "1.2 km" needs.

use kernel::{Error, Result};

/// Latitude and longitude in degrees (GCJ-02, as WeChat maps give and want them).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub lat: f64,
    pub lng: f64,
}

impl Point {
    /// A point a client sent; both or none.
    pub fn parse(lat: Option<f64>, lng: Option<f64>) -> Result<Option<Point>> {
        match (lat, lng) {
            (None, None) => Ok(None),
            (Some(lat), Some(lng)) if (-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lng) => {
                Ok(Some(Point { lat, lng }))
            }
            _ => Err(Error::field("lat", "位置不正确")),
        }
    }
}

const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Metres between two points, rounded to the metre.
pub fn distance_m(a: Point, b: Point) -> i64 {
    let (lat_a, lat_b) = (a.lat.to_radians(), b.lat.to_radians());
    let (half_lat, half_lng) = ((lat_b - lat_a) / 2.0, (b.lng - a.lng).to_radians() / 2.0);
    let h = half_lat.sin().powi(2) + lat_a.cos() * lat_b.cos() * half_lng.sin().powi(2);
    // Half the earth's girth is 20,015 km, so the cast cannot lose anything.
    (2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin()).round() as i64
}

/// A box around a point that contains everything within `metres`: `(south, north, west, east)` in degrees.
/// Near a pole, or across the date line, it spans all longitudes.
pub(super) fn box_around(point: Point, metres: f64) -> (f64, f64, f64, f64) {
    let lat_span = (metres / EARTH_RADIUS_M).to_degrees();
    let (south, north) = (point.lat - lat_span, point.lat + lat_span);
    let widest = south.abs().max(north.abs());
    if widest >= 89.9 {
        return (south, north, -180.0, 180.0);
    }
    let lng_span = lat_span / widest.to_radians().cos();
    let (west, east) = (point.lng - lng_span, point.lng + lng_span);
    if west < -180.0 || east > 180.0 { (south, north, -180.0, 180.0) } else { (south, north, west, east) }
}
