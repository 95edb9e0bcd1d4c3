/**
 * The words of `tqmail start` on the command line.
 */
import { parseArgs } from 'node:util';
import type { ByteString } from '../../protocol/mail.js';
import { CommandTrouble } from '../complain.js';
import { homeFolder } from '../home.js';
import { usageLine } from '../manual/help.js';

export interface StartOptions {
  /** Absolute. */
  readonly home: string;
  readonly readyFile: string | undefined;
  readonly user: string | undefined;
  /** Another entry in place of the node's own: tests only. */
  readonly nodeEntry: string | undefined;
  /** In place of control/defaultdelivery: qmail-start's argument. */
  readonly defaultDelivery?: ByteString;
  /** Descriptor that gets the log; absent: 1. */
  readonly log?: number;
}

/** Throws CommandTrouble 64 for words that start does not know. */
export function startOptions(args: readonly string[]): StartOptions {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        home: { type: 'string' },
        'ready-file': { type: 'string' },
        user: { type: 'string' },
        'node-entry': { type: 'string' },
      },
    });
    return {
      home: homeFolder(values.home),
      readyFile: values['ready-file'],
      user: values.user,
      nodeEntry: values['node-entry'],
    };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new CommandTrouble(64, `${text}\n${usageLine('start')}`);
  }
}
