/**
 * What can be fuzzed: octets in, the state that they led to out. A throw is a finding; nothing here runs anything.
 */
import assert from 'node:assert/strict';
import type { ByteString } from '../../src/protocol/mail.js';

export interface Target {
  readonly name: string;
  /** Where mutation begins. */
  seeds(): readonly ByteString[];
  /** Pieces of the language, put in whole. */
  readonly words: readonly ByteString[];
  /** Runs the parser and its checks. Answers a short word for the state reached: a new one is what the hunt is after. */
  run(input: ByteString): string;
}

/** Octets of a latin1 text. */
export function octets(text: ByteString): Uint8Array {
  return Buffer.from(text, 'latin1');
}

/** The same text in pieces of sizes that depend on the text alone. */
export function pieces(text: ByteString): Uint8Array[] {
  const cut: Uint8Array[] = [];
  for (let at = 0, size = (text.length % 5) + 1; at < text.length; size = ((size * 7) % 11) + 1) {
    cut.push(octets(text.slice(at, at + size)));
    at += size;
  }
  return cut;
}

/** Two ways must come to the same; `what` names them. */
export function agree<T>(what: string, one: T, other: T): void {
  assert.deepEqual(one, other, what);
}

export function holds(what: string, met: boolean): void {
  assert.ok(met, what);
}

/** A number as its order of magnitude, for states. */
export function magnitude(value: number): number {
  return value < 4 ? value : 2 + Math.floor(Math.log2(value));
}

/** The shape of a text: its kinds of octets in order, repetitions left out, bounded. */
export function shape(text: string): string {
  const kinds = text
    .replace(/[a-z]+/gi, 'a')
    .replace(/\d+/g, '1')
    .replace(/[\x80-\xff]+/g, 'x');
  return kinds.replace(/(.)\1+/gs, '$1').slice(0, 24);
}
