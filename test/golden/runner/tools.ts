/** The tools of one case: made in a fresh folder, taken down when the case is over. */
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DnsServer, type Zone } from '../../support/dns-server.js';
import { goldenZone } from '../../support/golden-zone.js';
import { ScriptedSmtpServer } from '../../support/scripted-smtp-server.js';
import type { Ended, Invocation, Tools } from './adapter.js';
import { layOut, readBack } from './call-files.js';
import { converse } from './conversation.js';
import { buildHome } from './home.js';
import { runProcess } from './own-process.js';
import type { Pool } from './pool.js';
import { queueRecorder } from './queue-recorder.js';

export interface CaseTools extends Tools {
  close(): Promise<void>;
}

/** `pool` undefined: every call is a process of its own. `base` is where the case gets its folder. */
export function caseTools(base: string, id: string, pool: Pool | undefined): CaseTools {
  const folder = mkdtempSync(join(base, `${id}-`));
  chmodSync(folder, 0o755);
  const home = join(folder, 'home');
  const cleanups: (() => void | Promise<void>)[] = [];
  const after = (cleanup: () => void | Promise<void>): void => void cleanups.unshift(cleanup);
  const built = (): void => {
    if (!existsSync(home)) buildHome(home, {}, undefined);
  };
  return {
    folder,
    home: (controls = {}, morercpthosts) => {
      buildHome(home, controls, morercpthosts);
      return home;
    },
    recorder: (script) => queueRecorder(folder, script),
    server: async (scripts, address, port) => {
      const server = new ScriptedSmtpServer(...scripts);
      const bound = await server.start(address, port);
      after(() => server.stop());
      return [server, bound];
    },
    nameserver: async (zone: Zone = goldenZone()) => {
      const server = new DnsServer(zone);
      after(() => server.stop());
      return server.start();
    },
    closedPort,
    invoke: (call) => {
      built();
      return invoke(folder, home, call, pool);
    },
    converse: (call) => {
      built();
      return converse(folder, home, call);
    },
    after,
    close: async () => {
      for (const cleanup of cleanups) await cleanup();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function invoke(folder: string, home: string, call: Invocation, pool: Pool | undefined): Promise<Ended> {
  const files = layOut(folder, call);
  const pooled = call.own === true ? undefined : await pool?.run(home, call, files);
  return readBack(files, pooled ?? (await runProcess(folder, home, call, files)));
}

/** Bound and closed again: the system does not give it to anybody else soon. */
function closedPort(address = '127.0.0.1'): Promise<number> {
  return new Promise((settle, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, address, () => {
      const bound = server.address();
      const port = bound !== null && typeof bound === 'object' ? bound.port : 0;
      server.close(() => settle(port));
    });
  });
}
