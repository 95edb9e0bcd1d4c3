/**
 * Are two files the same octets? Lengths first, then pieces; a file that cannot be read is not.
 */

import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { ByteString } from '../protocol/mail.js';
import { octetPath } from './octet-path.js';

const pieceSize = 65536;

async function readFull(file: FileHandle, buffer: Uint8Array, position: number): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}

async function compare(one: FileHandle, other: FileHandle): Promise<boolean> {
  const { size } = await one.stat();
  if (size !== (await other.stat()).size) return false;
  const left = Buffer.alloc(pieceSize);
  const right = Buffer.alloc(pieceSize);
  for (let at = 0; at < size; at += pieceSize) {
    const length = await readFull(one, left, at);
    if (length !== (await readFull(other, right, at))) return false;
    if (left.compare(right, 0, length, 0, length) !== 0) return false;
  }
  return true;
}

/** True when both files can be read and hold the same octets. */
export async function sameContent(one: ByteString, other: ByteString): Promise<boolean> {
  const files: FileHandle[] = [];
  try {
    for (const path of [one, other]) files.push(await open(octetPath(path), 'r'));
    return await compare(files[0] as FileHandle, files[1] as FileHandle);
  } catch {
    return false;
  } finally {
    for (const file of files) await file.close();
  }
}
