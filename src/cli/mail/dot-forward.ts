/**
 * `|dot-forward file...` in .qmail: forwards as .forward files say (spec companions.md §5). The first file that is there and
 * not empty counts; when it names the user himself the next line of .qmail has its turn, else the file is over (99).
 */

import { readFile } from 'node:fs/promises';
import { type AliasWord, aliasWords, inOrder, isNobody } from '../../protocol/aliases/alias-words.js';
import type { ByteString } from '../../protocol/mail.js';
import type { Rewrite } from '../../protocol/message/rewrite.js';
import { codeOf, octetPath } from '../../store/octet-path.js';
import { type Call, type Command, complainTo } from '../call.js';
import { errorWords, Fatal, needed, orFatal, permanent, temporary, wrongUsage } from '../fatal.js';
import { readOptions } from '../getopt.js';
import { forwardTo, runShell } from './aliases/deliver.js';
import { homeRewrite } from './aliases/files.js';

const name = 'dot-forward';
const usage = wrongUsage(name, '[ -nN ] file ...');
const fileIsOver = 99;

interface Plan {
  readonly recipients: readonly ByteString[];
  readonly programs: readonly ByteString[];
  /** What is done with each, in order, for people. */
  readonly steps: readonly ByteString[];
  /** The user is one of them. */
  readonly direct: boolean;
}

/** The words of a file; lines that begin with `#` are comments, and mail to nobody is none, or a file of `<>` would lose it. */
function wordsOf(text: ByteString, rewrite: Rewrite): AliasWord[] {
  return text.split('\n').flatMap((line) => {
    if (line.startsWith('#')) return [];
    const words = aliasWords(line.trim(), rewrite);
    if (words === undefined) throw new Fatal(temporary, `unable to parse this line: ${line}`);
    return inOrder(words).filter((word) => !isNobody(word));
  });
}

function planOf(call: Call, words: readonly AliasWord[]): Plan {
  const user = needed(call, 'USER', permanent).toLowerCase();
  const self = [user, `${user}@${needed(call, 'HOST', permanent).toLowerCase()}`];
  const recipients: ByteString[] = [];
  const programs: ByteString[] = [];
  const steps: ByteString[] = [];
  let direct = false;
  for (const word of words) {
    if (word.tag === 'file' || word.tag === 'include') throw new Fatal(temporary, `file delivery ${word.file} not supported`);
    if (word.tag === 'program') {
      programs.push(word.program);
      steps.push(`pipe through ${word.program}`);
    } else if (self.includes(word.bare.toLowerCase())) direct = true;
    else {
      recipients.push(word.address);
      steps.push(`forward ${word.address}`);
    }
  }
  return { recipients, programs, steps, direct };
}

/** Undefined: no file. */
async function textOf(file: ByteString): Promise<ByteString | undefined> {
  try {
    return await readFile(octetPath(file), 'latin1');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new Fatal(temporary, `unable to read ${file}: ${errorWords(error)}`);
  }
}

async function carryOut(call: Call, { recipients, programs }: Plan): Promise<void> {
  const front = needed(call, 'DTLINE', permanent);
  for (const program of programs) {
    await runShell(call, program, `${needed(call, 'UFLINE', permanent)}${needed(call, 'RPLINE', permanent)}${front}`);
  }
  if (recipients.length > 0) await forwardTo(call, `${name}: info:`, needed(call, 'NEWSENDER', permanent), recipients, front);
}

function describe(call: Call, { steps, direct }: Plan): void {
  for (const step of steps) complainTo(call, step);
  if (direct) complainTo(call, 'direct delivery');
}

function options(call: Call): { readonly only: boolean; readonly files: readonly ByteString[] } {
  const read = readOptions(call.args, 'nN', '');
  if ('wrong' in read) {
    complainTo(call, `${name}: ${read.wrong}`);
    throw usage;
  }
  if (read.rest.length === 0) throw usage;
  return { only: read.options.at(-1)?.letter === 'n', files: read.rest };
}

export const run: Command = (call) =>
  orFatal(call, name, async () => {
    const { only, files } = options(call);
    const rewrite = await homeRewrite(call);
    for (const file of files) {
      const text = await textOf(file);
      if (text === undefined) continue;
      const words = wordsOf(text, rewrite);
      if (words.length === 0) {
        if (only) complainTo(call, `skipping empty file ${file}`);
        continue;
      }
      const plan = planOf(call, words);
      if (only) describe(call, plan);
      else await carryOut(call, plan);
      return plan.direct ? 0 : fileIsOver;
    }
    if (only) complainTo(call, 'direct delivery');
    return 0;
  });
