/**
 * The addresses of the web that a message offers: targets of its HTML's links, and what looks like one in its text.
 * Reading only; nothing is fetched or judged.
 */

const mostLinks = 1_000;
const longest = 8_192;

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** Each once, those of the text first. Only `http` and `https`. */
export function linksOf(text: string, html: string): string[] {
  const found = new Set<string>();
  const add = (link: string): void => {
    if (found.size < mostLinks && link.length <= longest && /^https?:\/\/[^\s/]/i.test(link)) found.add(link);
  };
  for (const [link] of text.matchAll(/\bhttps?:\/\/[^\s<>"]+/gi)) add(withoutEnd(link));
  for (const [, double, single, bare] of html.matchAll(
    /<(?:a|area)\s[^<>]{0,4000}?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/gi,
  )) {
    add(unescaped(double ?? single ?? bare ?? '').trim());
  }
  return [...found];
}

/** A sentence's end is not the link's, nor is a bracket that was opened before it. */
function withoutEnd(link: string): string {
  if (link.length > longest) return link;
  let unopened = link.split(')').length - link.split('(').length;
  let end = link.length;
  for (; end > 0; end--) {
    const last = link[end - 1] ?? '';
    if (last === ')' && unopened > 0) unopened--;
    else if (!".,;:!?'*_]".includes(last)) break;
  }
  return link.slice(0, end);
}

function unescaped(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{1,8}));/gi,
    (whole, decimal?: string, hex?: string, name?: string) => {
      if (name !== undefined) return entities[name.toLowerCase()] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
