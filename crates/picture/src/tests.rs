//! Pictures as people send them: every format and orientation goes in, upright JPEGs without a trace of the camera come out.

use super::*;
use image::{GrayImage, Luma, Rgba, RgbaImage};

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Left half red, right half blue.
fn flag(width: u32, height: u32) -> DynamicImage {
    let colour = |x: u32| if x < width / 2 { Rgb([200, 0, 0]) } else { Rgb([0, 0, 200]) };
    DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, _| colour(x)))
}

fn opened(jpeg: &[u8]) -> RgbImage {
    image::load_from_memory_with_format(jpeg, ImageFormat::Jpeg).unwrap().into_rgb8()
}

fn is_red(pixel: &Rgb<u8>) -> bool {
    pixel[0] > 150 && pixel[2] < 60
}

/// A JPEG with an EXIF segment (orientation and a place) behind its first marker.
fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut tiff = vec![b'I', b'I', 42, 0, 8, 0, 0, 0, 2, 0];
    tiff.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0]);
    tiff.extend([0x0F, 0x01, 2, 0, 12, 0, 0, 0, 38, 0, 0, 0]);
    tiff.extend([0, 0, 0, 0]);
    tiff.extend(b"HangzhouCam\0");
    let body = [b"Exif\0\0".as_slice(), &tiff].concat();
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, 0xE1], &length, &body, &jpeg[2..]].concat()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[test]
fn three_sizes_keep_the_shape_and_never_grow() {
    let sizes = |width, height| -> Vec<(u32, (u32, u32))> {
        let made = render(&encoded(&flag(width, height), ImageFormat::Jpeg)).unwrap();
        let all: Vec<_> = made.sizes.iter().map(|(at_most, bytes)| (*at_most, opened(bytes).dimensions())).collect();
        assert_eq!(all[0].1, (made.width, made.height));
        all
    };
    assert_eq!(sizes(2400, 1600), [(1200, (1200, 800)), (600, (600, 400)), (200, (200, 133))]);
    assert_eq!(sizes(601, 10), [(1200, (601, 10)), (600, (600, 10)), (200, (200, 3))]);
    assert_eq!(sizes(200, 300), [(1200, (200, 300))]);
    assert_eq!(sizes(3000, 1), [(1200, (1200, 1)), (600, (600, 1)), (200, (200, 1))]);
}

#[test]
fn every_accepted_format_becomes_a_jpeg() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let made = render(&encoded(&flag(300, 200), format)).unwrap();
        let pixels = opened(&made.sizes[0].1);
        assert_eq!((made.width, made.height), (300, 200), "{format:?}");
        assert!(is_red(pixels.get_pixel(20, 100)) && !is_red(pixels.get_pixel(280, 100)), "{format:?}");
    }
    let grey = DynamicImage::ImageLuma8(GrayImage::from_pixel(8, 8, Luma([90])));
    assert_eq!(render(&encoded(&grey, ImageFormat::Png)).unwrap().width, 8);
    let deep = DynamicImage::ImageRgba16(flag(1300, 20).into_rgba16());
    assert_eq!(render(&encoded(&deep, ImageFormat::Png)).unwrap().width, 1200);
}

#[test]
fn pictures_stand_upright_and_carry_no_metadata() {
    let plain = encoded(&flag(1600, 800), ImageFormat::Jpeg);
    // Orientation 6: the camera was turned, the picture is to be rotated 90° clockwise. Left becomes top.
    let turned = with_exif(&plain, 6);
    assert!(contains(&turned, b"HangzhouCam"));
    let made = render(&turned).unwrap();
    assert_eq!((made.width, made.height), (800, 1600));
    let pixels = opened(&made.sizes[0].1);
    assert!(is_red(pixels.get_pixel(400, 50)) && !is_red(pixels.get_pixel(400, 1550)));
    assert!(made.sizes.iter().all(|(_, bytes)| !contains(bytes, b"HangzhouCam") && !contains(bytes, b"Exif")));
    // Turned and wider than the largest size after turning.
    let tall = render(&with_exif(&encoded(&flag(800, 2400), ImageFormat::Jpeg), 8)).unwrap();
    assert_eq!((tall.width, tall.height), (1200, 400));
    // Orientation 3: upside down.
    let down = render(&with_exif(&plain, 3)).unwrap();
    assert!(!is_red(opened(&down.sizes[0].1).get_pixel(20, 20)));
}

