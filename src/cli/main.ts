#!/usr/bin/env node
/**
 * The `mixminus` command: runs what its arguments ask for in this process and sets the exit code. `npm start` imports it too, so that
 * signals reach the server itself.
 */
import { processContext } from './context.js';
import { run } from './program.js';

// Not process.exit: output on a pipe may still be on its way. Whatever a command opened it has closed, so the process ends by itself.
void run(process.argv.slice(2), processContext()).then((code) => {
  process.exitCode = code;
});
