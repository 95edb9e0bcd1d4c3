/**
 * `maildirmake name`: a new Maildir with its three folders, mode 0700. Only the first word counts, as in qmail.
 */
import { mkdir } from 'node:fs/promises';
import { octetPath } from '../../store/octet-path.js';
import type { Call } from '../call.js';
import { errorWords, Fatal, orFatal, temporary, wrongUsage } from '../fatal.js';

export const run = (call: Call): Promise<number> =>
  orFatal(call, 'maildirmake', async () => {
    const [name] = call.args;
    if (name === undefined) throw wrongUsage('maildirmake', 'name');
    for (const path of [name, `${name}/tmp`, `${name}/new`, `${name}/cur`]) {
      await mkdir(octetPath(path), 0o700).catch((error: unknown) => {
        throw new Fatal(temporary, `unable to mkdir ${path}: ${errorWords(error)}`);
      });
    }
    return 0;
  });
