//! A map that never grows past its capacity: the oldest entry leaves when a new one comes.
//! Every collection of the stand-ins is one, so a long-running demo cannot eat the machine.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{HashMap, VecDeque};

/// A first-in, first-out bounded map with text keys.
pub(crate) struct Bounded<V> {
    capacity: usize,
    order: VecDeque<String>,
    entries: HashMap<String, V>,
}

impl<V> Bounded<V> {
    pub(crate) fn new(capacity: usize) -> Self {
        Bounded { capacity, order: VecDeque::new(), entries: HashMap::new() }
    }

    /// Adds or replaces; a replaced entry keeps its age.
    pub(crate) fn insert(&mut self, key: impl Into<String>, value: V) {
        let key = key.into();
        if self.entries.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
            while self.order.len() > self.capacity {
                if let Some(oldest) = self.order.pop_front() {
                    self.entries.remove(&oldest);
                }
            }
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&V> {
        self.entries.get(key)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        self.entries.get_mut(key)
    }

    /// Newest first.
    pub(crate) fn newest(&self) -> impl Iterator<Item = &V> {
        self.order.iter().rev().filter_map(|k| self.entries.get(k))
    }

    /// The same entries under another capacity, as after reading them from a file.
    pub(crate) fn with_capacity(mut self, capacity: usize) -> Self {
        self.capacity = capacity;
        while self.order.len() > capacity {
            if let Some(oldest) = self.order.pop_front() {
                self.entries.remove(&oldest);
            }
        }
        self
    }
}

impl<V: Serialize> Serialize for Bounded<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.order.iter().filter_map(|k| self.entries.get(k).map(|v| (k, v))))
    }
}

impl<'de, V: DeserializeOwned> Deserialize<'de> for Bounded<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut map = Bounded::new(usize::MAX);
        for (key, value) in Vec::<(String, V)>::deserialize(deserializer)? {
            map.insert(key, value);
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oldest_entry_leaves_first() {
        let mut map = Bounded::new(2);
        map.insert("a", 1);
        map.insert("b", 2);
        map.insert("a", 3);
        map.insert("c", 4);
        assert_eq!((map.get("a"), map.get("b"), map.get("c")), (None, Some(&2), Some(&4)));
        assert_eq!(map.newest().collect::<Vec<_>>(), [&4, &2]);
    }

    #[test]
    fn order_survives_a_file() {
        let mut map = Bounded::new(3);
        ["x", "y", "z"].iter().enumerate().for_each(|(i, k)| map.insert(*k, i));
        let text = serde_json::to_string(&map).unwrap();
        let again = serde_json::from_str::<Bounded<usize>>(&text).unwrap().with_capacity(2);
        assert_eq!(again.newest().collect::<Vec<_>>(), [&2, &1]);
    }
}
