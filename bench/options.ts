/**
 * The command line of the bench: scenario, workload and what to compare with.
 * Parsing only: whether a peer is installed is asked later, by the run.
 */
import { readFileSync } from 'node:fs';
import { reason } from '../src/cli/complain.js';
import { verbHelp, verbNamed } from '../src/cli/manual/help.js';
import type { Verb } from '../src/cli/manual/verb.js';
import { parseSinkRules } from '../src/protocol/sink/parse-rules.js';
import { sinkPresets } from '../src/protocol/sink/presets.js';

export const scenarios = [
  'relay',
  'accept',
  'fanout',
  'local',
  'backlog',
  'latency',
  'drain',
  'storm',
  'slow-domain',
  'bounce-flood',
  'sink',
  'source',
  'idle-crowd',
] as const;
export type Scenario = (typeof scenarios)[number];
export type LoadName = 'tqmail' | 'postfix';

export interface BenchOptions {
  readonly scenario: Scenario;
  readonly peers: readonly string[];
  /** Messages a run. */
  readonly n: number;
  /** Messages before the clock starts. */
  readonly warmup: number;
  readonly sessions: number;
  /** idle-crowd: connections that do nothing. */
  readonly crowd: number;
  /** Octets of body a message. */
  readonly size: number;
  /** False: one connection a message. */
  readonly keep: boolean;
  readonly rcpts: number;
  /** Recipients an outgoing transaction; 0 = each server's own default. */
  readonly group: number;
  readonly runs: number;
  /** Of the tqmail source, where it is not 1: 0 a command a write, 2 from message to message. */
  readonly pipelining?: number;
  readonly load: LoadName;
  /** Seconds until one run is given up. */
  readonly timeout: number;
  readonly json?: string;
  /** File for a page with tables and charts. */
  readonly report?: string;
  /** `ADDRESS:PORT` of a server that is already there, measured as one more candidate. */
  readonly target?: string;
  /** Port of the next hop, for a target that hands everything to a fixed one; 0 = any. */
  readonly sinkPort: number;
  /** Trouble that the sink makes: rules as `tqmail sink --rules` has them. */
  readonly rules?: string;
  /** Append the medians to bench/ledger.jsonl. */
  readonly ledger: boolean;
}

/** Every candidate that has an adapter, our own server aside. */
export const peerNames = ['postfix', 'opensmtpd', 'haraka', 'notqmail', 'smtp-server', 'smtp-sink', 'smtp-source'] as const;

/** A wrong command line; the text says what and what is right. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The words of `tqmail bench --help`. */
export const usage = `${verbHelp(verbNamed('bench') as Verb)}\n`;

type Numbers = Record<
  'n' | 'warmup' | 'sessions' | 'crowd' | 'size' | 'keep' | 'rcpts' | 'group' | 'runs' | 'pipelining' | 'timeout' | 'sink-port',
  number
>;

const bounds: Readonly<Record<keyof Numbers, readonly [number, number]>> = {
  n: [1, 10_000_000],
  warmup: [0, 1_000_000],
  sessions: [1, 5_000],
  crowd: [0, 100_000],
  size: [0, 1_073_741_824],
  keep: [0, 1],
  rcpts: [1, 100_000],
  group: [0, 100_000],
  runs: [1, 100],
  pipelining: [0, 2],
  timeout: [1, 86_400],
  'sink-port': [0, 65_535],
};
const wordNames = ['peer', 'load', 'json', 'report', 'target', 'rules'] as const;
type WordName = (typeof wordNames)[number];

/** Not given, and its default depends on others. */
const unsaid = -1;

const everywhere: Numbers = {
  n: 3_000,
  warmup: unsaid,
  sessions: 20,
  crowd: 0,
  size: 4_096,
  keep: 1,
  rcpts: 1,
  group: 1,
  runs: 3,
  pipelining: 1,
  timeout: 0,
  'sink-port': 0,
};

const byScenario: Readonly<Record<Scenario, Partial<Numbers>>> = {
  relay: { n: 10_000 },
  accept: { n: 10_000 },
  fanout: { n: 50, rcpts: 100, sessions: 5 },
  local: { n: 3_000 },
  backlog: { n: 1_000_000, size: 512, sessions: 100, runs: 1 },
  latency: { n: 200, sessions: 1 },
  drain: {},
  storm: { n: 10_000 },
  'slow-domain': { n: 3_000 },
  'bounce-flood': { n: 1_000 },
  sink: { n: 50_000, warmup: 10_000 },
  source: { n: 20_000 },
  'idle-crowd': { n: 1_020, crowd: 5_000, runs: 1 },
};

/** idle-crowd: connections that write octet by octet, one for 25 that do nothing. */
export const slowOf = ({ crowd }: Pick<BenchOptions, 'crowd'>): number => Math.ceil(crowd / 25);

