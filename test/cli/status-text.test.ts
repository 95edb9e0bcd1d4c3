/** `tqmail status` as a person reads it: nothing is limiting, or what is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NodeReport } from '../../src/actors/node-api.js';
import type { NodeStatus } from '../../src/cli/control/messages.js';
import { statusText } from '../../src/cli/control/status-text.js';

const report: NodeReport = {
  uptimeSeconds: 100_000,
  topology: 'roles',
  threads: { front: 1, core: 1, remote: 1, local: 1, restarts: 2 },
  paused: false,
  draining: false,
  full: false,
  memory: 90 * 1_048_576,
  counters: {
    'smtpd.connections': 2,
    'smtpd.accepted': 8,
    'qmtpd.accepted': 2,
    'qmqpd.connections': 1,
    'inject.accepted': 2,
    'queue.accepted': 13,
    'queue.messages': 4,
    'send.jobs': 4,
    'send.delivered': 8,
    'send.failed': 1,
    'send.bounces': 1,
    'send.slots.local': '0/10',
    'send.slots.remote': '4/20',
    'log.lines': 50,
  },
};
const status: NodeStatus = {
  running: true,
  pid: 1,
  nodePid: 2,
  home: '/srv/mail',
  uid: 7,
  paused: false,
  seconds: 93_784,
  listeners: [
    { protocol: 'smtp', address: '127.0.0.1', port: 2525 },
    { protocol: 'smtp', address: '::1', port: 2525 },
  ],
  node: report,
};

test('a server at work', () => {
  assert.equal(
    statusText(status),
    `/srv/mail: up for 1 d 2 h (pid 1, node 2, uid 7)
  listens on smtp 127.0.0.1:2525
             smtp [::1]:2525
  clients    3 connected, 0 waiting; so far 0 evicted, 0 turned away, 0 denied by rules
  taken in   13: 8 by SMTP, 2 by QMTP, 0 by QMQP, 2 from programs, 1 forwards; 0 refused
  mailboxes  0 POP3 clients; 0 logins, 0 refused
  recipients 8 delivered, 0 deferred, 1 failed; 1 bounces
  queue      4 messages, 4 of them open
  slots      local 0 of 10, remote 4 of 20
  limited by nothing
  threads    1 front, 1 core, 1 remote, 1 local; 2 restarts; placement roles
  memory     90 MiB; bodies under way 0 MiB
  log        50 lines, 0 lost
`,
  );
});

test('what limits it stands in lines of its own', () => {
  const counters = {
    ...report.counters,
    'queue.trouble': 'the disk has 5 MB left',
    'queue.flushMs': 2_040,
    'smtpd.waiting': 7,
    'send.slots.local': '0/0',
    'send.slots.remote': '20/20',
    'send.behind.remote': 1,
    'log.lost': 3,
  };
  const text = statusText({ ...status, paused: true, node: { ...report, paused: true, full: true, counters } });
  const at = text.indexOf('  limited by ');
  assert.equal(
    text.slice(at, text.indexOf('  threads')),
    `  limited by pause: no mail is taken or delivered until: tqmail cont
             the queue: the disk has 5 MB left
             the disk of the queue is slow: a flush takes 2.0 s
             connections: 7 clients wait (control/concurrencyincoming)
             control/concurrencylocal is 0: local deliveries are held
             control/concurrencyremote: all 20 remote slots are at work; further messages wait in the queue
             the reader of the log: 3 lines were lost
`,
  );
  assert.match(text, /^\/srv\/mail: up for 1 d 2 h, paused \(pid/);
});

test('what limits it: hosts, name servers, bounces, descriptors', () => {
  const counters = {
    ...report.counters,
    'smtpd.noDescriptors': 5,
    'send.aside': 47,
    'send.asideNew': 7,
    'send.bouncesWaiting': 6,
    'rspawn.unresolved': 9,
  };
  const text = statusText({ ...status, node: { ...report, counters } });
  const at = text.indexOf('  limited by ');
  assert.equal(
    text.slice(at, text.indexOf('  threads')),
    `  limited by descriptors: 5 clients were told to come again (limit on open files)
             7 messages wait aside: their destinations have taken no mail, and have their share of the remote slots
             40 messages wait aside: their destination is slow, and has its share of the remote slots
             control/bouncerate: about 6 bounces wait for their turn
             the name servers: 9 deliveries lately found no host (control/nameservers, tqmail check)
`,
  );
});

test('a node of another version is shown as far as it is known', () => {
  assert.equal(
    statusText({ ...status, seconds: 59, listeners: [], node: { other: 1 } }),
    '/srv/mail: up for 59 s (pid 1, node 2, uid 7)\n  listens on nothing\n',
  );
});
