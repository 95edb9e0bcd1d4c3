/**
 * Clocks and timers of a library that tests load: Node's own, whatever a test puts in their place later (fake timers, another
 * date), because sockets do not wait for such time. Taken when the library is loaded. What an environment such as jsdom lacks
 * or has in a way of its own comes from Node too. esbuild puts these in the place of the globals of the same names.
 */
import { performance as steady } from 'node:perf_hooks';
import timers from 'node:timers';
import { TextDecoder } from 'node:util';
import { runInNewContext } from 'node:vm';

const { setTimeout, clearTimeout, setInterval, clearInterval } = timers;
const performance = { now: steady.now.bind(steady) };

/** Test runners can be told to replace these before anything is loaded. */
const isOwn = /^function Date\(\) \{ \[native code\] \}$/.test(Function.prototype.toString.call(globalThis.Date));
const NodeDate = (isOwn ? globalThis.Date : runInNewContext('Date')) as DateConstructor;

/** A class of its own, because tests also replace `Date.now` alone. */
class OwnDate extends NodeDate {
  static override readonly now = NodeDate.now;
}

const laterNow = globalThis.process.nextTick;
const nextTick = 'clock' in laterNow ? timers.setImmediate : laterNow;

export { clearInterval, clearTimeout, nextTick, OwnDate as Date, performance, setInterval, setTimeout, TextDecoder };
