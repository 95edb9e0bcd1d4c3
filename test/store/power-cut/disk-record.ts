/**
 * The record of what a process did to a disk: every write, flush, new and removed file below a folder, in the order of the
 * system calls, as strace tells it. Reads text; knows no queue.
 */

/** Places in the record: a call was begun and was over. */
interface Span {
  readonly begun: number;
  readonly over: number;
}

export interface Write extends Span {
  readonly kind: 'write';
  readonly path: string;
  readonly at: number;
  readonly bytes: Buffer;
  /** Its own flush: the descriptor was opened so. */
  readonly flushed: boolean;
}

export interface Flush extends Span {
  readonly kind: 'flush';
  /** Of a file: its content. Of a folder: the names in it. */
  readonly path: string;
}

export interface Name extends Span {
  readonly kind: 'made' | 'removed';
  readonly path: string;
}

/** Something written to standard output. */
export interface Said extends Span {
  readonly kind: 'said';
  readonly text: string;
}

export type DiskEvent = Write | Flush | Name | Said;

/** What strace has to be asked for. */
export const recordOptions: readonly string[] = ['-f', '--seccomp-bpf', '-xx', '-y', '-s', '1000000'];
export const recordedCalls = 'openat,lseek,write,writev,pwrite64,pwritev,fsync,fdatasync,ftruncate,unlink';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex');
const name = (text: string): string => hex(text).toString('latin1');

interface Call extends Span {
  readonly call: string;
  readonly args: string;
  readonly result: string;
}

/** Whole calls, those that were interrupted by others put together. */
function* callsOf(text: string): Generator<Call> {
  const open = new Map<string, { readonly begun: number; readonly start: string }>();
  let place = 0;
  for (const line of text.split('\n')) {
    place += 1;
    const [, thread = '', said = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (said.endsWith(' <unfinished ...>')) {
      open.set(thread, { begun: place, start: said.slice(0, -' <unfinished ...>'.length) });
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(said)?.[0];
    const before = resumed === undefined ? undefined : open.get(thread);
    const whole = before === undefined ? said : before.start + said.slice(resumed?.length);
    const [, call = '', args = '', result] = /^(\w+)\((.*)\)\s+= ([^=]*)$/.exec(whole) ?? [];
    if (result !== undefined) yield { call, args: args.trimEnd(), result, begun: before?.begun ?? place, over: place };
  }
}

interface Opened {
  readonly flushed: boolean;
  position: number;
}

/** The events in and below `folder` (with a final slash), and what was said. */
export function diskEvents(text: string, folder: string): DiskEvent[] {
  const events: DiskEvent[] = [];
  const opened = new Map<string, Opened>();
  for (const call of callsOf(text)) if (!call.result.startsWith('-1')) addEvent(call, folder, opened, events);
  return events;
}

function addEvent(
  { call, args, result, begun, over }: Call,
  folder: string,
  opened: Map<string, Opened>,
  events: DiskEvent[],
): void {
  const span = { begun, over };
  if (call === 'openat') {
    const [, fd = '', path = ''] = /^(\d+)<(.*?)>/.exec(result) ?? [];
    opened.set(fd, { flushed: /O_D?SYNC/.test(args), position: 0 });
    if (args.includes('O_CREAT') && name(path).startsWith(folder)) events.push({ kind: 'made', path: name(path), ...span });
    return;
  }
  if (call === 'unlink') {
    const path = name(/^"(.*?)"/.exec(args)?.[1] ?? '');
    if (path.startsWith(folder)) events.push({ kind: 'removed', path, ...span });
    return;
  }
  const [, fd = '', hexPath = ''] = /^(\d+)<(.*?)>/.exec(args) ?? [];
  const path = name(hexPath);
  const file = opened.get(fd) ?? { flushed: false, position: 0 };
  if (fd === '1' && call === 'write') events.push({ kind: 'said', text: bytesOf(args).toString('latin1'), ...span });
  if (call === 'lseek') file.position = Number(result);
  if (!`${path}/`.startsWith(folder)) return;
  if (call === 'fsync' || call === 'fdatasync') events.push({ kind: 'flush', path, ...span });
  if (!/write/.test(call)) return;
  const bytes = bytesOf(args).subarray(0, Number(result));
  const placed = call.startsWith('p') ? Number(/(\d+)$/.exec(args)?.[1]) : file.position;
  if (!call.startsWith('p')) file.position += bytes.length;
  events.push({ kind: 'write', path, at: placed, bytes, flushed: file.flushed, ...span });
}

/** All octets of a call with one buffer or several. */
function bytesOf(args: string): Buffer {
  return Buffer.concat([...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, text = '']) => hex(text)));
}
