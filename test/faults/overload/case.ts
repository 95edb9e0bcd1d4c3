/**
 * What a case of overload is made of, and the row that it leaves in the table.
 * Types only.
 */
import type { Ending, MailHome } from '../../support/server-home.js';
import type { ServerProcess } from '../../support/server-process.js';
import type { Trickle } from './trickle.js';
import type { Watched } from './watch.js';

/** What a case makes before the server starts. */
export interface Ground {
  readonly ending: Ending;
  /** 1: the size that the documents tell; less for a short run. */
  readonly scale: number;
  /** Port of the next hop that is well; mail for dest.test goes there. */
  readonly wellPort: number;
}

export interface Scene extends Ground {
  readonly server: ServerProcess;
  readonly home: MailHome;
  readonly trickle: Trickle;
}

/** What the case prepared: control files, environment, and how it overloads the server. */
export interface Prepared {
  readonly control?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Called with the home before the server starts. */
  fill?(home: MailHome): Promise<void>;
  /** Overloads the server, waits until it did what it should, and tells figures. Throws when it did not. */
  provoke(scene: Scene): Promise<string>;
}

export interface OverloadCase {
  readonly name: string;
  /** One line for the documents. */
  readonly what: string;
  prepare(ground: Ground): Promise<Prepared>;
  /** What `tqmail status` must have said at some moment. */
  readonly limited?: RegExp;
  /** Highest memory of all processes together, in MiB, whatever the scale. */
  readonly mostMiB: number;
  /** Least share of the normal messages that are accepted at the first try; default 0.95. */
  readonly served?: number;
  /** Seconds in which accepted normal mail must have left; default 60. */
  readonly leavesWithin?: number;
}

export interface Row {
  readonly name: string;
  readonly figures: string;
  readonly normal: string;
  readonly watched: Watched;
  /** What was not as it should be; empty when all was well. */
  readonly complaints: readonly string[];
  readonly seconds: number;
}
