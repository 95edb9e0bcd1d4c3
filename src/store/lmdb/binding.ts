/**
 * LMDB's `open`, out of the package's CommonJS build: it is the same code in one file, and loads in half the time of its
 * modules, which a command that opens the store for one message notices. Every opening of a store goes through here, so
 * that a process never has the package twice.
 */
import { createRequire } from 'node:module';

type Lmdb = typeof import('lmdb');

export const open: Lmdb['open'] = (createRequire(import.meta.url)('lmdb') as Lmdb).open;
