/** predate and datemail: the local time of the Date field must be the time of the run in the zone that it names. */
import type { Adapter, QueueScript, RecordedCase } from '../../runner/adapter.js';

interface PredateCase extends RecordedCase, QueueScript {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly controls?: Readonly<Record<string, string>>;
  readonly stdin: string;
}

const field = /(\d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d)( [+-]\d{4})/g;
/** The zone is named to the minute, so half a minute may be missing. */
const slackMs = 32_000;

function withLocalTime(text: string): string {
  return text.replace(field, (found, date: string, zone: string) => {
    const far = Math.abs(Date.parse(`${date}${zone}`) - Date.now()) > slackMs;
    return far ? found : `{LOCALTIME}${zone}`;
  });
}

export const predate: Adapter<PredateCase> = {
  file: 'misc',
  async run(test, tools) {
    tools.home(test.controls);
    const recorder = tools.recorder(test);
    const [program = '', ...args] = test.argv;
    const env = { ...test.env, QMAILQUEUE: recorder.program };
    const { exit, stdout, stderr } = await tools.invoke({ program, args, env, input: test.stdin });
    const result = { exit, stdout: withLocalTime(stdout), stderr };
    if (program !== 'datemail') return result;
    return { ...result, queued: recorder.queued().map((one) => ({ ...one, message: withLocalTime(one.message) })) };
  },
};
