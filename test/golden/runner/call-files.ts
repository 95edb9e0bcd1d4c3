/**
 * The descriptors of one invocation as files in a folder of its own: what it reads is written before, what it writes is
 * read afterwards. Files, because they are the same for a process and for a pooled call, and seekable as recorded.
 */
import { chmodSync, chownSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ended, Invocation } from './adapter.js';

export interface CallFiles {
  /** Number and path of each descriptor. */
  readonly reads: readonly (readonly [number, string])[];
  readonly writes: readonly (readonly [number, string])[];
}

export function layOut(folder: string, { input = '', reads = {}, writes = [1, 2], uid, gid }: Invocation): CallFiles {
  const place = mkdtempSync(join(folder, 'call-'));
  chmodSync(place, 0o755);
  const file = (n: number, kind: string, content: string): readonly [number, string] => {
    const path = join(place, `${kind}${n}`);
    writeFileSync(path, content, 'latin1');
    if (process.getuid?.() === 0 && uid !== undefined) chownSync(path, uid, gid ?? uid);
    return [n, path];
  };
  const contents = Object.entries({ 0: input, ...reads });
  return {
    reads: contents.map(([n, content]) => file(Number(n), 'read', content)),
    writes: writes.map((n) => file(n, 'write', '')),
  };
}

export function readBack({ writes }: CallFiles, exit: number): Ended {
  const texts = new Map(writes.map(([n, path]) => [n, readFileSync(path, 'latin1')]));
  const written = (n: number): string => texts.get(n) ?? '';
  return { exit, stdout: written(1), stderr: written(2), written };
}
