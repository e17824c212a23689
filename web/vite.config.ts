import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  base: '/',
  plugins: [react()],
  build: {
    // dist/placeholder.html is committed, so that Go builds without Node; scripts/clean-dist.mjs empties the rest.
    emptyOutDir: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
  },
  server: { port: 5173, proxy: { '/api': 'http://127.0.0.1:7007' } },
  test: { include: ['src/**/*.test.{ts,tsx}'], environment: 'node' },
})
