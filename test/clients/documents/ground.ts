import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { Daytona, type Sandbox } from '../../../sdk/src/index.ts'
import type { GitServerRepository } from '../../fixtures/git-server.ts'
import { layGround } from '../../fixtures/ground.ts'
import { openOutside } from '../../fixtures/outside.ts'
import { startGitOutside } from '../../fixtures/outside-git.ts'
import { startTestPlatform, type TestPlatform } from '../../fixtures/platform.ts'
import { visit } from '../../fixtures/visit.ts'

/** What readers of the documents have: a platform, a key in their environment, and repositories. */
export interface Ground {
  readonly platform: TestPlatform
  readonly daytona: Daytona
  /** address that names of repositories are appended to */
  readonly git: string
}

/** Lays it for a file of tests; `flags` are the platform's. */
export function layDocumentGround(flags: readonly string[] = []): Promise<Ground> {
  return layGround(async (ground) => {
    const outside = await openOutside()
    ground.defer(() => outside.close())
    const git = await startGitOutside(outside, repositories, ['--allow-anonymous-push'])
    const platform = await startTestPlatform(flags)
    ground.defer(() => platform.remove())
    process.env.DAYTONA_API_URL = platform.apiUrl
    process.env.DAYTONA_API_KEY = platform.apiKey
    return { platform, git, daytona: new Daytona() }
  })
}

/** Runs a command that has to end with 0. */
export async function run({ process }: Sandbox, command: string, folder?: string): Promise<string> {
  const { exitCode, result } = await process.executeCommand(command, folder, undefined, 120)
  assert.equal(exitCode, 0, `${command}: ${result}`)
  return result.trim()
}

/** What a link answers to somebody outside, once it answers well. */
export async function seen(url: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  for (const endMs = Date.now() + 15_000; ; ) {
    const { status, body } = await visit(url, headers)
    if (status === 200) return body
    assert.ok(Date.now() < endMs, `${url}: ${status} ${body}`)
    await sleep(200)
  }
}

/** A project that needs a package of its own, builds, and serves on port 3000. */
function project(dev: string): Readonly<Record<string, string>> {
  const scripts = { dev, build: "node -e \"fs.writeFileSync('built.txt', 'built')\"" }
  return {
    'package.json': JSON.stringify({
      name: 'app',
      version: '1.0.0',
      scripts,
      dependencies: { express: 'file:express' },
    }),
    // Nothing of the network is needed.
    '.npmrc': 'audit=false\nfund=false\nupdate-notifier=false\n',
    'express/package.json': '{"name":"express","version":"1.0.0","main":"index.js"}',
    'express/index.js': "module.exports = 'served by the project'\n",
    'server.js':
      "const text = require('express')\nrequire('node:http').createServer((_, answer) => answer.end(text)).listen(3000, () => console.log('listening'))\n",
    'background.js': inBackground("[require('node:path').join(__dirname, 'server.js')]", 3000),
    'notes.txt': 'TODO: nothing\n',
  }
}

/** A program that starts another and ends when that listens. */
function inBackground(args: string, port: number | string): string {
  return `const child = require('node:child_process').spawn(process.execPath, ${args}, { detached: true, stdio: 'ignore' })
child.unref()
const look = () => require('node:net').connect(${port}, '127.0.0.1').on('connect', () => process.exit(0)).on('error', () => setTimeout(look, 50))
look()
`
}

/** What stands for the program that the documents install: `server` goes to the background, `serve` does not. */
const opencode = `#!/usr/bin/env node
const [verb, ...rest] = process.argv.slice(2)
const port = Number(rest[rest.indexOf('--port') + 1])
if (verb === '--version') console.log('1.2.3')
else if (verb === 'server') {
  ${inBackground("[__filename, 'serve', '--port', String(port)]", 'port').replaceAll('\n', '\n  ')}
} else require('node:http').createServer((_, answer) => answer.end('configured: ' + process.env.OPENCODE_CONFIG_CONTENT)).listen(port)
`

const login = { isPrivate: true, password: 'personal_access_token' }
const branches = ['feature/pr-123-add-button', 'feature/old-feature']
const repositories: readonly GitServerRepository[] = [
  { name: 'owner/repo.git', files: project('node background.js'), branches },
  { name: 'owner/app.git', files: project('node server.js'), branches },
  { name: 'owner/private.git', ...login, username: 'git' },
  { name: 'owner/with-token.git', ...login, username: 'x-access-token', files: project('node server.js') },
  {
    name: 'opencode.git',
    files: {
      'package.json': '{"name":"opencode","version":"1.2.3","bin":{"opencode":"opencode.cjs"}}',
      'opencode.cjs': opencode,
    },
  },
]
