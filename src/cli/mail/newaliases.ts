/**
 * `newaliases [file]`: compiles /etc/aliases, or that file, into FILE.cdb for fastforward. A faulty file leaves the old
 * database in use.
 */
import { aliasRecords } from '../../protocol/aliases/alias-file.js';
import { cdbWrite } from '../../protocol/cdb.js';
import type { Command } from '../call.js';
import { orFatal, temporary, wrongUsage } from '../fatal.js';
import { homeRewrite, replace, sourceOctets, understood } from './aliases/files.js';

const usual = '/etc/aliases';

export const run: Command = (call) =>
  orFatal(call, 'newaliases', async () => {
    const [source = usual, ...more] = call.args;
    if (more.length > 0 || source.startsWith('-')) throw wrongUsage('newaliases', '[ file ]');
    const rewrite = await homeRewrite(call);
    const text = (await sourceOctets(source)).toString('latin1');
    const records = understood(temporary, () => aliasRecords(text, rewrite));
    await replace(`${source}.cdb`, `${source}.tmp`, cdbWrite(records));
    return 0;
  });
