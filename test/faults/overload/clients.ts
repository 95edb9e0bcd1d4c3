/**
 * Overload by clients: too many, too slow in either direction, too large, too many recipients.
 */
import { connect, type Socket } from 'node:net';
import { type Ending, remoteRecipient, soon, until } from '../../support/server-home.js';
import { statusOf } from '../../support/server-status.js';
import type { OverloadCase, Scene } from './case.js';
import { startGulf } from './hop.js';

/** From so many addresses, so that the bound of one address is not what is tested. */
const addressOf = (at: number): string => `127.0.${1 + (Math.floor(at / 200) % 50)}.${2 + (at % 200)}`;

export interface Held {
  readonly sockets: Set<Socket>;
  /** Connections that were made. */
  made: number;
  closed: number;
}

/** Opens `count` connections, a few hundred at a time, to the SMTP listener or another one; `made` is called with each. */
export async function hold(
  scene: Scene,
  count: number,
  made: (socket: Socket, at: number) => void,
  port: number = scene.home.port,
): Promise<Held> {
  const held: Held = { sockets: new Set(), made: 0, closed: 0 };
  scene.ending.after(() => {
    for (const socket of held.sockets) socket.destroy();
  });
  for (let at = 0; at < count; at += 1) {
    const socket = connect({ port, host: '127.0.0.1', localAddress: addressOf(at) });
    held.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('connect', () => {
      held.made += 1;
      made(socket, at);
    });
    socket.once('close', () => {
      held.closed += 1;
      held.sockets.delete(socket);
    });
    if (at % 250 === 249) await until('the crowd comes in', 60_000, () => held.made + held.closed >= at - 250);
  }
  await until('the crowd is there', 60_000, () => held.made + held.closed >= count);
  return held;
}

async function release({ sockets }: Held): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await until('the crowd is gone', 30_000, () => sockets.size === 0);
}

/** Writes to every socket now and then; `ending` and the answer stop it. */
function every(ending: Ending, ms: number, act: () => void): () => void {
  const timer = setInterval(act, ms);
  const stop = (): void => clearInterval(timer);
  ending.after(stop);
  return stop;
}

const connections = async (scene: Scene): Promise<number> =>
  Number((await statusOf(scene.server))?.counters['smtpd.connections'] ?? 0);

const crowd: OverloadCase = {
  name: 'crowd',
  what: '10,000 connections that are idle or drip a command, from many addresses',
  mostMiB: 700,
  prepare: async () => ({
    provoke: async (scene) => {
      const count = Math.round(10_000 * scene.scale);
      const held = await hold(scene, count, (socket) => void socket.resume());
      const stop = every(scene.ending, 5_000, () => {
        let at = 0;
        for (const socket of held.sockets) if (at++ % 2 === 0) socket.write('x');
      });
      await soon(Math.max(3_000, 20_000 * scene.scale));
      const most = await connections(scene);
      stop();
      const { closed } = held;
      await release(held);
      return `${count} connected, ${most} held by the server, ${closed} closed by it`;
    },
  }),
};

const fullHouse: OverloadCase = {
  name: 'full-house',
  what: '500 idle connections where 100 may be open: they make room after 30 s, meanwhile clients wait or read 421',
  mostMiB: 500,
  limited: /^connections: \d+ clients wait/,
  // Who comes while the house and its waiting room are full reads 421: that is what the bound is for.
  served: 0,
  prepare: async () => ({
    control: { concurrencyincoming: '100' },
    provoke: async (scene) => {
      const held = await hold(scene, 500, (socket) => void socket.resume());
      const before = scene.trickle.figures().accepted;
      await until('twenty normal messages are taken', 120_000, () => scene.trickle.figures().accepted >= before + 20);
      const { cut, refused } = scene.trickle.figures();
      if (cut > 0) throw new Error(`${cut} normal clients were cut off without a word`);
      return `${held.closed} of 500 told to go, ${refused} normal clients read 421 before there was room`;
    },
  }),
};

