/**
 * A headless Chromium for tests of pages, where one is installed: pages, clicks and pictures over DevTools' pipe.
 * Its profile is a folder of its own; `ending` ends it and removes that.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { Ending } from './server-home.js';

const answerMs = 20_000;

/** The program's path; undefined where there is none. */
export function installedBrowser(): string | undefined {
  const folders = `${process.env.PATH ?? ''}${delimiter}/usr/bin`.split(delimiter);
  return folders.flatMap((folder) => ['chromium', 'chromium-browser'].map((name) => join(folder, name))).find(existsSync);
}

export interface PageView {
  /** Value of an expression in the page; promises are awaited. */
  value<T>(expression: string): Promise<T>;
  /** Waits until an expression is true in the page; rejects when it never becomes so. */
  until(expression: string): Promise<void>;
  goto(url: string): Promise<void>;
  resize(width: number, height: number, dark: boolean): Promise<void>;
  /** PNG of the whole page. */
  picture(): Promise<Buffer>;
  /** What the page logged as errors, and what its policy refused. */
  readonly complaints: readonly string[];
}

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly entry?: { readonly text: string }; readonly exceptionDetails?: { readonly text: string } };
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

type Call = (method: string, params?: object) => Promise<Readonly<Record<string, unknown>>>;

export async function openPage(ending: Ending, program: string): Promise<PageView> {
  const profile = mkdtempSync(join(tmpdir(), 'tqmail-browser-'));
  const flags = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--remote-debugging-pipe'];
  const child = spawn(program, [...flags, `--user-data-dir=${profile}`], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    detached: true,
  });
  ending.after(() => endBrowser(child, profile));
  const complaints: string[] = [];
  const pipe = talk(child, ({ method, params }) => {
    if (method === 'Log.entryAdded') complaints.push(params?.entry?.text ?? '');
    if (method === 'Runtime.exceptionThrown') complaints.push(params?.exceptionDetails?.text ?? '');
  });
  const { targetId } = await pipe('', 'Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await pipe('', 'Target.attachToTarget', { targetId, flatten: true });
  const call: Call = (method, params) => pipe(String(sessionId), method, params);
  for (const domain of ['Page', 'Runtime', 'Log']) await call(`${domain}.enable`);
  return { ...viewOf(call), complaints };
}

/** Ends the browser with the processes it started, which would write on into its profile. */
async function endBrowser(child: ChildProcess, profile: string): Promise<void> {
  const gone = once(child, 'exit');
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    process.kill(-child.pid, 'SIGKILL');
    await gone;
  }
  try {
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  } catch {
    // A profile left in the folder for such things says nothing about the page.
  }
}

function viewOf(call: Call): Omit<PageView, 'complaints'> {
  const value = async <T>(expression: string): Promise<T> => {
    const { result, exceptionDetails } = await call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails !== undefined) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    return (result as { value: T }).value;
  };
  return {
    value,
    async until(expression) {
      const tries = `new Promise((done) => { const end = Date.now() + ${answerMs / 2}; (function look() {
        if (${expression}) done(true); else if (Date.now() > end) done(false); else requestAnimationFrame(look); })(); })`;
      if (!(await value<boolean>(tries))) throw new Error(`never became true: ${expression}`);
    },
    async goto(url) {
      await call('Page.navigate', { url });
    },
    async resize(width, height, dark) {
      await call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 });
      const features = [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }];
      await call('Emulation.setEmulatedMedia', { features });
    },
    async picture() {
      const { data } = await call('Page.captureScreenshot', { captureBeyondViewport: true });
      return Buffer.from(String(data), 'base64');
    },
  };
}

/** Messages are JSON ended by a NUL, on descriptors 3 (to it) and 4 (from it). */
function talk(child: ChildProcess, told: (event: Reply) => void) {
  const [, , , to, from] = child.stdio as unknown as [null, null, null, Writable, Readable];
  const waiting = new Map<number, (reply: Reply) => void>();
  let held = '';
  let last = 0;
  to.on('error', () => undefined);
  from.setEncoding('utf8').on('data', (piece: string) => {
    const texts = (held + piece).split('\0');
    held = texts.pop() ?? '';
    for (const text of texts) {
      const reply = JSON.parse(text) as Reply;
      if (reply.id === undefined) told(reply);
      else waiting.get(reply.id)?.(reply);
    }
  });
  return (sessionId: string, method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> =>
    new Promise((resolve, reject) => {
      const id = ++last;
      const timer = setTimeout(() => reject(new Error(`the browser does not answer ${method}`)), answerMs);
      waiting.set(id, ({ result, error }) => {
        clearTimeout(timer);
        waiting.delete(id);
        if (error === undefined) resolve(result ?? {});
        else reject(new Error(`${method}: ${error.message}`));
      });
      to.write(`${JSON.stringify({ id, method, params, ...(sessionId === '' ? {} : { sessionId }) })}\0`);
    });
}
