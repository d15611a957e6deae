//! Tables that are looked up by a hash, made when the crate is compiled.

/// Rows of a table of so many, by bucket and in their order.
pub struct Index<const ROWS: usize> {
    starts: [u16; BUCKETS + 1],
    rows: [u16; ROWS],
}

/// Buckets of every index; a row whose bucket this is is in none.
pub const BUCKETS: usize = 512;

/// The bucket of a key.
pub const fn hash(key: &[u8]) -> usize {
    let (mut hash, mut at) = (key.len() as u32, 0);
    while at < key.len() {
        hash = with(hash, key[at]);
        at += 1;
    }
    bucket(hash)
}

/// The bucket of a key's lower case.
pub fn hash_folded(key: &[u8]) -> usize {
    let bytes = key.iter().map(u8::to_ascii_lowercase);
    bucket(bytes.fold(key.len() as u32, with))
}

const fn with(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(0x0100_0193)
}

const fn bucket(hash: u32) -> usize {
    (hash ^ (hash >> 15)) as usize % BUCKETS
}

impl<const ROWS: usize> Index<ROWS> {
    /// The index of rows whose buckets are these.
    pub const fn of(buckets: [usize; ROWS]) -> Index<ROWS> {
        let mut starts = [0u16; BUCKETS + 1];
        let mut row = 0;
        while row < ROWS {
            if buckets[row] < BUCKETS {
                starts[buckets[row] + 1] += 1;
            }
            row += 1;
        }
        let mut bucket = 0;
        while bucket < BUCKETS {
            starts[bucket + 1] += starts[bucket];
            bucket += 1;
        }
        let (mut next, mut rows) = (starts, [0u16; ROWS]);
        row = 0;
        while row < ROWS {
            if buckets[row] < BUCKETS {
                rows[next[buckets[row]] as usize] = row as u16;
                next[buckets[row]] += 1;
            }
            row += 1;
        }
        Index { starts, rows }
    }

    /// Rows of a bucket.
    pub fn bucket(&self, bucket: usize) -> impl Iterator<Item = usize> {
        let range = usize::from(self.starts[bucket])..usize::from(self.starts[bucket + 1]);
        self.rows[range].iter().map(|row| usize::from(*row))
    }
}
