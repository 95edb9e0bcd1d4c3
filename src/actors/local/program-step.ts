/**
 * A program line: its environment, and what its exit code means (spec local.md §2.2, §5.1).
 */
import { errnoText } from '../../protocol/errno-text.js';
import type { ByteString } from '../../protocol/mail.js';
import type { Instruction } from '../../protocol/mailbox/dotqmail.js';
import { programVariables } from '../../protocol/mailbox/environment.js';
import { defer } from './checks.js';
import type { AddedLines } from './file-steps.js';
import type { LocalIo, LocalRequest, Stop } from './request.js';

/** `done`: go on. `last`: success, the following lines are not obeyed. */
export type ProgramStep = 'done' | 'last' | Stop;

const permanent = new Set([64, 65, 70, 76, 77, 78, 100, 112]);

function judge(code: number): ProgramStep {
  if (code === 0) return 'done';
  if (code === 99) return 'last';
  return { exit: permanent.has(code) ? 100 : 111, text: '' };
}

/** Everything a program is told beside its command. */
export interface ProgramContext {
  readonly request: LocalRequest;
  readonly io: LocalIo;
  readonly lines: AddedLines;
  readonly matched: ByteString | undefined;
  readonly newSender: ByteString;
}

/** The variables of a delivery, beyond those that are inherited. */
export function variablesOf(context: ProgramContext): Record<string, ByteString> {
  return programVariables({ ...context.request, ...context.lines, matched: context.matched, newSender: context.newSender });
}

/** Runs the line; `say` gets its output. */
export async function programStep(
  instruction: Instruction,
  context: ProgramContext,
  say: (text: ByteString) => void,
): Promise<ProgramStep> {
  const { request, io } = context;
  const end = await io.programs.run({
    command: instruction.text,
    home: request.home,
    variables: { ...io.environment, ...variablesOf(context) },
    message: request.message,
  });
  switch (end.tag) {
    case 'exit':
      say(end.output);
      return judge(end.code);
    case 'crashed':
      say(end.output);
      return defer('Aack, child crashed. (#4.3.0)');
    case 'unstarted':
      return defer(`Unable to fork: ${errnoText(end.code)}. (#4.3.0)`);
    case 'rewind':
      return defer('Unable to rewind message. (#4.3.0)');
  }
}
