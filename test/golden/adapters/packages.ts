/** Recorded sessions of qmail-qmtpd and qmail-qmqpd, spoken to the commands on their descriptors. */
import type { Adapter, Queued, QueueScript, RecordedCase } from '../runner/adapter.js';

export interface PackagesCase extends RecordedCase, QueueScript {
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

export function packagesAdapter(file: 'qmtpd' | 'qmqpd'): Adapter<PackagesCase> {
  return {
    file,
    async run(test, tools) {
      tools.home(test.controls, test.morercpthosts);
      const recorder = tools.recorder(test);
      const { exit, stdout, stderr } = await tools.invoke({
        program: `qmail-${file}`,
        env: { ...test.env, QMAILQUEUE: recorder.program },
        input: test.input,
      });
      return { exit, output: stdout, stderr, queued: recorder.queued() };
    },
  };
}
