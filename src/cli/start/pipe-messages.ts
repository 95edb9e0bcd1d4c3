/**
 * What parent and node say to each other on the pipe between them. Types only.
 * The pipe is also the life line: a node whose pipe closes ends.
 */
import type { InheritedListener } from '../../actors/node-api.js';
import type { ByteString } from '../../protocol/mail.js';
import type { Settings } from '../../protocol/settings.js';

export type ToNode =
  | {
      readonly type: 'start';
      readonly home: string;
      readonly listeners: readonly InheritedListener[];
      readonly parentPid: number;
      readonly lspawndSocket?: string;
      readonly defaultDelivery?: ByteString;
    }
  | { readonly type: 'stop'; readonly graceMs: number }
  | { readonly type: 'reload' }
  | { readonly type: 'alldue' };

export type ToParent =
  /** Every listener is open and the control socket answers. */
  | { readonly type: 'ready' }
  /** Somebody asked the control socket to end, or to start anew, the node. */
  | { readonly type: 'stop please' }
  | { readonly type: 'restart please' }
  /** The main thread lives. */
  | { readonly type: 'pulse' }
  /** The log has another form from now on. */
  | { readonly type: 'log'; readonly format: Pick<Settings, 'logformat' | 'logstamp'> }
  /** The node ends by itself for this reason. */
  | { readonly type: 'failed'; readonly text: string };

/** Descriptors of the node process. */
export const pipeFd = 3;
/** 4 is the lock of the home: nobody uses it, the node only keeps it open. */
export const firstListenerFd = 5;
