/**
 * What is said of a message that cannot be taken as it came (spec smtpd.md §2.6, §2.7).
 */

export const bareLf = 'See https://cr.yp.to/docs/smtplf.html.';
export const bareCr = 'message has a carriage return without line feed, see https://cr.yp.to/docs/smtplf.html (#5.6.0)';
export const oversize = 'sorry, that message size exceeds my databytes limit (#5.3.4)';
export const looping = 'too many hops, this message is looping (#5.4.6)';
