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
const sink = await startSink({ keep: 1 });
const socket = net.connect(sink.port(), '127.0.0.1');
let said = '';
socket.setEncoding('latin1').on('data', (piece) => { said += piece; });
socket.write('EHLO x\\r\\nMAIL FROM:<a@b.test>\\r\\nRCPT TO:<c@d.test>\\r\\nDATA\\r\\nSubject: plain\\r\\n\\r\\n' + 'line\\r\\n'.repeat(50000) + '.\\r\\nQUIT\\r\\n');
await new Promise((resolve) => socket.on('close', resolve));
const [message] = sink.messages();
await sink.close();
console.log(JSON.stringify({ lean: streamRequests() !== undefined, replies: said.match(/^\\d+ /gm), size: message.size }));
`;

test('mail goes on over plain sockets where handles are refused', async () => {
  const flag = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
  const of = (file: string): string => `file://${join(root, 'dist/src/actors', file)}`;
  const child = spawn(process.execPath, [flag, '--allow-fs-read=*', '--input-type=module', '-e', program], {
    env: { ...process.env, SINK: of('sink/sink.js'), HANDLES: of('net/stream-handle.js') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (piece) => (out += piece));
  child.stderr.on('data', (piece) => (err += piece));
  const [code] = await once(child, 'close');
  assert.equal(code, 0, err);
  const size = 'Subject: plain\r\n\r\n'.length + 6 * 50_000;
  assert.deepEqual(JSON.parse(out), { lean: false, replies: ['220 ', '250 ', '250 ', '250 ', '354 ', '250 ', '221 '], size });
});
