/**
 * Tells systemd how the server is (Type=notify, WatchdogSec=), where it started it: ready, stopping, still alive. Node has no datagram
 * sockets of the file system, so the program systemd-notify says it. Mail never waits for it.
 */
import { spawn } from 'node:child_process';

/** Shortest time between two signs of life, in milliseconds: each is a process. */
const leastMs = 1_000;
/** A program that takes longer (milliseconds) waits for a systemd that does not listen. */
const mostMs = 10_000;

type Environment = Readonly<Record<string, string | undefined>>;

/** `warn` is called once, when it cannot be said. */
export class ServiceNotice {
  readonly #wanted: boolean;
  readonly #everyMs: number;
  readonly #warn: (text: string) => void;
  #warned = false;
  #beat: NodeJS.Timeout | undefined;
  /** The last sign of life is not yet said. */
  #beating = false;

  constructor({ NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID }: Environment, warn: (text: string) => void) {
    this.#wanted = NOTIFY_SOCKET !== undefined && NOTIFY_SOCKET !== '';
    const mine = WATCHDOG_PID === undefined || WATCHDOG_PID === String(process.pid);
    const limitMs = mine && this.#wanted ? Number(WATCHDOG_USEC ?? 0) / 1_000 : 0;
    this.#everyMs = limitMs > 0 ? Math.max(leastMs, limitMs / 3) : 0;
    this.#warn = warn;
  }

  ready(): void {
    this.#say('READY=1');
    if (this.#everyMs === 0 || this.#beat !== undefined) return;
    this.#beat = setInterval(() => this.#live(), this.#everyMs);
    this.#beat.unref();
  }

  stopping(): void {
    this.#say('STOPPING=1');
  }

  /** One at a time: a systemd that does not listen must not gather processes. */
  #live(): void {
    if (this.#beating) return;
    this.#beating = true;
    this.#say('WATCHDOG=1', () => {
      this.#beating = false;
    });
  }

  #say(words: string, over: () => void = () => undefined): void {
    if (!this.#wanted) return;
    const child = spawn('systemd-notify', [words], { stdio: 'ignore', timeout: mostMs });
    const failed = (how: string): void => {
      if (this.#warned) return;
      this.#warned = true;
      this.#warn(`systemd-notify ${words}: ${how}; the unit wants NotifyAccess=all, and systemd-notify in PATH`);
    };
    child.once('error', (error) => {
      failed(error.message);
      over();
    });
    child.once('exit', (code, signal) => {
      over();
      if (code !== 0) failed(signal ?? `exit code ${code}`);
    });
  }
}
