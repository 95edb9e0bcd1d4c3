/**
 * `rblsmtpd [-bBcCR] [-t seconds] [-r zone] [-a zone] program [argument...]`: keeps clients that DNS lists name away from
 * an SMTP server (spec companions.md §1.3), or becomes that server. Without -r nobody is looked up: the list that it
 * once had of its own is gone.
 */
import { type Block, isZone, type ListSource, ordered } from '../../protocol/block-list.js';
import { errnoText } from '../../protocol/errno-text.js';
import type { ByteString } from '../../protocol/mail.js';
import { type Call, complainTo } from '../call.js';
import { exitCodeOf, runProgram } from '../child/program.js';
import { Fatal, orFatal, permanent, temporary, wrongUsage } from '../fatal.js';
import { readOptions } from '../getopt.js';
import { limitedSmtp } from './parts/limited-smtp.js';

interface Words {
  readonly sources: readonly ListSource[];
  readonly hard: boolean;
  readonly failClosed: boolean;
  readonly seconds: number;
  readonly program: readonly ByteString[];
}

const defaultSeconds = 60;
const longestSeconds = 86_400;

export const run = (call: Call): Promise<number> =>
  orFatal(call, 'rblsmtpd', async () => {
    const words = wordsOf(call);
    const block = await blockFor(call, words);
    if (block !== undefined) {
      await limitedSmtp(call, block, words.seconds);
      return 0;
    }
    const end = await runProgram(call, words.program);
    if (end.tag === 'unstarted') throw new Fatal(temporary, `unable to run ${words.program[0]}: ${errnoText(end.code)}`);
    return exitCodeOf(end) ?? temporary;
  });

async function blockFor(call: Call, { sources, hard, failClosed, seconds }: Words): Promise<Block | undefined> {
  // -b is about what the lists say; the variable says itself whether it is for good.
  const order = ordered(call.env.get('RBLSMTPD'), false);
  if (order !== undefined) return order === 'pass' ? undefined : order;
  const ip = call.env.get('TCPREMOTEIP');
  if (sources.length === 0 || ip === undefined) return undefined;
  const [{ askLists }, { DnsCache }, { nameServers }] = await Promise.all([
    import('../../actors/net/block-lists.js'),
    import('../../actors/net/dns-cache.js'),
    import('../peer/host-name.js'),
  ]);
  const clock = (): number => performance.now();
  const dns = new DnsCache({ nameservers: nameServers(call), patienceMs: seconds * 1000, clock });
  return askLists(ip, { sources, hard, failClosed }, dns);
}

function wordsOf(call: Call): Words {
  const usage = wrongUsage('rblsmtpd', '[ -bBcCR ] [ -t timeout ] [ -r base ] [ -a base ] smtpd [ arg ... ]');
  const read = readOptions(call.args, 'bBcCR', 'tra');
  if ('wrong' in read) complainTo(call, `rblsmtpd: ${read.wrong}`);
  if ('wrong' in read || read.rest.length === 0) throw usage;
  const sources: ListSource[] = [];
  let [hard, failClosed, seconds] = [false, false, defaultSeconds];
  for (const { letter, value } of read.options) {
    if (letter === 't') seconds = Math.max(1, Math.min(Number(/^\d{1,9}/.exec(value)?.[0] ?? defaultSeconds), longestSeconds));
    else if (letter === 'r' || letter === 'a') {
      if (!isZone(value)) throw new Fatal(permanent, `${value} is no zone of a list`);
      sources.push(letter === 'r' ? { kind: 'block', zone: value, by: 'TXT' } : { kind: 'allow', zone: value, by: 'A' });
    } else if (letter === 'c' || letter === 'C') failClosed = letter === 'c';
    else if (letter !== 'R') hard = letter === 'b';
  }
  return { sources, hard, failClosed, seconds, program: read.rest };
}
