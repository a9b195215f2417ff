//! What a store offers besides its goods: a closed list, so that both languages can say it and a list can be narrowed by it.

use kernel::{Error, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something a store offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoreService {
    Parking,
    Wifi,
    Fitting,
    GiftWrap,
    Engraving,
    Repair,
    Seating,
    Accessible,
    Nursing,
    Pets,
    Charging,
    TaxRefund,
}

impl StoreService {
    const ALL: [StoreService; 12] = [
        StoreService::Parking,
        StoreService::Wifi,
        StoreService::Fitting,
        StoreService::GiftWrap,
        StoreService::Engraving,
        StoreService::Repair,
        StoreService::Seating,
        StoreService::Accessible,
        StoreService::Nursing,
        StoreService::Pets,
        StoreService::Charging,
        StoreService::TaxRefund,
    ];

    /// As it is stored and sent.
    fn word(self) -> Result<String> {
        let word = serde_json::to_value(self).map_err(Error::internal)?;
        word.as_str().map(str::to_owned).ok_or_else(|| Error::internal("a service is a word"))
    }

    /// A comma-separated list of a query; 400 at `services` for a word nobody knows.
    pub(super) fn parse_list(text: &str) -> Result<Vec<StoreService>> {
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        let known = |word: &str| {
            let found = StoreService::ALL.into_iter().find(|service| service.word().is_ok_and(|known| known == word));
            found.ok_or_else(|| Error::field("services", "没有这种服务"))
        };
        words.map(known).collect()
    }

    /// The stored list, each once, in the order of the enum.
    pub(super) fn json(services: &[StoreService]) -> Result<String> {
        let each: Vec<StoreService> = StoreService::ALL.into_iter().filter(|known| services.contains(known)).collect();
        serde_json::to_string(&each).map_err(Error::internal)
    }
}
