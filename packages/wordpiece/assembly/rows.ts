// Where the rows of the output begin.

let base: usize = 0; // the output
let next: usize = 0; // where the end of the current row goes
let dividing: u64 = 0;

/** Starts counting at the row whose end goes to `nextAt`; line feeds end rows if `atFeeds`. */
export function startRows(baseAt: usize, nextAt: usize, atFeeds: bool): void {
  base = baseAt;
  next = nextAt;
  dividing = atFeeds ? ~(0 as u64) : 0;
}

/** All ones if line feeds end rows. */
// @ts-expect-error: decorator
@inline
export function feedMask(): u64 {
  return dividing;
}

/** Where the end of the current row goes. */
// @ts-expect-error: decorator
@inline
export function rowAt(): usize {
  return next;
}

/** A line feed: the ids so far are those before the next row. */
// @ts-expect-error: decorator
@inline
export function endRow<T>(out: usize): void {
  if (!dividing) return;
  store<u32>(next, ((out - base) / sizeof<T>()) as u32);
  next += 4;
}
