/**
 * The real world for local deliveries of one process: clock, chance, programs, one view of homes.
 */
import { randomBytes } from 'node:crypto';
import { HomeFolders } from '../../store/home-folder.js';
import { secondsOf, systemClock } from '../kernel/clock.js';
import { Programs } from './program.js';
import type { LocalIo } from './request.js';

/** `environment` is what programs inherit, already filtered. */
export function localIo(environment: Readonly<Record<string, string>>, hostname: string, uid: number): LocalIo {
  const tag = randomBytes(8).toString('hex');
  let count = 0;
  return {
    homes: new HomeFolders(systemClock.monotonic),
    programs: new Programs(),
    environment,
    hostname,
    uid,
    now: () => secondsOf(systemClock),
    chance: () => `${tag}N${++count}`,
  };
}
