/**
 * qmail-popup: asks a client on descriptors 0 and 1 who it is, hands name and password to a checker on its descriptor 3, which
 * becomes the user and starts the rest (spec pop3.md §1). One attempt a connection. Reads no octet after the PASS line:
 * what a client sends along belongs to the program behind the checker.
 */
import type { ByteString } from '../../protocol/mail.js';
import { Authorization, checkerInput, type Login } from '../../protocol/pop3/authorization.js';
import { CommandLines } from '../../protocol/pop3/command-lines.js';
import { type Call, put } from '../call.js';
import { runProgram } from '../child/program.js';
import { type LineInput, lineInput } from '../wire/line-input.js';
import { silentMs } from './pop3/serve.js';

/** qmail-popup has no other, however the session went. */
const exitCode = 1;

export async function run(call: Call): Promise<number> {
  const [host, ...checker] = call.args;
  if (host === undefined || checker.length === 0) {
    say(call, '-ERR usage: popup hostname subprogram\r\n');
    return exitCode;
  }
  const timestamp = `<${process.pid}.${Math.floor(Date.now() / 1000)}@${host}>`;
  if (!say(call, `+OK ${timestamp}\r\n`)) return exitCode;
  const input = lineInput(call.descriptor(0));
  const login = await askWho(call, input);
  // The descriptor stays open here while the checker has it: closed, its number could become another's.
  if (login !== undefined) await check(call, checker, checkerInput(login, timestamp));
  input.release();
  return exitCode;
}

/** Undefined: the client left, or was silent for too long. */
async function askWho(call: Call, input: LineInput): Promise<Login | undefined> {
  const authorization = new Authorization(true, false);
  const lines = new CommandLines();
  for (;;) {
    const piece = await input.next(silentMs);
    if (typeof piece === 'string') return undefined;
    lines.receive(piece);
    const command = lines.next();
    if (command === undefined) continue;
    const step = authorization.take(command);
    if (step.tag === 'login') return step.login;
    if (!say(call, step.text) || step.tag === 'quit') return undefined;
  }
}

async function check(call: Call, checker: readonly ByteString[], password: ByteString): Promise<void> {
  const end = await runProgram(call, checker, { password });
  if (end.tag === 'crashed') say(call, '-ERR aack, child crashed\r\n');
  else if (end.tag === 'unstarted' || end.code !== 0) say(call, '-ERR authorization failed\r\n');
}

/** False when nobody listens. */
function say(call: Call, text: ByteString): boolean {
  try {
    put(call, 1, text);
    return true;
  } catch {
    return false;
  }
}
