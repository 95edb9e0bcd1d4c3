/**
 * Netstrings as qmail's servers read them (spec qmtp-qmqp.md §1): `LENGTH:OCTETS,`, taken out of chunks however they
 * are cut. Keeps no more than the chunk it was given; whoever reads decides what of it is remembered.
 */
import { concatBytes, toByteString } from './bytes.js';
import type { ByteString } from './mail.js';

/** Why the peer's octets are no netstring: qmail's exit codes. 100: the form is wrong. 111: a length beyond all bounds. */
export type NetstringFault = 100 | 111;

/** A length may get one digit more while it is not above this. */
const largestLength = 200_000_000;
const colon = 58;
const comma = 44;
const zero = 48;
const empty = new Uint8Array(0);

export class NetstringInput {
  #chunk: Uint8Array = empty;
  #at = 0;
  #length = 0;
  #within = Number.POSITIVE_INFINITY;
  #fault: NetstringFault | undefined;

  /** Takes the next octets; they are read until `retain` or until all are used. */
  receive(chunk: Uint8Array): void {
    this.#chunk = this.#at < this.#chunk.length ? concatBytes([this.#chunk.subarray(this.#at), chunk]) : chunk;
    this.#at = 0;
  }

  /** Copies what is not used yet, so that the chunk may be used for something else. */
  retain(): void {
    // `slice` of a Buffer would be a view.
    this.#chunk = this.#at < this.#chunk.length ? new Uint8Array(this.#chunk.subarray(this.#at)) : empty;
    this.#at = 0;
  }

  /** Set once the octets are no netstring; nothing is read from then on. */
  get fault(): NetstringFault | undefined {
    return this.#fault;
  }

  /** What follows stands inside of a netstring of so many octets; infinite for none. */
  enclose(octets: number): void {
    this.#within = octets;
  }

  /** Octets of the enclosing netstring not read yet. */
  get within(): number {
    return this.#within;
  }

  /** Nothing of a next netstring has been read. */
  get untouched(): boolean {
    return this.#length === 0 && this.#at >= this.#chunk.length;
  }

  /** The number before a colon, colon included. Undefined: more octets are wanted, or a fault. No digit at all counts as 0. */
  length(): number | undefined {
    for (let octet = this.#octet(); octet !== undefined; octet = this.#octet()) {
      if (octet === colon) {
        const length = this.#length;
        this.#length = 0;
        return length;
      }
      if (octet < zero || octet > zero + 9) return this.fail(100);
      if (this.#length > largestLength) return this.fail(111);
      this.#length = 10 * this.#length + octet - zero;
    }
    return undefined;
  }

  /** As `length`, for a netstring inside of another: it and its comma must fit. */
  innerLength(): number | undefined {
    const length = this.length();
    return length !== undefined && length >= this.#within ? this.fail(100) : length;
  }

  /** The next octets, at least one and at most `most`: a view of the chunk. Undefined: more are wanted. */
  piece(most: number): Uint8Array | undefined {
    const size = Math.min(most, this.#chunk.length - this.#at, this.#within);
    if (size <= 0 || this.#fault !== undefined) return undefined;
    this.#at += size;
    this.#within -= size;
    return this.#chunk.subarray(this.#at - size, this.#at);
  }

  /** True when the comma was there. Undefined: more octets are wanted, or a fault. */
  comma(): true | undefined {
    const octet = this.#octet();
    if (octet === undefined) return undefined;
    return octet === comma ? true : this.fail(100);
  }

  #octet(): number | undefined {
    if (this.#fault !== undefined) return undefined;
    if (this.#within <= 0) return this.fail(100);
    if (this.#at >= this.#chunk.length) return undefined;
    this.#within -= 1;
    return this.#chunk[this.#at++];
  }

  fail(fault: NetstringFault): undefined {
    this.#fault = fault;
    return undefined;
  }
}

/** Addresses of so many octets, or more, are refused by qmail's servers. */
const addressLimit = 1_000;

/** An address as a netstring's content. One that is refused is read to its end and not kept. */
export class AddressReader {
  #left = 0;
  #text: ByteString = '';
  #good = true;

  /** `extra`: octets that will be appended to it. */
  begin(length: number, extra = 0): void {
    this.#left = length;
    this.#text = '';
    this.#good = length + extra < addressLimit;
  }

  /** Undefined: more octets are wanted. One that holds a NUL is `spoilt`; of one that is too long nothing is known. */
  read(input: NetstringInput): { readonly address?: ByteString; readonly spoilt?: ByteString } | undefined {
    while (this.#left > 0) {
      const piece = input.piece(this.#left);
      if (piece === undefined) return undefined;
      this.#left -= piece.length;
      if (this.#good) this.#text += toByteString(piece);
    }
    if (!this.#good) return {};
    return this.#text.includes('\0') ? { spoilt: this.#text } : { address: this.#text };
  }
}

export function netstring(text: ByteString): ByteString {
  return `${text.length}:${text},`;
}
