/**
 * `tcp-env [-rR] [-t seconds] program [argument...]`: tells a program started by inetd about its connection in the
 * variables that tcpserver sets (spec mail-commands.md), then becomes it.
 */
import type { ByteString } from '../../protocol/mail.js';
import { type Call, complainTo } from '../call.js';
import { exitCodeOf, runProgram } from '../child/program.js';
import { Fatal, orFatal, temporary } from '../fatal.js';
import { readOptions } from '../getopt.js';

const defaultSeconds = 30;
const longestSeconds = 86_400;

interface Words {
  /** Undefined: ident is not asked. */
  readonly identSeconds: number | undefined;
  readonly program: readonly ByteString[];
}

export const run = (call: Call): Promise<number> =>
  orFatal(call, 'tcp-env', async () => {
    const words = wordsOf(call);
    // Somebody told already.
    const env = call.env.get('PROTO') === 'TCP' ? call.env : await connectionVariables(call, words.identSeconds);
    const end = await runProgram(call, words.program, { env });
    const code = exitCodeOf(end);
    if (code === undefined) throw new Fatal(temporary, `unable to run ${words.program[0]}`);
    return code;
  });

function wordsOf(call: Call): Words {
  const read = readOptions(call.args, 'rR', 't');
  if ('wrong' in read) complainTo(call, `tcp-env: ${read.wrong}`);
  if ('wrong' in read || read.rest.length === 0) {
    throw new Fatal(temporary, '', 'tcp-env: usage: tcp-env [ -rR ] [ -ttimeout ] program [ arg ... ]');
  }
  let asks = true;
  let seconds = defaultSeconds;
  for (const { letter, value } of read.options) {
    if (letter === 't') seconds = Math.min(Number(/^\d{1,9}/.exec(value)?.[0] ?? defaultSeconds), longestSeconds);
    else asks = letter === 'r';
  }
  return { identSeconds: asks ? seconds : undefined, program: read.rest };
}

async function connectionVariables(call: Call, identSeconds: number | undefined): Promise<Map<string, ByteString>> {
  const { tcpEnds } = await import('../peer/tcp-ends.js');
  const ends = tcpEnds(call.descriptor(0));
  if (ends === undefined) throw new Fatal(temporary, 'descriptor 0 is not a TCP connection');
  const { hostNames } = await import('../peer/host-name.js');
  const nameOf = await hostNames(call);
  const variables = new Map(call.env);
  for (const name of ['TCPLOCALHOST', 'TCPREMOTEHOST', 'TCPREMOTEINFO']) variables.delete(name);
  variables.set('PROTO', 'TCP');
  for (const [which, end] of [
    ['LOCAL', ends.local],
    ['REMOTE', ends.remote],
  ] as const) {
    variables.set(`TCP${which}IP`, end.address);
    variables.set(`TCP${which}PORT`, String(end.port));
    const host = await nameOf(end.address);
    if (host !== 'none') variables.set(`TCP${which}HOST`, host === 'later' ? 'softdnserror' : host.name);
  }
  if (identSeconds === undefined) return variables;
  const { askIdent } = await import('../../actors/net/ask-ident.js');
  const offset = Number(call.env.get('TQMAIL_PORT_OFFSET') ?? 0);
  const info = await askIdent(ends, identSeconds, Number.isInteger(offset) && offset >= 0 ? offset : 0);
  if (info !== undefined) variables.set('TCPREMOTEINFO', info);
  return variables;
}
