/**
 * Entry of a delivery child: started by lspawnd under a user's uid, speaks frames on its standard
 * input and output, ends when its input does.
 */
import { runChildLoop } from '../actors/local/child-loop.js';
import { inheritedVariables } from '../protocol/mailbox/environment.js';
import { optimizeLate } from './optimize-late.js';

const uid = process.getuid?.() ?? 0;
if (uid === 0) {
  process.stderr.write('local-child: deliveries never run as root\n');
  process.exit(113);
}
optimizeLate();
process.umask(0o077);
process.on('SIGHUP', () => undefined);
await runChildLoop({ input: process.stdin, output: process.stdout }, inheritedVariables(process.env), uid);
process.exit(0);
