/**
 * Every named step in the life of a message at which a test may end the process as SIGKILL does. The list is the
 * authority: a test hits each of them once. Armed by $TQMAIL_TEST_CRASH_AT=NAME:N (the Nth time a thread comes by) and
 * only together with TQMAIL_TEST_FAULTS=1; otherwise each call is one of an empty function.
 */

/** Grouped by who passes them; `built` is before the commit, `flushed` behind it. */
export const crashPoints = [
  // A body that gets a file of its own.
  'body.written',
  'body.flushed',
  'body.removed',
  // What the queue keeps.
  'accept.built',
  'accept.flushed',
  'commit.begun',
  'route.built',
  'route.flushed',
  'retry.built',
  'retry.flushed',
  'mark.built',
  'mark.flushed',
  'finish.built',
  'finish.flushed',
  'bounce.built',
  'bounce.flushed',
  // Intake and dispatch.
  'reply.ready',
  'reply.sent',
  'intake.heard',
  'delivery.starting',
  'delivery.reported',
  'bounce.made',
  // Deliveries.
  'remote.begun',
  'remote.answered',
  'local.begun',
  'local.done',
  'maildir.written',
  'maildir.flushed',
  'maildir.moved',
  'mbox.written',
  'mbox.flushed',
  'forward.copied',
  'forward.kept',
] as const;

export type CrashPoint = (typeof crashPoints)[number];

type Environment = Readonly<Record<string, string | undefined>>;

interface Order {
  readonly point: CrashPoint;
  readonly nth: number;
}

function orderOf(env: Environment): Order | undefined {
  if (env.TQMAIL_TEST_FAULTS !== '1') return undefined;
  const [name, nth = '1'] = (env.TQMAIL_TEST_CRASH_AT ?? '').split(':');
  const point = crashPoints.find((known) => known === name);
  return point === undefined ? undefined : { point, nth: Number(nth) };
}

/** The variables that hand an order on to a process with an environment of its own; nothing without an order. */
export function crashOrder(env: Environment): Record<string, string> {
  const order = orderOf(env);
  return order === undefined ? {} : { TQMAIL_TEST_FAULTS: '1', TQMAIL_TEST_CRASH_AT: `${order.point}:${order.nth}` };
}

function armed({ point, nth }: Order): (at: CrashPoint) => void {
  let passed = 0;
  return (at) => {
    if (at !== point) return;
    passed += 1;
    if (passed === nth) process.kill(process.pid, 'SIGKILL');
  };
}

const order = orderOf(process.env);

/** For callers to whom even a name would cost something. */
export const crashArmed: boolean = order !== undefined;

/** Called where the step named so is done. */
export const crashAt: (point: CrashPoint) => void = order === undefined ? () => undefined : armed(order);
