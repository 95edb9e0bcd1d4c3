/** qmail-tcpok: forgets which hosts did not answer, so that they are tried at once (spec admin.md §4). */
import { writeDeadHosts } from '../../store/dead-hosts-file.js';
import { type Call, complainTo } from '../call.js';
import { reason } from '../complain.js';
import { queueFolder } from '../home.js';
import { mustBeFolder } from './tcpto/folder.js';

const cannot = 111;

export async function run(call: Call): Promise<number> {
  const queue = queueFolder(call.home);
  try {
    mustBeFolder(queue);
    writeDeadHosts(queue, []);
    return 0;
  } catch (error) {
    complainTo(call, `fatal: ${queue}: ${reason(error)}`);
    return cannot;
  }
}
