import { defineConfig } from 'vitest/config';

// Two projects. `fast` holds everything that runs on virtual time or in memory and may run in parallel. `real`
// opens sockets, starts processes or measures real time: one file at a time, so that the files do not
// disturb each other's deadlines on a small machine.
const real = ['e2e', 'peers', 'lifecycle', 'system'].map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    coverage: { provider: 'v8', include: ['src/**/*.ts'] },
    projects: [
      {
        test: {
          name: 'fast',
          include: ['test/**/*.test.ts'],
          exclude: real,
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'real',
          include: real,
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
