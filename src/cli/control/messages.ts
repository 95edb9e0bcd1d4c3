/**
 * What a command asks a running node on run/control.sock, and what it answers: one JSON line each, then
 * the connection ends. Types only.
 */
import type { Order } from '../../actors/node-api.js';
import type { ReadyListener } from '../run/run-files.js';

export type ControlVerb =
  | 'status'
  | 'reload'
  | 'doqueue'
  | 'flush'
  | 'order'
  | 'pause'
  | 'cont'
  | 'stop'
  | 'restart'
  | 'queue'
  | 'export'
  | 'fault';

export interface ControlRequest {
  readonly version: 1;
  readonly verb: ControlVerb;
  /** For `queue`: messages with a larger id, at most `limit`. */
  readonly after?: number;
  readonly limit?: number;
  /** For `flush`. */
  readonly names?: readonly string[];
  /** For `order`: what, and for which messages. */
  readonly order?: Order;
  readonly ids?: readonly number[];
  /** For `export`: of the first message with a larger id than `after` the recipients from here on. */
  readonly from?: number;
  /** For `fault`, which only tests may ask: the name of a thread, and how it is to fail. */
  readonly thread?: string;
  readonly kind?: string;
}

/** `already`: it is in that state. `failed`: it could not be done. */
export type ControlAnswer =
  | { readonly tag: 'done'; readonly value?: unknown }
  | { readonly tag: 'already'; readonly text: string }
  | { readonly tag: 'failed'; readonly text: string };

export interface NodeStatus {
  readonly running: true;
  /** The parent: signals go to it. */
  readonly pid: number;
  readonly nodePid: number;
  readonly home: string;
  readonly uid: number;
  readonly paused: boolean;
  readonly seconds: number;
  readonly listeners: readonly ReadyListener[];
  /** What the node itself tells: a NodeReport, or less from a node of another version. */
  readonly node: object;
}
