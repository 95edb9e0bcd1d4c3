/**
 * A stream of octets cut into lines for multilog's actions. Who gets a line is decided by its beginning, so that a line
 * of any length needs no more memory than one read.
 */
import { chosenActions, type LogAction, selectedBy } from '../../../protocol/log/script.js';

export interface LineSink {
  /** The first octets of a line that action `index` gets, its stamp included; fewer than `selectedBy` only for a whole line. */
  begin(index: number, head: Buffer): void;
  /** Octets of that line, its line feed included. */
  octets(index: number, octets: Uint8Array): void;
}

const lineFeed = 10;
const empty = Buffer.alloc(0);

export class LineSplitter {
  readonly #actions: readonly LogAction[];
  readonly #sink: LineSink;
  readonly #stamp: () => string;
  /** The beginning of a line that is not decided yet. */
  #head: Buffer = empty;
  #chosen: readonly number[] | undefined;
  #inLine = false;

  /** `stamp`: what stands in front of a line that begins now. */
  constructor(actions: readonly LogAction[], sink: LineSink, stamp: () => string) {
    this.#actions = actions;
    this.#sink = sink;
    this.#stamp = stamp;
  }

  /** True while a line has begun and not ended. */
  get inLine(): boolean {
    return this.#inLine;
  }

  take(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      const found = chunk.indexOf(lineFeed, at);
      const end = found < 0 ? chunk.length : found + 1;
      this.#part(chunk.subarray(at, end), found >= 0);
      at = end;
    }
  }

  /** End of input: a last line without line feed gets one. */
  end(): void {
    if (this.#inLine) this.#part(Buffer.from('\n'), true);
  }

  #part(part: Buffer, ends: boolean): void {
    let octets = part;
    if (!this.#inLine) {
      this.#inLine = true;
      const stamp = this.#stamp();
      if (stamp !== '') octets = Buffer.concat([Buffer.from(stamp, 'latin1'), part]);
    }
    if (this.#chosen === undefined) {
      octets = this.#head.length === 0 ? octets : Buffer.concat([this.#head, octets]);
      this.#head = empty;
      if (!ends && octets.length < selectedBy) {
        this.#head = octets;
        return;
      }
      this.#choose(octets.subarray(0, ends ? octets.length - 1 : octets.length));
    }
    for (const index of this.#chosen ?? []) this.#sink.octets(index, octets);
    if (!ends) return;
    this.#inLine = false;
    this.#chosen = undefined;
  }

  #choose(line: Buffer): void {
    const head = line.subarray(0, selectedBy);
    this.#chosen = chosenActions(this.#actions, head.toString('latin1'));
    for (const index of this.#chosen) this.#sink.begin(index, head);
  }
}
