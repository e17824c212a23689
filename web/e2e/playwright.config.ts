import { defineConfig } from '@playwright/test'

/**
 * One suite against one running portal: PORTICO_BIN is a binary that is started with the sample organisation, or
 * PORTICO_URL names a portal that runs already. See server.ts.
 */
export default defineConfig({
  testDir: '.',
  testIgnore: 'screenshots/**',
  outputDir: 'results',
  globalSetup: './global-setup.ts',
  timeout: 30_000,
  expect: { timeout: 7_000 },
  fullyParallel: true,
  workers: 2,
  forbidOnly: true,
  retries: 0,
  reporter: [['list']],
  use: {
    viewport: { width: 1440, height: 900 },
    locale: 'en-GB',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env['PORTICO_CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        '--no-first-run',
      ],
    },
  },
})
