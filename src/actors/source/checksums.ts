/**
 * Checksums of bodies that differ only in the number that stands in their first line, without reading them again: a
 * CRC-32 is linear, so each digit at each place changes it in its own way, whatever the others are. Arithmetic only.
 */
import { crc32 } from 'node:zlib';

/** Bodies beyond this are read each time: their way to the server costs far more. */
const mostLearned = 16_384;

export class Checksums {
  readonly #rest: Buffer;
  readonly #lineLength: number;
  readonly #digits: number;
  readonly #zero: number;
  /** What digit d at place p (from the left) changes, at p × 10 + d. */
  readonly #changes: Int32Array | undefined;

  /** @param line the first line as it is for a number; `rest` is what stands behind it in every body */
  constructor(line: (number: number) => string, rest: Buffer, digits: number) {
    this.#rest = rest;
    this.#lineLength = line(0).length;
    this.#digits = digits;
    const whole = (number: number): number => crc32(rest, crc32(line(number)));
    this.#zero = whole(0);
    if (rest.length > mostLearned) return;
    this.#changes = new Int32Array(digits * 10);
    for (let place = 0; place < digits; place++) {
      for (let digit = 1; digit < 10; digit++) {
        this.#changes[place * 10 + digit] = whole(digit * 10 ** (digits - 1 - place)) ^ this.#zero;
      }
    }
  }

  /** CRC-32 of the line with `number` and of the rest. `head` ends with that line. */
  of(number: number, head: Uint8Array): number {
    const changes = this.#changes;
    if (changes === undefined) return crc32(this.#rest, crc32(head.subarray(-this.#lineLength)));
    let sum = this.#zero;
    let left = number;
    for (let place = this.#digits - 1; left > 0; place--) {
      const tenth = Math.floor(left / 10);
      sum ^= changes[place * 10 + left - tenth * 10] ?? 0;
      left = tenth;
    }
    return sum >>> 0;
  }
}
