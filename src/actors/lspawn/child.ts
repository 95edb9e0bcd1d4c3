/**
 * One delivery child: a process of one uid that makes deliveries until it is idle. What comes from
 * it is a user's word: it is read with care and concerns only deliveries that it was given.
 */

import type { Buffer } from 'node:buffer';
import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { crashedOutcome } from '../../protocol/local-report.js';
import { gatherWrite } from '../spawn/gather.js';
import { type Frame, FrameReader, frameOf } from '../spawn/lspawnd-frames.js';
import { decodePiece, decodeReport, encodeReport } from '../spawn/lspawnd-messages.js';
import { nowhere } from '../spawn/nowhere.js';

/** Where the frames of one delivery go back to: the requester's number and its connection. */
export interface Requester {
  readonly id: number;
  readonly reply: (frame: Buffer) => void;
}

export interface ChildCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Octets that may wait for a child that does not read; beyond that its deliveries are deferred. */
const mostWaiting = 16 * 1024 * 1024;

export class DeliveryChild {
  readonly #process: ChildProcess;
  readonly #uid: number;
  readonly #input: Writable;
  readonly #pending = new Map<number, Requester>();
  readonly #reader = new FrameReader();
  #ended = false;
  /** When it had nothing to do for the last time, or got work: milliseconds, monotonic. */
  lastUse: number;

  constructor(command: ChildCommand, uid: number, gid: number, now: number, gone: () => void) {
    this.lastUse = now;
    this.#uid = uid;
    // Node clears the supplementary groups itself when a uid is given.
    this.#process = spawn(command.program, command.args, {
      uid,
      gid,
      cwd: '/',
      env: command.environment,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#input = this.#process.stdin ?? nowhere();
    this.#input.on('error', () => undefined);
    this.#process.stdout?.on('data', (chunk: Buffer) => this.#receive(chunk));
    const over = (): void => {
      if (this.#ended) return;
      this.#ended = true;
      this.#fail();
      gone();
    };
    this.#process.once('error', over);
    this.#process.once('close', over);
  }

  get busy(): boolean {
    return this.#pending.size > 0;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** True when more work can be handed over now. */
  get open(): boolean {
    return !this.#ended && this.#input.writable && this.#input.writableLength < mostWaiting;
  }

  deliver(id: number, requester: Requester, frame: Buffer, now: number): void {
    this.lastUse = now;
    this.#pending.set(id, requester);
    gatherWrite(this.#input, frame);
  }

  /** A piece of the body of a delivery that is under way here, or its end. */
  pass(kind: 'B' | 'E', id: number, bytes: Uint8Array): void {
    if (this.#pending.has(id) && !this.#ended) gatherWrite(this.#input, frameOf(kind, [String(id)], bytes));
  }

  /** No more work will come: the child ends by itself. */
  finish(): void {
    this.#input.end();
  }

  /** Ends it now; its deliveries are deferred. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }

  #receive(chunk: Buffer): void {
    const frames = this.#reader.push(chunk);
    if (frames === 'broken' || this.#reader.broken || !frames.every((frame) => this.#take(frame))) this.kill();
  }

  /** False when the child says something that makes no sense. */
  #take(frame: Frame): boolean {
    if (frame.kind === 'A') {
      const piece = decodePiece(frame.payload);
      const requester = piece === undefined ? undefined : this.#pending.get(piece.id);
      requester?.reply(frameOf('A', [String(requester.id), '']));
      return piece !== undefined;
    }
    const answer = frame.kind === 'R' ? decodeReport(frame.payload) : undefined;
    const requester = answer === undefined ? undefined : this.#pending.get(answer.id);
    if (answer === undefined || requester === undefined) return false;
    this.#pending.delete(answer.id);
    // Whose mail it is, lspawnd knows itself.
    const { outcomes, forward } = answer.report;
    const report = forward === undefined ? { outcomes } : { outcomes, forward: { ...forward, uid: this.#uid } };
    requester.reply(encodeReport(requester.id, report));
    return true;
  }

  #fail(): void {
    for (const { id, reply } of this.#pending.values()) reply(encodeReport(id, { outcomes: [crashedOutcome] }));
    this.#pending.clear();
  }
}
