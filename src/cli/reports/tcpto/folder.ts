/** The queue folder must be there and open to the caller: an empty table of a home that is none would deceive. */
import { readdirSync } from 'node:fs';

/** Throws the system's error when the folder is missing or closed. */
export function mustBeFolder(path: string): void {
  readdirSync(path);
}
