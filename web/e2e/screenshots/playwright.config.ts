import { defineConfig } from '@playwright/test'
import walk from '../playwright.config.ts'

/** A picture of every page instead of a test of it: `make screenshots`. */
export default defineConfig({
  ...walk,
  testDir: '.',
  testIgnore: [],
  globalSetup: '../global-setup.ts',
  outputDir: '../results/screenshots',
})
