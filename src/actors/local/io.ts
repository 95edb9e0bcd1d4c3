/**
 * The real world for local deliveries of one process: clock, chance, programs, one view of homes.
 */
import { randomBytes } from 'node:crypto';
import type { ByteString } from '../../protocol/mail.js';
import { HomeFolders } from '../../store/home-folder.js';
import { secondsOf, systemClock } from '../kernel/clock.js';
import { Programs } from './program.js';
import type { LocalIo } from './request.js';

/** Environment values come from Node as text: the octets of their UTF-8 form. */
function inOctets(environment: Readonly<Record<string, string>>): Record<string, ByteString> {
  const octets: Record<string, ByteString> = {};
  for (const [name, value] of Object.entries(environment)) octets[name] = Buffer.from(value, 'utf8').toString('latin1');
  return octets;
}

/** `environment` is what programs inherit, already filtered. */
export function localIo(environment: Readonly<Record<string, string>>, hostname: string, uid: number): LocalIo {
  const tag = randomBytes(8).toString('hex');
  let count = 0;
  return {
    homes: new HomeFolders(systemClock.monotonic),
    programs: new Programs(),
    environment: inOctets(environment),
    hostname,
    uid,
    now: () => secondsOf(systemClock),
    chance: () => `${tag}N${++count}`,
  };
}
