/**
 * Dovecot, where it is installed, reads the Maildirs that this server delivers to, by IMAP and while deliveries run: no
 * message is missing, torn or there twice. Two readers of one Maildir do not disturb each other.
 */

import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../../bench/process/port.js';
import { sendMessage } from '../support/line-client.js';
import { login, popSession, setPassword } from '../support/pop3-client.js';
import { backwards, banner, type Ending, localRecipient, makeMailHome, openFolder, until } from '../support/server-home.js';
import { ServerProcess } from '../support/server-process.js';

const count = 24;
/** Nobody waits for it but a machine that is busy with other things. */
const longestMs = 240_000;
const usable =
  process.getuid?.() === 0 && spawnSync('dovecot', ['--version']).status === 0 && existsSync('/usr/lib/dovecot/imap');

/** IMAP without a login, on its input and output: what `ssh host imap` gives. */
class Imap {
  readonly #process: ChildProcess;
  readonly #ended: Promise<'ended'>;
  #said = '';
  #tag = 0;
  /** Messages in the mailbox, as last told: with the answer to any command. */
  exists = 0;

  constructor(ending: Ending, folder: string, maildir: string) {
    const { uid, gid } = statSync(maildir);
    const conf = join(folder, 'dovecot.conf');
    writeFileSync(
      conf,
      `protocols = imap\nbase_dir = ${folder}/run\nlog_path = ${folder}/log\nssl = no\nfirst_valid_uid = 1\n` +
        `mail_location = maildir:${maildir}:INDEX=MEMORY:CONTROL=${folder}/control\nmail_home = ${folder}\n`,
    );
    mkdirSync(join(folder, 'control'));
    chownSync(join(folder, 'control'), uid, gid);
    this.#process = spawn('/usr/lib/dovecot/imap', ['-c', conf], {
      env: { PATH: '/usr/bin:/bin', USER: 'demo', HOME: folder },
      stdio: ['pipe', 'pipe', 'inherit'],
      uid,
      gid,
    });
    this.#process.stdout?.setEncoding('latin1').on('data', (text: string) => {
      this.#said += text;
    });
    this.#ended = once(this.#process, 'exit').then(() => 'ended');
    ending.after(() => void this.#process.kill('SIGKILL'));
  }

  async ask(command: string): Promise<string> {
    const tag = `a${++this.#tag}`;
    this.#said = '';
    this.#process.stdin?.write(`${tag} ${command}\r\n`);
    while (!new RegExp(`^${tag} `, 'm').test(this.#said)) {
      const more = await Promise.race([once(this.#process.stdout as never, 'data'), this.#ended]);
      if (more === 'ended') throw new Error(`imap ended: ${this.#said}`);
    }
    assert.match(this.#said, new RegExp(`^${tag} OK`, 'm'));
    this.exists = Number([...this.#said.matchAll(/^\* (\d+) EXISTS/gm)].at(-1)?.[1] ?? this.exists);
    return this.#said;
  }
}

test('Dovecot sees every message whole while deliveries run, and what POP3 deletes goes away', async (t) => {
  if (!usable) {
    t.diagnostic('not applicable: needs root and dovecot-imapd');
    return;
  }
  const ending = backwards(t);
  const folder = openFolder(ending);
  const home = await makeMailHome(folder, 9);
  const port = await freePort();
  writeFileSync(join(home.path, 'control/listeners'), `smtp 127.0.0.1:${home.port}\npop3 127.0.0.1:${port}\n`);
  const { uid, gid } = statSync(home.maildir);
  setPassword(home.path, { user: 'demo', password: 'secret', uid, gid, home: join(home.path, 'demo') });
  new ServerProcess(ending, home);
  await banner(port);
  const readerFolder = join(folder, 'imap');
  mkdirSync(readerFolder);
  const imap = new Imap(ending, readerFolder, home.maildir);
  await imap.ask('SELECT INBOX');
  let sending = true;
  let seen = 0;
  let looks = 0;
  const sent = (async () => {
    for (let n = 0; n < count; n++) {
      await sendMessage(home.port, '127.0.0.1', 'a@b.example', [localRecipient]);
      if (n === count / 2) await until('a look between deliveries', longestMs, async () => looks > 0);
    }
    sending = false;
  })();
  await until(`${count} messages by IMAP`, longestMs, async () => {
    await imap.ask('NOOP');
    seen = imap.exists;
    if (seen > 0) {
      const texts = await imap.ask(`FETCH 1:${seen} BODY.PEEK[TEXT]`);
      assert.equal(texts.match(/^It works\.\r$/gm)?.length, seen);
      looks += sending ? 1 : 0;
    }
    return seen === count;
  });
  await sent;
  assert.ok(looks > 0);
  const stat = [...login('demo', 'secret'), 'STAT'];
  await until('POP3 sees all', longestMs, async () => (await popSession(port, stat)).includes(`+OK ${count} `));
  const said = await popSession(port, [...login('demo', 'secret'), 'DELE 1', 'DELE 2', 'QUIT']);
  assert.match(said, /\+OK \r\n\+OK \r\n\+OK \r\n\+OK \r\n$/);
  await until('IMAP sees two less', longestMs, async () => {
    await imap.ask('CLOSE');
    return (await imap.ask('SELECT INBOX')).includes(`* ${count - 2} EXISTS`);
  });
});
