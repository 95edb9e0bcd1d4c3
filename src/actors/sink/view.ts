/**
 * A message's HTML made ready for a frame: images that came with it are put into it, links open in a page of their own.
 * What may not be done in the frame is the policy's to say; only what no policy holds back is taken out here.
 */
import type { KeptMessage } from './kept.js';
import { partsOf, receivedOf } from './received.js';

/** Octets of text that embedded images may make. */
const mostEmbedded = 16 * 1_048_576;
const doctype = /^\s*<!doctype[^>]*>/i;

/**
 * A policy stops what a page fetches, not the connections it has made beforehand (`<link rel=preconnect>`), and those tell the
 * sender who looks at the mail and when. No `link` does anything else under our policy; documents in an attribute could hold one.
 */
export function calmed(html: string): string {
  return html.replace(/<(?=link)/gi, '<x-').replace(/srcdoc(?=[\t\n\f\r ]*=)/gi, 'x-$&');
}

export function viewOf(message: KeptMessage): string {
  const html = embedded(calmed(receivedOf(message).html), message);
  const start = doctype.exec(html)?.[0] ?? '';
  return `${start}<base target="_blank">${html.slice(start.length)}`;
}

/** RFC 2392: `cid:` names a part by its Content-ID. */
function embedded(html: string, message: KeptMessage): string {
  if (!/\bcid:/i.test(html)) return html;
  const images = new Map<string, string>();
  let left = mostEmbedded;
  for (const part of partsOf(message)) {
    if (part.contentId === '' || !/^image\/[a-z0-9.+-]+$/.test(part.type)) continue;
    const url = `data:${part.type};base64,${Buffer.from(part.content(), 'latin1').toString('base64')}`;
    left -= url.length;
    if (left >= 0) images.set(part.contentId, url);
  }
  return html.replace(/\bcid:([^"'\s)>]{1,998})/gi, (whole, id: string) => images.get(decodedId(id)) ?? whole);
}

function decodedId(id: string): string {
  try {
    return decodeURIComponent(id);
  } catch {
    return id;
  }
}
