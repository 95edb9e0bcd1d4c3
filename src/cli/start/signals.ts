/**
 * The parent's signal handlers. They stand as soon as this file is loaded, before anything heavy:
 * a signal without a handler would end the process. What arrives early waits here.
 */
export type StartSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGALRM';

const early = new Set<StartSignal>();
let receiver: ((signal: StartSignal) => void) | undefined;

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGALRM'] as const) {
  process.on(signal, () => {
    if (receiver === undefined) early.add(signal);
    else receiver(signal);
  });
}

/** True when a signal that ends the server came before anybody asked for signals. */
export function stopAsked(): boolean {
  return early.has('SIGTERM') || early.has('SIGINT');
}

/** Takes all signals from now on, the waiting ones first. */
export function takeSignals(take: (signal: StartSignal) => void): void {
  receiver = take;
  for (const signal of early) take(signal);
  early.clear();
}
