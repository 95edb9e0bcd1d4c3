/**
 * `sendmail -bs`: qmail-smtpd on descriptors 0 and 1, for the one who called and may relay (spec inject.md §6).
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Call, complainTo } from '../call.js';
import { textEnvironment } from '../octets.js';

const temporary = 111;
const program = fileURLToPath(new URL('../../../../bin/qmail-smtpd', import.meta.url));
const client = {
  PROTO: 'TCP',
  TCPLOCALIP: '127.0.0.1',
  TCPLOCALHOST: 'localhost',
  TCPREMOTEIP: '127.0.0.1',
  TCPREMOTEHOST: 'localhost',
  TCPREMOTEINFO: 'sendmail-bs',
};

export function run(call: Call): Promise<number> {
  const known = call.env.has('PROTO') ? {} : client;
  const env = { ...textEnvironment(call.env), QMAILHOME: call.home, RELAYCLIENT: '', DATABYTES: '0', ...known };
  const child = spawn(program, [], { stdio: [0, 1, 2].map((n) => call.descriptor(n)), env });
  return new Promise((settle) => {
    child.once('error', (error) => {
      complainTo(call, `sendmail: fatal: unable to run ${program}: ${error.message}`);
      settle(temporary);
    });
    child.once('exit', (code) => settle(code ?? temporary));
  });
}
