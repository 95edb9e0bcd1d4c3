/**
 * The table of docs/rfc.md: which sections the sources cite, and in which files. Pure.
 * A citation is written `RFC 5321 §4.5.2` in a comment; several sections may follow, `RFC 5321 §4.2, §4.3`.
 */

const titles: Readonly<Record<string, string>> = {
  '821': 'Simple Mail Transfer Protocol (1982)',
  '822': 'Standard for ARPA Internet Text Messages',
  '1047': 'Duplicate Messages and SMTP',
  '1413': 'Identification Protocol',
  '1652': '8bit-MIMEtransport',
  '1870': 'Message Size Declaration',
  '1985': 'ETRN, remote message queue starting',
  '1939': 'Post Office Protocol 3',
  '2033': 'Local Mail Transfer Protocol',
  '2034': 'Enhanced Error Codes',
  '2045': 'MIME: Format of Message Bodies',
  '2046': 'MIME: Media Types',
  '2047': 'MIME: Non-ASCII Text in Headers',
  '2231': 'MIME: Parameter Values',
  '2449': 'POP3 Extension Mechanism',
  '3206': 'SYS and AUTH POP Response Codes',
  '7914': 'scrypt',
  '2822': 'Internet Message Format (2001)',
  '2920': 'Command Pipelining',
  '3030': 'CHUNKING and BINARYMIME',
  '3164': 'The BSD syslog Protocol',
  '3207': 'STARTTLS',
  '3461': 'Delivery Status Notification extension',
  '3463': 'Enhanced Mail System Status Codes',
  '3464': 'Format for Delivery Status Notifications',
  '3848': 'Transmission Types Registration',
  '4291': 'IPv6 Addressing Architecture',
  '2392': 'Content-ID and Message-ID URLs',
  '4616': 'The PLAIN SASL Mechanism',
  '4954': 'Authentication',
  '8187': 'Encoding of HTTP Header Parameters',
  '5234': 'Augmented BNF',
  '5280': 'X.509 Certificates',
  '5321': 'Simple Mail Transfer Protocol',
  '5322': 'Internet Message Format',
  '5598': 'Internet Mail Architecture',
  '5782': 'DNS Blacklists and Whitelists',
  '5952': 'IPv6 Address Text Representation',
  '6152': '8-bit MIME Transport',
  '6531': 'Internationalized Email',
  '6409': 'Message Submission',
  '7505': 'Null MX',
  '8314': 'Cleartext Considered Obsolete',
  '1034': 'Domain Names: Concepts',
  '1035': 'Domain Names: Implementation',
  '3596': 'DNS Extensions for IPv6',
  '6891': 'Extension Mechanisms for DNS',
};

export interface SourceText {
  readonly path: string;
  readonly text: string;
}

interface Citation {
  readonly rfc: string;
  readonly section: string;
  readonly path: string;
}

function citations({ path, text }: SourceText): Citation[] {
  return [...text.matchAll(/\bRFC (\d+)((?:(?:,| and)? §[\d.]*\d)*)/g)].flatMap(([, rfc = '', tail = '']) => {
    const sections = [...tail.matchAll(/§([\d.]*\d)/g)].map(([, section = '']) => section);
    return (sections.length > 0 ? sections : ['']).map((section) => ({ rfc, section, path }));
  });
}

/** `4.10` comes after `4.9`. */
function bySection(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? -1) - (right[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** A Markdown table, a row a section. Throws when an RFC is cited whose title is not known here. */
export function rfcTable(sources: readonly SourceText[]): string {
  const files = new Map<string, Set<string>>();
  for (const { rfc, section, path } of sources.flatMap(citations)) {
    const key = `${rfc} ${section}`;
    files.set(key, (files.get(key) ?? new Set()).add(path));
  }
  const rows = [...files]
    .map(([key, paths]) => ({
      rfc: key.slice(0, key.indexOf(' ')),
      section: key.slice(key.indexOf(' ') + 1),
      paths: [...paths].sort(),
    }))
    .sort((a, b) => Number(a.rfc) - Number(b.rfc) || bySection(a.section, b.section))
    .map(({ rfc, section, paths }) => {
      const title = titles[rfc];
      if (title === undefined) throw new Error(`${paths[0]} cites RFC ${rfc}: add its title to test/docs/rfc-table.ts`);
      return `| ${rfc} | ${title} | ${section === '' ? 'as a whole' : section} | ${paths.map((path) => `\`${path}\``).join(', ')} |`;
    });
  return ['| RFC | title | section | cited in |', '|---|---|---|---|', ...rows].join('\n');
}
