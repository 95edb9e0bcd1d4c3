/**
 * What the sessions of one thread, or the deliveries of one command, share: resolver, clock, greeting.
 * Takes test variables from the environment it is given: $TQMAIL_DNS replaces the name servers, $TQMAIL_PORT_OFFSET moves
 * ports below 1024, $RES_OPTIONS (`timeout:N attempts:N`, as resolv.conf(5) has it) bounds the questions.
 */
import type { RemoteThread } from './connect.js';
import { Deadlines } from './deadlines.js';
import { DnsRecords } from './dns-records.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** The servers to ask, `address[:port]`; empty for the system's. */
export function nameServersOf(configured: readonly string[], env: Environment): readonly string[] {
  const given = env.TQMAIL_DNS ?? '';
  return given === '' ? configured : given.split(/[\s,]+/).filter((server) => server !== '');
}

/** Throws when a name server is not `address[:port]`. */
export function newThread(nameservers: readonly string[], greet: 'ehlo' | 'helo', env: Environment): RemoteThread {
  const offset = Number(env.TQMAIL_PORT_OFFSET ?? 0);
  const portOffset = Number.isInteger(offset) && offset >= 0 ? offset : 0;
  const timeout = option(env, 'timeout');
  const tries = option(env, 'attempts');
  const dns = new DnsRecords({
    nameservers,
    ...(timeout === undefined ? {} : { timeout: timeout * 1000 }),
    ...(tries === undefined ? {} : { tries }),
  });
  return { dns, deadlines: new Deadlines(), portOffset, greet };
}

/** The option's number, 1 to 30; undefined when it is absent or makes no sense. */
function option({ RES_OPTIONS }: Environment, name: string): number | undefined {
  const found = new RegExp(`(?:^|\\s)${name}:([0-9]{1,3})(?:\\s|$)`).exec(RES_OPTIONS ?? '')?.[1];
  return found === undefined ? undefined : Math.min(Math.max(Number(found), 1), 30);
}
