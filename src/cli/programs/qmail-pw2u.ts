/**
 * qmail-pw2u: a passwd file on descriptor 0 becomes users/assign on descriptor 1 (spec admin.md §6). The files in users/
 * choose and rename users.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { controlList } from '../../protocol/control-files.js';
import type { ByteString } from '../../protocol/mail.js';
import { type HomeCheck, listSubusers, listUsers, type UsersListOptions } from '../../protocol/users-list.js';
import { codeOf, octetPath } from '../../store/octet-path.js';
import { type Call, put } from '../call.js';
import { errorWords, Fatal, orFatal, permanent, temporary } from '../fatal.js';
import { readOptions } from '../getopt.js';
import { wholeText } from '../pieces.js';

const name = 'qmail-pw2u';
/** Octets of a passwd file; a longer one is refused. */
const longest = 256 * 1024 * 1024;

interface Words extends UsersListOptions {
  /** What a home that is missing means. */
  readonly missingHome: 'skip' | 'stop' | 'ignore';
}

export const run = (call: Call): Promise<number> =>
  orFatal(call, name, async () => {
    const words = wordsOf(call);
    const passwd = await wholeText(call, 0, longest).catch((error: unknown) => {
      throw new Fatal(temporary, `unable to read input: ${errorWords(error)}`);
    });
    if (passwd === undefined) throw new Fatal(permanent, `input is longer than ${longest} octets`);
    const list = (file: string): readonly ByteString[] | undefined => {
      const text = usersFile(call, file);
      return text === undefined ? undefined : controlList(new Map([[file, text]]), file);
    };
    const files = {
      include: list('include'),
      exclude: list('exclude'),
      mailnames: list('mailnames'),
      subusers: usersFile(call, 'subusers')?.split('\n'),
    };
    const { lines, users } = listUsers(passwd, files, words, homeCheck(words.missingHome));
    if (!users.has('alias')) throw new Fatal(temporary, 'unable to find alias user');
    output(call, lines);
    const subusers = listSubusers(files.subusers ?? [], users, words);
    if ('unknown' in subusers) throw new Fatal(temporary, `unable to find ${subusers.unknown} user for subuser`);
    output(call, `${subusers.lines}${usersFile(call, 'append') ?? ''}.\n`);
    return 0;
  });

function output(call: Call, text: ByteString): void {
  try {
    put(call, 1, text);
  } catch (error) {
    throw new Fatal(temporary, `unable to write output: ${errorWords(error)}`);
  }
}

function wordsOf(call: Call): Words {
  const read = readOptions(call.args, '/ohHuUC', 'c');
  if ('wrong' in read) throw new Fatal(permanent, '', `${name}: ${read.wrong}`);
  let words: Words = { missingHome: 'skip', upperCase: false, delimiter: '-', dash: '-' };
  for (const { letter, value } of read.options) {
    if (letter === 'o') words = { ...words, missingHome: 'skip' };
    else if (letter === 'h') words = { ...words, missingHome: 'stop' };
    else if (letter === 'H') words = { ...words, missingHome: 'ignore' };
    else if (letter === '/') words = { ...words, dash: '-/' };
    else if (letter === 'c') words = { ...words, delimiter: value.slice(0, 1) };
    else if (letter === 'C') words = { ...words, delimiter: '' };
    else words = { ...words, upperCase: letter === 'u' };
  }
  return words;
}

function usersFile(call: Call, file: string): ByteString | undefined {
  try {
    return readFileSync(join(call.home, 'users', file), 'latin1');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new Fatal(temporary, `unable to read users/${file}: ${errorWords(error)}`);
  }
}

/** A home counts when it is there and its user's. */
function homeCheck(missing: Words['missingHome']): HomeCheck {
  if (missing === 'ignore') return () => true;
  return (home, uid) => {
    try {
      return statSync(octetPath(home)).uid === uid;
    } catch (error) {
      if (missing === 'skip' && codeOf(error) === 'ENOENT') return false;
      throw new Fatal(temporary, `unable to stat ${home}`);
    }
  };
}
