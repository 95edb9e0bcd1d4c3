/**
 * `tcprulescheck CDB`: says what a compiled rules file does with the client in $TCPREMOTEIP, $TCPREMOTEHOST and
 * $TCPREMOTEINFO (spec companions.md §1.2). `tcprulescheck CDB ADDRESS [HOST [INFO]]` names the client itself.
 */
import { readFileSync } from 'node:fs';
import { cdbLookup, firstRule } from '../../protocol/tcprules-lookup.js';
import { octetPath } from '../../store/octet-path.js';
import { type Call, put } from '../call.js';
import { errorWords, Fatal, orFatal, permanent, temporary, wrongUsage } from '../fatal.js';

export const run = (call: Call): Promise<number> =>
  orFatal(call, 'tcprulescheck', async () => {
    const [file, ip, host, info] = call.args;
    if (file === undefined) throw wrongUsage('tcprulescheck', 'rules.cdb [ address [ host [ info ] ] ]');
    const { env } = call;
    const client = {
      ip: ip ?? env.get('TCPREMOTEIP') ?? '0.0.0.0',
      host: ip === undefined ? env.get('TCPREMOTEHOST') : host,
      info: ip === undefined ? env.get('TCPREMOTEINFO') : info,
    };
    const found = firstRule(client, cdbLookup(rulesIn(file)));
    if (found?.rule === 'damaged') throw new Fatal(temporary, `unable to read ${file}: it is damaged or no rules file`);
    if (found === undefined) {
      put(call, 1, 'default:\nallow connection\n');
      return 0;
    }
    const { allow, variables } = found.rule;
    const set = [...variables].map(([name, value]) => `set environment variable ${name}=${value}\n`).join('');
    put(call, 1, `rule ${found.key}:\n${allow ? `${set}allow` : 'deny'} connection\n`);
    return allow ? 0 : permanent;
  });

function rulesIn(file: string): Uint8Array {
  try {
    return readFileSync(octetPath(file));
  } catch (error) {
    throw new Fatal(temporary, `unable to read ${file}: ${errorWords(error)}`);
  }
}
