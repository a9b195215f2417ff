//! From the bytes somebody sent to the JPEGs we keep. The format is told by the content, not by the name; size and
//! pixels are checked before anything is decoded. The colour profile is kept (photographs of phones need it), all other
//! metadata is not. Transparency becomes white.

use fast_image_resize::{ResizeOptions, Resizer};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, Rgb, RgbImage};
use jpeg_encoder::{ColorType, Encoder};
use kernel::{Error, Result};
use std::io::Cursor;

/// Width limit of the largest size, in pixels.
pub const LARGE: u32 = 1200;
/// Of the middle size.
pub const MEDIUM: u32 = 600;
/// Of the smallest size.
pub const SMALL: u32 = 200;

const MOST_PIXELS: u64 = 40_000_000;
/// No photograph has a longer side, and JPEG ends at 65,535.
const LONGEST_SIDE: u32 = 20_000;
/// Of the decoded picture, in bytes: 40 megapixels of 8-bit RGBA fit, 16-bit ones do not.
const MOST_DECODED: u64 = 192 << 20;
const QUALITY: u8 = 82;
/// Larger colour profiles are data smuggled in or printing matters.
const LARGEST_PROFILE: usize = 16 << 10;

/// What the uploader of something else is told.
pub const NOT_AN_IMAGE: &str = "这不是能识别的图片，请上传 JPG、PNG 或 WebP";

/// A picture ready to be kept.
#[derive(Debug)]
pub struct Rendering {
    /// Of the largest size.
    pub width: u32,
    pub height: u32,
    /// Width limit and JPEG; the smaller sizes only where the picture is wider than they are.
    pub sizes: Vec<(u32, Vec<u8>)>,
}

/// Checks and re-encodes. CPU-bound: call it off the async threads.
///
/// # Errors
/// `storage.not_an_image`, `storage.too_many_pixels`.
pub fn render(bytes: &[u8]) -> Result<Rendering> {
    let format = match image::guess_format(bytes) {
        Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) => format,
        _ => return Err(not_an_image("the first bytes are of no accepted format")),
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(LONGEST_SIDE);
    limits.max_image_height = Some(LONGEST_SIDE);
    limits.max_alloc = Some(MOST_DECODED);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(refusal)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS || decoder.total_bytes() > MOST_DECODED {
        return Err(too_many_pixels());
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten().filter(|profile| is_rgb_profile(profile));
    let decoded = DynamicImage::from_decoder(decoder).map_err(refusal)?;

    let mut resizer = Resizer::new();
    let large = upright(decoded, orientation, &mut resizer)?;
    let mut sizes = vec![(LARGE, jpeg(&large, profile.as_deref())?)];
    let (width, height) = large.dimensions();
    let mut source = DynamicImage::ImageRgb8(large);
    for at_most in [MEDIUM, SMALL] {
        if width > at_most {
            source = narrowed(source, at_most, &mut resizer)?;
            let DynamicImage::ImageRgb8(pixels) = &source else {
                return Err(Error::internal("resizing changed the pixel format"));
            };
            sizes.push((at_most, jpeg(pixels, profile.as_deref())?));
        }
    }
    Ok(Rendering { width, height, sizes })
}

/// Resized to the large size, on white, standing upright. Resizing comes first: the rest then works on few pixels.
fn upright(decoded: DynamicImage, orientation: Orientation, resizer: &mut Resizer) -> Result<RgbImage> {
    let is_turned = matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    );
    let final_width = if is_turned { decoded.height() } else { decoded.width() };
    let small = if final_width <= LARGE {
        decoded
    } else if is_turned {
        let width = scaled(decoded.width(), LARGE, final_width);
        resized(&decoded, width, LARGE, resizer)?
    } else {
        narrowed(decoded, LARGE, resizer)?
    };
    let mut flat = DynamicImage::ImageRgb8(on_white(small));
    flat.apply_orientation(orientation);
    Ok(flat.into_rgb8())
}

/// The picture at a smaller width, its shape kept.
fn narrowed(source: DynamicImage, width: u32, resizer: &mut Resizer) -> Result<DynamicImage> {
    let height = scaled(source.height(), width, source.width());
    resized(&source, width, height, resizer)
}

fn scaled(side: u32, to: u32, from: u32) -> u32 {
    let scaled = (u64::from(side) * u64::from(to) + u64::from(from) / 2) / u64::from(from.max(1));
    u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
}

fn resized(source: &DynamicImage, width: u32, height: u32, resizer: &mut Resizer) -> Result<DynamicImage> {
    let mut target = DynamicImage::new(width, height, source.color());
    resizer.resize(source, &mut target, &ResizeOptions::new()).map_err(Error::internal)?;
    Ok(target)
}

fn on_white(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let seen = picture.into_rgba8();
    let mut flat = RgbImage::new(seen.width(), seen.height());
    for (to, from) in flat.pixels_mut().zip(seen.pixels()) {
        let [r, g, b, a] = from.0.map(u32::from);
        // Rounded blend; the result of 255 parts is at most 255.
        let blend = |c: u32| u8::try_from((c * a + 255 * (255 - a) + 127) / 255).unwrap_or(u8::MAX);
        *to = Rgb([blend(r), blend(g), blend(b)]);
    }
    flat
}

/// At this quality the encoder halves the colours in both directions, as cameras do.
fn jpeg(pixels: &RgbImage, profile: Option<&[u8]>) -> Result<Vec<u8>> {
    let side = |pixels: u32| u16::try_from(pixels).map_err(Error::internal);
    let (width, height) = (side(pixels.width())?, side(pixels.height())?);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, QUALITY);
    if let Some(profile) = profile {
        encoder.add_icc_profile(profile).map_err(Error::internal)?;
    }
    encoder.encode(pixels.as_raw(), width, height, ColorType::Rgb).map_err(Error::internal)?;
    Ok(bytes)
}

/// Profiles of other colour spaces (CMYK, grey) no longer fit: the decoder has turned the pixels into RGB.
fn is_rgb_profile(profile: &[u8]) -> bool {
    profile.len() <= LARGEST_PROFILE && profile.get(16..20) == Some(b"RGB ")
}

fn refusal(error: ImageError) -> Error {
    match error {
        ImageError::Limits(_) => too_many_pixels(),
        other => not_an_image(other),
    }
}

fn not_an_image(cause: impl std::fmt::Display) -> Error {
    Error::invalid("storage.not_an_image", NOT_AN_IMAGE).at("file").because(cause)
}

fn too_many_pixels() -> Error {
    Error::invalid("storage.too_many_pixels", "图片尺寸太大了，请选择 4000 万像素以内、边长不超过 20000 像素的图片")
        .at("file")
}

#[cfg(test)]
mod tests;
