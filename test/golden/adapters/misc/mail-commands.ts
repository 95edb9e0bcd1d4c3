/** Commands of .qmail files that may queue a message: forward, condredirect, bouncesaying, except, preline, qreceipt, mailsubj. */
import type { Adapter, QueueScript, RecordedCase } from '../../runner/adapter.js';

interface MailCommandCase extends RecordedCase, QueueScript {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly controls?: Readonly<Record<string, string>>;
  readonly stdin: string;
}

export const mailCommands: Adapter<MailCommandCase> = {
  file: 'misc',
  async run(test, tools) {
    tools.home(test.controls);
    const recorder = tools.recorder(test);
    const [program = '', ...args] = test.argv;
    const env = { ...test.env, QMAILQUEUE: recorder.program };
    const { exit, stdout, stderr } = await tools.invoke({ program, args, env, input: test.stdin });
    return { exit, stdout, stderr, queued: recorder.queued() };
  },
};
