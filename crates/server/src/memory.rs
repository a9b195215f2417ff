//! What was freed goes back to the system. The allocator keeps freed pages for a second, in case they are wanted again,
//! and looks for pages whose second is over only when something large is freed. A quiet mall frees nothing large: what
//! was needed for starting (20 MB while the word list of the search is read) would stay with it for good.

use std::hint::black_box;
use std::time::Duration;

const PAUSE: Duration = Duration::from_secs(10);
/// Larger than anything the allocator keeps on a shared page.
const LARGE: usize = 1 << 20;

/// Frees something large every ten seconds, for ever.
pub async fn give_back() {
    let mut times = tokio::time::interval(PAUSE);
    loop {
        times.tick().await;
        drop(black_box(Vec::<u8>::with_capacity(LARGE)));
    }
}
