/**
 * What is looked at before LMDB touches a queue: folder, marker and the two meta pages. LMDB
 * itself ends the process on many kinds of damage, so the plain ones are refused here in words.
 */
import { accessSync, closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { QueueUnusable } from '../queue-unusable.js';
import { dataFile } from './layout.js';
import { type Marker, markerFile, readMarker } from './marker.js';

/** What stands in the folder: a queue, one whose creation was cut off, or nothing. */
export type Found = { readonly state: 'queue' | 'half'; readonly marker: Marker } | { readonly state: 'none' };

const advice = 'restore the queue folder, or save what is readable with "tqmail rescue DIR"';

/** Throws QueueUnusable unless `dir` is a folder that only this user can enter and that can be written. */
export function checkFolder(dir: string): void {
  let found: Stats;
  try {
    found = statSync(dir);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') throw new QueueUnusable('missing', `queue folder ${dir} does not exist: create it with "tqmail init"`);
    throw new QueueUnusable('denied', `cannot look at queue folder ${dir}: ${code ?? String(error)}`);
  }
  if (!found.isDirectory()) throw new QueueUnusable('missing', `${dir} is not a folder`);
  const uid = process.geteuid?.() ?? 0;
  if (uid !== 0 && found.uid !== uid) {
    throw new QueueUnusable('denied', `queue folder ${dir} belongs to uid ${found.uid}, this process is uid ${uid}`);
  }
  if ((found.mode & 0o777) !== 0o700) {
    const mode = (found.mode & 0o777).toString(8).padStart(4, '0');
    throw new QueueUnusable('denied', `queue folder ${dir} has mode ${mode}, it must be 0700: run "chmod 700 ${dir}"`);
  }
  try {
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new QueueUnusable(
      'denied',
      `queue folder ${dir} is not writable: ${(error as NodeJS.ErrnoException).code ?? String(error)}`,
    );
  }
}

/** Compares data file and marker. Throws QueueUnusable on what cannot be a whole queue. */
export function checkData(dir: string): Found {
  const marker = readMarker(dir);
  const path = join(dir, dataFile);
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT') throw new QueueUnusable('denied', `cannot open ${path}: ${code ?? String(error)}`);
  }
  try {
    const size = fd === undefined ? 0 : fstatSync(fd).size;
    if (marker === undefined) {
      if (size === 0) return { state: 'none' };
      throw new QueueUnusable('damaged', `${join(dir, markerFile)} is missing beside ${path}: ${advice}`);
    }
    if (marker.size === 0) return { state: 'half', marker };
    if (fd === undefined) throw new QueueUnusable('damaged', `${path} is missing: ${advice}`);
    if (size < marker.size) {
      const what = size === 0 ? 'is empty' : `has only ${size} octets`;
      throw new QueueUnusable('damaged', `${path} ${what}, the queue had at least ${marker.size}: ${advice}`);
    }
    checkMetaPages(fd, path, size);
    return { state: 'queue', marker };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** LMDB's constants and the offsets of its meta page (64-bit, data version 2; see `MDB_page` and `MDB_meta` in its source). */
const lmdbMagic = 0xbeefc0de;
const lmdbVersion = 2;
const metaFlag = 0x08;
const pageHeader = 24;
const at = {
  flags: 18,
  magic: pageHeader,
  version: pageHeader + 4,
  pageSize: pageHeader + 24,
  freeRoot: pageHeader + 64,
  mainRoot: pageHeader + 112,
};
const metaSize = pageHeader + 136;
/** Root of an empty database. */
const noPage = 0xffff_ffff_ffff_ffffn;

function checkMetaPages(fd: number, path: string, size: number): void {
  const first = readMeta(fd, 0);
  const pageSize = first?.readUInt32LE(at.pageSize) ?? 0;
  const isPower = pageSize >= 512 && pageSize <= 65_536 && (pageSize & (pageSize - 1)) === 0;
  const second = isPower ? readMeta(fd, pageSize) : undefined;
  for (const [number, meta] of [first, second].entries()) {
    if (meta === undefined) throw new QueueUnusable('damaged', `${path}: meta page ${number} is damaged: ${advice}`);
    for (const root of [meta.readBigUInt64LE(at.freeRoot), meta.readBigUInt64LE(at.mainRoot)]) {
      if (root !== noPage && (root + 1n) * BigInt(pageSize) > BigInt(size)) {
        throw new QueueUnusable('damaged', `${path}: page ${root} lies behind the end of the file: ${advice}`);
      }
    }
  }
}

/** A meta page, or undefined when it is none. */
function readMeta(fd: number, offset: number): Buffer | undefined {
  const page = Buffer.alloc(metaSize);
  if (readSync(fd, page, 0, metaSize, offset) !== metaSize) return undefined;
  const isMeta = (page.readUInt16LE(at.flags) & metaFlag) !== 0;
  const isLmdb = page.readUInt32LE(at.magic) === lmdbMagic && (page.readUInt32LE(at.version) & 0xffff) === lmdbVersion;
  return isMeta && isLmdb ? page : undefined;
}
