/**
 * Alias files, forward texts and lists: refused with a reason or made into records; what is printed is read as the same.
 * Expansion ends, whatever the tables say.
 */
import { aliasRecords, includeCommands } from '../../../src/protocol/aliases/alias-file.js';
import { BadAliases, nulTexts } from '../../../src/protocol/aliases/commands.js';
import { expand } from '../../../src/protocol/aliases/expand.js';
import { forwardText, parseForward } from '../../../src/protocol/aliases/forward-text.js';
import { mailListText, parseMailList } from '../../../src/protocol/aliases/mail-list.js';
import { toByteString } from '../../../src/protocol/bytes.js';
import type { CdbRecord } from '../../../src/protocol/cdb.js';
import { rewriter } from '../../../src/protocol/message/rewrite.js';
import { agree, holds, magnitude, shape, type Target } from '../target.js';

const rewrite = rewriter({ defaulthost: 'dh', defaultdomain: 'dd.test', plusdomain: 'pd.test' });
if ('wrong' in rewrite) throw new Error('hosts of the tests are bad');

/** What `make` makes; undefined when it refuses. Anything else that it throws is a finding. */
function unlessBad<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof BadAliases) holds('a refusal says why', error.message !== '');
    else throw error;
    return undefined;
  }
}

function tablesOf(records: readonly CdbRecord[]): Parameters<typeof expand>[1] {
  const found = (key: string): Uint8Array | undefined => records.find((record) => toByteString(record.key) === key)?.value;
  return {
    commands: (target) => {
      const value = found(`:${target.toLowerCase()}`);
      return value && nulTexts(value);
    },
    owner: (target) => {
      const value = found(`?${target.toLowerCase()}`);
      return value && toByteString(value);
    },
    list: (file) => [`&a@b`, file],
  };
}

function expanded(records: readonly CdbRecord[]): string {
  const tables = tablesOf(records);
  return records
    .slice(0, 20)
    .map(({ key }) => {
      const found = expand(toByteString(key).slice(1), tables);
      holds('programs are programs', found?.programs.every((program) => /^[|!]/.test(program)) ?? true);
      return found === undefined ? '-' : `${magnitude(found.recipients.length)}${magnitude(found.programs.length)}`;
    })
    .join('')
    .slice(0, 12);
}

export const aliases: Target = {
  name: 'aliases',
  words: [': ', ', ', '"', '\\', '|prog', '"|a b"', ':include:/x', 'owner-', '\n ', '#', '<a@b>', '(c)', '/file', ';'],
  seeds: () => [
    'root: joe, "|prog a"\njoe: joe@x.test\n',
    'list: :include:/etc/list,\n  more\nowner-list: joe\n# note\n',
    '"a b": c\n<d@e>: f (g)\n@v.test: h\n',
  ],
  run(input) {
    const made = unlessBad(() => aliasRecords(input, rewrite));
    const included = unlessBad(() => includeCommands(input, rewrite));
    holds('an include runs no program', included?.every((command) => !/^[|!]/.test(command)) ?? true);
    if (made === undefined) return `bad ${included === undefined} ${shape(input)}`;
    for (const { key, value } of made) {
      const name = toByteString(key);
      holds('a target or an owner', /^[:?]/.test(name) && !/[A-Z]/.test(name));
      if (name.startsWith(':'))
        holds('commands each end', nulTexts(value)?.every((command) => /^[&|!./]/.test(command)) === true);
    }
    return `${magnitude(made.length)} ${included?.length ?? 'bad'} ${expanded(made)} ${shape(input).slice(0, 8)}`;
  },
};

export const forwards: Target = {
  name: 'forwards',
  words: [': ', ', ', ';\n', '?', '\\', '#', '&a@b', '|p', '!p', './list', 'a:,b;'],
  seeds: () => ['a@b: c@d, |prog, ./list;\na@b: ?owner@x;\n', 'a:;b:c;', '# note\n\\:: \\,;', ''],
  run(input) {
    const records = unlessBad(() => parseForward(input));
    const list = unlessBad(() => parseMailList(input));
    // An address of the greatest length is too long behind its `&`.
    if (list?.every((command) => command.length <= 800))
      agree(
        'a list comes back',
        parseMailList(mailListText(list)),
        list.map((command) => command.replace(/[ \t]+$/, '')),
      );
    if (records === undefined) return `bad ${list?.length} ${shape(input)}`;
    const printed = records.map((record) => forwardText(record));
    holds('what was read can be printed', !printed.includes(undefined));
    agree('printed and read again', parseForward(printed.join('')), records);
    return `${magnitude(records.length)} ${list?.length} ${expanded(records)} ${shape(input).slice(0, 8)}`;
  },
};
