/**
 * The verbs that talk to a running server (qmailctl's): stop, restart, status, stat, reload, doqueue, pause, cont.
 * Exit codes: 0 done, 1 already in that state, 3 status of a stopped server, 64 usage, 111 cannot.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CommandTrouble, complain, reason } from '../complain.js';
import { homeFolder, pidsFile } from '../home.js';
import { closeLock, waitForLock } from '../lock.js';
import { usageLine } from '../manual/help.js';
import { isAlive, readPids } from '../run/run-files.js';
import { askServer, presentLock, serverHolds } from './ask-server.js';
import { askNode } from './client.js';
import type { ControlAnswer, ControlVerb, NodeStatus } from './messages.js';
import { statusText } from './status-text.js';

type Main = (args: readonly string[]) => Promise<number>;

/** Longest time that stop waits for the lock, and restart for the new node, in seconds (contract §4). */
const patience = 40;

export function controlVerb(verb: string): Main {
  return async (args) => {
    const { home, json } = words(verb, args);
    if (verb === 'status' || verb === 'stat') return status(home, json, verb);
    if (verb === 'stop') return stop(home);
    if (verb === 'restart') return restart(home);
    return exitCode(verb, await askServer(home, { verb: verb as ControlVerb }));
  };
}

function words(verb: string, args: readonly string[]): { home: string; json: boolean } {
  try {
    const { values } = parseArgs({ args: [...args], options: { home: { type: 'string' }, json: { type: 'boolean' } } });
    return { home: homeFolder(values.home), json: values.json ?? false };
  } catch (error) {
    throw new CommandTrouble(64, `${reason(error)}\n${usageLine(verb)}`);
  }
}

function exitCode(verb: string, answer: ControlAnswer | undefined): number {
  if (answer?.tag === 'done') return 0;
  complain(`tqmail: ${verb}: ${answer?.text ?? 'not running'}`);
  return answer?.tag === 'already' ? 1 : 111;
}

async function status(home: string, json: boolean, verb: string): Promise<number> {
  const answer = await askServer(home, { verb: 'status' });
  if (answer?.tag === 'failed') return exitCode(verb, answer);
  if (answer?.tag !== 'done') {
    const held = serverHolds(home);
    process.stdout.write(
      json ? `${JSON.stringify({ running: held, home })}\n` : `${home}: ${held ? 'starting' : 'not running'}\n`,
    );
    return held ? 0 : 3;
  }
  const value = answer.value as NodeStatus;
  process.stdout.write(json ? `${JSON.stringify(value)}\n` : statusText(value));
  return 0;
}

async function stop(home: string): Promise<number> {
  const answer = await askNode(home, { verb: 'stop' });
  if (answer === undefined) {
    if (!serverHolds(home)) {
      complain('tqmail: stop: not running');
      return 1;
    }
    // The node is starting or between two lives: its parent takes the signal.
    const [parent] = readPids(pidsFile(home));
    if (parent !== undefined && isAlive(parent.pid)) process.kill(parent.pid, 'SIGTERM');
  } else if (answer.tag !== 'done') return exitCode('stop', answer);
  const fd = presentLock(home);
  if (fd === undefined) return 0;
  try {
    if (await waitForLock(fd, patience)) return 0;
  } finally {
    closeLock(fd);
  }
  complain(`tqmail: stop: still running after ${patience} s`);
  return 111;
}

async function restart(home: string): Promise<number> {
  const before = await askServer(home, { verb: 'status' });
  if (before?.tag !== 'done') return exitCode('restart', before);
  const { nodePid } = before.value as NodeStatus;
  const asked = await askServer(home, { verb: 'restart' });
  if (asked?.tag !== 'done') return exitCode('restart', asked);
  for (let tries = 0; tries < patience * 10; tries++) {
    const now = await askNode(home, { verb: 'status' });
    if (now?.tag === 'done' && (now.value as NodeStatus).nodePid !== nodePid) return 0;
    await wait(100);
  }
  complain(`tqmail: restart: the new node does not answer after ${patience} s`);
  return 111;
}
