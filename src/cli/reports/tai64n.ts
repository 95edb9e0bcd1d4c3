/** tai64n: copies its input with a TAI64N label of the moment in front of every line (spec companions.md §2.1). */
import { tai64n } from '../../protocol/tai64n.js';
import { type Command, put } from '../call.js';
import { lines } from '../lines.js';

const longest = 65_536;

export const run: Command = async (call) => {
  for await (const found of lines(call, 0, longest)) {
    const now = Date.now();
    const mark = `${tai64n(Math.floor(now / 1000), (now % 1000) * 1_000_000)} `;
    put(call, 1, found.map(({ text, begins, feed }) => `${begins ? mark : ''}${text}${feed ? '\n' : ''}`).join(''));
  }
  return 0;
};
