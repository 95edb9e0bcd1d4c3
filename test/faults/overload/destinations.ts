/**
 * Overload from the other side: next hops that hang, a name server that never answers, queues that only grow, mail that
 * goes round in circles.
 */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../../bench/process/port.js';
import { runLoad } from '../../../src/actors/source/source.js';
import { openLmdbQueue } from '../../../src/store/lmdb/open.js';
import { DeafServer } from '../../support/deaf-server.js';
import { banner, type Ending, makeMailHome, openFolder, soon, until } from '../../support/server-home.js';
import { ServerProcess } from '../../support/server-process.js';
import { statusOf } from '../../support/server-status.js';
import { SmtpDialogue } from '../../support/smtp-dialogue.js';
import type { OverloadCase, Scene } from './case.js';
import { startGulf, startMute, startSipping } from './hop.js';

/** Control files by which `domains` go to ports of this machine and all else to the hop that is well. */
export function routes(wellPort: number, domains: Readonly<Record<string, number>>): Record<string, string> {
  const lines = Object.entries(domains).map(([domain, port]) => `${domain}:[127.0.0.1]:${port}`);
  return {
    smtproutes: [...lines, `:[127.0.0.1]:${wellPort}`].join('\n'),
    rcpthosts: ['mail.example.org', 'dest.test', ...Object.keys(domains)].join('\n'),
  };
}

export interface Poured {
  readonly sender?: string;
  /** Of each message; default 1. */
  readonly recipients?: number;
  /** What their names begin with; default `box-`. */
  readonly name?: string;
}

/** Sends so many messages for one domain; throws unless all are taken. */
export async function pour(scene: Scene, messages: number, domain: string, size: number, poured: Poured = {}): Promise<number> {
  const { sender = '', recipients = 1, name = 'box-' } = poured;
  const report = await runLoad({
    target: { address: '127.0.0.1', port: scene.home.port, tls: false, helohost: 'load.test', timeout: 120_000 },
    messages,
    size,
    sessions: 20,
    rate: 0,
    recipients,
    perSession: 100,
    sender,
    pattern: `${name}#@${domain}`,
  });
  if (report.accepted < messages) throw new Error(`${messages - report.accepted} not taken: ${report.firstTrouble}`);
  return report.seconds;
}

/** Sends a message for each of so many domains below `domain`; throws unless all are taken. */
async function scatter(scene: Scene, messages: number, domain: string): Promise<void> {
  let left = messages;
  const client = async (): Promise<void> => {
    const dialogue = await (await SmtpDialogue.open(scene.home.port)).greet();
    while (left > 0) {
      left -= 1;
      const answer = await dialogue.send([`box@d${left}.${domain}`], 'Subject: x\r\n\r\n');
      if (!answer.startsWith('250')) throw new Error(`answered ${answer}`);
    }
    dialogue.close();
  };
  await Promise.all(Array.from({ length: 10 }, client));
}

export async function counter(scene: Scene, name: string): Promise<number> {
  return Number((await statusOf(scene.server))?.counters[name] ?? -1);
}

/** A hop that takes connections and never lets a delivery end. */
function hanging(
  name: string,
  what: string,
  size: number,
  start: (ending: Ending) => ReturnType<typeof startMute>,
): OverloadCase {
  return {
    name,
    what,
    mostMiB: 500,
    leavesWithin: 90,
    limited: /destination/,
    prepare: async ({ ending, wellPort }) => {
      const hop = await start(ending);
      return {
        control: routes(wellPort, { 'stuck.test': hop.port }),
        provoke: async (scene) => {
          const count = Math.max(60, Math.round(500 * scene.scale));
          await pour(scene, count, 'stuck.test', size);
          await until('deliveries hang', 20_000, () => hop.counts.open > 0);
          await soon(Math.max(1_000, 40_000 * scene.scale));
          const slots = (await statusOf(scene.server))?.counters['send.slots.remote'];
          return `${count} messages for it, ${hop.counts.open} connections hang, slots ${slots}`;
        },
      };
    },
  };
}

/** A host of this machine that drops every attempt to connect, apart from that of the hop that is well. */
const holeAddress = '127.0.0.2';

const blackHoles: OverloadCase = {
  name: 'black-holes',
  what: '2,000 domains, each new, whose hosts drop every attempt to connect, a message for each',
  mostMiB: 500,
  // Longer than any good message takes, much shorter than an attempt to connect.
  leavesWithin: 20,
  limited: /destinations have taken no mail/,
  prepare: async ({ ending, wellPort }) => {
    const hole = new DeafServer();
    const port = await hole.start(holeAddress);
    ending.after(() => hole.stop());
    const { smtproutes = '', rcpthosts = '' } = routes(wellPort, {});
    return {
      control: { smtproutes: `.hole.test:[${holeAddress}]:${port}\n${smtproutes}`, rcpthosts: `${rcpthosts}\n.hole.test` },
      provoke: async (scene) => {
        const count = Math.max(60, Math.round(2_000 * scene.scale));
        await scatter(scene, count, 'hole.test');
        const hang = async (): Promise<boolean> => (await counter(scene, 'send.asideNew')) > 0;
        await until('deliveries hang', 20_000, hang);
        await soon(Math.max(2_000, 75_000 * scene.scale));
        const { counters = {} } = (await statusOf(scene.server)) ?? {};
        const [slots, aside] = [counters['send.slots.remote'], counters['send.asideNew']];
        return `${count} messages for as many new hosts, ${aside} of them wait aside, slots ${slots}`;
      },
    };
  },
};

