//! Addresses that show a draft to whoever has them, for an hour: the mall, the page and the end, sealed. Nothing is stored.

use kernel::{Error, Id, Instant, MallId, Result, hours};
use platform::seal::Sealer;

const COLUMN: &str = "page.preview";
/// How long a preview address works.
pub(super) const LASTS_MS: i64 = hours(1);

pub(super) fn token(sealer: &Sealer, mall_id: MallId, page_id: Id, now: Instant) -> String {
    sealer.seal(COLUMN, &format!("{mall_id}.{page_id}.{}", (now + LASTS_MS).0))
}

/// The page a token shows; `page.preview_ended` (404) for one that is old or was not made here.
pub(super) fn open(sealer: &Sealer, mall_id: MallId, token: &str, now: Instant) -> Result<Id> {
    let ended = || Error::not_found("page.preview_ended", "这个预览已经过期，请在后台重新打开");
    let text = sealer.open(COLUMN, token).map_err(|_| ended())?;
    let parts: Vec<i64> = text.split('.').filter_map(|part| part.parse().ok()).collect();
    match parts[..] {
        [mall, page, end] if mall == mall_id.0 && end > now.0 => Ok(Id(page)),
        _ => Err(ended()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_its_page_of_its_mall_for_an_hour() {
        let sealer = Sealer::new("0123456789abcdef0123456789abcdef").unwrap();
        let (now, token) = (Instant(1_000), token(&sealer, Id(1), Id(7), Instant(1_000)));
        assert_eq!(open(&sealer, Id(1), &token, now).unwrap(), Id(7));
        assert!(open(&sealer, Id(2), &token, now).is_err());
        assert!(open(&sealer, Id(1), &token, now + LASTS_MS).is_err());
        assert!(open(&sealer, Id(1), "v1.x", now).is_err());
    }
}
