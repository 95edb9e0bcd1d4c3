/**
 * multilog: its input into rotated log folders, status files and descriptor 2, as its actions say (spec companions.md
 * §2.2). ALRM closes the current files, TERM ends after the line.
 */
import { parseLogScript } from '../../protocol/log/script.js';
import { tai64n } from '../../protocol/tai64n.js';
import { type Call, type Command, complainTo } from '../call.js';
import { CommandTrouble } from '../complain.js';
import { logInput } from './log/input.js';
import { LogOutputs } from './log/outputs.js';
import { LineSplitter } from './log/split.js';

const usageCode = 100;
/** Octets of one of multilog's reads: where its writes end, and with them its files, depends on it. */
const readSize = 1_024;

export const run: Command = async (call) => {
  const script = parseLogScript(call.args);
  if ('wrong' in script) {
    complainTo(call, `multilog: fatal: ${script.wrong}`);
    return usageCode;
  }
  let outputs: LogOutputs;
  try {
    outputs = new LogOutputs(call, script.actions, (text) => complainTo(call, `multilog: warning: ${text}`));
  } catch (error) {
    if (!(error instanceof CommandTrouble)) throw error;
    complainTo(call, `multilog: fatal: ${error.message}`);
    return error.exitCode;
  }
  const splitter = new LineSplitter(script.actions, outputs, script.stamp ? stamp : () => '');
  await pump(call, splitter, outputs);
  return 0;
};

function stamp(): string {
  const now = Date.now();
  return `${tai64n(Math.floor(now / 1000), (now % 1000) * 1_000_000)} `;
}

async function pump(call: Call, splitter: LineSplitter, outputs: LogOutputs): Promise<void> {
  let term = false;
  let alarm = false;
  let wake = (): void => undefined;
  // One after another: a rotation must not meet a write.
  let work: Promise<void> = Promise.resolve();
  const onTerm = (): void => {
    term = true;
    wake();
  };
  const onAlarm = (): void => {
    alarm = true;
    work = work.then(() => rotateIfAsked());
  };
  const rotateIfAsked = async (): Promise<void> => {
    if (!alarm) return;
    alarm = false;
    await outputs.rotate();
  };
  process.on('SIGTERM', onTerm).on('SIGALRM', onAlarm);
  try {
    const onChange = (hear: () => void): void => {
      wake = hear;
    };
    const stopping = { stopped: () => term && !splitter.inLine, onChange };
    for await (const piece of logInput(call, stopping)) {
      for (let at = 0; at < piece.length; at += readSize) {
        splitter.take(piece.subarray(at, at + readSize));
        outputs.endRead();
      }
      work = work.then(() => outputs.flush());
      await work;
    }
    splitter.end();
    await work;
    await outputs.close();
  } finally {
    process.off('SIGTERM', onTerm).off('SIGALRM', onAlarm);
  }
}
