// Between which items of the window the rows end.

import { BREAKS } from './layout';
import { feedMask } from './rows';

/** The end of the list. */
export let breaksEnd: usize = BREAKS;

export function forgetBreaks(): void {
  breaksEnd = BREAKS;
}

/** A line feed before the item at this address. */
// @ts-expect-error: decorator
@inline
export function breakBefore(item: usize): void {
  if (!feedMask()) return;
  store<u32>(breaksEnd, item as u32);
  breaksEnd += 4;
}
