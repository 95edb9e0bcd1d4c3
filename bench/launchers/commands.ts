/**
 * Which commands the launcher bench starts, with what they are given and how long they may take, in starts of
 * `node -e 0`. A table and the homes it needs; measures nothing.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { inProject } from '../root.js';

export interface Launched {
  readonly name: string;
  /** Program and words. */
  readonly words: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** Files that stand as descriptors 0 and 1; default: empty, and thrown away. */
  readonly stdin?: string;
  readonly stdout?: string;
  /** Most starts of `node -e 0` that it may take; undefined: it is the measure itself. */
  readonly limit?: number;
}

/** Twice for a command, three times for one that opens the store. */
const plain = 2;
const withStore = 3;

export const measure = 'node -e 0';

/** What a delivery gives to its programs. */
const delivery = { SENDER: 's@example.org', NEWSENDER: 's@example.org', DTLINE: 'Delivered-To: joe@example.org\n' };

/** The arguments of qmail-local for a delivery to a Maildir in `folder`. */
function localWords(folder: string): readonly string[] {
  for (const part of ['new', 'cur', 'tmp']) mkdirSync(path.join(folder, 'Maildir', part), { recursive: true });
  return ['joe', folder, 'joe', '', '', 'example.org', 'a@example.org', './Maildir/'];
}

/** A home in `folder` whose server, when one is started, listens on a free port and keeps what it gets. */
export function launchHome(folder: string): string {
  const made = spawnSync(inProject('bin', 'tqmail'), ['init', folder, '--me', 'mail.example.org', '--yes'], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`cannot make a home for the bench: ${made.stderr}`);
  writeFileSync(path.join(folder, 'control', 'listeners'), 'smtp 127.0.0.1:0\n');
  writeFileSync(path.join(folder, 'control', 'concurrencyremote'), '0\n');
  return folder;
}

/** The commands, the measure first. `home` has no server, the one of `served` runs. */
export function launchedCommands(folder: string, home: string, served: string): readonly Launched[] {
  const file = (name: string, text: string): string => {
    const at = path.join(folder, name);
    writeFileSync(at, text);
    return at;
  };
  mkdirSync(path.join(folder, 'files'));
  const stdin = file('files/message', 'To: a@example.org\nSubject: x\n\nhello\n');
  const envelope = file('files/envelope', 'Fa@example.org\0Tb@example.org\0\0');
  const env = { PATH: process.env.PATH ?? '', HOME: folder, QMAILHOME: home, USER: 'joe' };
  const running = { ...env, QMAILHOME: served };
  const taken = { ...env, QMAILQUEUE: file('files/taken', '#!/bin/sh\ncat >/dev/null\ncat <&1 >/dev/null\n') };
  spawnSync('chmod', ['755', taken.QMAILQUEUE]);
  const bin = (name: string): string => inProject('bin', name);
  return [
    { name: measure, words: [process.execPath, '-e', '0'], env },
    { name: 'tqmail --help', words: [bin('tqmail'), '--help'], env, limit: plain },
    { name: 'qmail-local -n', words: [bin('qmail-local'), '-n', ...localWords(folder)], env, stdin, limit: plain },
    { name: 'qmail-local, Maildir', words: [bin('qmail-local'), '--', ...localWords(folder)], env, stdin, limit: plain },
    { name: 'qmail-getpw', words: [bin('qmail-getpw'), 'joe-x'], env, limit: plain },
    { name: 'qmail-inject -n', words: [bin('qmail-inject'), '-n'], env, stdin, limit: plain },
    { name: 'qmail-inject, $QMAILQUEUE', words: [bin('qmail-inject')], env: taken, stdin, limit: plain },
    { name: 'sendmail -t, $QMAILQUEUE', words: [bin('sendmail'), '-t', '-i'], env: taken, stdin, limit: plain },
    { name: 'qmail-inject, own store', words: [bin('qmail-inject')], env, stdin, limit: withStore },
    { name: 'sendmail -t, own store', words: [bin('sendmail'), '-t', '-i'], env, stdin, limit: withStore },
    { name: 'qmail-queue, own store', words: [bin('qmail-queue')], env, stdin, stdout: envelope, limit: withStore },
    { name: 'qmail-qstat, own store', words: [bin('qmail-qstat')], env, limit: withStore },
    { name: 'qmail-qread, own store', words: [bin('qmail-qread')], env, limit: withStore },
    { name: 'qmail-inject, server', words: [bin('qmail-inject')], env: running, stdin, limit: plain },
    { name: 'sendmail -t, server', words: [bin('sendmail'), '-t', '-i'], env: running, stdin, limit: plain },
    { name: 'qmail-queue, server', words: [bin('qmail-queue')], env: running, stdin, stdout: envelope, limit: plain },
    { name: 'forward, server', words: [bin('forward'), 'a@example.org'], env: { ...running, ...delivery }, stdin, limit: plain },
    { name: 'qmail-qstat, server', words: [bin('qmail-qstat')], env: running, limit: plain },
    { name: 'qmail-qread, server', words: [bin('qmail-qread')], env: running, limit: plain },
    { name: 'tqmail queue, server', words: [bin('tqmail'), 'queue'], env: running, limit: plain },
    { name: 'tqmail stat, server', words: [bin('tqmail'), 'stat'], env: running, limit: plain },
  ];
}
