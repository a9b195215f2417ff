//! `getwxacodeunlimit`: a round picture of rays that differs by page and scene. It looks like a mini-program code and opens
//! nothing, since there is no WeChat here to open it; the rules about scene and page are the real ones.

use super::{MiniError, Query, authorised, body};
use crate::world::World;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use image::{ImageFormat, Rgb, RgbImage};
use serde::Deserialize;
use std::io::Cursor;
use std::sync::Arc;

#[derive(Deserialize)]
struct CodeRequest {
    #[serde(default)]
    scene: String,
    #[serde(default)]
    page: String,
    #[serde(default = "usual_width")]
    width: u32,
}

fn usual_width() -> u32 {
    430
}

const INK: Rgb<u8> = Rgb([28, 30, 29]);
const PAPER: Rgb<u8> = Rgb([255, 255, 255]);
const RAYS: u32 = 54;

/// `POST /wxa/getwxacodeunlimit`.
pub(super) async fn unlimited(
    State(world): State<Arc<World>>,
    query: Query,
    bytes: Bytes,
) -> Result<Response, MiniError> {
    authorised(&world, &query)?;
    let request: CodeRequest = body(&bytes)?;
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "!#$&'()*+,/:;=?@-._~".contains(c);
    if !(1..=32).contains(&request.scene.len()) || !request.scene.chars().all(is_allowed) {
        return Err(MiniError::new(40129, "invalid scene"));
    }
    if request.page.starts_with('/') || request.page.contains('?') {
        return Err(MiniError::new(41030, "invalid page"));
    }
    if !(280..=1280).contains(&request.width) {
        return Err(MiniError::new(40097, "invalid args: width"));
    }
    let picture = draw(&format!("{}?{}", request.page, request.scene), request.width);
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).map_err(|_| MiniError::new(-1, "system error"))?;
    Ok(([(header::CONTENT_TYPE, "image/png")], png.into_inner()).into_response())
}

fn draw(text: &str, width: u32) -> RgbImage {
    let bits: Vec<u8> = (0..4).flat_map(|n| wire::sha256_hex(format!("{n} {text}")).into_bytes()).collect();
    let centre = f64::from(width) / 2.0;
    RgbImage::from_fn(width, width, |x, y| {
        let (dx, dy) = (f64::from(x) + 0.5 - centre, f64::from(y) + 0.5 - centre);
        let distance = dx.hypot(dy) / centre;
        let turn = (dy.atan2(dx) / std::f64::consts::TAU + 1.0).fract() * f64::from(RAYS);
        let (ray, within) = (turn.floor(), turn.fract() - 0.5);
        // Rays of even thickness: the further out, the smaller their share of the circle.
        let is_ray = (within * distance).abs() < 0.16;
        let ring = ((distance - 0.42) / 0.13).floor();
        let is_dark = match distance {
            d if d < 0.10 => true,
            d if d < 0.30 => (d - 0.25).abs() < 0.02,
            d if d < 0.42 => false,
            d if d < 0.94 => {
                let at = (ray as usize * 4 + ring as usize) % bits.len();
                is_ray && (ring == 0.0 || bits[at] % 2 == 1)
            }
            _ => false,
        };
        if is_dark { INK } else { PAPER }
    })
}
