// Where things are in memory: constants, so that an address costs no register. The host puts its tables behind `END`.

/** More bytes than a normalized word has: the host allows 4,000 characters, of up to four each. */
const LONGEST: usize = 16384;
/** By the length of a word: ones in so many of 8 bytes, or none if there are more than 8. */
export const SHORT_MASKS: usize = 0;
/** 32 bytes of ones, then 32 of zeros. */
export const ONES: usize = SHORT_MASKS + 8 * LONGEST;

export const SMALL_BITS: u64 = 15; // buckets; larger than a second-level cache, since a miss costs more than waiting
export const MIDDLE_BITS: u64 = 14;
export const LARGE_BITS: u64 = 10;
/** Words of up to 8 bytes: four of them a bucket, then the ids of each. */
export const SMALL: usize = ONES + 128;
/** Words of up to 16 bytes: two entries of 32 bytes a bucket. */
export const MIDDLE: usize = SMALL + (64 << (SMALL_BITS as usize));
/** Words of up to 32 bytes: an entry of 64 bytes a bucket. */
export const LARGE: usize = MIDDLE + (64 << (MIDDLE_BITS as usize));

/** Bytes of text whose words are looked up together. */
export const WINDOW: usize = 2048;
/** A block more than a window. */
const ROOM: usize = WINDOW + 64;
/** The window's text, folded, and 64 bytes to read on. */
export const TEXT: usize = LARGE + (64 << (LARGE_BITS as usize));
/** Its words, 16 bytes each: key, then value; address in TEXT or SCRATCH; length. */
export const ITEMS: usize = TEXT + ROOM + 64;
export const ITEM: usize = 16;
/** Addresses of the items that the cache of short words did not answer. */
export const UNKNOWNS: usize = ITEMS + ITEM * ROOM;
/** Where the caches would have each of the words that are looked up. */
export const BUCKETS: usize = UNKNOWNS + 4 * (ROOM + 1);
/** Addresses of the items before which a row ends. */
export const BREAKS: usize = BUCKETS + 4 * (ROOM + 4);

/** Ids of those words of the window that have more than three, 32 bits each: no more than TEXT and SCRATCH have bytes. */
export const SPILL: usize = BREAKS + 4 * ROOM + 44;

/** The ids of a word, 32 bits each. */
export const PIECES: usize = SPILL + 4 * (ROOM + 65536) + 64;
/** Words of the slow lane, normalized: those of a window at most triple it (Hangul), and one more may be of any length. */
export const SCRATCH: usize = PIECES + 65536;
/** Where each of its bytes came from, 64 bits each. */
export const ORIGINS: usize = SCRATCH + 65536;
export const END: usize = ORIGINS + 8 * 65536;