#[test]
fn transparency_becomes_white() {
    let glass = RgbaImage::from_fn(64, 64, |x, _| if x < 32 { Rgba([0, 0, 0, 0]) } else { Rgba([0, 0, 0, 128]) });
    let made = render(&encoded(&DynamicImage::ImageRgba8(glass), ImageFormat::Png)).unwrap();
    let pixels = opened(&made.sizes[0].1);
    assert!(pixels.get_pixel(8, 8)[0] > 245, "{:?}", pixels.get_pixel(8, 8));
    let half = pixels.get_pixel(56, 8)[0];
    assert!((120..=135).contains(&half), "{half}");
}

#[test]
fn what_is_no_picture_is_refused() {
    let png = encoded(&flag(100, 100), ImageFormat::Png);
    let mut gif = b"GIF89a".to_vec();
    gif.extend([1, 0, 1, 0, 0, 0, 0, 0x3B]);
    for (name, bytes) in [
        ("nothing", Vec::new()),
        ("html", b"<html><script>alert(1)</script></html>".to_vec()),
        ("svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec()),
        ("gif", gif),
        ("a name only", b"\xFF\xD8\xFF\xE0photo".to_vec()),
        ("half a png", png[..png.len() / 2].to_vec()),
        ("a zip that begins like a png", [&png[..8], b"PK\x03\x04".as_slice(), &[0; 64]].concat()),
    ] {
        let refused = render(&bytes).map(|made| made.width).unwrap_err();
        assert!(refused.is("storage.not_an_image"), "{name}: {refused}");
    }
}

/// A PNG that claims a size in its header, with no pixels behind it.
fn png_of_size(width: u32, height: u32) -> Vec<u8> {
    let mut header = b"IHDR".to_vec();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let checksum = (!header.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    }))
    .to_be_bytes();
    let end = [0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xAE, 0x42, 0x60, 0x82];
    let data = [0, 0, 0, 0, b'I', b'D', b'A', b'T', 0x35, 0xAF, 0x06, 0x1E];
    [b"\x89PNG\r\n\x1a\n".as_slice(), &[0, 0, 0, 13], &header, &checksum, &data, &end].concat()
}

#[test]
fn too_many_pixels_are_refused_before_decoding() {
    for (width, height) in [(8_000, 5_001), (20_001, 1), (1, 60_000), (65_535, 65_535), (u32::MAX >> 1, 1)] {
        let refused = render(&png_of_size(width, height)).map(|made| made.width).unwrap_err();
        assert!(refused.is("storage.too_many_pixels"), "{width}×{height}: {refused}");
    }
    // Within the limits, but empty: not a picture. Shows that the header above is a valid one.
    assert!(render(&png_of_size(8_000, 5_000)).unwrap_err().is("storage.not_an_image"));
}

#[test]
fn the_colour_profile_of_a_photograph_stays() {
    let mut profile = vec![0u8; 128];
    profile[16..20].copy_from_slice(b"RGB ");
    profile.extend(b"DisplayP3 stand-in");
    let with_profile = jpeg(&flag(300, 20).into_rgb8(), Some(&profile)).unwrap();
    let made = render(&with_profile).unwrap();
    assert!(contains(&made.sizes[0].1, b"DisplayP3 stand-in") && contains(&made.sizes[1].1, b"DisplayP3 stand-in"));
    profile[16..20].copy_from_slice(b"CMYK");
    let foreign = jpeg(&flag(300, 20).into_rgb8(), Some(&profile)).unwrap();
    assert!(!contains(&render(&foreign).unwrap().sizes[0].1, b"DisplayP3 stand-in"));
}
