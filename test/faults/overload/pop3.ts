/**
 * Overload of a POP3 listener: far more clients than places, who say nothing or half of a login, while others fetch mail.
 */

import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../../bench/process/port.js';
import { login, popSession, setPassword } from '../../support/pop3-client.js';
import { soon, until } from '../../support/server-home.js';
import { statusOf } from '../../support/server-status.js';
import type { OverloadCase, Scene } from './case.js';
import { hold } from './clients.js';

/** Nothing, a name, an octet of a line, a line without an end. */
const halves = ['', 'USER demo\r\n', 'P', `USER ${'u'.repeat(3_000)}`];
const wanted = 20;

/** Sessions one after another until enough went well; how many were told to come again. */
async function fetchMail(port: number): Promise<{ readonly refused: number; readonly slowest: number }> {
  let [good, refused, slowest] = [0, 0, 0];
  await until('mail is fetched', 180_000, async () => {
    const begun = performance.now();
    const said = await popSession(port, [...login('demo', 'secret'), 'STAT', 'LIST', 'QUIT']).catch(() => 'cut');
    slowest = Math.max(slowest, performance.now() - begun);
    if (/\+OK \d+ \d+\r\n\+OK \r\n[\s\S]*\.\r\n\+OK \r\n$/.test(said)) good += 1;
    else if (/^-ERR \[SYS\/TEMP\] too many connections/m.test(said)) refused += 1;
    else throw new Error(`a session ended with ${JSON.stringify(said.slice(-100))}`);
    if (good < wanted && refused > 0) await soon(500);
    return good >= wanted;
  });
  return { refused, slowest };
}

const evicted = async ({ server }: Scene): Promise<number> => Number((await statusOf(server))?.counters['pop3d.evicted'] ?? 0);

const pop3Crowd: OverloadCase = {
  name: 'pop3-crowd',
  what: '5,000 POP3 clients for 1,000 places that say nothing or half of a login, from many addresses',
  mostMiB: 500,
  limited: /^connections: \d+ clients wait/,
  prepare: async ({ scale }) => {
    const port = await freePort();
    const places = Math.max(20, Math.round(1_000 * scale));
    return {
      fill: async (home) => {
        writeFileSync(
          join(home.path, 'control/listeners'),
          `smtp 127.0.0.1:${home.port}\npop3 127.0.0.1:${port} max=${places}\n`,
        );
        const { uid, gid } = statSync(home.maildir);
        setPassword(home.path, { user: 'demo', password: 'secret', uid, gid, home: join(home.path, 'demo') });
      },
      provoke: async (scene) => {
        const count = 5 * places;
        const crowd = await hold(
          scene,
          count,
          (socket, at) => {
            socket.resume();
            socket.write(halves[at % halves.length] ?? '');
          },
          port,
        );
        const { refused, slowest } = await fetchMail(port);
        const room = await evicted(scene);
        if (room === 0) throw new Error('nobody idle made room');
        const told = scene.server.lines.filter((line) => /more clients than places/.test(line)).length;
        // One a front thread, in ten minutes.
        if (told === 0 || told > 8) throw new Error(`the log told of it ${told} times`);
        const { closed } = crowd;
        return `${closed} of ${count} told to go, ${room} of them to make room; ${wanted} sessions fetched mail, the slowest in ${(slowest / 1000).toFixed(1)} s, ${refused} before were told to come again; ${told} lines of log`;
      },
    };
  },
};

export const pop3Cases: readonly OverloadCase[] = [pop3Crowd];
