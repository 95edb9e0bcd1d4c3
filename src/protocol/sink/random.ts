/**
 * Numbers that look drawn and are not: the same seed gives the same row, so that a troubled run can be repeated.
 * Not for secrets.
 */

/** A row of numbers from 0 (included) to 1 (not included), made from a 32-bit seed (the mulberry32 recurrence). */
export function seededRow(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
