import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// biome-ignore lint/style/noDefaultExport: Vite looks for it
export default defineConfig({
  base: '/dashboard/',
  plugins: [react()],
  build: {
    target: 'es2022',
    // no file becomes part of another: the Content-Security-Policy of the page takes no scripts in it
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: 'manifest.json',
    sourcemap: false,
  },
  // `npx vite` in this folder, beside a platform on its usual port
  server: {
    proxy: Object.fromEntries(['/api', '/toolbox', '/dashboard/session'].map((path) => [path, proxied(path)])),
  },
})

function proxied(path: string) {
  return { target: 'http://localhost:3000', ws: path !== '/dashboard/session' }
}
