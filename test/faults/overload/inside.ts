/**
 * Overload within: bounces in masses, a log that nobody reads, an envelope without end, no descriptors left.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { askNode } from '../../../src/cli/control/client.js';
import type { NodeStatus } from '../../../src/cli/control/messages.js';
import { statusText } from '../../../src/cli/control/status-text.js';
import { setDescriptorLimit } from '../../support/descriptor-limit.js';
import { openFolder, soon, until } from '../../support/server-home.js';
import { SmtpDialogue } from '../../support/smtp-dialogue.js';
import type { OverloadCase, Scene } from './case.js';
import { hold } from './clients.js';
import { counter, pour, routes } from './destinations.js';
import { startGulf } from './hop.js';

const bounceStorm: OverloadCase = {
  name: 'bounce-storm',
  what: '10,000 messages with a forged sender for users that do not exist, recipients unchecked',
  mostMiB: 500,
  prepare: async ({ ending, wellPort }) => {
    const gulf = await startGulf(ending);
    return {
      control: routes(wellPort, { 'victim.test': gulf.port }),
      provoke: async (scene) => {
        const count = Math.round(10_000 * scene.scale);
        const seconds = await pour(scene, count, 'mail.example.org', 1_000, { sender: 'forged@victim.test' });
        await until('all have failed', 300_000, async () => (await counter(scene, 'send.failed')) >= count);
        return `taken in ${seconds.toFixed(0)} s, ${await counter(scene, 'send.bounces')} bounces made, ${gulf.counts.messages} sent by then`;
      },
    };
  },
};

const unknownRecipients: OverloadCase = {
  name: 'unknown-recipients',
  what: '1,000 recipients that do not exist, with control/recipients = local',
  mostMiB: 400,
  prepare: async ({ ending, wellPort }) => {
    const gulf = await startGulf(ending);
    return {
      control: { ...routes(wellPort, { 'victim.test': gulf.port }), recipients: 'local' },
      provoke: async (scene) => {
        const count = Math.round(1_000 * scene.scale);
        let refused = 0;
        let left = count;
        // Too many errors end a session; the flood goes on with the next.
        const flood = async (): Promise<void> => {
          while (left > 0) {
            const client = await (await SmtpDialogue.open(scene.home.port)).greet();
            await client.say('MAIL FROM:<forged@victim.test>');
            for (let n = 0; n < 99 && left > 0; n += 1) {
              left -= 1;
              const answer = await client.say(`RCPT TO:<nobody-${left}@mail.example.org>`);
              if (answer.startsWith('550')) refused += 1;
            }
            client.close();
          }
        };
        await Promise.all(Array.from({ length: 20 }, flood));
        if (refused < count) throw new Error(`only ${refused} of ${count} were refused`);
        const bounces = await counter(scene, 'send.bounces');
        if (bounces > 0 || gulf.counts.messages > 0) throw new Error(`${bounces} bounces`);
        return `${refused} refused at RCPT, ${bounces} bounces`;
      },
    };
  },
};

/** Recipients whose names make their lines of log long, several a message: a case of some seconds fills what may wait. */
const wordy = { recipients: 5, name: `${'long-'.repeat(36)}-` };

const deafLog: OverloadCase = {
  name: 'deaf-log',
  what: 'a log that nobody reads: more than the 16 MiB of it that may wait, from 12,000 messages',
  mostMiB: 600,
  prepare: async ({ ending, wellPort }) => {
    const gulf = await startGulf(ending);
    return {
      control: { ...routes(wellPort, { 'gulf.test': gulf.port }), rcptspertransaction: `${wordy.recipients}` },
      provoke: async (scene) => {
        scene.server.child.stdout?.pause();
        const count = Math.round(12_000 * scene.scale);
        await pour(scene, count, 'gulf.test', 1_000, wordy);
        await until('all have left', 300_000, () => gulf.counts.messages >= count);
        await soon(1_000);
        const lost = (await counter(scene, 'log.lost')) + (await counter(scene, 'log.dropped'));
        if (scene.scale === 1 && lost === 0) throw new Error('all of the log found room');
        if (lost > 0) await limitTold(scene);
        scene.server.child.stdout?.resume();
        if (lost > 0)
          await scene.server.seen(/^warning: \d+ log lines (lost|dropped): the reader of the log (was|is) too slow$/, 60_000);
        return `${count} with ${wordy.recipients} recipients each taken and sent on, ${lost} lines of log lost${lost > 0 ? ', which the log says where they are missing' : ''}`;
      },
    };
  },
};

