/**
 * Where Node refuses what LeanSocket stands on (its permission model does), connections are Node's own sockets, and mail goes on.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../runner/tree.js';

const program = `
import net from 'node:net';
const { startSink } = await import(process.env.SINK);
const { streamRequests } = await import(process.env.HANDLES);
const { deliverSingle } = await import(process.env.REMOTE);
const { newThread } = await import(process.env.THREAD);
const sink = await startSink({ keep: 2 });
const socket = net.connect(sink.port(), '127.0.0.1');
let said = '';
socket.setEncoding('latin1').on('data', (piece) => { said += piece; });
socket.write('EHLO x\\r\\nMAIL FROM:<a@b.test>\\r\\nRCPT TO:<c@d.test>\\r\\nDATA\\r\\nSubject: plain\\r\\n\\r\\n' + 'line\\r\\n'.repeat(50000) + '.\\r\\nQUIT\\r\\n');
await new Promise((resolve) => socket.on('close', resolve));
const delivery = {
  target: { kind: 'relay', host: '127.0.0.1', port: sink.port() },
  settings: { helohost: 'plain.test', timeoutconnect: 60, timeoutremote: 60 },
  skip: new Set(),
  envelope: { sender: 'a@b.test', recipients: ['c@d.test'] },
  body: Buffer.from('Subject: out\\r\\n\\r\\n' + 'line\\r\\n'.repeat(200000)),
};
const { report } = await deliverSingle(delivery, newThread([], 'ehlo', {}));
const sizes = sink.messages().map(({ size }) => size);
await sink.close();
console.log(JSON.stringify({ lean: streamRequests() !== undefined, replies: said.match(/^\\d+ /gm), sizes, report: report.slice(0, 3) }));
`;

test('mail goes on over plain sockets where handles are refused', async () => {
  const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
  const of = (file: string): string => `file://${join(root, 'dist/src/actors', file)}`;
  const child = spawn(process.execPath, [flag, '--allow-fs-read=*', '--input-type=module', '-e', program], {
    env: {
      ...process.env,
      SINK: of('sink/sink.js'),
      HANDLES: of('net/stream-handle.js'),
      REMOTE: of('remote/single-delivery.js'),
      THREAD: of('remote/thread.js'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (piece) => (out += piece));
  child.stderr.on('data', (piece) => (err += piece));
  const [code] = await once(child, 'close');
  assert.equal(code, 0, err);
  const sizes = ['Subject: plain\r\n\r\n'.length + 6 * 50_000, 'Subject: out\r\n\r\n'.length + 6 * 200_000];
  const replies = ['220 ', '250 ', '250 ', '250 ', '354 ', '250 ', '221 '];
  assert.deepEqual(JSON.parse(out), { lean: false, replies, sizes, report: 'r\0K' });
});
