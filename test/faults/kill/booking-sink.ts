/**
 * A next hop that takes every message and books its arrival, unaltered or not. Judges nothing.
 */
import { type KeepingSink, startKeepingSink } from '../../support/keeping-sink.js';
import type { Ending } from '../../support/server-home.js';
import type { Book } from './book.js';
import { numberOf } from './numbered.js';

/** `ending` closes it. */
export function startBookingSink(ending: Ending, book: Book): Promise<KeepingSink> {
  return startKeepingSink(ending, {
    taken: ({ bytes }) => {
      book.arriveRemote(numberOf(bytes));
      return { accept: true };
    },
  });
}