const slowReaders: OverloadCase = {
  name: 'slow-readers',
  what: '1,000 clients that send commands as fast as the server takes them and read no answer',
  mostMiB: 700,
  prepare: async () => ({
    provoke: async (scene) => {
      const noops = Buffer.from('NOOP\r\n'.repeat(2_000));
      const count = Math.round(1_000 * scene.scale);
      const held = await hold(scene, count, (socket) => void socket.pause());
      const pour = every(scene.ending, 50, () => {
        for (const socket of held.sockets) if (socket.writableLength < noops.length) socket.write(noops);
      });
      await soon(Math.max(5_000, 15_000 * scene.scale));
      pour();
      const open = await connections(scene);
      await release(held);
      return `${count} poured for a while, ${open} still open then`;
    },
  }),
};

const slowWriters: OverloadCase = {
  name: 'slow-writers',
  what: '2,000 clients that send a body one octet a second',
  mostMiB: 500,
  prepare: async () => ({
    provoke: async (scene) => {
      const count = Math.round(2_000 * scene.scale);
      const held = await hold(scene, count, (socket) => {
        socket.resume();
        socket.write(`EHLO a.test\r\nMAIL FROM:<>\r\nRCPT TO:<${remoteRecipient}>\r\nDATA\r\n`);
      });
      const drip = every(scene.ending, 1_000, () => {
        for (const socket of held.sockets) socket.write('y');
      });
      await soon(Math.max(4_000, 20_000 * scene.scale));
      drip();
      const bodies = Number((await statusOf(scene.server))?.counters['smtpd.bodyOctets'] ?? 0);
      await release(held);
      return `${count} bodies under way held ${Math.round(bodies / 1_048_576)} MiB`;
    },
  }),
};

const mebibyte = 1_048_576;
const line = Buffer.from(`${'z'.repeat(76)}\r\n`.repeat(840));

/** Sends one message of so many octets; resolves to the last reply. */
function sendGiant(scene: Scene, octets: number, recipient: string): Promise<string> {
  const socket = connect(scene.home.port, '127.0.0.1');
  scene.ending.after(() => void socket.destroy());
  let said = '';
  let left = octets;
  const push = (): void => {
    while (left > 0) {
      left -= line.length;
      if (!socket.write(line)) return;
    }
    if (left !== Number.NEGATIVE_INFINITY) socket.write('.\r\nQUIT\r\n');
    left = Number.NEGATIVE_INFINITY;
  };
  let begun = false;
  socket.on('drain', () => {
    if (begun) push();
  });
  socket.on('error', () => undefined);
  socket.setEncoding('latin1').on('data', (text: string) => {
    said += text;
    if (begun || !/^354 /m.test(said)) return;
    begun = true;
    push();
  });
  socket.write(`EHLO a.test\r\nMAIL FROM:<>\r\nRCPT TO:<${recipient}>\r\nDATA\r\n`);
  return new Promise((settle) => {
    socket.once('close', () => settle(/^(?:250 .*ok \d|[45]\d\d).*$/m.exec(said)?.[0] ?? `closed after ${said.slice(-80)}`));
  });
}

const giants: OverloadCase = {
  name: 'giants',
  what: '20 messages of 50 MiB at the same time, taken in and sent on',
  mostMiB: 600,
  prepare: async ({ ending, wellPort }) => {
    const gulf = await startGulf(ending);
    return {
      control: {
        smtproutes: `big.test:[127.0.0.1]:${gulf.port}\n:[127.0.0.1]:${wellPort}`,
        rcpthosts: 'mail.example.org\ndest.test\nbig.test',
        databytes: '100000000',
      },
      provoke: async (scene) => {
        const octets = Math.round(50 * mebibyte * scene.scale);
        const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => sendGiant(scene, octets, `u${n}@big.test`)));
        const taken = answers.filter((answer) => answer.startsWith('250')).length;
        const soft = answers.filter((answer) => answer.startsWith('4')).length;
        if (taken + soft < 20) throw new Error(`a giant was answered ${answers.find((answer) => !/^[24]/.test(answer))}`);
        await until('the giants have left', 120_000, () => gulf.counts.messages >= taken);
        return `${taken} of 20 taken and sent on, ${soft} told to come again`;
      },
    };
  },
};

export const clientCases: readonly OverloadCase[] = [crowd, fullHouse, slowReaders, slowWriters, giants];
