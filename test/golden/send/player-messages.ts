/** What a player is told and what it answers, one answer an order. Plain data, as IPC carries it. */

export interface PlayerStart {
  readonly type: 'start';
  readonly home: string;
  readonly users: string;
  readonly defaultDelivery: string;
  /** Path of a passwd file. */
  readonly passwd: string;
}

export type PlayerOrder =
  | PlayerStart
  | { readonly type: 'figures' }
  | { readonly type: 'signal'; readonly signal: string }
  | { readonly type: 'stop' };

export interface PlayerAnswer {
  readonly failed?: string;
  readonly log?: readonly string[];
  /** In the queue now; and those that are opened in memory. */
  readonly messages?: number;
  readonly jobs?: number;
  /** What is left, a line a message as `tqmail queue --export qmail` prints it. */
  readonly exported?: readonly string[];
}
