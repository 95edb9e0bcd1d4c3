/**
 * rblsmtpd's conversation with a blocked client: it may say hello and name a sender, and reads at everything else why
 * it is blocked (spec companions.md §1.3). No mail is taken.
 */
import type { Block } from '../../../protocol/block-list.js';
import { type Call, complainTo } from '../../call.js';
import { type WireInput, wireInput } from '../../wire/input.js';
import { wireOutput } from '../../wire/output.js';

const welcome = new Set(['HELO', 'EHLO', 'MAIL', 'NOOP', 'RSET']);
const longestLine = 4_096;
/** Lines after which a client has read it often enough. */
const mostLines = 1_000;

/** Speaks until QUIT, the end, or silence of so many seconds. */
export async function limitedSmtp(call: Call, { code, text }: Block, seconds: number): Promise<void> {
  const ip = call.env.get('TCPREMOTEIP') ?? 'unknown';
  complainTo(call, `rblsmtpd: ${ip} pid ${process.pid}: ${code} ${text}`);
  const output = wireOutput(call.descriptor(1));
  const input = wireInput(call.descriptor(0));
  try {
    let open = await output.write('220 rblsmtpd.local\r\n', seconds * 1000);
    const lines = linesOf(input, seconds * 1000);
    for (let count = 0; open && count < mostLines; count++) {
      const line = await lines();
      if (line === undefined) return;
      const verb = (/^[^ \r]*/.exec(line)?.[0] ?? '').toUpperCase();
      if (verb === 'QUIT') {
        await output.write('221 rblsmtpd.local\r\n', seconds * 1000);
        return;
      }
      open = await output.write(welcome.has(verb) ? '250 rblsmtpd.local\r\n' : `${code} ${text}\r\n`, seconds * 1000);
    }
  } finally {
    input.close();
    output.close();
  }
}

/** A function that gives the next line without its LF; undefined at the end, at a timeout and at an endless line. */
function linesOf(input: WireInput, limitMs: number): () => Promise<string | undefined> {
  let kept = '';
  return async () => {
    for (let end = kept.indexOf('\n'); ; end = kept.indexOf('\n')) {
      if (end >= 0) {
        const line = kept.slice(0, end);
        kept = kept.slice(end + 1);
        return line;
      }
      if (kept.length > longestLine) return undefined;
      const piece = await input.read(limitMs);
      if (typeof piece === 'string') return undefined;
      kept += Buffer.from(piece).toString('latin1');
    }
  };
}
