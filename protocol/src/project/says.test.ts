import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isPlatformError } from '../errors.ts'
import { filesToRead, filesWorthReading } from './files-to-read.ts'
import { cacheEnv } from './package-managers.ts'
import { planOf, type Repository, testRepositories } from './plan.fixture.ts'
import type { ProjectOverrides } from './plan.ts'

const vite = { devDependencies: { vite: '8' }, scripts: { build: 'vite build' } }
const lock = { 'package-lock.json': '' }
const sandyard = (value: unknown): Repository['files'] => ({ 'sandyard.json': JSON.stringify(value) })
const path = 'export PATH="$PWD/.venv/bin:$PWD/node_modules/.bin:$PATH"; '

const repositories: readonly Repository[] = [
  {
    title: 'sandyard.json goes before what is found',
    files: {
      'package.json': vite,
      ...lock,
      ...sandyard({ $schema: './x', install: null, build: 'make', start: 'make serve', port: 7000, readyPath: '/up' }),
    },
    plan: { framework: 'vite', install: null, build: 'make', start: 'make serve', port: 7000, readyPath: '/up' },
    note: /^The command that starts it must listen on PORT, 7000/,
  },
  {
    title: 'what is asked goes before sandyard.json, and variables are put together',
    files: {
      'package.json': vite,
      ...lock,
      ...sandyard({ install: 'npm i', mode: 'development', port: 7000, env: { A: '1', B: '1' } }),
    },
    asked: { install: 'npm install', mode: 'production', port: 7001, env: { B: '2' } },
    plan: {
      mode: 'production',
      install: 'npm install',
      start: 'npx --no -- vite preview --port 7001 --strictPort --host 0.0.0.0',
      env: { PORT: '7001', HOST: '0.0.0.0', A: '1', B: '2' },
    },
  },
  {
    title: 'something of another kind, which only sandyard.json describes',
    files: sandyard({ start: 'php -S 0.0.0.0:8080', install: 'composer install' }),
    plan: {
      framework: 'other',
      packageManager: null,
      prepare: null,
      install: 'composer install',
      build: null,
      start: 'php -S 0.0.0.0:8080',
      port: 8080,
      lockFiles: [],
    },
    note: null,
  },
  {
    title: 'a start that names no port is told of it by PORT',
    files: sandyard({ start: './serve' }),
    plan: { port: 3000, env: { PORT: '3000', HOST: '0.0.0.0' } },
    note: /must listen on PORT, 3000/,
  },
  {
    title: 'a start for packages that are found',
    files: { 'requirements.txt': 'bottle', ...sandyard({ framework: 'python', start: '.venv/bin/python x.py' }) },
    plan: { framework: 'python', install: '.venv/bin/pip install -r requirements.txt', start: '.venv/bin/python x.py' },
  },
  {
    title: 'what is undefined says nothing',
    files: { 'package.json': vite, ...lock },
    asked: { install: undefined, framework: undefined, env: undefined } as unknown as ProjectOverrides,
    plan: { framework: 'vite', install: 'npm ci --include=dev' },
  },
  {
    title: 'variables of somebody go before ours',
    files: { 'package.json': vite, ...lock },
    asked: { port: 8080, env: { PORT: '3000', HOST: '127.0.0.1' } },
    plan: { port: 8080, env: { PORT: '3000', HOST: '127.0.0.1' } },
  },
  {
    title: 'the web line of a Procfile',
    files: {
      Procfile: 'release: x\nweb: gunicorn site.wsgi --bind 0.0.0.0:$PORT\nworker: y\n',
      'requirements.txt': 'gunicorn',
    },
    plan: {
      framework: 'python',
      install: '.venv/bin/pip install -r requirements.txt',
      start: `${path}gunicorn site.wsgi --bind 0.0.0.0:$PORT`,
      port: 8000,
    },
  },
  {
    title: 'a Procfile alone',
    files: { Procfile: 'web: ./serve --port 4040' },
    plan: { framework: 'procfile', start: `${path}./serve --port 4040`, port: 4040 },
    note: null,
  },
  {
    title: 'a Procfile before what is found, but not before a framework that is said',
    files: { Procfile: 'web: npm start', 'package.json': vite, ...lock },
    asked: { framework: 'vite' },
    plan: { framework: 'vite', start: 'npx --no -- vite preview --port 4173 --strictPort --host 0.0.0.0' },
  },
  {
    title: 'a Dockerfile alone',
    files: { Dockerfile: 'FROM a AS b\nEXPOSE 1\nFROM c\nARG PORT=8081\nexpose $PORT/tcp 99\nCMD x\n' },
    plan: {
      framework: 'dockerfile',
      packageManager: null,
      install: null,
      build: null,
      start: null,
      port: 8081,
      lockFiles: ['Dockerfile'],
    },
    note: null,
  },
  {
    title: 'a Dockerfile that exposes nothing',
    files: { Dockerfile: 'FROM scratch\n' },
    plan: { framework: 'dockerfile', port: 8080 },
    note: /no EXPOSE/,
  },
  {
    title: 'a Dockerfile beside an application is not used',
    files: { Dockerfile: 'FROM node\nEXPOSE 80\n', 'package.json': vite, ...lock },
    plan: { framework: 'vite', port: 4173 },
    note: /^The Dockerfile is not used/,
  },
  {
    title: 'a Dockerfile that sandyard.json asks for',
    files: { Dockerfile: 'FROM node\nEXPOSE 80\n', 'package.json': vite, ...sandyard({ framework: 'dockerfile' }) },
    plan: { framework: 'dockerfile', port: 80, start: null, install: null },
  },
  {
    title: 'a Dockerfile with a command of its own',
    files: { Dockerfile: 'FROM node\nEXPOSE 80\n' },
    asked: { framework: 'dockerfile', start: 'nginx', port: 81 },
    plan: { framework: 'dockerfile', port: 81, start: 'nginx' },
  },
  {
    title: 'pages alone',
    files: { 'index.html': '', 'style.css': '' },
    plan: { framework: 'static', packageManager: null, install: null, build: null, port: 8000 },
    note: null,
  },
  {
    title: 'pages with packages for tools only',
    files: { 'index.html': '', 'package.json': { devDependencies: { prettier: '3' } }, ...lock },
    plan: { framework: 'node', port: 3000 },
  },
  {
    title: 'pages that are asked for',
    files: { 'public/': '', 'package.json': vite },
    asked: { framework: 'static', port: 81 },
    plan: { framework: 'static', port: 81 },
  },
]

