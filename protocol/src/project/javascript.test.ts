import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { planOf, type Repository, testRepositories } from './plan.fixture.ts'

const next = {
  dependencies: { next: '16.0.0' },
  scripts: { dev: 'next dev', build: 'next build', start: 'next start' },
}
const vite = {
  devDependencies: { vite: '8.0.0' },
  scripts: { dev: 'vite', build: 'vite build', preview: 'vite preview' },
}
const lock = { 'package-lock.json': '' }
const own = (start: string): string => `NODE_ENV="\${NODE_ENV:-production}" ${start}`
const npmInstall = 'npm ci --include=dev'

const sites: readonly Repository[] = [
  {
    title: 'Next.js',
    files: { 'package.json': next, ...lock },
    plan: {
      framework: 'nextjs',
      packageManager: 'npm',
      mode: 'production',
      prepare: null,
      install: npmInstall,
      build: 'npm run build',
      start: 'npm run start -- -p 3000 -H 0.0.0.0',
      port: 3000,
      readyPath: '/',
      env: { PORT: '3000', HOST: '0.0.0.0', NEXT_TELEMETRY_DISABLED: '1', HOSTNAME: '0.0.0.0' },
      lockFiles: ['package-lock.json', 'package.json'],
    },
    note: null,
  },
  {
    title: 'Next.js in development',
    files: { 'package.json': next, ...lock },
    asked: { mode: 'development' },
    plan: { mode: 'development', build: null, start: 'npm run dev -- -p 3000 -H 0.0.0.0' },
  },
  {
    title: 'Next.js without scripts',
    files: { 'package.json': { dependencies: { next: '1' } }, ...lock },
    plan: { build: 'npx --no -- next build', start: 'npx --no -- next start -p 3000 -H 0.0.0.0' },
  },
  {
    title: 'Next.js with a port in its script, which is kept',
    files: {
      'package.json': { ...next, scripts: { start: 'next start --port 4000', build: 'next build' } },
      ...lock,
    },
    plan: { port: 4000, start: 'npx --no -- next start -p 4000 -H 0.0.0.0' },
  },
  {
    title: 'Next.js with a port in its script, and another that is asked for',
    files: { 'package.json': { ...next, scripts: { dev: 'next dev --turbopack -p 4000' } }, ...lock },
    asked: { mode: 'development', port: 8080 },
    plan: { port: 8080, start: 'npx --no -- next dev --turbopack -p 8080 -H 0.0.0.0' },
  },
  {
    title: 'Next.js with variables before its script',
    files: {
      'package.json': { ...next, scripts: { dev: 'cross-env A=b PORT=4000 next dev --port=4000' } },
      ...lock,
    },
    asked: { mode: 'development' },
    plan: { port: 4000, start: 'A=b npx --no -- next dev -p 4000 -H 0.0.0.0' },
  },
  {
    title: 'Next.js with a server of its own',
    files: { 'package.json': { ...next, scripts: { build: 'next build', start: 'node server.js' } }, ...lock },
    plan: { framework: 'nextjs', start: own('npm run start'), port: 3000 },
    note: /^The script "start" is run as it is/,
  },
  {
    title: 'Next.js that makes files only',
    files: {
      'package.json': { ...next },
      'next.config.mjs': "// output: 'standalone'\nexport default { output: 'export' }\n",
      ...lock,
    },
    plan: { framework: 'nextjs', build: 'npm run build', port: 3000 },
  },
  {
    title: 'Nuxt',
    files: { 'package.json': { dependencies: { nuxt: '4', vue: '3' }, scripts: { build: 'nuxt build' } }, ...lock },
    plan: { framework: 'nuxt', start: own('node .output/server/index.mjs'), port: 3000 },
  },
  {
    title: 'Nuxt in development',
    files: { 'package.json': { dependencies: { nuxt: '4' }, scripts: { dev: 'nuxt dev' } }, ...lock },
    asked: { mode: 'development' },
    plan: { framework: 'nuxt', start: 'npm run dev -- --port 3000 --host 0.0.0.0' },
  },
  {
    title: 'SvelteKit by its adapter for Node',
    files: {
      'package.json': { devDependencies: { '@sveltejs/kit': '2', '@sveltejs/adapter-node': '5', vite: '8' } },
      ...lock,
    },
    plan: { framework: 'sveltekit', build: 'npx --no -- vite build', start: own('node build'), port: 3000 },
  },
  {
    title: 'SvelteKit by another adapter',
    files: {
      'package.json': { devDependencies: { '@sveltejs/kit': '2', '@sveltejs/adapter-auto': '5', vite: '8' } },
      ...lock,
    },
    plan: { framework: 'sveltekit', start: 'npx --no -- vite preview --port 3000 --strictPort --host 0.0.0.0' },
  },
  {
    title: 'SvelteKit in development',
    files: {
      'package.json': { devDependencies: { '@sveltejs/kit': '2' }, scripts: { dev: 'vite dev --open' } },
      ...lock,
    },
    asked: { mode: 'development' },
    plan: { port: 5173, start: 'npm run dev -- --port 5173 --strictPort --host 0.0.0.0' },
  },
  {
    title: 'Astro',
    files: { 'package.json': { dependencies: { astro: '5' }, scripts: { build: 'astro build' } }, ...lock },
    plan: { framework: 'astro', start: 'npx --no -- astro preview --port 4321 --host 0.0.0.0', port: 4321 },
    note: null,
  },
  {
    title: 'Astro with an adapter for a host',
    files: { 'package.json': { dependencies: { astro: '5', '@astrojs/vercel': '8' } }, ...lock },
    plan: { framework: 'astro' },
    note: /adapter/,
  },
  {
    title: 'Remix',
    files: {
      'package.json': {
        dependencies: { '@remix-run/node': '2', '@remix-run/serve': '2' },
        devDependencies: { '@remix-run/dev': '2', vite: '5' },
        scripts: { build: 'remix vite:build', start: 'remix-serve ./build/server/index.js' },
      },
      ...lock,
    },
    plan: { framework: 'remix', build: 'npm run build', start: 'npm run start', port: 3000 },
  },
  {
    title: 'React Router as a framework',
    files: {
      'package.json': { dependencies: { '@react-router/serve': '7' }, devDependencies: { '@react-router/dev': '7' } },
      ...lock,
    },
    plan: {
      framework: 'remix',
      build: 'npx --no -- react-router build',
      start: 'npx --no -- react-router-serve ./build/server/index.js',
    },
  },
  {
    title: 'Remix with a server of its own',
    files: {
      'package.json': {
        dependencies: { '@remix-run/node': '2', express: '4' },
        scripts: { build: 'remix vite:build', start: 'cross-env NODE_ENV=production node ./server.js' },
      },
      ...lock,
    },
    plan: { framework: 'remix', start: own('npm run start') },
  },
  {
    title: 'Create React App',
    files: {
      'package.json': {
        dependencies: { 'react-scripts': '5' },
        scripts: { start: 'react-scripts start', build: 'react-scripts build' },
      },
      ...lock,
    },
    plan: { framework: 'cra', build: 'npm run build', port: 3000 },
  },
  {
    title: 'Create React App in development',
    files: {
      'package.json': { dependencies: { 'react-scripts': '5' }, scripts: { start: 'react-scripts start' } },
      ...lock,
    },
    asked: { mode: 'development' },
    plan: { start: 'npm run start', env: { PORT: '3000', HOST: '0.0.0.0', BROWSER: 'none' } },
  },
  {
    title: 'Vue CLI',
    files: {
      'package.json': {
        dependencies: { vue: '3' },
        devDependencies: { '@vue/cli-service': '5' },
        scripts: { serve: 'vue-cli-service serve', build: 'vue-cli-service build' },
      },
      ...lock,
    },
    plan: { framework: 'vue', build: 'npm run build', port: 8080 },
  },
  {
    title: 'Vue CLI in development',
    files: {
      'package.json': {
        devDependencies: { '@vue/cli-service': '5' },
        scripts: { serve: 'vue-cli-service serve --port 8081' },
      },
      ...lock,
    },
    asked: { mode: 'development' },
    plan: { port: 8081, start: 'npx --no -- vue-cli-service serve --port 8081 --host 0.0.0.0' },
  },
  {
    title: 'Vite',
    files: { 'package.json': vite, ...lock },
    plan: {
      framework: 'vite',
      build: 'npm run build',
      start: 'npm run preview -- --port 4173 --strictPort --host 0.0.0.0',
      port: 4173,
    },
  },
  {
    title: 'Vite with Vue is Vite',
    files: { 'package.json': { ...vite, dependencies: { vue: '3' } }, ...lock },
    plan: { framework: 'vite' },
  },
  {
    title: 'Vite in development, whose script has --host without a value',
    files: { 'package.json': { ...vite, scripts: { dev: 'vite --host --open' } }, ...lock },
    asked: { mode: 'development' },
    plan: { port: 5173, start: 'npx --no -- vite --open --port 5173 --strictPort --host 0.0.0.0' },
  },
  {
    title: 'Vite beside a server in development',
    files: { 'package.json': { ...vite, scripts: { dev: 'concurrently "vite" "node api.js"' } }, ...lock },
    asked: { mode: 'development' },
    plan: { framework: 'vite', start: 'npm run dev', port: 5173 },
    note: /^The script "dev" is run as it is/,
  },
  {
    title: 'Vite whose script "preview" does more is previewed all the same',
    files: { 'package.json': { ...vite, scripts: { build: 'vite build', preview: 'npm run build && vite preview' } } },
    plan: { start: 'npx --no -- vite preview --port 4173 --strictPort --host 0.0.0.0' },
  },
  {
    title: 'Express that serves what Vite has built',
    files: {
      'package.json': {
        dependencies: { express: '5' },
        devDependencies: { vite: '8' },
        scripts: { build: 'vite build', start: 'node server.js' },
      },
      ...lock,
    },
    plan: { framework: 'express', build: 'npm run build', start: own('npm run start'), port: 3000 },
  },
]

