/**
 * One local delivery, as qmail-local does it (spec local.md §2 to §5): checks, the .qmail file,
 * its instructions in order. Forward lines are collected and returned: the caller queues them as
 * one message before the delivery counts as made.
 */
import { exitOutcome, outputLimit } from '../../protocol/local-report.js';
import type { ByteString } from '../../protocol/mail.js';
import { deliveredToLine, returnPathLine, separatorLine } from '../../protocol/mailbox/added-lines.js';
import {
  forwardingSender,
  type Instruction,
  ownerFiles,
  parseInstructions,
  senderMayChange,
} from '../../protocol/mailbox/dotqmail.js';
import { crashAt } from '../../store/crash-points.js';
import type { LocalReport } from '../messages.js';
import { checkDotQmail, checkHome, checkLoop, defer } from './checks.js';
import { type AddedLines, maildirStep, mboxStep } from './file-steps.js';
import { type ProgramContext, programStep, variablesOf } from './program-step.js';
import type { LocalIo, LocalRequest, LocalResult, Stop } from './request.js';

const xBit = 0o100;

/** A delivery under way. */
class Run {
  readonly #request: LocalRequest;
  readonly #io: LocalIo;
  readonly #lines: AddedLines;
  #output = '';
  #files = 0;
  #programs = 0;
  readonly #forwards: ByteString[] = [];
  #forwardOnly = false;
  #matched: ByteString | undefined;
  #newSender: Promise<ByteString> | undefined;

  constructor(request: LocalRequest, io: LocalIo) {
    this.#request = request;
    this.#io = io;
    this.#lines = {
      separator: separatorLine(request.sender, io.now()),
      returnPath: returnPathLine(request.sender),
      deliveredTo: deliveredToLine(request.local, request.host),
    };
  }

  async perform(): Promise<LocalResult> {
    const stop = await this.#all();
    if (stop !== undefined) {
      if (stop.text !== '') this.#say('err', `${stop.text}\n`);
      return { exit: stop.exit, output: this.#output };
    }
    const did = `did ${this.#files}+${this.#forwards.length}+${this.#programs}\n`;
    const forwards = this.#forwards.length > 0 && !this.#request.print;
    if (!forwards || this.#io.output === undefined) this.#say('out', did);
    if (!forwards) return { exit: 0, output: this.#output };
    const context = await this.#context();
    const forward = { uid: this.#io.uid, sender: context.newSender, recipients: this.#forwards, prefix: this.#lines.deliveredTo };
    if (this.#io.output === undefined) return { exit: 0, output: this.#output, forward };
    return { exit: 0, output: did, forward, variables: variablesOf(context) };
  }

  async #context(): Promise<ProgramContext> {
    const newSender = await this.#senderOfForwards();
    return { request: this.#request, io: this.#io, lines: this.#lines, matched: this.#matched, newSender };
  }

  async #all(): Promise<Stop | undefined> {
    const request = this.#request;
    const home = await checkHome(request, this.#io, (text) => this.#say('err', `${text}\n`));
    if (home !== undefined) return home;
    const loop = request.print ? undefined : await checkLoop(request.message, this.#lines.deliveredTo);
    if (loop !== undefined) return loop;
    const found = await this.#io.homes.dotQmail(request.home, request.dash, request.ext);
    const refused = checkDotQmail(found, request.dash, request.print ? undefined : this.#io.uid);
    if (refused !== undefined) return refused;
    const own = found.tag === 'found' && found.text !== '';
    this.#matched = found.tag === 'found' ? found.matched : undefined;
    this.#forwardOnly = own && (found.mode & xBit) !== 0;
    return this.#obey(parseInstructions(own ? found.text : request.defaultDelivery));
  }

  async #obey(instructions: readonly Instruction[]): Promise<Stop | undefined> {
    for (const instruction of instructions) {
      const step = await this.#step(instruction);
      if (step === 'last') return undefined;
      if (step !== 'done') return step;
    }
    if (this.#forwards.length > 0 && !this.#request.print) {
      try {
        await this.#senderOfForwards();
      } catch {
        return defer('Unable to look at the owner file of this address. (#4.3.0)');
      }
    }
    return undefined;
  }

  async #step(instruction: Instruction): Promise<'done' | 'last' | Stop> {
    switch (instruction.tag) {
      case 'blankFirst':
        return defer('Uh-oh: first line of .qmail file is blank. (#4.2.1)');
      case 'list':
        this.#forwardOnly = true;
        return 'done';
      case 'forward':
        this.#forwards.push(instruction.text);
        this.#show('forward', instruction);
        return 'done';
      case 'program':
        return this.#program(instruction);
      default:
        return this.#file(instruction);
    }
  }

  async #file(instruction: Instruction): Promise<'done' | Stop> {
    if (this.#forwardOnly) return defer('Uh-oh: .qmail has file delivery but has x bit set. (#4.7.0)');
    this.#files++;
    if (this.#show(instruction.tag, instruction)) return 'done';
    const stop =
      instruction.tag === 'maildir'
        ? await maildirStep(instruction, this.#request, this.#io, this.#lines)
        : await mboxStep(instruction, this.#request, this.#lines);
    return stop ?? 'done';
  }

  async #program(instruction: Instruction): Promise<'done' | 'last' | Stop> {
    if (this.#forwardOnly) return defer('Uh-oh: .qmail has prog delivery but has x bit set. (#4.7.0)');
    this.#programs++;
    if (this.#show('program', instruction)) return 'done';
    let context: ProgramContext;
    try {
      context = await this.#context();
    } catch {
      return defer('Unable to look at the owner file of this address. (#4.3.0)');
    }
    return programStep(instruction, context, (text) => this.#say('out', text));
  }

  /** With -n: prints the instruction instead of obeying it. */
  #show(word: string, instruction: Instruction): boolean {
    if (!this.#request.print) return false;
    this.#say('out', `${word} ${instruction.shown}\n`);
    return true;
  }

  #senderOfForwards(): Promise<ByteString> {
    this.#newSender ??= newSenderOf(this.#request, this.#io);
    return this.#newSender;
  }

  #say(stream: 'out' | 'err', text: ByteString): void {
    if (this.#io.output !== undefined) this.#io.output(stream, text);
    else if (this.#output.length < outputLimit) this.#output += text.slice(0, outputLimit - this.#output.length);
  }
}

/** NEWSENDER (spec local.md §4); looked up only for programs and forwards. */
async function newSenderOf(request: LocalRequest, io: LocalIo): Promise<ByteString> {
  const { sender, local, host } = request;
  const names = ownerFiles(request.dash, request.ext);
  if (names === undefined || !senderMayChange(sender)) return sender;
  if (!(await io.homes.exists(request.home, names.owner))) return sender;
  return forwardingSender(sender, local, host, true, await io.homes.exists(request.home, names.verp));
}

/** Runs one delivery and answers in the terms of the qmail-local command. */
export function runLocal(request: LocalRequest, io: LocalIo): Promise<LocalResult> {
  return new Run(request, io).perform();
}

/** Runs one delivery and answers in the terms of send. */
export async function deliverLocal(request: LocalRequest, io: LocalIo): Promise<LocalReport> {
  crashAt('local.begun');
  const result = await runLocal(request, io);
  crashAt('local.done');
  const outcomes = [exitOutcome(result.exit, result.output)];
  return result.forward === undefined ? { outcomes } : { outcomes, forward: result.forward };
}
