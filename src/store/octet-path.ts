/**
 * Paths whose octets come from addresses and .qmail files: Node takes text as UTF-8, so a path
 * with octets above 127 is handed over as bytes. No file is touched here.
 */
import { Buffer } from 'node:buffer';
import type { ByteString } from '../protocol/mail.js';

/** The path for Node's file calls. */
export function octetPath(path: ByteString): string | Buffer {
  return /^[\x01-\x7f]*$/.test(path) ? path : Buffer.from(path, 'latin1');
}

/** A path named in a .qmail file: relative ones start at the home folder. */
export function belowHome(home: ByteString, path: ByteString): ByteString {
  return path.startsWith('/') ? path : `${home}/${path}`;
}

/** Node's name of what a file call failed with. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : 'EIO';
}
