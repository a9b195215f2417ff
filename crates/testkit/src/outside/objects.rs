//! A file store in memory.

use super::locked;
use kernel::ports::{ObjectStore, Pending};
use std::collections::HashMap;
use std::sync::Mutex;

/// Files by key, with their content types.
#[derive(Default)]
pub struct LocalObjects(Mutex<HashMap<String, (Vec<u8>, String)>>);

impl LocalObjects {
    /// Every key that is kept.
    pub fn keys(&self) -> Vec<String> {
        locked(&self.0).keys().cloned().collect()
    }
}

impl ObjectStore for LocalObjects {
    fn put<'a>(&'a self, key: &'a str, content_type: &'a str, bytes: Vec<u8>) -> Pending<'a, ()> {
        Box::pin(async move {
            locked(&self.0).insert(key.to_owned(), (bytes, content_type.to_owned()));
            Ok(())
        })
    }
    fn get<'a>(&'a self, key: &'a str) -> Pending<'a, Option<(Vec<u8>, String)>> {
        Box::pin(async move { Ok(locked(&self.0).get(key).cloned()) })
    }
    fn delete<'a>(&'a self, key: &'a str) -> Pending<'a, ()> {
        Box::pin(async move {
            locked(&self.0).remove(key);
            Ok(())
        })
    }
    fn url(&self, key: &str) -> String {
        format!("/files/{key}")
    }
    fn check(&self) -> Pending<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}
