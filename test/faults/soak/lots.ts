/**
 * The lots of a soak: some rounds on a home of their own, which goes away with them, so that a long run needs no more disk
 * than a short one. What each kind of lot does, and in which order they come.
 */
import { crashPoints } from '../../../src/store/crash-points.js';
import { noStrace } from '../../store/strace.js';
import { type FileSystem, LoopDisk, noLoopDisk } from '../../support/loop-disk.js';
import type { Ending } from '../../support/server-home.js';
import { type CallFault, callFaults } from '../calls/plan.js';
import { runSweep } from '../calls/sweep.js';
import { runMatrix } from '../crash/matrix.js';
import { runRounds, type StrikeRow } from '../kill/rounds.js';
import { mixedNames, type StrikeName, strikeNames } from '../kill/strikes.js';
import type { Found } from './record.js';

export interface Lot {
  readonly name: string;
  /** Most rounds of one lot. */
  readonly most: number;
  /** `first`: rounds of this lot that were done before. */
  run(ending: Ending, rounds: number, first: number, enough: () => boolean): Promise<Found>;
}

/** Milliseconds of load before a fault. */
const loadMs = [100, 2_000] as const;

function strikes(name: string, most: number, names: readonly StrikeName[], type?: FileSystem): Lot {
  return {
    name,
    most,
    async run(ending, rounds, first, enough) {
      const disk = type === undefined ? {} : { disk: LoopDisk.make(ending, type) };
      const { table, altered, unexplained } = await runRounds(ending, {
        rounds,
        strikes: names,
        loadMs,
        first,
        enough,
        ...disk,
      });
      const rows = table.map((row) => (type === undefined ? row : { ...row, fault: `${row.fault} ${type}` }));
      return { rows, altered, unexplained };
    },
  };
}

/** Every named step of a message's life once; a round is a step. */
const steps: Lot = {
  name: 'steps',
  most: crashPoints.length,
  async run(ending, rounds, first) {
    const points = Array.from({ length: rounds }, (_, at) => crashPoints[(first + at) % crashPoints.length] ?? 'accept.built');
    const { accepted, lost, altered, doubles, unexplained } = await runMatrix(ending, { points: [...new Set(points)] });
    const twiceLocal = doubles.filter(({ where }) => where === 'maildir').length;
    const row: StrikeRow = {
      fault: 'steps',
      rounds,
      accepted,
      lost: lost.length,
      twiceLocal,
      inFlight: 0,
      twice: doubles.length - twiceLocal,
      mostTwice: 1,
    };
    return { rows: [row], altered, unexplained: unexplained.length };
  },
};

/** Every system call on a message's way to the disk fails once; the lot ends when there is none left, whatever was asked for. */
function calls(fault: CallFault): Lot {
  return {
    name: fault.name,
    most: 25,
    async run(ending, _rounds, _first, enough) {
      const { rounds, accepted, lost, twiceLocal, twiceRemote, altered, unexplained } = await runSweep(ending, fault, { enough });
      const failed = rounds.filter((round) => round.failed !== undefined).length;
      const row: StrikeRow = {
        fault: fault.name,
        rounds: failed,
        accepted,
        lost,
        twiceLocal,
        inFlight: 0,
        twice: twiceRemote,
        mostTwice: Math.min(1, twiceRemote),
      };
      return { rows: [row], altered, unexplained };
    },
  };
}

const power = (type: FileSystem, most: number): Lot => strikes(`power ${type}`, most, ['power'], type);
const mixed = strikes('mixed', 4 * mixedNames.length, mixedNames);

export const lotNames: readonly string[] = [...strikeNames, 'steps', 'calls'];

const canCut = (type: FileSystem, say: (why: string) => void): boolean => {
  const why = noLoopDisk(type);
  if (why !== undefined) say(`power cuts on ${type}: ${why}`);
  return why === undefined;
};

/** The lots of a run, from the beginning again until there were rounds enough; `say` hears what cannot be done here. */
export function lotsOf(fault: string | undefined, say: (why: string) => void): readonly Lot[] {
  const cut = (most: number): Lot[] =>
    (['ext4', 'xfs'] as const).filter((type) => canCut(type, say)).map((type) => power(type, most));
  if (fault === undefined) return [mixed, ...cut(3)];
  if (fault === 'steps') return [steps];
  if (fault === 'calls') {
    const why = noStrace();
    if (why !== undefined) say(`system calls that fail: ${why}`);
    return why === undefined ? callFaults.map(calls) : [];
  }
  if (fault === 'power') return cut(25);
  return strikeNames.filter((name) => name === fault).map((name) => strikes(name, 50, [name]));
}
