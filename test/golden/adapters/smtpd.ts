/** Recorded sessions of qmail-smtpd, spoken to bin/qmail-smtpd on its descriptors (smtpd.md of the cases). */
import type { Adapter, Queued, QueueScript, RecordedCase } from '../runner/adapter.js';

export interface SmtpdCase extends RecordedCase, QueueScript {
  readonly controls: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly morercpthosts?: string;
  readonly input: string;
  readonly expected: {
    readonly exit: number;
    readonly output: string;
    readonly stderr: string;
    readonly queued: readonly Queued[];
  };
}

export const smtpd: Adapter<SmtpdCase> = {
  file: 'smtpd',
  async run(test, tools) {
    tools.home(test.controls, test.morercpthosts);
    const recorder = tools.recorder(test);
    const { exit, stdout, stderr } = await tools.invoke({
      program: 'qmail-smtpd',
      env: { ...test.env, QMAILQUEUE: recorder.program },
      input: test.input,
    });
    return { exit, output: stdout, stderr, queued: recorder.queued() };
  },
};
