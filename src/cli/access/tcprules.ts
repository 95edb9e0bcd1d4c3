/**
 * `tcprules CDB TMP < RULES`: compiles access rules (spec companions.md §1.2). The compiled file is replaced as a whole,
 * or stays as it was.
 */
import { resolve } from 'node:path';
import { cdbWrite } from '../../protocol/cdb.js';
import { errnoText } from '../../protocol/errno-text.js';
import { compileRules } from '../../protocol/tcprules-compile.js';
import { NotReplaced, replaceFile, writeWhole } from '../../store/replaced-file.js';
import type { Call } from '../call.js';
import { errorWords, Fatal, orFatal, permanent, temporary, wrongUsage } from '../fatal.js';
import { wholeText } from '../pieces.js';

const mode = 0o644;
/** Octets of a source; more is no table of rules. */
const longestSource = 256 * 1024 * 1024;

export const run = (call: Call): Promise<number> =>
  orFatal(call, 'tcprules', async () => {
    const [target, temporaryFile] = call.args;
    if (target === undefined || temporaryFile === undefined) throw wrongUsage('tcprules', 'rules.cdb rules.tmp');
    const compiled = compileRules(await source(call));
    if ('wrong' in compiled) throw new Fatal(permanent, `unable to parse this line: ${compiled.wrong}`);
    try {
      const octets = (path: string): Buffer => Buffer.from(resolvedOctets(path), 'latin1');
      await replaceFile(octets(target), octets(temporaryFile), mode, (file) => writeWhole(file, cdbWrite(compiled.records)));
    } catch (error) {
      if (!(error instanceof NotReplaced)) throw error;
      const what = { open: 'create', write: 'write', move: 'move' }[error.step];
      const where = error.step === 'move' ? `${temporaryFile} to ${target}` : temporaryFile;
      throw new Fatal(temporary, `unable to ${what} ${where}: ${errnoText(error.code)}`);
    }
    return 0;
  });

/** Absolute, octets as latin1. */
const resolvedOctets = (path: string): string =>
  path.startsWith('/') ? path : `${Buffer.from(resolve('.')).toString('latin1')}/${path}`;

async function source(call: Call): Promise<string> {
  const text = await wholeText(call, 0, longestSource).catch((error: unknown) => {
    throw new Fatal(temporary, `unable to read input: ${errorWords(error)}`);
  });
  if (text === undefined) throw new Fatal(permanent, `more than ${longestSource} octets of rules`);
  return text;
}
