/**
 * Where multilog's lines go: descriptor 2, status files, log folders, by the index of their action. Written once a
 * read, not once a line.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { LogAction } from '../../../protocol/log/script.js';
import type { Call } from '../../call.js';
import { put } from '../../call.js';
import { CommandTrouble, reason } from '../../complain.js';
import { errorWords } from '../../fatal.js';
import { LogFolder, type Warn } from './folder.js';
import type { LineSink } from './split.js';

/** Octets of a line that `e` shows, and of a status file. */
const shown = 200;
const statusSize = 1_001;
/** As multilog makes it: it holds a line of the log. */
const statusMode = 0o600;

export class LogOutputs implements LineSink {
  readonly #call: Call;
  readonly #warn: Warn;
  readonly #actions: readonly LogAction[];
  readonly #folders = new Map<number, LogFolder>();
  readonly #statuses = new Map<number, Buffer>();
  #stderr: Buffer[] = [];
  /** Actions that take a line from its beginning with their next octets. */
  readonly #beginning = new Set<number>();

  /** Opens all folders; throws CommandTrouble. */
  constructor(call: Call, actions: readonly LogAction[], warn: Warn) {
    this.#call = call;
    this.#actions = actions;
    this.#warn = warn;
    actions.forEach((action, index) => {
      if (action.kind === 'folder') this.#folders.set(index, new LogFolder(action, warn));
      else if (action.kind === 'status') this.#begin(action.file);
    });
  }

  /** A status file is there before its first line. */
  #begin(file: string): void {
    try {
      closeSync(openForStatus(Buffer.from(file, 'latin1')));
    } catch (error) {
      throw new CommandTrouble(111, `unable to create ${file}: ${errorWords(error)}`);
    }
  }

  begin(index: number, head: Buffer): void {
    const kind = this.#actions[index]?.kind;
    this.#beginning.add(index);
    if (kind === 'stderr') this.#stderr.push(head.subarray(0, shown), Buffer.from(head.length > shown ? '...\n' : '\n'));
    else if (kind === 'status') this.#statuses.set(index, head);
  }

  octets(index: number, octets: Uint8Array): void {
    this.#folders.get(index)?.add(octets, this.#beginning.delete(index));
  }

  /** One of multilog's reads is over. */
  endRead(): void {
    for (const folder of this.#folders.values()) folder.endWrite();
  }

  /** Writes all that came since the last flush. */
  async flush(): Promise<void> {
    if (this.#stderr.length > 0) this.#show(Buffer.concat(this.#stderr));
    this.#stderr = [];
    for (const [index, head] of this.#statuses) this.#status(index, head);
    this.#statuses.clear();
    for (const folder of this.#folders.values()) await folder.flush();
  }

  #show(octets: Buffer): void {
    try {
      put(this.#call, 2, octets);
    } catch {
      // Nobody reads descriptor 2; the folders are what counts.
    }
  }

  /** The last line alone, padded, in one write over the old one: a reader never finds the file empty or short. */
  #status(index: number, head: Buffer): void {
    const action = this.#actions[index];
    if (action?.kind !== 'status') return;
    const content = Buffer.alloc(statusSize, '\n');
    head.copy(content, 0, 0, statusSize - 1);
    try {
      const fd = openForStatus(Buffer.from(action.file, 'latin1'));
      writeSync(fd, content, 0, statusSize, 0);
      closeSync(fd);
    } catch (error) {
      this.#warn(`unable to write to ${action.file}: ${reason(error)}`);
    }
  }

  /** ALRM: every folder closes its current file. */
  async rotate(): Promise<void> {
    for (const folder of this.#folders.values()) {
      await folder.flush();
      await folder.rotate();
    }
  }

  async close(): Promise<void> {
    await this.flush();
    for (const folder of this.#folders.values()) await folder.close();
  }
}

function openForStatus(file: Buffer): number {
  try {
    return openSync(file, 'r+');
  } catch {
    return openSync(file, 'w', statusMode);
  }
}
