/**
 * Preloaded into a server under test (`node --import`): SIGUSR2 keeps the event loop busy for two seconds, as a careless user's code
 * would, and tells on standard output how long it was.
 */
process.on('SIGUSR2', () => {
  const begin = performance.now();
  while (performance.now() - begin < 2000);
  process.stdout.write(`${JSON.stringify({ event: 'blocked', ms: performance.now() - begin })}\n`);
});
