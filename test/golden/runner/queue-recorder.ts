/**
 * The queue recorder: a program for QMAILQUEUE that keeps the message and the envelope it is given and then behaves as a
 * case says. A shell script, because it runs some hundred times.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Queued, QueueRecorder, QueueScript } from './adapter.js';

/** Every hand-over gets a folder of its own, 1, 2, …; other uids may write there. */
function script(folder: string, { queueExit = 0, queueReadsNothing, queueCrashes }: QueueScript): string {
  return [
    '#!/bin/sh',
    'umask 0',
    `n=1; until mkdir '${folder}'/$n 2>/dev/null; do n=$((n+1)); done`,
    ...(queueReadsNothing === true ? [] : [`cat >'${folder}'/$n/message`, `cat <&1 >'${folder}'/$n/envelope`]),
    `if test -f '${folder}'/text; then cat '${folder}'/text >&6; fi`,
    queueCrashes === true ? 'kill -KILL $$' : `exit ${queueExit}`,
    '',
  ].join('\n');
}

export function queueRecorder(folder: string, how: QueueScript): QueueRecorder {
  const kept = join(folder, 'queued');
  mkdirSync(kept);
  chmodSync(kept, 0o777);
  if (how.queueText !== undefined) writeFileSync(join(kept, 'text'), how.queueText, 'latin1');
  const program = join(folder, 'queue-recorder');
  writeFileSync(program, script(kept, how));
  chmodSync(program, 0o755);
  return { program, queued: () => queuedIn(kept) };
}

function queuedIn(folder: string): readonly Queued[] {
  const queued: Queued[] = [];
  for (let n = 1; existsSync(join(folder, `${n}`)); n++) {
    const file = (name: string): string => join(folder, `${n}`, name);
    if (!existsSync(file('envelope'))) continue;
    const envelope = finishedEnvelope(readFileSync(file('envelope'), 'latin1'));
    if (envelope !== undefined) queued.push({ ...envelope, message: readFileSync(file('message'), 'latin1') });
  }
  return queued;
}

/** Undefined when it was broken off: a queue would have thrown the message away. */
function finishedEnvelope(text: string): Omit<Queued, 'message'> | undefined {
  if (!text.startsWith('F') || !text.endsWith('\0\0')) return undefined;
  const [sender = '', ...rest] = text.slice(0, -2).split('\0');
  if (!rest.every((recipient) => recipient.startsWith('T'))) return undefined;
  return { sender: sender.slice(1), recipients: rest.map((recipient) => recipient.slice(1)) };
}
