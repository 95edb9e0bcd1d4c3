/**
 * A stopped qmail's queue folder as it lies on disk: which message numbers have which files, in split folders or not,
 * and what the files say. Reads only; what is done with it is not known here.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString } from '../protocol/mail.js';
import {
  type ChannelRecord,
  type Records,
  readChannel,
  readInfo,
  readTodo,
  type TodoText,
} from '../protocol/qmail-queue-files.js';

const queueFolders = ['mess', 'todo', 'intd', 'info', 'local', 'remote', 'bounce'] as const;
type FolderName = (typeof queueFolders)[number];

/** Paths of one message's files. */
export interface QmailFiles {
  readonly number: string;
  readonly paths: Readonly<Partial<Record<FolderName, string>>>;
}

/** Every number that has any file, ascending. Files stand in `FOLDER/N` or `FOLDER/SPLIT/N`. Throws the system's error. */
export function listQmailQueue(folder: string): readonly QmailFiles[] {
  const found = new Map<string, Partial<Record<FolderName, string>>>();
  for (const name of queueFolders) {
    for (const [number, path] of numbersIn(join(folder, name), name !== 'mess')) {
      const paths = found.get(number) ?? {};
      paths[name] = path;
      found.set(number, paths);
    }
  }
  return [...found].map(([number, paths]) => ({ number, paths })).sort((a, b) => Number(a.number) - Number(b.number));
}

function* numbersIn(folder: string, optional: boolean): Generator<readonly [number: string, path: string]> {
  let entries: ReturnType<typeof entriesOf>;
  try {
    entries = entriesOf(folder);
  } catch (error) {
    if (optional && (error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  for (const entry of entries) {
    if (!/^[0-9]{1,20}$/.test(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isFile()) yield [entry.name, path];
    else if (entry.isDirectory())
      for (const below of entriesOf(path)) {
        if (below.isFile() && /^[0-9]{1,20}$/.test(below.name)) yield [below.name, join(path, below.name)];
      }
  }
}

const entriesOf = (folder: string) => readdirSync(folder, { withFileTypes: true });

/** A message that can be taken over. `mess` is an open descriptor of its text. */
export interface QmailMessage {
  readonly number: string;
  readonly mess: number;
  readonly size: number;
  /** Seconds since 1970, and the same in nanoseconds: with the number it names the message for all time. */
  readonly birth: number;
  readonly birthNanoseconds: bigint;
  /** Todo: accepted, not preprocessed. */
  readonly todo?: TodoText;
  readonly sender: ByteString;
  readonly local: readonly ChannelRecord[];
  readonly remote: readonly ChannelRecord[];
  /** When each channel's file was touched last: the next try, once qmail-send was stopped. */
  readonly due: { readonly local?: number; readonly remote?: number };
  readonly bounce: ByteString;
}

/** `empty`: qmail never had it, or was done with it. `faulty`: it is queued, and cannot be read. */
export type QmailRead =
  | { readonly tag: 'message'; readonly message: QmailMessage }
  | { readonly tag: 'empty'; readonly text: string }
  | { readonly tag: 'faulty'; readonly text: string };

const mostOctets = 512 * 1024 * 1024;

class Faulty extends Error {}

interface Text {
  readonly text: ByteString;
  readonly stats: Stats;
}

function textOf(path: string): Text {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new Faulty(`${path} is no file`);
    if (stats.size > mostOctets) throw new Faulty(`${path} is too large`);
    return { text: readFileSync(fd, 'latin1'), stats };
  } finally {
    closeSync(fd);
  }
}

function sound<T>(path: string, read: Records<T>): T {
  if (!read.ok) throw new Faulty(`${path}: ${read.problem}`);
  return read.value;
}

/** Reads what the files of one number say (spec queue.md §3.1). The caller closes `mess` of a message. */
export function readQmailMessage({ number, paths }: QmailFiles): QmailRead {
  const { mess, todo, info } = paths;
  if (todo === undefined && info === undefined) {
    const text = mess === undefined ? 'it has neither message nor envelope' : 'its envelope was never finished, or it is done';
    return { tag: 'empty', text };
  }
  if (todo === undefined && paths.local === undefined && paths.remote === undefined && paths.bounce === undefined)
    return { tag: 'empty', text: 'every recipient is done' };
  if (mess === undefined) return { tag: 'faulty', text: 'its message (mess) is missing' };
  try {
    const state = todo === undefined ? preprocessed(paths, info ?? '') : accepted(todo);
    const fd = openSync(mess, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const { size } = fstatSync(fd);
    return { tag: 'message', message: { number, mess: fd, size, ...state } };
  } catch (error) {
    return { tag: 'faulty', text: error instanceof Error ? error.message : String(error) };
  }
}

type State = Omit<QmailMessage, 'number' | 'mess' | 'size'>;

function birthOf(path: string): Pick<State, 'birth' | 'birthNanoseconds'> {
  const { mtimeNs } = statSync(path, { bigint: true });
  return { birth: Number(mtimeNs / 1_000_000_000n), birthNanoseconds: mtimeNs };
}

/** S4. What a preprocessing that was broken off left in info, local and remote does not count. */
function accepted(path: string): State {
  const todo = sound(path, readTodo(textOf(path).text));
  return { ...birthOf(path), todo, sender: todo.sender, local: [], remote: [], due: {}, bounce: '' };
}

/** S5. */
function preprocessed(paths: QmailFiles['paths'], info: string): State {
  const sender = sound(info, readInfo(textOf(info).text));
  const channel = (path: string | undefined): { records: readonly ChannelRecord[]; due?: number } => {
    if (path === undefined) return { records: [] };
    const { text, stats } = textOf(path);
    return { records: sound(path, readChannel(text)), due: Math.floor(stats.mtimeMs / 1000) };
  };
  const local = channel(paths.local);
  const remote = channel(paths.remote);
  return {
    ...birthOf(info),
    sender,
    local: local.records,
    remote: remote.records,
    due: {
      ...(local.due === undefined ? {} : { local: local.due }),
      ...(remote.due === undefined ? {} : { remote: remote.due }),
    },
    bounce: paths.bounce === undefined ? '' : textOf(paths.bounce).text,
  };
}
