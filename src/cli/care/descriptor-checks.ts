/** The limit on open files, of the running server or of whoever would start it: connections and the queue need them. */
import { descriptorLimit, leastDescriptors } from '../../actors/kernel/descriptors.js';
import { type CheckLine, doubtful, fault, fine } from './check-line.js';

const what = 'open files';
const raise = 'raise the limit (ulimit -n; LimitNOFILE= in a systemd unit)';

/** `most`: connections that the settings ask for, undefined for as many as the limit gives. `pid`: the node, when one runs. */
export function descriptorCheck(most: number | undefined, pid: number | 'self'): CheckLine {
  const limit = descriptorLimit(pid);
  if (limit < leastDescriptors) return fault(what, `${limit} are allowed, a server needs ${leastDescriptors}; ${raise}`);
  const room = Math.floor((limit * 3) / 4);
  if (most !== undefined && most > room)
    return doubtful(
      what,
      `${limit} are allowed, so at most ${room} connections and not ${most} (control/concurrencyincoming, max=); ${raise}`,
    );
  return fine(what, `${limit} are allowed${pid === 'self' ? ' here' : ''}`);
}
