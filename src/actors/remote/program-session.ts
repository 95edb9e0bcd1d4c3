/**
 * Deliveries by the program that $QMAILREMOTE names in place of the SMTP client: started once for each, with the
 * message in unix form as a seekable, nameless file (spec remote.md §1). Connects to nothing itself.
 */
import type { FileHandle } from 'node:fs/promises';
import type { BodyForm, Outcome } from '../../protocol/mail.js';
import { recipientOutcomes } from '../../protocol/remote-report.js';
import { openMessageFile } from '../../store/message-file.js';
import { unixMessage } from '../../store/unix-message.js';
import type { RemoteDelivery, RemoteReport } from '../messages.js';
import { runRemoteProgram } from '../spawn/remote-program.js';
import type { RemoteBody } from './session.js';

const unreadable: Outcome = { status: 'Z', text: 'Unable to read message. (#4.3.0)\n' };

export class ProgramSession {
  readonly #program: string;
  #closing = false;

  constructor(program: string) {
    this.#program = program;
  }

  get ready(): boolean {
    return !this.#closing;
  }

  /** Never rejects. Nothing is kept for the next delivery, so the session ends with each. */
  async deliver(delivery: RemoteDelivery, body: RemoteBody): Promise<RemoteReport> {
    const { sender, recipients } = delivery;
    const file = await messageFile(body, delivery.form).catch(() => undefined);
    if (file === undefined) return report(recipients.map(() => unreadable));
    const first = recipients[0] ?? '';
    try {
      const end = await runRemoteProgram({
        program: this.#program,
        host: first.slice(first.lastIndexOf('@') + 1),
        envelope: { sender, recipients },
        message: file.fd,
        env: process.env,
        cwd: process.cwd(),
      });
      return report(recipientOutcomes(end, recipients.length));
    } finally {
      await file.close();
    }
  }

  close(): void {
    this.#closing = true;
  }
}

const report = (outcomes: readonly Outcome[]): RemoteReport => ({ outcomes, closed: true, timedOut: [] });

/** `form` is that of a body in a file; bytes are in wire form. The caller closes the file. */
async function messageFile(body: RemoteBody, form: BodyForm): Promise<FileHandle> {
  return openMessageFile(unixMessage(body instanceof Uint8Array ? { form: 'wire', bytes: body } : { form, file: body.path }));
}
