// The build of the dashboard: one entry, pages on demand, hashed files, and nothing that the content security policy would refuse.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Bytes below which a compressed copy saves nothing. */
const COMPRESSED_FROM = 1_024;

/** Puts `.br` and `.gz` beside each file that the server would otherwise compress anew for every reader. */
function compressed(): Plugin {
  return {
    name: 'xtrack-compressed',
    apply: 'build',
    writeBundle({ dir = '' }) {
      for (const entry of readdirSync(dir, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(js|css|svg|json|txt)$/.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const bytes = readFileSync(path);
        if (bytes.length < COMPRESSED_FROM) continue;
        writeFileSync(`${path}.br`, brotliCompressSync(bytes));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  // The server may be mounted below a path of somebody's application.
  base: './',
  plugins: [react(), compressed()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    // A data: address of an asset would be refused as a font or a script.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // What most pages share comes in a few files, not in a hundred small ones.
        codeSplitting: {
          groups: [
            // What the entry asks the server with, ahead of all that draws.
            {
              name: 'first',
              priority: 2,
              test: /src\/query\/search\/|web\/src\/(api\/(base|client|session|runs-path)|app\/pages-on-demand|pages\/runs\/(runs-question|columns|search-order|view-state))\.ts/,
            },
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler|wouter|@tanstack\/(query-core|react-query))\// },
            { name: 'ui', test: /node_modules\/(@mantine|@floating-ui|clsx)\//, minShareCount: 5 },
            { name: 'shell', test: /web\/src\/(api|components|theme|app)\/(?!palette|help-sheet|ask-ahead)/, minShareCount: 2 },
          ],
        },
      },
    },
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': { target: 'http://127.0.0.1:7007', changeOrigin: true, headers: { origin: 'http://127.0.0.1:7007' } } },
  },
});
