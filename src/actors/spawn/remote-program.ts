/**
 * Runs qmail-remote, or the program that $QMAILREMOTE names in its place, for one delivery: `program host sender
 * recipient...`, the message on descriptor 0, both outputs taken as the report. What it means is protocol/remote-report.ts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { ByteString, Envelope } from '../../protocol/mail.js';
import type { ProgramEnd } from '../../protocol/remote-report.js';
import { octetCall } from './octet-shell.js';

export interface RemoteProgramCall {
  readonly program: string;
  readonly host: ByteString;
  readonly envelope: Envelope;
  /** An open descriptor of this process: the message, at its start. */
  readonly message: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** Octets of output that are kept. */
const longestReport = 65_536;
/** qmail lets deliveries run for a day. */
const longestRun = 24 * 60 * 60 * 1000;
const cannotRunNow = 111;
const cannotRun = 100;
/** Errors of a start that may pass (qmail's error_temp, as far as starting a program can meet them). */
const passing = ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE', 'EIO', 'ETXTBSY', 'EBUSY'];

/** Never rejects. `started` is told the process, for whoever may have to end it. */
export function runRemoteProgram(call: RemoteProgramCall, started?: (child: ChildProcess) => void): Promise<ProgramEnd> {
  const { sender, recipients } = call.envelope;
  const { file, args } = octetCall(call.program, [call.host, sender, ...recipients]);
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: call.cwd, env: call.env, stdio: [call.message, 'pipe', 'pipe'] });
    started?.(child);
    let output = '';
    const keep = (text: string): void => {
      if (output.length < longestReport) output += text.slice(0, longestReport - output.length);
    };
    child.stdout?.setEncoding('latin1').on('data', keep);
    child.stderr?.setEncoding('latin1').on('data', keep);
    const timer = setTimeout(() => child.kill('SIGKILL'), longestRun);
    timer.unref();
    child.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      resolve({ code: passing.includes(error.code ?? '') ? cannotRunNow : cannotRun, output: '' });
    });
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? undefined, output });
    });
  });
}
