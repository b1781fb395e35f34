import { fileURLToPath, URL } from 'node:url'
import vue from '@vitejs/plugin-vue'
import elementPlus from 'unplugin-element-plus/vite'
import { loadEnv, type Plugin } from 'vite'
import { compression, defineAlgorithm } from 'vite-plugin-compression2'
import { defineConfig } from 'vitest/config'

/** KaTeX names each of its fonts in three formats; every browser that runs the rest of this reads the first. */
const woff2Only: Plugin = {
  name: 'woff2-only',
  enforce: 'pre',
  transform(code, id) {
    if (!/katex(?:\.min)?\.css(?:$|\?)/.test(id)) return undefined
    return { code: code.replace(/,\s*url\([^)]*\)\s*format\("(?:woff|truetype)"\)/g, ''), map: null }
  },
}

export default defineConfig(({ mode }) => {
  const env = loadEnv(mode, import.meta.dirname, '')
  const backend = { target: env.DEV_API_TARGET ?? 'http://127.0.0.1:8000', xfwd: true }
  const proxy = { '/api': backend, '/health': backend }

  return {
    plugins: [
      vue(),
      woff2Only,
      // Adds the style of each Element Plus component that is imported, so the whole library's CSS is never shipped.
      // Tests look at no style, and Node could not load it.
      mode === 'test' ? [] : elementPlus({}),
      // nginx sends these files as they are; compressing at request time costs 300 times as much.
      compression({
        include: /\.(js|css|html|svg|json|webmanifest)$/,
        threshold: 1024,
        algorithms: [defineAlgorithm('gzip', { level: 9 }), defineAlgorithm('brotliCompress')],
      }),
    ],
    resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
    server: { port: 5173, proxy },
    preview: { port: 4173, proxy },
    build: {
      target: 'es2022',
      // No data: URIs and no inline polyfill: the page must work under `default-src 'self'`.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
    test: {
      environment: 'happy-dom',
      // Vue and Element Plus are loaded once a worker: that and their cold code were two thirds of the time. What is ours
      // is fresh in each file all the same.
      pool: 'threads',
      isolate: false,
      setupFiles: ['src/test/fresh.ts'],
      include: ['src/**/*.spec.ts'],
      restoreMocks: true,
    },
  }
})
