//! Parcels: which goods went with which carrier, where they are, and what WeChat's shipping management was told.
//! Owns `parcel` and `shipping_upload`. Partial shipping is parcels with quantities per line; a line never ships more
//! than was ordered.

mod carriers;
mod parcel;
mod upload;

pub use carriers::{CARRIERS, Carrier, CarrierCodes, carrier};
pub use parcel::{
    ParcelLine, ParcelRow, ParcelView, TrackEventView, TrackView, check_tracking_number, find_parcel, is_all_sent,
    parcels, parcels_of, record_parcel, save_track, track_view, unshipped,
};
pub use upload::{UploadRow, UploadState, UploadView, mark_upload, retry_upload, upload_view, uploads};
