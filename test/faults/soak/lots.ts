/**
 * The lots of a soak: some rounds on a home of their own, which goes away with them, so that a long run needs no more disk
 * than a short one. What each kind of lot does, and in which order they come.
 */
import { crashPoints } from '../../../src/store/crash-points.js';
import { type FileSystem, LoopDisk, noLoopDisk } from '../../support/loop-disk.js';
import type { Ending } from '../../support/server-home.js';
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

const power = (type: FileSystem, most: number): Lot => strikes(`power ${type}`, most, ['power'], type);
const mixed = strikes('mixed', 4 * mixedNames.length, mixedNames);

export const lotNames: readonly string[] = [...strikeNames, 'steps'];

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
  if (fault === 'power') return cut(25);
  return strikeNames.filter((name) => name === fault).map((name) => strikes(name, 50, [name]));
}
