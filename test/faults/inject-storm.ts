/**
 * `node dist/test/faults/inject-storm.js --runs N`: a storm of qmail-inject at length, one JSON object at the end.
 * Exit code 0 only when every process ended with 0, 100 or 111 and nothing accepted was lost or came twice.
 */
import { parseArgs } from 'node:util';
import { storm } from './storm/storm.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    'at-once': { type: 'string', default: '1000' },
    senders: { type: 'string', default: '4' },
  },
});
const ends: (() => void | Promise<void>)[] = [];
try {
  const result = await storm(
    { after: (end) => void ends.push(end) },
    { runs: Number(values.runs), atOnce: Number(values['at-once']), senders: Number(values.senders) },
  );
  console.log(JSON.stringify(result));
  const known = Object.keys(result.exits).every((code) => ['0', '100', '111'].includes(code));
  const { lost, altered, twiceRemote } = result.load;
  process.exitCode = known && result.lost + result.twice + lost + altered + twiceRemote === 0 ? 0 : 1;
} finally {
  for (const end of ends.reverse()) await end();
}
