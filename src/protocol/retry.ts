/**
 * When a message is tried again, and when it is given up (spec send.md §3.1, §3.2).
 * All times are whole seconds since 1970; the clock is the caller's.
 */
import type { ByteString, Channel, Outcome } from './mail.js';

/** qmail's step in seconds^(1/2): intervals grow as 2 c sqrt(age) + c². */
const step: Readonly<Record<Channel, number>> = { local: 10, remote: 20 };

/** Seconds until a message is looked at again after trouble on our side (qmail's SLEEP_SYSFAIL). */
export const retryAfterTrouble = 123;

/** Added to the report of every temporary failure of a dying message; a report ends with LF. */
export const lifetimeText = "I'm not going to try again; this message has been in the queue too long.\n";

/** Largest y with y² <= x, for whole x from 0 to 2^53 - 1; 0 for anything below 1. */
export function integerSqrt(x: number): number {
  if (!(x >= 1)) return 0;
  let root = Math.floor(Math.sqrt(x));
  // Rounding in sqrt can be off by one next to a square.
  while (root * root > x) root--;
  while ((root + 1) * (root + 1) <= x) root++;
  return root;
}

/** A birth so far in the future (seconds) means that the clock was set back. */
const clockWasSet = 3_600;

/**
 * The next try of what stays undone after a pass that is opened at `now`. A birth in the future counts as age 0; when
 * it is far in the future the step counts from `now`, so that no message waits for the clock to come back.
 */
export function nextTry(birth: number, now: number, channel: Channel): number {
  if (birth > now + clockWasSet) return now + step[channel] ** 2;
  const n = integerSqrt(now - birth) + step[channel];
  return birth + n * n;
}

/** True when a pass opened at `now` is the last one: temporary failures in it become permanent. */
export function isDying(birth: number, now: number, queuelifetime: number): boolean {
  return now > birth + queuelifetime;
}

/** What an outcome counts as in the last pass: a deferral becomes a failure that says why. */
export function lastOutcome(outcome: Outcome): Outcome {
  if (outcome.status !== 'Z') return outcome;
  const text: ByteString = outcome.text;
  return { status: 'D', text: text + lifetimeText };
}
