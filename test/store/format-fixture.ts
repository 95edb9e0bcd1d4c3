/**
 * A queue as this version writes it, packed into one text file, and what must be found in it. `node
 * dist/test/store/format-fixture.js FILE` writes the file anew; that is only for a new format, which gets a new file.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { createBodyFile } from '../../src/store/body-file.js';
import { openLmdbQueue } from '../../src/store/lmdb/open.js';
import { addresses, bodyOf, message } from './fixture.js';

export const largeBody: Uint8Array = bodyOf(300_000, 9);

/** Path below the queue's folder to gzip in base64. */
type Packed = Readonly<Record<string, string>>;

/** Messages by their qp: 1 new; 2 routed and due, one recipient done, with a bounce text; 3 with a body file; 4 of 2,500 recipients. */
async function fill(dir: string): Promise<void> {
  const store = await openLmdbQueue({ dir, create: true });
  await store.accept(message({ qp: 1, recipients: addresses(2) }));
  const second = await store.accept(message({ qp: 2, recipients: addresses(3) }));
  const routed = addresses(3).map((address, n) => ({ channel: n === 0 ? 'local' : 'remote', address }) as const);
  await store.preprocess(second, routed, { local: 1_700_000_100, remote: 1_700_000_400 });
  await store.mark({ id: second, indexes: [1], bounceText: 'user1 failed\n\n' });
  const file = await createBodyFile(dir);
  await file.write(largeBody);
  const { size, checksum } = await file.close();
  await store.accept(message({ qp: 3, body: { form: 'unix', file: file.name, size, checksum }, unixSize: size }));
  await store.accept(message({ qp: 4, recipients: addresses(2_500) }));
  const gone = await store.accept(message({ qp: 5 }));
  await store.finish(gone);
  await store.close();
}

const kept = ['data.mdb', 'marker', 'body'];

function pack(dir: string): Packed {
  const packed: Record<string, string> = {};
  const add = (name: string): void => {
    const path = join(dir, name);
    if (statSync(path).isDirectory()) for (const inner of readdirSync(path)) add(join(name, inner));
    else packed[name] = gzipSync(readFileSync(path), { level: 9 }).toString('base64');
  };
  for (const name of kept) add(name);
  return packed;
}

/** Puts the packed queue into `dir`, a folder that is there and empty. */
export function unpack(file: string, dir: string): void {
  for (const [name, text] of Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Packed)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true, mode: 0o700 });
    writeFileSync(join(dir, name), gunzipSync(Buffer.from(text, 'base64')), { mode: 0o600 });
  }
}

const [, program = '', target] = process.argv;
if (program.endsWith('format-fixture.js') && target !== undefined) {
  const dir = mkdtempSync(join(tmpdir(), 'tqmail-format-'));
  await fill(dir);
  writeFileSync(target, `${JSON.stringify(pack(dir), undefined, 2)}\n`);
  rmSync(dir, { recursive: true });
}