/** The operator sees it before anybody reads the log. */
async function limitTold({ server }: Scene): Promise<void> {
  const status = await askNode(server.home.path, { verb: 'status' });
  const text = status?.tag === 'done' ? statusText(status.value as NodeStatus) : '';
  if (!/the reader of the log: \d+ lines were lost/.test(text)) throw new Error(`status does not tell of the log: ${text}`);
}

const wideEnvelope: OverloadCase = {
  name: 'wide-envelope',
  what: 'one message with 100,000 recipients through qmail-queue, 100 a transaction; by SMTP 452 from the 10,001st on',
  mostMiB: 500,
  prepare: async ({ ending, wellPort }) => {
    const gulf = await startGulf(ending);
    const program = fileURLToPath(new URL('../../../../bin/qmail-queue', import.meta.url));
    const folder = openFolder(ending);
    return {
      control: { ...routes(wellPort, { 'wide.test': gulf.port }), rcptspertransaction: '100' },
      provoke: async (scene) => {
        const count = Math.round(100_000 * scene.scale);
        const envelope = Array.from({ length: count }, (_, n) => `Tu${n}@wide.test\0`).join('');
        writeFileSync(join(folder, 'mess'), 'Subject: wide\n\nto all\n');
        writeFileSync(join(folder, 'envelope'), `Fbox@dest.test\0${envelope}\0`);
        const fds = ['mess', 'envelope'].map((name) => openSync(join(folder, name), 'r'));
        const begun = performance.now();
        const child = spawn(program, [], {
          env: { ...process.env, QMAILHOME: scene.home.path },
          stdio: [fds[0] ?? 'ignore', fds[1] ?? 'ignore', 'inherit'],
        });
        const [code] = (await once(child, 'exit')) as [number | null];
        for (const fd of fds) closeSync(fd);
        if (code !== 0) throw new Error(`qmail-queue exited ${code}`);
        const taken = (performance.now() - begun) / 1000;
        await until('all recipients have it', 300_000, async () => (await counter(scene, 'send.delivered')) >= count);
        return `taken in ${taken.toFixed(1)} s, delivered in ${gulf.counts.messages} transactions`;
      },
    };
  },
};

const descriptorsOf = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;

const noDescriptors: OverloadCase = {
  name: 'no-descriptors',
  what: 'a limit on open files lowered to 100 more than are in use, and 500 connections',
  mostMiB: 400,
  served: 0,
  limited: /descriptors/,
  prepare: async () => ({
    provoke: async (scene) => {
      const node = scene.server.pid('node') ?? 0;
      setDescriptorLimit(node, descriptorsOf(node) + 100);
      await soon(1_500);
      let greeted = 0;
      let told = 0;
      const held = await hold(scene, 500, (socket) => {
        socket.setEncoding('latin1').once('data', (text: string) => {
          if (/^421 /m.test(text)) told += 1;
          else greeted += 1;
        });
      });
      await soon(2_000);
      const { closed } = held;
      for (const socket of held.sockets) socket.destroy();
      const before = scene.trickle.figures().accepted;
      await until('normal mail is taken again', 20_000, () => scene.trickle.figures().accepted >= before + 8);
      return `${greeted} served, ${told} told to come again, ${closed - told} cut off without a word`;
    },
  }),
};

export const insideCases: readonly OverloadCase[] = [bounceStorm, unknownRecipients, deafLog, wideEnvelope, noDescriptors];
