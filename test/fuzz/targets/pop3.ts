/**
 * POP3: what a client says in both states of a session, and messages as they are sent. Against a reading of whole lines.
 */
import { toByteString } from '../../../src/protocol/bytes.js';
import { Authorization } from '../../../src/protocol/pop3/authorization.js';
import { CommandLines, longestLine } from '../../../src/protocol/pop3/command-lines.js';
import { MessageText, wholeMessage } from '../../../src/protocol/pop3/message-text.js';
import { type MessageList, Transaction } from '../../../src/protocol/pop3/transaction.js';
import { recordedField } from '../recorded.js';
import { agree, holds, magnitude, octets, pieces, shape, type Target } from '../target.js';

const texts = ['Subject: a\n\nx\n.y\n', '', 'no end', '.\n\n.\n'];
const list: MessageList = {
  count: texts.length,
  size: (index) => texts[index]?.length ?? 0,
  uniqueName: (index) => `name${index}`,
};

interface Heard {
  said: string;
  answers: number;
  deleted: readonly number[];
  over: 'login' | 'quit' | undefined;
}

/** The whole session; the password is `secret`. */
function hear(chunks: readonly Uint8Array[]): Heard {
  const lines = new CommandLines();
  const authorization = new Authorization(true, true);
  const transaction = new Transaction(list);
  const heard: Heard = { said: '', answers: 0, deleted: [], over: undefined };
  let inside = false;
  const take = (command: ReturnType<CommandLines['next']> & {}): void => {
    const step = inside ? transaction.take(command) : authorization.take(command);
    heard.answers += 1;
    if (step.tag === 'reply') heard.said += step.text;
    else if (step.tag === 'lines') heard.said += [...step.pieces].join('');
    else if (step.tag === 'message') heard.said += `+OK \r\n${wholeMessage(texts[step.index] ?? '', step.lines)}`;
    else if (step.tag === 'quit') heard.over = 'quit';
    else if (step.login.secret === 'secret') {
      inside = true;
      heard.said += '+OK \r\n';
    } else heard.over = 'login';
  };
  for (const chunk of chunks) {
    lines.receive(chunk);
    for (let command = lines.next(); command !== undefined && heard.over === undefined; command = lines.next()) take(command);
    lines.retain();
    if (heard.over !== undefined) break;
  }
  holds('what waits for its line end is bounded', heard.over !== undefined || lines.rest().length <= longestLine + 1);
  heard.deleted = [...transaction.deleted].sort();
  return heard;
}

/** What is deleted and asked, read line by line from the whole text. */
function plain(input: string): { readonly answers: number; readonly deleted: readonly number[] } {
  const deleted = new Set<number>();
  let [answers, user, inside] = [0, false, false];
  for (const raw of input.split('\n').slice(0, -1)) {
    answers += 1;
    if (raw.length > longestLine + 1) continue;
    const [line = ''] = raw.replace(/\r$/, '').split('\0');
    const [, verb = '', argument = ''] = /^([^ ]*) *([\s\S]*)$/.exec(line) ?? [];
    const name = verb.toLowerCase();
    if (inside) {
      if (name === 'quit') break;
      if (name === 'rset') deleted.clear();
      const number = Number(/^\d+/.exec(argument)?.[0] ?? 0);
      if (name === 'dele' && number >= 1 && number <= list.count) deleted.add(number - 1);
    } else if (name === 'quit') break;
    else if (name === 'user' && argument !== '') user = true;
    else if ((name === 'pass' && user && argument !== '') || (name === 'apop' && argument.includes(' '))) {
      const secret = name === 'pass' ? argument : argument.slice(argument.indexOf(' ') + 1);
      if (secret !== 'secret') break;
      inside = true;
    }
  }
  return { answers, deleted: [...deleted].sort() };
}

const login = 'USER joe\r\nPASS secret\r\n';

export const pop3: Target = {
  name: 'pop3',
  words: [
    login,
    'DELE 1\r\n',
    'DELE ',
    'RETR 2\r\n',
    'TOP 1 0\r\n',
    'STAT\r\n',
    'LIST\r\n',
    'UIDL 3\r\n',
    'RSET\r\n',
    'APOP joe secret\r\n',
  ],
  seeds: () => [
    `${login}STAT\r\nLIST\r\nDELE 2\r\nUIDL\r\nRETR 1\r\nTOP 4 1\r\nLAST\r\nRSET\r\nNOOP\r\nCAPA\r\nQUIT\r\n`,
    'APOP joe secret\r\nDELE 4\nQUIT\n',
    'CAPA\r\nSTAT\r\nPASS x\r\nUSER\r\nUSER a\r\nPASS wrong\r\n',
    ...recordedField('pop3', 'input').map((input) => login + input),
  ],
  run(input) {
    const whole = hear([octets(input)]);
    agree('whole and in pieces', hear(pieces(input)), whole);
    const { answers, deleted } = plain(input);
    agree('deleted as a plain reading', whole.deleted, deleted);
    agree('an answer a command', whole.answers, answers);
    holds('an answer says how it went', whole.said === '' || /^(\+OK|-ERR)/.test(whole.said));
    holds('every line ends with CR LF', /^([^\n]*\r\n)*$/.test(whole.said));
    return `${whole.over} ${whole.deleted} ${magnitude(whole.answers)} ${magnitude(whole.said.length)} ${shape(input).slice(0, 8)}`;
  },
};

export const pop3Message: Target = {
  name: 'pop3-message',
  words: ['\n\n', '\n.\n', '.', '\r\n', '\n..', '3 ', '0 '],
  seeds: () => ['2 Subject: a\n\nx\n.y\n\nz', '0 a: b\n\nc\n', ' \n.\n', '9 x', ''],
  run(input) {
    const [, digits = '', text = ''] = /^(\d{0,3}) ?([\s\S]*)$/.exec(input) ?? [];
    const limit = digits === '' ? undefined : Number(digits);
    const message = new MessageText(limit);
    let whole = '';
    for (const piece of pieces(text)) whole += message.over ? '' : message.next(toByteString(piece));
    whole += message.end();
    agree('made at once', wholeMessage(text, limit), whole);
    agree('as a plain look', whole, `${wanted(text, limit)}\r\n.\r\n`);
    return `${magnitude(whole.length)} ${message.over} ${shape(text)}`;
  },
};

function wanted(text: string, limit: number | undefined): string {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const head = lines.indexOf('');
  const shown = limit === undefined || head < 0 ? lines : lines.slice(0, head + 1 + limit);
  return shown.map((line) => `${line.replace(/^\./, '..')}\r\n`).join('');
}
