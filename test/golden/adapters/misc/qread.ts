/**
 * qmail-qread and qmail-qstat: the queue of the case is put into the store of its home. This queue numbers messages itself,
 * so the recorded number takes the place of the own one.
 */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteString, Routed } from '../../../../src/protocol/mail.js';
import { readChannel, readInfo } from '../../../../src/protocol/qmail-queue-files.js';
import { openLmdbQueue } from '../../../../src/store/lmdb/open.js';
import type { QueueStore } from '../../../../src/store/queue-store.js';
import type { Adapter, RecordedCase } from '../../runner/adapter.js';

/** The texts of one message's queue files. */
interface QueueFiles {
  readonly id: number;
  readonly info: ByteString;
  readonly mess?: ByteString;
  readonly local?: ByteString;
  readonly remote?: ByteString;
  readonly bounce?: ByteString;
  readonly todo?: ByteString;
}

interface QreadCase extends RecordedCase {
  readonly argv: readonly string[];
  readonly queue: readonly QueueFiles[];
  /** Seconds since 1970. */
  readonly infoMtime: number;
}

type Row = Routed & { readonly done: boolean };

function rowsOf(files: QueueFiles): readonly Row[] {
  return (['local', 'remote'] as const).flatMap((channel) => {
    const read = readChannel(files[channel] ?? '');
    if (!read.ok) throw new Error(`${channel}: ${read.problem}`);
    return read.value.map(({ address, done }) => ({ channel, address, done }));
  });
}

/** Our number for it; undefined where there is no message: this queue keeps a message and its text together. */
async function keep(store: QueueStore, files: QueueFiles, birth: number): Promise<number | undefined> {
  const sender = readInfo(files.info);
  if (!sender.ok) throw new Error(`info: ${sender.problem}`);
  if (files.mess === undefined) return undefined;
  const rows = rowsOf(files);
  const bytes = Buffer.from(files.mess, 'latin1');
  const recipients = rows.map(({ address }) => address);
  const body = { form: 'unix' as const, bytes };
  const head = { origin: 'inject' as const, uid: 0, qp: 0, birth, sender: sender.value, recipients };
  const id = await store.accept({ ...head, body, unixSize: bytes.length });
  if (files.todo === undefined) await store.preprocess(id, rows, { local: birth, remote: birth });
  const done = rows.flatMap((row, index) => (row.done ? [index] : []));
  await store.mark({ id, indexes: done, ...(files.bounce === undefined ? {} : { bounceText: files.bounce }) });
  return id;
}

export const qread: Adapter<QreadCase> = {
  file: 'misc',
  async run(test, tools) {
    const home = tools.home({ me: 'mail.example.org\n' });
    const folder = join(home, 'queue');
    chmodSync(folder, 0o700);
    const store = await openLmdbQueue({ dir: folder, create: true });
    const numbers = new Map<string, number>();
    for (const files of test.queue) {
      const id = await keep(store, files, test.infoMtime);
      if (id !== undefined) numbers.set(String(id), files.id);
    }
    await store.close();
    const { exit, stdout, stderr } = await tools.invoke({ program: test.argv[0] ?? '' });
    return { exit, stdout: stdout.replace(/#(\d+)/g, (_, own: string) => `#${numbers.get(own) ?? `own ${own}`}`), stderr };
  },
};
