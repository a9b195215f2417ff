//! Keys of stored files: `m{mall}/{year and month}/{id}_{width}x{height}.jpg`, smaller sizes with `_600`, `_200` before the
//! dot. Every part is plain, so a key is the same text in a URL, a path and the database.

use kernel::{Id, Instant, MallId};

pub(super) fn of_image(mall_id: MallId, id: Id, now: Instant, width: u32, height: u32) -> String {
    let day = now.datetime();
    format!("m{mall_id}/{:04}{:02}/{id}_{width}x{height}.jpg", day.year(), u8::from(day.month()))
}

pub(super) fn of_video(mall_id: MallId, id: Id, now: Instant) -> String {
    let day = now.datetime();
    format!("m{mall_id}/{:04}{:02}/{id}.mp4", day.year(), u8::from(day.month()))
}

/// Width and height told by a key, if it tells them.
pub(super) fn size(key: &str) -> Option<(u32, u32)> {
    let (stem, _) = key.rsplit_once('.')?;
    let (_, size) = stem.rsplit_once('_')?;
    let (width, height) = size.split_once('x')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

/// The key of a smaller size.
pub(super) fn variant(key: &str, at_most: u32) -> String {
    match key.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}_{at_most}.{extension}"),
        None => format!("{key}_{at_most}"),
    }
}

/// Served content type, by the end of the key; `None` for what we never serve.
pub(super) fn content_type(key: &str) -> Option<&'static str> {
    let (_, extension) = key.rsplit_once('.')?;
    match extension {
        "jpg" | "jpeg" => Some("image/jpeg"),
        "png" => Some("image/png"),
        "webp" => Some("image/webp"),
        "mp4" => Some("video/mp4"),
        _ => None,
    }
}

/// A key this server may be asked for: of a mall, no climbing, no hidden names, nothing to encode.
pub(super) fn is_servable(key: &str) -> bool {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    };
    let of_mall =
        key.strip_prefix('m').and_then(|k| k.split_once('/')).is_some_and(|(mall, _)| mall.parse::<u64>().is_ok());
    key.len() <= 200 && of_mall && key.split('/').all(plain) && content_type(key).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_the_size() {
        let now = Instant::parse("2026-11-23T08:00:00Z").unwrap();
        let key = of_image(Id(1), Id(42), now, 1200, 800);
        assert_eq!(key, "m1/202611/42_1200x800.jpg");
        assert_eq!(size(&key), Some((1200, 800)));
        assert_eq!(variant(&key, 600), "m1/202611/42_1200x800_600.jpg");
        for silent in ["", "a.jpg", "m1/x_1200.jpg", "m1/x_ax2.jpg", "m1/202611/42_1200x800_600.jpg"] {
            assert_eq!(size(silent), None, "{silent}");
        }
    }

    #[test]
    fn only_plain_keys_of_a_mall_are_served() {
        for good in ["m1/202611/42_1200x800.jpg", "m77/demo/tea-1.webp", "m1/v.mp4"] {
            assert!(is_servable(good), "{good}");
        }
        for bad in [
            "",
            "m1",
            "m1/",
            "m1/../secret.key",
            "m1/..%2fsecret.jpg",
            "m1//a.jpg",
            "/etc/passwd",
            "x/a.jpg",
            "m1/a.svg",
            "m1/a.html",
            "m1/a",
            "m1/.hidden.jpg",
            "mx/a.jpg",
            "m-1/a.jpg",
            "m1/a b.jpg",
            "m1\\a.jpg",
            "m1/茶.jpg",
        ] {
            assert!(!is_servable(bad), "{bad}");
        }
    }
}
