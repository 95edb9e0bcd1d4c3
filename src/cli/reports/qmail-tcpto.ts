/** qmail-tcpto: the hosts that did not answer, a line each (spec admin.md §4). */
import { readDeadHosts } from '../../store/dead-hosts-file.js';
import { type Call, complainTo, put } from '../call.js';
import { reason } from '../complain.js';
import { queueFolder } from '../home.js';
import { mustBeFolder } from './tcpto/folder.js';

const cannot = 111;

export async function run(call: Call): Promise<number> {
  const queue = queueFolder(call.home);
  try {
    mustBeFolder(queue);
    const now = Math.floor(Date.now() / 1000);
    for (const { address, count, when } of readDeadHosts(queue)) {
      if (count > 0) put(call, 1, `${address} timed out ${now - when} seconds ago; # recent timeouts: ${count}\n`);
    }
    return 0;
  } catch (error) {
    complainTo(call, `fatal: ${queue}: ${reason(error)}`);
    return cannot;
  }
}
