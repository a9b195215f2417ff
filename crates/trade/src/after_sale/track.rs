//! The way of an after-sale's parcels, kept as the carrier told it last. A parcel whose number was corrected starts anew.

use super::store::{AfterSale, Parcel};
use crate::shipping::{CarrierCodes, TrackEventView, TrackView, carrier};
use db::{Tx, args};
use kernel::ports::Track;
use kernel::{Error, Instant, MallId, Result};
use platform::Ctx;

/// Which of the two parcels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the member.
    Return,
    /// With the replacement.
    Reship,
}

impl Way {
    const fn as_str(self) -> &'static str {
        match self {
            Way::Return => "return",
            Way::Reship => "reship",
        }
    }

    /// From the word in an address; `shipping.no_such_parcel` (404).
    pub fn parse(word: &str) -> Result<Self> {
        match word {
            "return" => Ok(Way::Return),
            "reship" => Ok(Way::Reship),
            _ => Err(no_parcel()),
        }
    }
}

fn no_parcel() -> Error {
    Error::not_found("shipping.no_such_parcel", "没有找到这个包裹")
}

/// A parcel and what is known of its way.
#[derive(Debug, Clone)]
pub struct Tracked {
    pub carrier: Option<&'static CarrierCodes>,
    carrier_code: String,
    pub number: String,
    state: Option<String>,
    track: Option<String>,
    /// When the carrier was asked last; 1970 when never.
    pub tracked_at: Instant,
}

/// The parcel of an after-sale with its way. `shipping.no_such_parcel` (404) while there is none.
pub fn tracked(tx: &mut Tx<'_>, mall_id: MallId, after: &AfterSale, way: Way) -> Result<Tracked> {
    let parcel: &Parcel = match way {
        Way::Return => &after.return_parcel,
        Way::Reship => &after.reship_parcel,
    };
    let (Some(code), Some(number)) = (&parcel.carrier_code, &parcel.tracking_number) else { return Err(no_parcel()) };
    let kept: Option<(Option<String>, Option<String>, Instant)> = tx.opt(
        "select state, track, tracked_at
         from after_sale_track
         where mall_id = $1 and after_sale_id = $2 and way = $3 and tracking_number = $4",
        &args![mall_id, after.id, way.as_str(), number],
    )?;
    let (state, track, tracked_at) = kept.unwrap_or((None, None, Instant::default()));
    Ok(Tracked { carrier: carrier(code), carrier_code: code.clone(), number: number.clone(), state, track, tracked_at })
}

impl Tracked {
    pub fn view(&self) -> Result<TrackView> {
        let events = self.track.as_deref().map(serde_json::from_str).transpose().map_err(Error::internal)?;
        Ok(TrackView {
            carrier_name: self.carrier.map_or(self.carrier_code.as_str(), |carrier| carrier.name).to_owned(),
            tracking_number: self.number.clone(),
            state: self.state.clone(),
            events: events.unwrap_or_default(),
        })
    }
}

/// Keeps what the carrier said; nothing is lost when it knows nothing of the number.
pub fn save_way(
    tx: &mut Tx<'_>,
    ctx: &Ctx,
    after: &AfterSale,
    way: Way,
    number: &str,
    track: Option<&Track>,
) -> Result<()> {
    let events: Option<Vec<TrackEventView>> =
        track.map(|track| track.events.iter().map(|e| TrackEventView { at: e.at, text: e.text.clone() }).collect());
    let text = events.map(|events| serde_json::to_string(&events)).transpose().map_err(Error::internal)?;
    tx.exec(
        "insert into after_sale_track (mall_id, after_sale_id, way, tracking_number, state, track, tracked_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (mall_id, after_sale_id, way) do update
         set state = case when excluded.tracking_number = after_sale_track.tracking_number
               then coalesce(excluded.state, after_sale_track.state) else excluded.state end,
             track = case when excluded.tracking_number = after_sale_track.tracking_number
               then coalesce(excluded.track, after_sale_track.track) else excluded.track end,
             tracking_number = excluded.tracking_number, tracked_at = excluded.tracked_at",
        &args![ctx.mall_id, after.id, way.as_str(), number, track.map(|track| track.state.as_str()), text, ctx.now],
    )?;
    Ok(())
}
