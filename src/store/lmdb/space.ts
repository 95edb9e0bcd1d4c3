/**
 * Whether there is room for more mail: the disk's free space against a reserve, and the queue's
 * own cap. Looks at the disk at most every 200 ms and only while somebody asks; between two looks
 * it counts what was taken. Keeps the ballast. It never refuses marks and removals.
 * Below the reserve mail is taken as long as removed messages left room for it in the data file: it takes nothing of the disk.
 */
import { statfs } from 'node:fs';
import { promisify } from 'node:util';
import type { Trouble } from '../queue-store.js';
import { ballastSize, dropBallast, makeBallast } from './ballast.js';
import type { Inside } from './room-inside.js';

/** Milliseconds between two looks at the disk. */
const interval = 200;
/** What a record of n octets may take while it is written: itself in whole pages, and changed tree pages. */
const pageSize = 4096;
const treePages = 1;

/** With less than this above the reserve, every batch is preceded by a look: others fill the disk too. */
const nearFull = 64 * 1_048_576;
/** Changes of one batch: usually, and when they must fit into what the ballast left (a change rewrites a few pages). */
const roomy = 2_000;
const tight = 20;
/**
 * Pages that removed messages left lie in pieces, and where none is long enough the data file grows. So mail goes there only while
 * so large a share of the file, and so many octets, would still be free: the larger share where half of the reserve is gone.
 */
const insideShare = 0.25;
const insideShareLow = 0.75;
const insideLeast = 1_048_576;

export interface SpaceLimits {
  /** Octets that stay free on the disk. */
  readonly reserve: number;
  /** Most octets of records and bodies; 0 = only the disk limits it. */
  readonly cap: number;
}

const statfsLater = promisify<string, { readonly bavail: number; readonly bsize: number }>(statfs);

/** Free blocks for this user, and their size, of the disk that holds a path. */
export type FreeSpace = (path: string) => Promise<{ readonly bavail: number; readonly bsize: number }>;

const nothingInside: Inside = { room: 0, size: 0 };

/** What stands in for the system in tests, and for the data file. */
export interface SpaceSources {
  readonly ask?: FreeSpace;
  /** Octets of the data file that no record takes. */
  readonly inside?: () => Inside;
}

export class Space {
  readonly #dir: string;
  readonly #limits: SpaceLimits;
  readonly #ask: FreeSpace;
  readonly #inside: () => Inside;
  /** Octets of records and body files in the queue. */
  #used: number;
  #free = Number.POSITIVE_INFINITY;
  /** Octets of messages that are taken but not flushed. */
  #underWay = 0;
  /** Octets taken since the last look. */
  #taken = 0;
  /** Octets of the data file that no record takes; looked at only near the reserve. */
  #reusable: Inside = nothingInside;
  #hasBallast = false;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #failure: string | undefined;

  /** `used`: octets in the queue now. */
  constructor(
    dir: string,
    limits: SpaceLimits,
    used: number,
    { ask = statfsLater, inside = () => nothingInside }: SpaceSources = {},
  ) {
    this.#dir = dir;
    this.#limits = limits;
    this.#used = used;
    this.#ask = ask;
    this.#inside = inside;
  }

  /** Why a message of `octets` cannot be taken now, or undefined. Starts a new look when the last is too old. */
  refusal(octets: number): Trouble | undefined {
    this.look();
    const { reserve, cap } = this.#limits;
    if (cap > 0 && this.#used + this.#underWay + octets > cap)
      return full(`queue holds ${this.#used} octets, queuebytes allows ${cap}`);
    if (this.#failure !== undefined) return full(this.#failure);
    const free = this.#free - this.#taken;
    if (free - onDisk(octets) >= reserve || this.#fitsInside(octets)) return undefined;
    return full(`disk full: ${Math.max(0, free)} octets free at ${this.#dir}, queuereserve keeps ${reserve}`);
  }

  #fitsInside(octets: number): boolean {
    if (this.#free < 2 * ballastSize) return false;
    const { room, size } = this.#reusable;
    const share = this.#free < this.#limits.reserve / 2 ? insideShareLow : insideShare;
    return room - this.#taken - onDisk(octets) >= Math.max(insideLeast, share * size);
  }

  /** A message is on its way: `record` octets will be written, `octets` with its body file are in the queue then. */
  take(record: number, octets = record): void {
    this.#taken += onDisk(record);
    this.#underWay += octets;
  }

  /** A message that was taken is flushed or given up; when it is flushed, `changed` tells so too. */
  settled(octets: number): void {
    this.#underWay -= octets;
  }

  /** The queue's contents changed by `octets`, flushed. */
  changed(octets: number): void {
    this.#used += octets;
    this.look();
  }

  /** Looks at the disk unless it did so lately. */
  look(): void {
    if (performance.now() - this.#lookedAt >= interval) void this.#start();
  }

  /** How many changes the next batch may hold. Before it answers, the ballast is gone when the disk is full. */
  async room(): Promise<number> {
    const isOld = performance.now() - this.#lookedAt >= interval;
    if (isOld || this.#free < this.#limits.reserve + nearFull) await this.#start();
    return this.#free < 2 * ballastSize ? tight : roomy;
  }

  /** The look under way, or a new one. */
  #start(): Promise<void> {
    this.#lookedAt = performance.now();
    this.#looking ??= this.lookNow().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Looks at the disk; never rejects: what cannot be known counts as full. */
  async lookNow(): Promise<void> {
    const taken = this.#taken;
    try {
      const { bavail, bsize } = await this.#ask(this.#dir);
      this.#free = bavail * bsize;
      this.#taken -= taken;
      this.#failure = undefined;
      this.#reusable = this.#free < this.#limits.reserve + nearFull ? this.#inside() : nothingInside;
      await this.#keepBallast();
    } catch (error) {
      this.#failure = `cannot ask for the free space at ${this.#dir}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`;
    }
  }

  /** Waits for a look under way. */
  async close(): Promise<void> {
    await this.#looking;
  }

  /** Drops the ballast below half its size of free space, makes it again once there is room for it above the reserve. */
  async #keepBallast(): Promise<void> {
    if (this.#free < ballastSize / 2) {
      await dropBallast(this.#dir);
      this.#hasBallast = false;
    } else if (!this.#hasBallast && this.#free > this.#limits.reserve + 2 * ballastSize) {
      // Without room for it after all, the next look tries again.
      this.#hasBallast = await makeBallast(this.#dir).then(
        () => true,
        () => false,
      );
    }
  }
}

function onDisk(octets: number): number {
  return (Math.ceil(octets / pageSize) + treePages) * pageSize;
}

function full(text: string): Trouble {
  return { why: 'full', text };
}