const backlog: OverloadCase = {
  name: 'backlog',
  what: 'a queue that only grows: 50,000 messages for a host that refuses connections',
  mostMiB: 600,
  prepare: async ({ wellPort }) => ({
    control: routes(wellPort, { 'down.test': await freePort() }),
    provoke: async (scene) => {
      const count = Math.round(50_000 * scene.scale);
      const seconds = await pour(scene, count, 'down.test', 1_000);
      const queued = await counter(scene, 'queue.messages');
      if (queued < count) throw new Error(`${queued} queued of ${count}`);
      return `${queued} queued, taken in ${seconds.toFixed(0)} s, ${await counter(scene, 'send.jobs')} open`;
    },
  }),
};

const dueAtOnce: OverloadCase = {
  name: 'due-at-once',
  what: '100,000 messages whose next try is the same second',
  mostMiB: 600,
  limited: /remote slots/,
  prepare: async ({ ending, wellPort, scale }) => {
    const gulf = await startGulf(ending);
    const count = Math.round(100_000 * scale);
    return {
      control: routes(wellPort, { 'due.test': gulf.port }),
      fill: async (home) => {
        const store = await openLmdbQueue({ dir: join(home.path, 'queue') });
        const birth = Math.floor(Date.now() / 1000) - 3_600;
        const address = 'box@due.test';
        const bytes = Buffer.from('Subject: due\r\n\r\nsoon\r\n');
        const message = { origin: 'smtp' as const, uid: 0, qp: 1, birth, sender: '', recipients: [address], unixSize: 20 };
        const one = async (): Promise<void> => {
          const id = await store.accept({ ...message, body: { form: 'wire', bytes } });
          await store.preprocess(id, [{ channel: 'remote', address }], { remote: birth + 3_605 });
        };
        for (let at = 0; at < count; at += 1_000) await Promise.all(Array.from({ length: Math.min(1_000, count - at) }, one));
        await store.close();
      },
      provoke: async (scene) => {
        const begun = performance.now();
        await until('all have left', 600_000, () => gulf.counts.messages >= count);
        return `${gulf.counts.messages} left in ${((performance.now() - begun) / 1000).toFixed(0)} s over ${gulf.counts.connections} connections, ${await counter(scene, 'queue.messages')} queued`;
      },
    };
  },
};

const silentDns: OverloadCase = {
  name: 'silent-dns',
  what: 'a name server that never answers, and 1,000 messages for as many domains that need it',
  mostMiB: 500,
  leavesWithin: 90,
  limited: /name server|destination/,
  prepare: async ({ ending, wellPort }) => {
    const silent = createSocket('udp4').bind(0, '127.0.0.1');
    await once(silent, 'listening');
    ending.after(() => void silent.close());
    let asked = 0;
    silent.on('message', () => {
      asked += 1;
    });
    return {
      control: { smtproutes: `dest.test:[127.0.0.1]:${wellPort}`, rcpthosts: 'mail.example.org\ndest.test\n.many.test' },
      env: { TQMAIL_DNS: `127.0.0.1:${silent.address().port}` },
      provoke: async (scene) => {
        const count = Math.max(60, Math.round(1_000 * scene.scale));
        await scatter(scene, count, 'many.test');
        await until('questions are asked', 20_000, () => asked > 0);
        await soon(Math.max(5_000, 40_000 * scene.scale));
        return `${count} messages, ${asked} questions without an answer, ${await counter(scene, 'send.deferred')} deferred`;
      },
    };
  },
};

const circle: OverloadCase = {
  name: 'circle',
  what: 'two servers that send the same 20 messages to each other',
  mostMiB: 500,
  prepare: async ({ ending, wellPort }) => {
    const gulf = await startGulf(ending);
    const folder = openFolder(ending);
    mkdirSync(join(folder, 'other'), { mode: 0o755 });
    const other = await makeMailHome(join(folder, 'other'), wellPort);
    const otherPort = other.port;
    return {
      control: routes(wellPort, { 'circle.test': otherPort, 'back.test': gulf.port }),
      provoke: async (scene) => {
        const control = routes(wellPort, { 'circle.test': scene.home.port, 'back.test': gulf.port });
        for (const [name, text] of Object.entries(control)) writeFileSync(join(other.path, 'control', name), `${text}\n`);
        const server = new ServerProcess(ending, other);
        await banner(other.port);
        const before = await counter(scene, 'queue.accepted');
        const client = await (await SmtpDialogue.open(scene.home.port)).greet();
        for (let n = 0; n < 20; n += 1) await client.send(['box@circle.test'], 'Subject: round\r\n\r\n', 'box@back.test');
        client.close();
        await until('the senders are told', 120_000, () => gulf.counts.messages >= 20);
        const elsewhere = Number((await statusOf(server))?.counters['queue.accepted'] ?? 0);
        const here = (await counter(scene, 'queue.accepted')) - before - scene.trickle.figures().accepted;
        if (here + elsewhere > 20 * 103) throw new Error(`${here + elsewhere} messages were made of 20`);
        return `taken ${here + elsewhere} times in all (at most 102 each), ${gulf.counts.messages} senders told`;
      },
    };
  },
};

export const destinationCases: readonly OverloadCase[] = [
  silentDns,
  hanging(
    'sipping-hop',
    'a destination that reads one octet a second, and 500 messages of 1 MiB for it',
    1_048_576,
    startSipping,
  ),
  hanging('mute-hop', 'a destination that never says a word, and 500 messages for it', 1_000, startMute),
  blackHoles,
  backlog,
  dueAtOnce,
  circle,
];
