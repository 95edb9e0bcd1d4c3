/** The client session with two transactions at once, against a server in memory, with every stream cut at random. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SmtpClientSession } from '../../src/protocol/smtp/client.js';

/** Refuses what is written in the address: `mail`, `rcpt`, `data`, `end`; answers every command in order. */
class FakeServer {
  readonly accepted: string[] = [];
  out = '220 hi\r\n';
  #in = '';
  #data = false;
  #rcpt = '';

  receive(text: string): void {
    this.#in += text;
    for (;;) {
      const end = this.#data ? this.#in.indexOf('.\r\n') : this.#in.indexOf('\r\n');
      if (end < 0) return;
      const line = this.#in.slice(0, end);
      this.#in = this.#in.slice(end + (this.#data ? 3 : 2));
      this.out += this.#data ? this.#end() : this.#command(line);
    }
  }

  #end(): string {
    this.#data = false;
    const rcpt = this.#rcpt;
    this.#rcpt = '';
    if (rcpt === '') return '554 no recipients\r\n';
    if (rcpt.includes('end')) return '452 full\r\n';
    this.accepted.push(rcpt);
    return `250 took ${rcpt}\r\n`;
  }

  #command(line: string): string {
    if (line.startsWith('EHLO')) return '250-hi\r\n250 PIPELINING\r\n';
    if (line.startsWith('MAIL')) return line.includes('mail') ? '550 mail\r\n' : '250 ok\r\n';
    if (line.startsWith('RSET')) {
      this.#rcpt = '';
      return '250 ok\r\n';
    }
    if (line.startsWith('RCPT')) {
      if (line.includes('mail') || line.includes('rcpt')) return '550 rcpt\r\n';
      this.#rcpt = line.slice(9, -1);
      return '250 ok\r\n';
    }
    if (this.#rcpt === '') return '503 first RCPT\r\n';
    if (this.#rcpt.includes('data')) return '451 data\r\n';
    this.#data = true;
    return '354 go\r\n';
  }
}

const kinds = ['good', 'good', 'good', 'mail', 'rcpt', 'data', 'end'] as const;

test('each transaction gets its own answers, whatever is refused and however the bytes arrive', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 12 }), cuts, cuts, (plan, up, down) => {
      const server = new FakeServer();
      const reports = exchange(plan, server, up, down);
      assert.equal(reports.length, plan.length);
      for (const [index, kind] of plan.entries()) {
        const expected = kind === 'good' ? `K p accepted message.\nRemote host said: 250 took ${kind}${index}@x\n` : kind;
        if (kind === 'good') assert.equal(reports[index], expected);
        else assert.match(reports[index] ?? '', /^[ZD] /);
      }
      assert.deepEqual(
        server.accepted,
        plan.flatMap((kind, index) => (kind === 'good' ? [`good${index}@x`] : [])),
      );
    }),
    { numRuns: 500 },
  );
});

/** Keeps two transactions in the session as long as there are some; moves bytes in pieces of the given sizes. */
function exchange(plan: readonly string[], server: FakeServer, up: readonly number[], down: readonly number[]): string[] {
  const client = new SmtpClientSession({ helohost: 'h', peer: 'p', greet: 'ehlo' });
  const body = [Buffer.from('text\r\n')];
  const reports: string[] = [];
  let begun = 0;
  let ready = false;
  let sent = '';
  for (let step = 0; step < 20_000 && reports.length < plan.length; step++) {
    const reply = server.out.slice(0, down[step % down.length]);
    server.out = server.out.slice(reply.length);
    client.receive(Buffer.from(reply, 'latin1'));
    for (let event = client.next(); event !== undefined; event = client.next()) {
      if (event.tag === 'report') reports.push(`${event.outcomes[0]?.status} ${event.outcomes[0]?.text}`);
      if (event.tag === 'ready') ready = true;
    }
    while (ready && begun < plan.length && (begun === reports.length || client.overlaps)) {
      client.begin({ sender: `${plan[begun]}@s`, recipients: [`${plan[begun]}${begun}@x`], body, size: 6 });
      begun += 1;
    }
    for (const piece of client.output()) sent += typeof piece === 'string' ? piece : Buffer.from(piece).toString('latin1');
    const request = sent.slice(0, up[step % up.length]);
    sent = sent.slice(request.length);
    server.receive(request);
  }
  return reports;
}
