/**
 * Entry of `npm run bench -- SCENARIO`: the same as `tqmail bench`.
 */
import { main } from './main.js';

process.exitCode = await main(process.argv.slice(2));
