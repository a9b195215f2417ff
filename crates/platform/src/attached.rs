//! What higher floors hang onto the application: one value per type, put in by `server::wiring` when the program
//! starts. A context carries it, so that a verb of trade finds the campaigns without knowing them.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

/// Values by type; clones share them.
#[derive(Clone, Default)]
pub struct Attached(Arc<HashMap<TypeId, Box<dyn Any + Send + Sync>>>);

impl Attached {
    /// The same, with `value` as the one of its type.
    ///
    /// # Panics
    /// When it is shared already: everything is attached before the application is built.
    #[must_use]
    pub fn with<T: Any + Send + Sync>(mut self, value: T) -> Self {
        let map = Arc::get_mut(&mut self.0).expect("attached before the application is built");
        map.insert(TypeId::of::<T>(), Box::new(value));
        self
    }

    pub fn get<T: Any>(&self) -> Option<&T> {
        self.0.get(&TypeId::of::<T>())?.downcast_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_per_type() {
        let attached = Attached::default().with(7i64).with("tea");
        assert_eq!((attached.get::<i64>(), attached.get::<&str>()), (Some(&7), Some(&"tea")));
        assert_eq!(attached.clone().get::<u8>(), None);
    }
}
