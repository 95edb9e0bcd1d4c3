/**
 * Programs and forwards of fastforward and dot-forward: the message is a file, read anew for each. The exit codes of
 * programs mean what they mean in a .qmail file.
 */
import type { ByteString } from '../../../protocol/mail.js';
import { type Call, complainTo } from '../../call.js';
import { runProgram } from '../../child/program.js';
import { Fatal, permanent, temporary } from '../../fatal.js';
import { piecesFromStart } from '../../pieces.js';
import { queueMail } from '../../queue/queue-mail.js';

const lasting = new Set([100, 112, 64, 65, 70, 76, 77, 78]);

/** Runs it in a shell with `front` before the message; anything but 0 ends the command. */
export async function runShell(call: Call, program: ByteString, front: ByteString): Promise<void> {
  async function* input(): AsyncGenerator<Uint8Array> {
    if (front !== '') yield Buffer.from(front, 'latin1');
    yield* piecesFromStart(call, 0);
  }
  const end = await runProgram(call, ['/bin/sh', '-c', program], { input: input() }).catch(() => {
    throw new Fatal(temporary, 'unable to read message');
  });
  if (end.tag === 'crashed') throw new Fatal(temporary, `child crashed in ${program}`);
  if (end.tag === 'unstarted') throw new Fatal(temporary, `unable to run ${program}: ${end.code}`);
  if (end.code !== 0) throw new Fatal(lasting.has(end.code) ? permanent : temporary, '', ended(program, end.code));
}

/** The line for a program that has said itself why; the code is for who looks for it. */
const ended = (program: ByteString, code: number): ByteString => `${program}: exit code ${code}`;

/** Queues the message with `front` on top and says `LABEL qp N`; a refusal ends the command. */
export async function forwardTo(
  call: Call,
  label: string,
  sender: ByteString,
  recipients: readonly ByteString[],
  front: ByteString,
): Promise<void> {
  async function* message(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(front, 'latin1');
    yield* piecesFromStart(call, 0);
  }
  const { text, detail, qp } = await queueMail(call, { message: message(), envelope: { sender, recipients } }).catch(() => {
    throw new Fatal(temporary, 'unable to read message');
  });
  if (detail !== '') complainTo(call, `${label} ${detail}`);
  if (text !== '') throw new Fatal(text.startsWith('D') ? permanent : temporary, `unable to forward message: ${text.slice(1)}`);
  complainTo(call, `${label} qp ${qp}`);
}
