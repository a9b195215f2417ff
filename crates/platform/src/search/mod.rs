//! Search in Chinese, the same on both engines: words cut by jieba in one portable table of terms (ADR 0003), phrases
//! for suggestions and hot words, and every member's own history.
//! Promise: what is indexed in a transaction is found after it, and any two neighbouring characters of a title find it.
//!
//! A caller that filters and sorts takes a [`Plan`] and joins it:
//! ```text
//! let mut args = args![mall_id].to_vec();
//! let hit = plan.join("p.id", &mut args);          // "join (…) hit on hit.doc_id = p.id"
//! let sql = format!("select p.id, hit.score from product p {hit} where p.mall_id = $1 order by hit.score desc, p.id desc");
//! ```

mod index;
mod phrase;
mod plan;
mod words;

pub use index::{index, index_new, remove, terms};
pub use phrase::{
    age_phrases, clear_history, history, hot, merge_history, pin, record_query, suggest, suggestible, unpin,
};
pub use plan::{Plan, plan};
pub use words::{query_tokens, tokens, warm};
