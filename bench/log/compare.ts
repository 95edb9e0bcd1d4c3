/**
 * The figures of a report next to those of the sinks that got the mail. Reads the report's text, as a user would.
 */

export interface Compared {
  readonly what: string;
  readonly log: number;
  readonly sink: number;
}

/** What arrived for a domain; octets as the queue counts them. */
export interface HostArrivals {
  readonly name: string;
  readonly messages: number;
  readonly octets: number;
}

/** Every message has one recipient and arrives at the first attempt. A figure that the report lacks is NaN. */
export function comparedFigures(report: string, accepted: number, hosts: readonly HostArrivals[]): readonly Compared[] {
  const overall = (name: string): number => Number(new RegExp(`^ *${name}: (\\d+)$`, 'm').exec(report)?.[1] ?? Number.NaN);
  const messages = hosts.reduce((sum, host) => sum + host.messages, 0);
  const octets = hosts.reduce((sum, host) => sum + host.octets, 0);
  return [
    { what: 'accepted', log: overall('Completed messages'), sink: accepted },
    { what: 'messages', log: overall('Completed messages'), sink: messages },
    { what: 'recipients', log: overall('Recipients for completed messages'), sink: messages },
    { what: 'attempts', log: overall('Total delivery attempts'), sink: messages },
    { what: 'success', log: overall('success'), sink: messages },
    { what: 'failure', log: overall('failure'), sink: 0 },
    { what: 'deferral', log: overall('deferral'), sink: 0 },
    { what: 'bytes', log: overall('Bytes in completed messages'), sink: octets },
    { what: 'bytes weighted by success', log: overall('Bytes weighted by success'), sink: octets },
    ...hosts.flatMap(({ name, messages: got, octets: size }): Compared[] => {
      const row = new RegExp(`^ *(\\d+) +(\\d+) +(\\d+) .* remote\\.${name.replaceAll('.', '\\.')}$`, 'm').exec(report) ?? [];
      const [bytes = Number.NaN, tries = Number.NaN, ok = Number.NaN] = row.slice(1).map(Number);
      return [
        { what: `${name}: attempts`, log: tries, sink: got },
        { what: `${name}: success`, log: ok, sink: got },
        { what: `${name}: bytes`, log: bytes, sink: size },
      ];
    }),
  ];
}
