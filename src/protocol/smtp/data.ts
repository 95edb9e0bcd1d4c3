/**
 * Message text between its two forms: unix (LF, as qmail stores) and wire (CR LF, leading dots doubled, RFC 5321 §4.5.2).
 * What SMTP cannot carry is refused, never altered behind the sender's back: a CR without LF and a NUL make the
 * conversion answer which of them it met. A missing final line end is added, an existing CR LF is kept as one line end.
 */
import { CR, DOT, LF } from '../bytes.js';
import type { ByteString, Outcome } from '../mail.js';

/** Why a message cannot go over SMTP. */
export type Untransferable = 'bare CR' | 'NUL';

const nothing = new Uint8Array(0);

/** The permanent failure that stands for an untransferable message (status code as for qmail's partial final lines). */
export function untransferableOutcome(why: Untransferable): Outcome {
  const what: ByteString = why === 'NUL' ? 'NUL bytes' : 'bare carriage returns';
  return { status: 'D', text: `SMTP cannot transfer messages with ${what}. (#5.6.2)\n` };
}

/** Unix to wire, chunk by chunk; for files that are not read whole. */
export class UnixToWire {
  private readonly replaceCr: boolean;
  private lineStart = true;
  private heldCr = false;

  /** @param barecr 'space': a CR without LF goes out as a space instead of being refused */
  constructor(barecr: 'reject' | 'space' = 'reject') {
    this.replaceCr = barecr === 'space';
  }

  /** The wire form of the next chunk, in a new array; after an Untransferable the conversion is over. */
  push(chunk: Uint8Array): Uint8Array | Untransferable {
    const out = new Uint8Array(chunk.length * 2 + 2);
    const end = this.convert(chunk, out);
    return typeof end === 'string' ? end : out.slice(0, end);
  }

  /** What is missing at the end of the message. */
  end(): Uint8Array | Untransferable {
    if (this.heldCr && !this.replaceCr) return 'bare CR';
    const tail = this.heldCr ? Uint8Array.of(32, CR, LF) : this.lineStart ? nothing : Uint8Array.of(CR, LF);
    this.heldCr = false;
    this.lineStart = true;
    return tail;
  }

  /** Converts into `out`, which has room for twice the chunk and two octets; answers the octets used. */
  convert(chunk: Uint8Array, out: Uint8Array): number | Untransferable {
    const cr = CR;
    const length = chunk.length;
    let at = 0;
    for (let i = 0; i < length; ) {
      let octet = chunk[i] as number;
      if (this.heldCr && octet !== LF) {
        if (!this.replaceCr) return 'bare CR';
        out[at++] = 32;
        this.lineStart = false;
      }
      this.heldCr = false;
      if (this.lineStart && octet === DOT) out[at++] = DOT;
      this.lineStart = false;
      while (octet > cr) {
        out[at++] = octet;
        if (++i >= length) return at;
        octet = chunk[i] as number;
      }
      i++;
      if (octet === LF) {
        out[at++] = CR;
        out[at++] = LF;
        this.lineStart = true;
      } else if (octet === CR) this.heldCr = true;
      else if (octet === 0) return 'NUL';
      else out[at++] = octet;
    }
    return at;
  }
}

/** The wire form of a whole message, in a new array that owns exactly its bytes. */
export function unixToWire(bytes: Uint8Array, barecr: 'reject' | 'space' = 'reject'): Uint8Array | Untransferable {
  const conversion = new UnixToWire(barecr);
  const out = new Uint8Array(bytes.length * 2 + 5);
  const end = conversion.convert(bytes, out);
  if (typeof end === 'string') return end;
  const tail = conversion.end();
  if (typeof tail === 'string') return tail;
  out.set(tail, end);
  return out.slice(0, end + tail.length);
}

/** Wire to unix, chunk by chunk: CR LF becomes LF, one leading dot of a line is dropped; everything else stays. */
export class WireToUnix {
  private lineStart = true;
  private heldCr = false;

  /** The unix form of the next chunk, in a new array. */
  push(chunk: Uint8Array): Uint8Array {
    const out = new Uint8Array(chunk.length + 1);
    return out.slice(0, this.convert(chunk, out));
  }

  /** What was held back: a final CR, which no wire form made by us has. */
  end(): Uint8Array {
    const tail = this.heldCr ? Uint8Array.of(CR) : nothing;
    this.heldCr = false;
    this.lineStart = true;
    return tail;
  }

  /** Converts into `out`, which has room for the chunk and one octet; answers the octets used. */
  convert(chunk: Uint8Array, out: Uint8Array): number {
    const cr = CR;
    const length = chunk.length;
    let at = 0;
    for (let i = 0; i < length; ) {
      let octet = chunk[i] as number;
      if (this.heldCr) {
        this.heldCr = false;
        if (octet === LF) {
          out[at++] = LF;
          this.lineStart = true;
          i++;
          continue;
        }
        out[at++] = CR;
      } else if (this.lineStart && octet === DOT) {
        this.lineStart = false;
        i++;
        continue;
      }
      this.lineStart = false;
      while (octet !== cr) {
        out[at++] = octet;
        if (++i >= length) return at;
        octet = chunk[i] as number;
      }
      i++;
      this.heldCr = true;
    }
    return at;
  }
}

/** The unix form of a whole message, in a new array that owns exactly its bytes. */
export function wireToUnix(bytes: Uint8Array): Uint8Array {
  const conversion = new WireToUnix();
  const out = new Uint8Array(bytes.length + 1);
  const end = conversion.convert(bytes, out);
  const tail = conversion.end();
  out.set(tail, end);
  return out.slice(0, end + tail.length);
}
