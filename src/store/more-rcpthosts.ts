/**
 * control/morercpthosts.cdb: further domains that SMTP takes mail for, too many for control/rcpthosts (spec smtpd.md §2.4).
 * Kept in memory, read again when qmail-newmrh replaced it.
 */
import { join } from 'node:path';
import { fromByteString } from '../protocol/bytes.js';
import { cdbGet } from '../protocol/cdb.js';
import type { HostListed } from '../protocol/relay.js';
import { ParsedFile } from './parsed-file.js';

const lookMs = 1_000;

/** Says whether a lower-case key is listed; without the file nothing is. Throws when it cannot be read or is damaged. */
export function moreRcptHosts(home: string, clock: () => number): HostListed {
  const file = new ParsedFile(join(home, 'control', 'morercpthosts.cdb'), (bytes) => bytes, { ms: lookMs, clock });
  return (key) => {
    const table = file.current();
    if (table === undefined) return false;
    const answer = cdbGet(table, fromByteString(key));
    if (answer.tag === 'damaged') throw new Error('control/morercpthosts.cdb is damaged; make it anew with qmail-newmrh');
    return answer.tag === 'found';
  };
}
