/** What the runner and its pooled processes say to each other. Types only. */

export interface PooledCall {
  /** Path below dist/src/cli without `.js`, as the launcher names it. */
  readonly entry: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly home: string;
  readonly cwd: string;
  readonly reads: readonly (readonly [number, string])[];
  readonly writes: readonly (readonly [number, string])[];
}

/** `unsuited`: the entry has no `run`. `threw`: the text of what it threw. `left`: what the call left behind. */
export interface PooledAnswer {
  readonly exit?: number;
  readonly unsuited?: true;
  readonly threw?: string;
  readonly left?: string;
}
