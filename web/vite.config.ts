import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  base: '/',
  plugins: [react()],
  build: {
    // dist/placeholder.html is committed, so that Go builds without Node; scripts/clean-dist.mjs empties the rest.
    emptyOutDir: false,
    assetsInlineLimit: 0,
    // One file of styles: it is 26 kB compressed, and cut along the code each page asked for ten more.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    target: 'es2022',
    rolldownOptions: {
      output: {
        // What every page needs is one chunk, and what most pages need another: cut apart they compress worse, and a page
        // is a dozen requests. What Mantine stands in stays out of it, or all of that came along.
        codeSplitting: {
          groups: [
            { name: 'base', tags: ['$initial'] },
            {
              name: 'shared',
              test: /src[\\/](lib|ui)[\\/](?!mantine|dialog|code-block|highlight)|node_modules[\\/]lucide-react/,
              minShareCount: 9,
            },
          ],
        },
      },
    },
  },
  server: { port: 5173, proxy: { '/api': 'http://127.0.0.1:7007' } },
  test: { include: ['src/**/*.test.{ts,tsx}'], environment: 'node' },
})
