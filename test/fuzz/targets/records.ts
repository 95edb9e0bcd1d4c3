/**
 * Records that end in NUL, and frames with a length: envelopes, spawn jobs, queue files, the sockets of lspawnd and of the
 * queue. Against splitting the whole text.
 */
import { FrameReader as QueueFrames } from '../../../src/actors/inject/frames.js';
import { FrameReader as SpawnFrames } from '../../../src/actors/spawn/lspawnd-frames.js';
import {
  decodeDelivery,
  decodePiece,
  decodeReport,
  encodeDelivery,
  encodeReport,
  readdressed,
} from '../../../src/actors/spawn/lspawnd-messages.js';
import { maxAddressLength } from '../../../src/protocol/mail.js';
import { queueFileTexts, readChannel, readInfo, readTodo } from '../../../src/protocol/qmail-queue-files.js';
import { EnvelopeReader, envelopeText } from '../../../src/protocol/queue-envelope.js';
import { jobFault, SpawnJobReader, spawnReport } from '../../../src/protocol/spawn-jobs.js';
import { agree, holds, magnitude, pieces, shape, type Target } from '../target.js';

const words = ['\0', '\0\0', 'Fa@b\0', 'Tc@d\0', 'Dc@d\0', 'u0\0', 'p7\0', 'F\0', 'T\0'];

function envelopeOf(chunks: readonly Uint8Array[]): { readonly state: unknown; readonly text: string | undefined } {
  const reader = new EnvelopeReader();
  for (const chunk of chunks) reader.take(chunk);
  const envelope = reader.envelope();
  return { state: reader.state, text: envelope && envelopeText(envelope) };
}

/** `complete`, or anything else. */
function plainEnvelope(input: string): string | undefined {
  const [, text, sender = '', list = ''] = /^(F([^\0]*)\0((?:T[^\0]*\0)*)\0)/.exec(input) ?? [];
  const addresses = [sender, ...list.split('\0').map((record) => record.slice(1))];
  return addresses.some(({ length }) => length > maxAddressLength) ? undefined : text;
}

export const envelope: Target = {
  name: 'envelope',
  words,
  seeds: () => ['Fa@b\0Tc@d\0\0', 'F\0Tc@d\0Te@f\0\0', `F${'x'.repeat(1_003)}\0\0`, 'Fa\0\0x', `F${'x'.repeat(1_002)}\0T\0\0`],
  run(input) {
    const whole = envelopeOf([Buffer.from(input, 'latin1')]);
    agree('whole and in pieces', whole, envelopeOf(pieces(input)));
    agree('as a plain reading', whole.text, plainEnvelope(input));
    return `${whole.state} ${shape(input)}`;
  },
};

export const spawnJobs: Target = {
  name: 'spawn-jobs',
  words: ['\x05', '1/7\0', 'a@b\0', '../x\0', '\0\0\0', '\xff'],
  seeds: () => ['\x0112/7\0a@b\0joe@c\0', '\xff7\0\0x\0\x037\0\0x@y\0'],
  run(input) {
    const whole = new SpawnJobReader();
    const jobs = whole.push(Buffer.from(input, 'latin1'));
    const cut = new SpawnJobReader();
    agree(
      'whole and in pieces',
      jobs,
      pieces(input).flatMap((piece) => cut.push(piece)),
    );
    for (const job of jobs) {
      const fault = jobFault(job, false);
      holds('a path is digits', fault !== undefined || /^\d[\d/]*$/.test(job.message));
      holds(
        'one NUL ends a report',
        spawnReport(job.slot, `K${job.recipient}`).indexOf('\0', 1) === spawnReport(job.slot, `K${job.recipient}`).length - 1,
      );
    }
    return `${magnitude(jobs.length)} ${jobs.map((job) => jobFault(job, false)?.slice(0, 30)).slice(-2)}`;
  },
};