describe('what somebody says', () => testRepositories(repositories))

describe('refused, with what to do', () => {
  const refusals: readonly (readonly [string, Repository['files'], ProjectOverrides | undefined, RegExp])[] = [
    ['nothing', { 'README.md': '' }, undefined, /^Nothing here says how it is served: add sandyard\.json/],
    ['an empty repository', {}, undefined, /^Nothing here says/],
    [
      'an application below',
      { 'frontend/': '', 'apps/': '' },
      undefined,
      /frontend or apps, say so with rootDirectory/,
    ],
    ['a root of a workspace', { 'package.json': { workspaces: ['a'] } }, undefined, /has workspaces.*rootDirectory/],
    [
      'packages alone',
      { 'package.json': { dependencies: { x: '1' } } },
      undefined,
      /no script "start" and no main file/,
    ],
    ['requirements alone', { 'requirements.txt': 'fastapi' }, undefined, /no application in main\.py/],
    ['Django without manage.py', { 'requirements.txt': 'django' }, undefined, /no manage\.py/],
    [
      'a framework without its files',
      {},
      { framework: 'nextjs' },
      /framework is nextjs, but there is no package\.json/,
    ],
    ['likewise of Python', {}, { framework: 'flask' }, /framework is flask, but there is no file of Python/],
    ['no Dockerfile', {}, { framework: 'dockerfile' }, /no Dockerfile/],
    ['package.json is no JSON', { 'package.json': '{' }, undefined, /^package\.json is not JSON/],
    ['package.json is a list', { 'package.json': [] }, undefined, /^package\.json is not an object/],
    ['sandyard.json is no JSON', { 'sandyard.json': '{,}' }, undefined, /^sandyard\.json is not JSON/],
    ['sandyard.json is a list', sandyard([]), undefined, /^sandyard\.json: must be an object/],
    [
      'a key that is nearly right',
      sandyard({ instal: 'x' }),
      undefined,
      /^sandyard\.json: "instal" .*mean "install"\?/,
    ],
    ['a key that is far away', sandyard({ entirelyOther: 1 }), undefined, /known are framework, mode/],
    ['a key of objects', { 'sandyard.json': '{"__proto__": {}}' }, undefined, /"__proto__" is not known/],
    ['a framework that is none', sandyard({ framework: 'rails' }), undefined, /framework: must be one of nextjs/],
    ['a mode that is none', sandyard({ mode: 'prod' }), undefined, /mode: must be one of production, development/],
    ['a port that is text', sandyard({ port: '80' }), undefined, /port: must be a whole number/],
    ['a port that is none', {}, { port: 65_536 }, /^overrides: port: must be a whole number/],
    ['a start that is null', sandyard({ start: null }), undefined, /start: must be a command/],
    ['a start that is empty', sandyard({ start: ' ' }), undefined, /start: must be a command/],
    ['a build that is a list', sandyard({ build: ['x'] }), undefined, /build: must be a command, or null/],
    ['a command with NUL', sandyard({ build: 'a\0b' }), undefined, /build: must not contain NUL/],
    ['a command without end', sandyard({ build: 'a'.repeat(9000) }), undefined, /build: must have at most 8192/],
    ['a path of elsewhere', sandyard({ readyPath: 'http://x' }), undefined, /readyPath: must be a path/],
    ['a path with a line', sandyard({ readyPath: '/a\r\nb' }), undefined, /readyPath: must be a path/],
    ['a variable that is a number', sandyard({ env: { PORT: 1 } }), undefined, /env: PORT must be text/],
    ['a variable that is no name', sandyard({ env: { 'a b': '' } }), undefined, /env: "a b" is no name/],
    ['variables that are a list', sandyard({ env: [] }), undefined, /env: must be an object/],
    ['a variable with NUL', sandyard({ env: { A: '\0' } }), undefined, /env: A must not contain NUL/],
    ['an override that nobody knows', {}, { ports: 1 } as ProjectOverrides, /^overrides: "ports".*mean "port"\?/],
  ]
  for (const [title, files, asked, message] of refusals) {
    test(title, () => {
      assert.throws(
        () => planOf(asked === undefined ? { files } : { files, asked }),
        (error) => isPlatformError(error) && error.code === 'BAD_REQUEST' && message.test(error.message),
      )
    })
  }
})

test('only what can be there is read', () => {
  assert.deepEqual(filesWorthReading(['README.md', 'src/', 'package.json', 'app']), [
    'package.json',
    'src/main.py',
    'src/app.py',
  ])
  assert.equal(new Set(filesToRead).size, filesToRead.length)
})

test('caches lie below one folder, and nothing is kept where there is no volume', () => {
  for (const manager of ['npm', 'pnpm', 'yarn', 'bun', 'pip', 'uv', 'poetry'] as const) {
    const folders = Object.values(cacheEnv(manager, '/c')).filter((value) => value !== 'copy')
    assert.ok(folders.length > 0 && folders.every((value) => value.startsWith('/c/')), manager)
  }
  assert.deepEqual(cacheEnv(null), {})
  assert.deepEqual(cacheEnv('npm'), { npm_config_cache: '/var/cache/sandyard/npm' })
})
