/**
 * The `qp` number of a message that came in here: what the client is told and the log repeats. In qmail it
 * is a process number; here a count that no other thread of the node draws.
 */
export type NextQp = () => number;

/** Numbers of one drawer of `drawers`; `start` is the same for all of them (the node's process number). */
export function qpCounter(start: number, drawer: number, drawers: number): NextQp {
  let qp = start + drawer;
  return () => {
    const drawn = qp;
    qp += drawers;
    return drawn;
  };
}
