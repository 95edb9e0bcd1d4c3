/** Name servers: whether they answer, and whether they know the name of this server. */
import { Resolver } from 'node:dns/promises';
import type { Settings } from '../../protocol/settings.js';
import { errorCode } from '../complain.js';
import { type CheckLine, doubtful, fault, fine } from './check-line.js';

/** Answers that mean: the server works, there is no such name. */
const noSuchName: readonly string[] = ['ENOTFOUND', 'ENODATA'];

export async function* nameServerChecks({ nameservers, me }: Settings): AsyncGenerator<CheckLine> {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  const fromTest = (process.env.TQMAIL_DNS ?? '').split(/[\s,]+/).filter((server) => server !== '');
  const servers = fromTest.length > 0 ? fromTest : nameservers;
  try {
    if (servers.length > 0) resolver.setServers(servers);
  } catch {
    yield fault('name servers', `control/nameservers: ${servers.join(' ')} are no addresses`);
    return;
  }
  const shown = resolver.getServers().join(' ');
  const [ipv4, ipv6] = await Promise.all([outcome(resolver.resolve4(me)), outcome(resolver.resolve6(me))]);
  const silent = [ipv4, ipv6].find((code) => code !== undefined && !noSuchName.includes(code));
  if (ipv4 === undefined || ipv6 === undefined) yield fine('name servers', `${shown} know ${me}`);
  else if (silent === undefined)
    yield doubtful('name servers', `${shown} know no address of ${me} (control/me): others may refuse its mail`);
  else yield fault('name servers', `${shown}: ${silent}: mail to other hosts is deferred until they answer`);
}

/** The error code, undefined when there was an answer. */
function outcome(asked: Promise<unknown>): Promise<string | undefined> {
  return asked.then(
    () => undefined,
    (error: unknown) => errorCode(error) ?? String(error),
  );
}