const servers: readonly Repository[] = [
  {
    title: 'Express',
    files: { 'package.json': { dependencies: { express: '5' }, scripts: { start: 'node index.js' } }, ...lock },
    plan: { framework: 'express', install: npmInstall, build: null, start: own('npm run start'), port: 3000 },
    note: /PORT, 3000\.$/,
  },
  {
    title: 'Express by its main file',
    files: { 'package.json': { dependencies: { express: '5' }, main: 'src/server.js' }, 'src/': '', ...lock },
    plan: { framework: 'express', start: own('node ./src/server.js') },
  },
  {
    title: 'Express by a usual file, as its main file is not there',
    files: { 'package.json': { dependencies: { express: '5' }, main: 'lib/x.js' }, 'app.js': '', ...lock },
    plan: { framework: 'express', start: own('node ./app.js') },
  },
  {
    title: 'Express with a port in its script',
    files: { 'package.json': { dependencies: { express: '5' }, scripts: { start: 'PORT=8081 node .' } }, ...lock },
    plan: { port: 8081 },
    note: null,
  },
  {
    title: 'Express in development',
    files: {
      'package.json': { dependencies: { express: '5' }, scripts: { start: 'node .', dev: 'node --watch .' } },
      ...lock,
    },
    asked: { mode: 'development' },
    plan: { start: 'npm run dev', build: null },
  },
  {
    title: 'Fastify',
    files: { 'package.json': { dependencies: { fastify: '5' }, scripts: { start: 'fastify start app.js' } }, ...lock },
    plan: { framework: 'fastify', start: own('npm run start'), port: 3000 },
  },
  {
    title: 'Nest as it is made',
    files: {
      'package.json': {
        dependencies: { '@nestjs/core': '11', express: '5' },
        scripts: { build: 'nest build', start: 'nest start', 'start:prod': 'node dist/main' },
      },
      ...lock,
    },
    plan: { framework: 'nest', build: 'npm run build', start: own('node dist/main'), port: 3000 },
  },
  {
    title: 'Nest with a start of its own',
    files: {
      'package.json': { dependencies: { '@nestjs/core': '11' }, scripts: { start: 'node dist/apps/api/main.js' } },
      ...lock,
    },
    plan: { framework: 'nest', start: own('npm run start') },
  },
  {
    title: 'Nest in development',
    files: {
      'package.json': { dependencies: { '@nestjs/core': '11' }, scripts: { 'start:dev': 'nest start --watch' } },
      ...lock,
    },
    asked: { mode: 'development' },
    plan: { start: 'npm run start:dev' },
  },
  {
    title: 'plain Node without packages installs nothing',
    files: { 'package.json': { scripts: { start: 'node server.js' } }, 'server.js': '' },
    plan: { framework: 'node', install: null, packageManager: 'npm', start: own('npm run start') },
  },
  {
    title: 'plain Node with a script only for development',
    files: { 'package.json': { dependencies: { hono: '4' }, scripts: { dev: 'tsx watch src/index.ts' } }, ...lock },
    plan: { framework: 'node', start: 'npm run dev' },
    note: /^There is no script "start"/,
  },
  {
    title: 'a site generator that makes a folder',
    files: { 'package.json': { devDependencies: { '@11ty/eleventy': '3' }, scripts: { build: 'eleventy' } }, ...lock },
    plan: { framework: 'node', build: 'npm run build' },
    note: /^Nothing says how it is served/,
  },
  {
    title: 'Angular',
    files: { 'package.json': { devDependencies: { '@angular/cli': '20' }, scripts: { start: 'ng serve' } }, ...lock },
    plan: { framework: 'node', start: 'npm run start -- --port 4200 --host 0.0.0.0', port: 4200 },
  },
  {
    title: 'Gatsby',
    files: { 'package.json': { dependencies: { gatsby: '5' }, scripts: { build: 'gatsby build' } }, ...lock },
    plan: { framework: 'node', start: 'npx --no -- gatsby serve -p 9000 -H 0.0.0.0' },
  },
  {
    title: 'a port that the variables say',
    files: { 'package.json': next, ...lock },
    asked: { env: { PORT: '8080' } },
    plan: { port: 8080, start: 'npm run start -- -p 8080 -H 0.0.0.0' },
  },
]

describe('sites of JavaScript', () => testRepositories(sites))
describe('servers of JavaScript', () => testRepositories(servers))

test('built folders are served by a program of the plan', () => {
  const start = (files: Repository['files']): string => planOf({ files }).start ?? ''
  const cra = { 'package.json': { dependencies: { 'react-scripts': '5' } } }
  assert.match(start(cra), /' 3000 app build; else exec python3 -m http\.server 3000 --directory build; fi$/)
  assert.match(start({ 'package.json': next, 'next.config.ts': 'x = {"output": "export"}' }), / 3000 files out; else/)
  const nuxt = { dependencies: { nuxt: '4' }, scripts: { build: 'nuxt generate' } }
  assert.match(start({ 'package.json': nuxt }), / 3000 app \.output\/public dist; else/)
})
