/**
 * Reads a sink's rules: a line a rule, `[from 10s] [to 20s] [30%] STAGE[/n] PATTERN ACTION`.
 * Parsing only. A mistake is a value with its line and what would be right; then none of the rules counts.
 */
import { lowerCaseAscii } from '../bytes.js';
import type { ByteString } from '../mail.js';
import { type SinkAction, type SinkRefusal, type SinkRule, type SinkRuleSet, type SinkRulesMistake, sinkStages } from './rule.js';

const mostRules = 1_000;
const longestMs = 86_400_000;

type Words = string[];

class Mistake {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Empty lines and lines that begin with `#` are nothing; `seed N` sets where the shares' row of numbers begins. */
export function parseSinkRules(text: ByteString): SinkRuleSet | SinkRulesMistake {
  const rules: SinkRule[] = [];
  let seed = 1;
  for (const [index, raw] of text.split('\n').entries()) {
    const words = raw.trim().split(/\s+/);
    if (words[0] === '' || words[0]?.startsWith('#')) continue;
    try {
      if (words[0] === 'seed') seed = seedOf(words);
      else if (rules.length >= mostRules) throw new Mistake(`more than ${mostRules} rules`);
      else rules.push(ruleOf(words, index + 1));
    } catch (mistake) {
      if (mistake instanceof Mistake) return { line: index + 1, reason: mistake.reason };
      throw mistake;
    }
  }
  return { seed, rules };
}

function seedOf(words: Words): number {
  if (words.length !== 2 || !/^\d{1,9}$/.test(words[1] ?? '')) throw new Mistake('seed wants one number, as "seed 7"');
  return Number(words[1]);
}

function ruleOf(words: Words, line: number): SinkRule {
  let [fromMs, toMs, share] = [0, Number.POSITIVE_INFINITY, 1];
  for (;;) {
    const word = words[0] ?? '';
    if (word === 'from' || word === 'to') {
      words.shift();
      const ms = time(words.shift(), word);
      if (word === 'from') fromMs = ms;
      else toMs = ms;
    } else if (word.endsWith('%')) share = percent(words.shift() ?? '');
    else break;
  }
  if (toMs <= fromMs) throw new Mistake('"to" is not after "from"');
  const { stage, every } = stageOf(words.shift() ?? '');
  const pattern = words.shift();
  if (pattern === undefined) throw new Mistake('a pattern is missing after the stage; * stands for anything');
  const action = actionOf(words);
  checkPlace(stage, action);
  return { line, stage, every, share, fromMs, toMs, pattern: globPattern(pattern), action };
}

function stageOf(word: string): Pick<SinkRule, 'stage' | 'every'> {
  const [, name, n = '1'] = /^([a-z]+)(?:\/(\d{1,6}))?$/.exec(word) ?? [];
  const stage = sinkStages.find((known) => known === name);
  if (stage === undefined) throw new Mistake(`"${word}" is no stage: ${sinkStages.join(', ')}, or one of them with /n`);
  if (Number(n) === 0) throw new Mistake(`"${word}": every 0th is none`);
  return { stage, every: Number(n) };
}

function actionOf(words: Words): SinkAction {
  const name = words.shift() ?? '';
  if (/^\d{3}$/.test(name)) return { tag: 'refuse', refusal: refusalOf([name, ...words], 450, 'refused by a rule') };
  if (name === 'greylist') {
    const ms = time(words.shift(), name);
    return { tag: name, ms, refusal: refusalOf(words, 451, 'greylisted, try again later (#4.7.1)') };
  }
  if (name === 'rate') return rateOf(words);
  if (name === 'limit' || name === 'limit-all') {
    const most = whole(words.shift(), name);
    return { tag: 'limit', most, all: name === 'limit-all', refusal: refusalOf(words, 421, 'too many connections (#4.7.0)') };
  }
  return plainActionOf(name, words);
}

function plainActionOf(name: string, words: Words): SinkAction {
  let action: SinkAction;
  if (name === 'drop' || name === 'take-drop' || name === 'stall') action = { tag: name };
  else if (name === 'delay') action = { tag: name, ms: time(words.shift(), name) };
  else if (name === 'slow') action = { tag: name, perSecond: octets(words.shift()) };
  else
    throw new Mistake(
      `"${name}" is no action: 4xx or 5xx and a text, drop, take-drop, stall, delay 3s, slow 10k, greylist 60s, rate 10/s, limit 5, limit-all 100`,
    );
  if (words.length > 0) throw new Mistake(`"${words.join(' ')}" is too much after ${name}`);
  return action;
}

function rateOf(words: Words): SinkAction {
  const word = words.shift() ?? '';
  const [, most = '', unit = ''] = /^(\d{1,6})\/(s|m|h)$/.exec(word) ?? [];
  if (Number(most) === 0) throw new Mistake(`rate wants a number a second, minute or hour, as 10/s, not "${word}"`);
  const ms = unit === 's' ? 1_000 : unit === 'm' ? 60_000 : 3_600_000;
  return { tag: 'rate', most: Number(most), ms, refusal: refusalOf(words, 451, 'too many messages, slow down (#4.7.1)') };
}

/** `code text`; without a code the usual one. */
function refusalOf(words: Words, usual: number, usualText: string): SinkRefusal {
  const [first] = words;
  if (first === undefined) return { code: usual, text: usualText };
  if (!/^[45]\d\d$/.test(first)) throw new Mistake(`"${first}" is no reply code from 400 to 599`);
  return { code: Number(first), text: words.slice(1).join(' ') || usualText };
}

function checkPlace(stage: SinkRule['stage'], { tag }: SinkAction): void {
  if (tag === 'take-drop' && stage !== 'end') throw new Mistake('take-drop is for the stage end');
  if (tag === 'limit' && stage !== 'connect') throw new Mistake('limits of connections are for the stage connect');
  if (tag === 'greylist' && stage !== 'rcpt') throw new Mistake('greylist is for the stage rcpt');
  if (stage === 'body' && (tag === 'refuse' || tag === 'rate'))
    throw new Mistake('no reply can be given at the stage body: use data or end');
}

function time(word: string | undefined, after: string): number {
  const [, number = '', unit = ''] = /^(\d{1,8}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(word ?? '') ?? [];
  const ms = Number(number) * (unit === 'ms' ? 1 : unit === 's' ? 1_000 : unit === 'm' ? 60_000 : 3_600_000);
  if (number === '' || ms > longestMs)
    throw new Mistake(`${after} wants a time up to 24h, as 500ms, 3s, 2m, not "${word ?? ''}"`);
  return ms;
}

function percent(word: string): number {
  const share = /^\d{1,3}(\.\d{1,4})?%$/.test(word) ? Number(word.slice(0, -1)) / 100 : 0;
  if (share <= 0 || share > 1) throw new Mistake(`"${word}" is no share above 0% and up to 100%`);
  return share;
}

function octets(word: string | undefined): number {
  const [, number = '', unit = ''] = /^(\d{1,9})(k|m)?$/.exec(word ?? '') ?? [];
  const perSecond = Number(number) * (unit === 'k' ? 1_024 : unit === 'm' ? 1_048_576 : 1);
  if (perSecond === 0) throw new Mistake(`slow wants octets a second, as 500, 10k, 1m, not "${word ?? ''}"`);
  return perSecond;
}

function whole(word: string | undefined, after: string): number {
  if (!/^\d{1,6}$/.test(word ?? '')) throw new Mistake(`${after} wants a number, as "${after} 5", not "${word ?? ''}"`);
  return Number(word);
}

/** `*` stands for anything; letters in any case. One pass: no text takes longer than its length times the pattern's. */
function globPattern(glob: string): SinkRule['pattern'] {
  if (glob === '*') return { test: () => true };
  const [head = '', ...later] = lowerCaseAscii(glob).split(/\*+/);
  const tail = later.pop();
  return {
    test(address) {
      const text = lowerCaseAscii(address);
      if (tail === undefined) return text === head;
      if (!text.startsWith(head)) return false;
      let at = head.length;
      for (const part of later) {
        const found = text.indexOf(part, at);
        if (found < 0) return false;
        at = found + part.length;
      }
      return text.length - at >= tail.length && text.endsWith(tail);
    },
  };
}
