//! How much memory a sample may take, and how that is divided among the shards of the stream.

/// Bounds of what is kept of one shard. With any number of shards the whole sample stays below about 16 MiB while it covers
/// minutes, and grows by 12 bytes a second and shard beyond that, up to [`Budget::seconds`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Keys counted at a time, in each of both rankings.
    pub keys: usize,
    /// Places of the hash space.
    pub cells: usize,
    /// Bits that choose the register that counts distinct keys.
    pub distinct_precision: u32,
    /// Newest seconds of load that are kept.
    pub seconds: usize,
    /// Newest seconds of which the heaviest keys are kept.
    pub key_seconds: usize,
}

/// Seconds kept of a stream of up to 1,000 shards.
const SECONDS: usize = 3_600;
/// Seconds of which keys are kept, for up to 64 shards.
const KEY_SECONDS: usize = 180;

impl Budget {
    /// Divides the budget among this many shards.
    pub fn for_shards(shards: usize) -> Self {
        let shards = shards.max(1);
        let part = |whole: usize, least: usize, most: usize| (whole / shards).clamp(least, most);
        // Tables grow by doubling, so another number than a power of two would leave places that are never used.
        let doubled = |count: usize| 1usize << count.ilog2();
        Self {
            keys: doubled(part(12_288, 32, 2_048)),
            cells: doubled(part(12_288, 32, 1_024)),
            distinct_precision: match shards {
                ..=64 => 14,
                65..=256 => 12,
                257..=1_024 => 10,
                _ => 8,
            },
            seconds: part(SECONDS * 1_000, 300, SECONDS),
            key_seconds: part(KEY_SECONDS * 64, 10, KEY_SECONDS),
        }
    }
}
