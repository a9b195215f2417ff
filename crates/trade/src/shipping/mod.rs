//! Parcels: which goods went with which carrier, where they are, and what WeChat's shipping management was told.
//! Owns `parcel` and `shipping_upload`. Partial shipping is parcels with quantities per line; a line never ships more
//! than was ordered.

mod carriers;
mod parcel;
mod upload;

pub use carriers::{CARRIERS, Carrier, carrier};
pub use parcel::{
    ParcelLine, ParcelRow, ParcelView, TrackEventView, TrackView, find_parcel, parcels, record_parcel, save_track,
    track_view, unshipped,
};
pub use upload::{UploadView, mark_upload, upload_view};
