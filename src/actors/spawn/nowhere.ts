/**
 * A stream for a process that could not be started: without free descriptors Node gives such a process no streams at all, and
 * tells the error a moment later. What is written here is gone.
 */
import { Writable } from 'node:stream';

export const nowhere = (): Writable => new Writable({ write: (_piece, _encoding, done) => done() });
