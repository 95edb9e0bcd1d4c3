/**
 * qmail-smtpd: one SMTP session on descriptors 0 and 1 for a client that a program such as tcpserver took in (spec
 * smtpd.md §1). Messages go to $QMAILQUEUE or into the queue of the home.
 */
import type { Call } from '../call.js';
import { wireInput } from '../wire/input.js';
import { wireOutput } from '../wire/output.js';
import { SmtpdService } from './smtpd/serve.js';
import { smtpdSettings } from './smtpd/settings.js';

const noControls = '421 unable to read controls (#4.3.0)\r\n';
const patienceMs = 1_200_000;

export async function run(call: Call): Promise<number> {
  const output = wireOutput(call.descriptor(1));
  try {
    const settings = await smtpdSettings(call);
    if (settings === undefined) {
      await output.write(noControls, patienceMs);
      return 1;
    }
    const input = wireInput(call.descriptor(0));
    try {
      return await new SmtpdService(call, settings).run(input, output);
    } finally {
      input.close();
    }
  } finally {
    output.close();
  }
}
