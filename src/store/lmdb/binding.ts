/**
 * LMDB's `open`, out of the package's CommonJS build: it is the same code in one file, and loads in half the time of its
 * modules, which a command that opens the store for one message notices. Every opening of a store goes through here, so
 * that a process never has the package twice.
 */
import { createRequire } from 'node:module';

type Lmdb = typeof import('lmdb');

/** A queue's records are octets: the package's own way to pack values is not used, and its native part need not be loaded. */
const unused = 'MSGPACKR_NATIVE_ACCELERATION_DISABLED';

function loaded(): Lmdb {
  const before = process.env[unused];
  process.env[unused] = 'true';
  try {
    return createRequire(import.meta.url)('lmdb') as Lmdb;
  } finally {
    if (before === undefined) delete process.env[unused];
    else process.env[unused] = before;
  }
}

export const open: Lmdb['open'] = loaded().open;