/** Parses the words after `npm run bench --`; throws UsageError. Options are `--name value` or `--name=value`. */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const scenario = scenarios.find((name) => name === args[0]);
  if (scenario === undefined) {
    const said = args[0] === undefined ? 'no scenario given' : `unknown scenario ${args[0]}`;
    throw new UsageError(`${said}; known: ${scenarios.join(', ')}, pop3, launchers, log`);
  }
  const numbers: Numbers = { ...everywhere, ...byScenario[scenario] };
  const words: Partial<Record<WordName, string>> = {};
  let ledger = false;
  for (const [name, value] of optionPairs(args.slice(1))) {
    if (name === 'ledger') ledger = true;
    else if (isWordName(name)) words[name] = value;
    else if (isNumberName(name)) numbers[name] = integer(name, value);
    else throw new UsageError(`unknown option --${name}`);
  }
  const load = words.load ?? 'tqmail';
  if (load !== 'tqmail' && load !== 'postfix') throw new UsageError(`--load is tqmail or postfix, not ${load}`);
  if (load !== 'tqmail' && ownLoadOnly.has(scenario))
    throw new UsageError(`${scenario} needs --load tqmail: smtp-sink knows nothing of single messages`);
  if (words.rules !== undefined && (load !== 'tqmail' || !troublesome.has(scenario)))
    throw new UsageError(`--rules is for ${[...troublesome].join(', ')} with --load tqmail`);
  if (words.target !== undefined && !isPlace(words.target))
    throw new UsageError(`--target is ADDRESS:PORT, as 127.0.0.1:25, not ${words.target}`);
  if (scenario === 'idle-crowd' && (words.peer ?? words.target) !== undefined)
    throw new UsageError('idle-crowd measures tqmail alone');
  if (numbers.warmup > 0 && !isWarmed(scenario, words.rules))
    throw new UsageError(`--warmup is for ${[...warmed].join(', ')} without --rules`);
  if (load !== 'tqmail' && numbers.pipelining !== 1)
    throw new UsageError('--pipelining is for --load tqmail: smtp-source never does');
  const { 'sink-port': sinkPort, pipelining, ...figures } = numbers;
  return {
    ...figures,
    ...(pipelining === 1 ? {} : { pipelining }),
    sinkPort,
    scenario,
    load,
    ledger,
    keep: numbers.keep === 1,
    warmup: numbers.warmup === unsaid ? warmupOf(scenario, numbers, words.rules) : numbers.warmup,
    timeout: numbers.timeout || Math.max(120, Math.ceil((numbers.n * numbers.rcpts) / 20)),
    peers: [...new Set((words.peer ?? '').split(',').filter((name) => name !== ''))],
    ...(words.json === undefined ? {} : { json: words.json }),
    ...(words.report === undefined ? {} : { report: words.report }),
    ...(words.target === undefined ? {} : { target: words.target }),
    ...(words.rules === undefined ? {} : { rules: sinkRules(words.rules) }),
  };
}

/** Scenarios that measure a server in the middle of its day. The trouble of --rules begins with the first message. */
const warmed: ReadonlySet<Scenario> = new Set([
  'relay',
  'accept',
  'fanout',
  'local',
  'backlog',
  'latency',
  'drain',
  'storm',
  'slow-domain',
  'bounce-flood',
  'sink',
]);
const isWarmed = (scenario: Scenario, rules: string | undefined): boolean => rules === undefined && warmed.has(scenario);

/** Deliveries after which a rate hardly rises any more. */
const warmDeliveries = 3_000;

function warmupOf(scenario: Scenario, { n, rcpts }: Numbers, rules: string | undefined): number {
  return isWarmed(scenario, rules) ? Math.min(n, Math.ceil(warmDeliveries / rcpts)) : 0;
}

/** Scenarios that tell single messages apart. */
const ownLoadOnly: ReadonlySet<Scenario> = new Set(['latency', 'storm', 'slow-domain', 'bounce-flood', 'idle-crowd']);

/** Scenarios whose next hop may be told to make trouble. */
const troublesome: ReadonlySet<Scenario> = new Set(['relay', 'fanout']);

/** The text of a file of rules or of a preset; throws UsageError with line and reason when it holds a mistake. */
function sinkRules(word: string): string {
  let text = sinkPresets[word];
  if (text === undefined) {
    try {
      text = readFileSync(word, 'latin1');
    } catch (error) {
      throw new UsageError(
        `--rules ${word}: ${reason(error)}; nor is it one of the presets ${Object.keys(sinkPresets).join(', ')}`,
      );
    }
  }
  const rules = parseSinkRules(text);
  if ('line' in rules) throw new UsageError(`--rules ${word} line ${rules.line}: ${rules.reason}`);
  return text;
}

function isPlace(text: string): boolean {
  const port = Number(/^[^:\s]+:(\d{1,5})$/.exec(text)?.[1] ?? 0);
  return port >= 1 && port <= 65_535;
}

function isWordName(name: string): name is WordName {
  return wordNames.some((known) => known === name);
}

function isNumberName(name: string): name is keyof Numbers {
  return Object.hasOwn(bounds, name);
}

function* optionPairs(args: readonly string[]): Generator<readonly [string, string]> {
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? '';
    const parts = /^--([a-z-]+)(?:=(.*))?$/s.exec(word);
    if (parts?.[1] === undefined) throw new UsageError(`unexpected word ${word}`);
    if (parts[1] === 'ledger' && parts[2] === undefined) yield ['ledger', ''];
    else if (parts[2] !== undefined) yield [parts[1], parts[2]];
    else {
      const value = args[++index];
      if (!isNumberName(parts[1]) && !isWordName(parts[1])) throw new UsageError(`unknown option --${parts[1]}`);
      if (value === undefined) throw new UsageError(`--${parts[1]} needs a value`);
      yield [parts[1], value];
    }
  }
}

function integer(name: keyof Numbers, text: string): number {
  const [least, most] = bounds[name];
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most)) throw new UsageError(`--${name} is a number from ${least} to ${most}, not ${text}`);
  return value;
}
