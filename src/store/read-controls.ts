/**
 * Reads files of a home's control/ folder as latin1 text. A file that does not exist is absent from
 * the answer; one that exists and cannot be read is a problem, never a default (spec control.md).
 * Knows nothing of what the files mean, and loads nothing that does: every command begins with it. Waits for the disk as
 * long as it reads, which for files that are read once and at a reload is shorter than a way through the thread pool.
 */
import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlFiles } from '../protocol/control-files.js';
import type { SettingsProblem } from '../protocol/settings.js';

/** Largest control file in octets: room for a million host names, and a bound for a file that went wild. */
const maxControlFile = 64 * 1024 * 1024;

export interface ControlDir {
  readonly files: ControlFiles;
  /** One a file that exists and could not be read, in the order of `names`. */
  readonly problems: readonly SettingsProblem[];
}

/** The code of a system error (`EACCES`), or its text. */
function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : String(error);
}

/** The whole file, or why it cannot be used. */
function readBounded(fd: number): { readonly text: string } | { readonly wrong: string } {
  const status = fstatSync(fd);
  if (!status.isFile()) return { wrong: 'it is not a regular file; replace it by one' };
  if (status.size > maxControlFile)
    return { wrong: `it has ${status.size} octets, at most ${maxControlFile} are read; shorten it` };
  const bytes = Buffer.allocUnsafe(status.size);
  let length = 0;
  while (length < bytes.length) {
    const read = readSync(fd, bytes, length, bytes.length - length, length);
    if (read === 0) break;
    length += read;
  }
  return { text: bytes.toString('latin1', 0, length) };
}

type Reading = { readonly name: string; readonly text?: string; readonly wrong?: string };

function readOne(folder: string, name: string): Reading {
  let fd: number | undefined;
  try {
    // Without O_NONBLOCK opening a named pipe would wait for its writer.
    fd = openSync(join(folder, name), constants.O_RDONLY | constants.O_NONBLOCK);
    return { name, ...readBounded(fd) };
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return { name };
    return { name, wrong: `it cannot be read (${code}); make it readable for this program (mode 644), or remove it` };
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Undefined when the folder is there; else what to say about it. */
function folderProblem(folder: string): SettingsProblem | undefined {
  try {
    if (statSync(folder).isDirectory()) return undefined;
    return {
      file: 'control',
      line: 0,
      text: `${folder} is not a folder; replace it by one, or give another home with --home DIR`,
    };
  } catch (error) {
    return {
      file: 'control',
      line: 0,
      text: `${folder} cannot be opened (${codeOf(error)}); create a home with tqmail init, or name it with --home DIR`,
    };
  }
}

/** Reads the named files below `home`/control. Never throws for what it finds there. */
export async function readControls(home: string, names: readonly string[]): Promise<ControlDir> {
  const folder = join(home, 'control');
  const missing = folderProblem(folder);
  if (missing !== undefined) return { files: new Map(), problems: [missing] };
  const readings = names.map((name) => readOne(folder, name));
  const files = new Map<string, string>();
  const problems: SettingsProblem[] = [];
  for (const { name, text, wrong } of readings) {
    if (text !== undefined) files.set(name, text);
    else if (wrong !== undefined) problems.push({ file: `control/${name}`, line: 0, text: wrong });
  }
  return { files, problems };
}