export const queueFiles: Target = {
  name: 'queue-files',
  words,
  seeds: () => ['Fa@b\0', 'Tc@d\0De@f\0', 'u7\0p8\0Fa@b\0Tc@d\0', 'Fx', ''],
  run(input) {
    const info = readInfo(input);
    const channel = readChannel(input);
    const todo = readTodo(input);
    if (channel.ok)
      agree(
        'a channel text comes back',
        channel.value.map(({ address, done }) => `${done ? 'D' : 'T'}${address}\0`).join(''),
        input,
      );
    if (todo.ok) {
      const { uid, qp, sender, recipients } = todo.value;
      const rows = recipients.map((address) => ({ address, done: false }));
      const text = queueFileTexts({ uid, qp, sender, bounce: '', preprocessed: false, recipients: rows }).todo ?? '';
      agree('a todo text comes back', readTodo(text), todo);
    }
    const problems = [info, channel, todo].map((read) => (read.ok ? 'ok' : shape(read.problem)));
    return `${problems} ${shape(input)}`;
  },
};

const deliveryFrame = encodeDelivery({
  id: 1,
  user: 'joe',
  home: '/home/joe',
  dash: '-',
  ext: 'x',
  local: 'joe-x',
  host: 'h.test',
  sender: 's@t.test',
  message: 7,
  recipient: 0,
  birth: 1_700_000_000,
  nonce: '0123456789abcdef',
  hostname: 'h.test',
  repeated: false,
  form: 'wire',
  defaultDelivery: './Maildir/',
  body: Buffer.from('Subject: x\r\n\r\ny\r\n'),
}).toString('latin1');
const forwards = { uid: 7, sender: 's@t', prefix: 'Delivered-To: x@y\n', recipients: ['a@b', 'c@d'] };
const reportFrame = encodeReport(3, { outcomes: [{ status: 'K', text: 'did 0+1+0\n' }], forward: forwards }).toString('latin1');

const address = { id: 9, user: 'u', home: '/h', dash: '-', ext: 'e', defaultDelivery: '#' };

/** What lspawnd hands on says the same about everything that is not its own to say. */
function handedOn(payload: Buffer): void {
  const read = decodeDelivery(payload);
  if (read === undefined) return;
  agree('handed on', decodeDelivery(readdressed(payload, address).subarray(5)), { ...read, ...address });
}

function spawnFrames(chunks: readonly Uint8Array[]): string[] {
  const reader = new SpawnFrames();
  return chunks.flatMap((chunk) => {
    const frames = reader.push(Buffer.from(chunk));
    if (frames === 'broken') return [];
    return frames.map(({ kind, payload }) => {
      if (kind === 'D') handedOn(payload);
      const read = kind === 'D' ? decodeDelivery(payload) : kind === 'R' ? decodeReport(payload) : decodePiece(payload);
      return `${kind} ${JSON.stringify(read) ?? 'none'}`;
    });
  });
}

export const lspawndFrames: Target = {
  name: 'lspawnd-frames',
  words: ['\0\0\0\x01', '\0\0\0\0', '\xff\xff\xff\xff', 'D', 'R', 'B', '\0\x60\0\0', '\0\x60\0\x01'],
  seeds: () => [deliveryFrame, reportFrame, deliveryFrame + reportFrame, '\0\0\0\x01B'],
  run(input) {
    const whole = spawnFrames([Buffer.from(input, 'latin1')]);
    agree('whole and in pieces', whole, spawnFrames(pieces(input)));
    return `${magnitude(whole.length)} ${whole.map((text) => shape(text)).slice(-2)}`;
  },
};

function queueFrames(chunks: readonly Uint8Array[]): { readonly frames: string[]; readonly good: boolean } {
  const reader = new QueueFrames();
  const frames: string[] = [];
  let good = true;
  for (const chunk of chunks) {
    good &&= reader.read(Buffer.from(chunk), ({ letter, octets }) =>
      frames.push(`${letter}${Buffer.from(octets).toString('latin1')}`),
    );
  }
  return { frames, good };
}

export const queueSocketFrames: Target = {
  name: 'queue-frames',
  words: ['H\0\0\0\x05', 'M\0\0\0\x01x', 'C\0\0\0\0', 'E\0\x01\0\0', 'M\0\x01\0\x01'],
  seeds: () => ['H\0\0\0\x051 0 7M\0\0\0\x02hiE\0\0\0\x03F\0\0C\0\0\0\0'],
  run(input) {
    const whole = queueFrames([Buffer.from(input, 'latin1')]);
    agree('whole and in pieces', whole, queueFrames(pieces(input)));
    return `${whole.good} ${whole.frames.map((text) => text[0] + String(magnitude(text.length))).slice(-4)}`;
  },
};
