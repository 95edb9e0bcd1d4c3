/**
 * Sources and results of the alias commands: read whole, replaced whole.
 */
import { readFileSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { BadAliases } from '../../../protocol/aliases/commands.js';
import { type ControlFiles, controlLineOrMe } from '../../../protocol/control-files.js';
import { errnoText } from '../../../protocol/errno-text.js';
import type { ByteString } from '../../../protocol/mail.js';
import { type Rewrite, rewriter } from '../../../protocol/message/rewrite.js';
import { octetPath } from '../../../store/octet-path.js';
import { readControls } from '../../../store/read-controls.js';
import { NotReplaced, replaceFile, writeWhole } from '../../../store/replaced-file.js';
import type { Call } from '../../call.js';
import { errorWords, Fatal, permanent, temporary } from '../../fatal.js';
import { wholeText } from '../../pieces.js';

const readable = 0o644;
/** Octets of a source. */
const most = 256 * 1024 * 1024;

/** All of a file; its absence and every other trouble ends the command. */
export async function sourceOctets(path: ByteString): Promise<Buffer> {
  return readFile(octetPath(path)).catch((error: unknown) => {
    throw new Fatal(temporary, `unable to read ${path}: ${errorWords(error)}`);
  });
}

/** All of descriptor 0. */
export async function inputText(call: Call): Promise<ByteString> {
  const text = await wholeText(call, 0, most).catch((error: unknown) => {
    throw new Fatal(temporary, `unable to read input: ${errorWords(error)}`);
  });
  if (text === undefined) throw new Fatal(temporary, `input is longer than ${most} octets`);
  return text;
}

/** What the source says, or the end of the command with `exitCode`. */
export function understood<T>(exitCode: number, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof BadAliases) throw new Fatal(exitCode, error.message);
    throw error;
  }
}

const absolute = (path: ByteString): ByteString =>
  path.startsWith('/') ? path : `${Buffer.from(process.cwd()).toString('latin1')}/${path}`;

/** Puts it in the place of `target` by way of `aside`, for everybody to read. */
export async function replace(target: ByteString, aside: ByteString, octets: Uint8Array): Promise<void> {
  await replaceFile(octetPath(absolute(target)), octetPath(absolute(aside)), readable, (file) => writeWhole(file, octets)).catch(
    (error: unknown) => {
      if (!(error instanceof NotReplaced)) throw error;
      const what = error.step === 'move' ? `move ${aside} to ${target}` : `create ${aside}`;
      throw new Fatal(temporary, `unable to ${what}: ${errnoText(error.code)}`);
    },
  );
}

/** Completes addresses with the hosts of the home. */
export async function homeRewrite(call: Call): Promise<Rewrite> {
  const { files, problems } = await readControls(call.home, ['me', 'defaulthost', 'defaultdomain', 'plusdomain']);
  if (problems.length > 0) throw new Fatal(temporary, 'unable to read control files');
  return rewriteOf(files);
}

function rewriteOf(files: ControlFiles): Rewrite {
  // A home without any name calls itself by the file's, as qmail-inject does.
  const host = (name: string): ByteString => controlLineOrMe(files, name) ?? name;
  const rewrite = rewriter({
    defaulthost: host('defaulthost'),
    defaultdomain: host('defaultdomain'),
    plusdomain: host('plusdomain'),
  });
  if (typeof rewrite !== 'function') throw new Fatal(permanent, `unable to parse this line: ${rewrite.wrong}`);
  return rewrite;
}

/** A list that another user may own: only what everybody may read is read. */
export function listOctets(path: ByteString): Uint8Array {
  try {
    if ((statSync(octetPath(path)).mode & 0o004) === 0) throw new Fatal(temporary, `${path} is not world-readable`);
    return readFileSync(octetPath(path));
  } catch (error) {
    if (error instanceof Fatal) throw error;
    throw new Fatal(temporary, `unable to read ${path}: ${errorWords(error)}`);
  }
}
