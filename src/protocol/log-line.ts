/**
 * The activity log: every event as a value, and its qmail-log line (spec log.md).
 * Pure; who writes it, and where, is splogger's business.
 */
import type { ByteString, Channel } from './mail.js';

export type LogEvent =
  | { readonly event: 'new msg'; readonly msg: number }
  | {
      readonly event: 'info msg';
      readonly msg: number;
      readonly bytes: number;
      readonly sender: ByteString;
      readonly qp: number;
      readonly uid: number;
    }
  | { readonly event: 'bounce msg'; readonly msg: number; readonly qp: number }
  | { readonly event: 'triple bounce'; readonly msg: number }
  | { readonly event: 'end msg'; readonly msg: number }
  | {
      readonly event: 'starting delivery';
      readonly delivery: number;
      readonly msg: number;
      readonly channel: Channel;
      readonly recipient: ByteString;
    }
  | {
      readonly event: 'delivery';
      readonly delivery: number;
      readonly result: 'success' | 'failure' | 'deferral' | 'mangled';
      readonly text: ByteString;
    }
  | {
      readonly event: 'status';
      readonly local: number;
      readonly localMax: number;
      readonly remote: number;
      readonly remoteMax: number;
      readonly exitasap: boolean;
    }
  | { readonly event: 'exiting' }
  | { readonly event: 'alert' | 'warning' | 'info'; readonly text: string };
