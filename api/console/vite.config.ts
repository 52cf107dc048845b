import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

const folderOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const OUT = folderOf('../../dist/api/console');
const KEPT_MS = 86_400_000;

/** `npx vite build api/console` writes `dist/api/console`, which the api serves. */
export default defineConfig({
  root: folderOf('.'),
  plugins: [react(), keepForOpenPages()],
  build: {
    outDir: OUT,
    emptyOutDir: false,
    reportCompressedSize: false,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/api': { target: 'http://127.0.0.1:3000', ws: true } } },
});

/** A page that is open during a build still asks for the chunks it was made of: they stay for a day. */
function keepForOpenPages(): Plugin {
  return {
    name: 'keep-for-open-pages',
    writeBundle(_options, bundle) {
      const assets = join(OUT, 'assets');
      for (const name of readdirSync(assets)) {
        const file = join(assets, name);
        const age = Date.now() - statSync(file).mtimeMs;
        if (!bundle[`assets/${name}`] && age > KEPT_MS) rmSync(file, { force: true });
      }
    },
  };
}
