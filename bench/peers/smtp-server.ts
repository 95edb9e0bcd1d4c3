/**
 * nodemailer's smtp-server as a bare sink in one process: content is read and dropped.
 * Found in the project's node_modules, or below $SMTP_SERVER_DIR.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startChild } from '../process/children.js';
import { freePort, waitForGreeting } from '../process/port.js';
import { inProject } from '../root.js';
import type { Peer } from './peer.js';

function moduleFolder(): string {
  return path.join(process.env.SMTP_SERVER_DIR ?? inProject(), 'node_modules', 'smtp-server');
}

export const smtpServer: Peer = {
  name: 'smtp-server',
  durable: false,
  missing({ scenario }) {
    if (scenario !== 'sink') return `stores nothing: no ${scenario} run`;
    return existsSync(moduleFolder()) ? '' : 'not installed (npm install smtp-server in $SMTP_SERVER_DIR)';
  },
  version: () => String(JSON.parse(readFileSync(path.join(moduleFolder(), 'package.json'), 'utf8')).version),
  transactions: () => 1,
  async start({ dir }) {
    const port = await freePort();
    const script = path.join(dir, 'server.cjs');
    writeFileSync(script, serverScript(port));
    const child = await startChild(process.execPath, [script]);
    await waitForGreeting(port, 10_000);
    return { port, roots: [child.pid], server: child, stop: () => child.stop() };
  },
};

function serverScript(port: number): string {
  return `const { SMTPServer } = require(${JSON.stringify(moduleFolder())});
const server = new SMTPServer({
  authOptional: true, disabledCommands: ['AUTH', 'STARTTLS'], disableReverseLookup: true, logger: false, size: 0,
  maxClients: Infinity,
  onData(stream, session, done) { stream.resume(); stream.on('end', () => done()); },
});
server.on('error', (error) => console.error(error));
server.listen(${port}, '127.0.0.1');
`;
}
