//! Files by key: [`LocalStore`] keeps them on this machine's disk, [`S3Store`] in any S3-compatible store
//! (OSS and COS have such endpoints). Keys are checked before anything else, so no key leaves the store.

mod key;
mod local;
mod s3;

pub use local::{LocalStore, LocalStoreConfig};
pub use s3::{S3Store, S3StoreConfig, S3Style};
