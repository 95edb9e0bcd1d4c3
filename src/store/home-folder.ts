/**
 * What local delivery looks at in a home: the folder itself and the .qmail file of an address.
 * Answers are kept for a twentieth of a second, so that a busy mailbox is not looked at again for
 * every message, and a change of the user is seen by the next mail all the same.
 */
import { constants } from 'node:fs';
import { access, type FileHandle, open, stat } from 'node:fs/promises';
import type { ByteString } from '../protocol/mail.js';
import { candidates } from '../protocol/mailbox/dotqmail.js';
import { codeOf, octetPath } from './octet-path.js';

export type HomeState = { readonly tag: 'home'; readonly mode: number } | { readonly tag: 'trouble'; readonly code: string };

export type DotQmail =
  | {
      readonly tag: 'found';
      readonly name: ByteString;
      /** Value for DEFAULT; undefined leaves it alone. */
      readonly matched: ByteString | undefined;
      readonly mode: number;
      readonly owner: number;
      readonly text: ByteString;
    }
  | { readonly tag: 'none' }
  | { readonly tag: 'trouble'; readonly name: ByteString; readonly code: string };

const validity = 50;
const mostEntries = 1000;
const largestFile = 4 * 1024 * 1024;
/** Errors that say "there is no such file"; every other one defers. */
const absent = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EISDIR', 'ENXIO', 'EINVAL']);

async function lookAtHome(home: ByteString): Promise<HomeState> {
  try {
    const found = await stat(octetPath(home));
    if (!found.isDirectory()) return { tag: 'trouble', code: 'ENOTDIR' };
    await access(octetPath(home), constants.X_OK);
    return { tag: 'home', mode: found.mode & 0o7777 };
  } catch (error) {
    return { tag: 'trouble', code: codeOf(error) };
  }
}

/** The file's text and state; undefined when it is not a regular file. */
async function readRegular(file: FileHandle): Promise<{ mode: number; owner: number; text: ByteString } | undefined> {
  const found = await file.stat();
  if (!found.isFile()) return undefined;
  if (found.size > largestFile) throw Object.assign(new Error('too large'), { code: 'EFBIG' });
  return { mode: found.mode & 0o7777, owner: found.uid, text: (await file.readFile()).toString('latin1') };
}

async function searchDotQmail(home: ByteString, dash: ByteString, ext: ByteString): Promise<DotQmail> {
  for (const { name, matched } of candidates(dash, ext)) {
    let file: FileHandle | undefined;
    try {
      file = await open(octetPath(`${home}/${name}`), constants.O_RDONLY | constants.O_NONBLOCK);
      const content = await readRegular(file);
      if (content !== undefined) return { tag: 'found', name, matched, ...content };
    } catch (error) {
      const code = codeOf(error);
      if (!absent.has(code)) return { tag: 'trouble', name, code };
    } finally {
      await file?.close();
    }
  }
  return { tag: 'none' };
}

interface Kept {
  readonly until: number;
  readonly answer: Promise<unknown>;
}

export class HomeFolders {
  readonly #kept = new Map<string, Kept>();
  readonly #clock: () => number;

  /** `clock`: milliseconds that never go back. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** The folder and whether it can be entered. */
  home(home: ByteString): Promise<HomeState> {
    return this.#shared(`h${home}`, () => lookAtHome(home));
  }

  /** The .qmail file that rules an extension (spec local.md §3). */
  dotQmail(home: ByteString, dash: ByteString, ext: ByteString): Promise<DotQmail> {
    return this.#shared(`q${home}\0${dash}\0${ext}`, () => searchDotQmail(home, dash, ext));
  }

  /** Whether a name exists in the home, of whatever kind. Rejects when that cannot be told now. */
  exists(home: ByteString, name: ByteString): Promise<boolean> {
    return this.#shared(`e${home}\0${name}`, async () => {
      try {
        await stat(octetPath(`${home}/${name}`));
        return true;
      } catch (error) {
        if (absent.has(codeOf(error)) || codeOf(error) === 'EACCES') return false;
        throw error;
      }
    });
  }

  #shared<T>(key: string, look: () => Promise<T>): Promise<T> {
    const now = this.#clock();
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.until > now) return kept.answer as Promise<T>;
    if (this.#kept.size >= mostEntries) this.#kept.clear();
    const answer = look();
    this.#kept.set(key, { until: now + validity, answer });
    return answer;
  }
}
