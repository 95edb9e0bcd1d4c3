/** Recorded sessions of qmail-qmtpd and qmail-qmqpd, spoken to the commands on their descriptors; the cases have the form of smtpd's. */
import type { Adapter } from '../runner/adapter.js';
import type { SmtpdCase } from './smtpd.js';

export function packagesAdapter(file: 'qmtpd' | 'qmqpd'): Adapter<SmtpdCase> {
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
