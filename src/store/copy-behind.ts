/**
 * A new body that is some text of ours followed by a queued body: in memory, or file to file in bounded
 * memory. Bounces and forwarded mail are made so. Also the first octets of a body, for a bounce that carries no more.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createBodyFile } from './body-file.js';
import type { Body } from './queue-store.js';

/** `front` must be in the form of the body. Undefined when the disk did not take the copy. */
export async function copyBehind(
  front: Uint8Array,
  body: Body,
  queueDir: string,
): Promise<{ bytes: Uint8Array; size: number } | { file: string; size: number; checksum: number } | undefined> {
  if ('bytes' in body) {
    const bytes = new Uint8Array(front.length + body.bytes.length);
    bytes.set(front);
    bytes.set(body.bytes, front.length);
    return { bytes, size: bytes.length };
  }
  const copy = await createBodyFile(queueDir).catch(() => undefined);
  if (copy === undefined) return undefined;
  try {
    await copy.write(front);
    for await (const chunk of createReadStream(join(queueDir, 'body', body.file))) await copy.write(chunk as Buffer);
    const { size, checksum } = await copy.close();
    return { file: copy.name, size, checksum };
  } catch {
    await copy.discard().catch(() => undefined);
    return undefined;
  }
}

/** The first `octets` of a body, or all of a shorter one; nothing where its file cannot be read. */
export async function firstOctets(body: Body, octets: number, queueDir: string): Promise<Uint8Array> {
  if ('bytes' in body) return body.bytes.subarray(0, octets);
  try {
    const file = await open(join(queueDir, 'body', body.file));
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(octets), 0, octets, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch {
    return new Uint8Array(0);
  }
}
