import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filesOfApp } from '../fixtures/apps.ts'
import { checkOut } from '../fixtures/checkout.ts'
import { visit } from '../fixtures/visit.ts'
import { ask, layPreviewGround, type PreviewState, runIn } from './ground.ts'

/** What cannot be served says why, and a token opens what it is for and no more. */
const login = { username: 'somebody', password: 'token-of-a-test-1234' }
const ground = await layPreviewGround(
  ['express'],
  [{ name: 'acme/private.git', files: filesOfApp('static'), isPrivate: true, ...login }],
)
const { platform } = ground
const privately = `${ground.git}acme/private.git`

function ended(id: string): Promise<PreviewState> {
  return ground.until(id, ({ status }) => /^(ready|failed)$/.test(status))
}

const manifest = JSON.parse(filesOfApp('express')['package.json'] ?? '') as object

/** Branches of a repository by what is in them, and what the preview says. */
const broken: Readonly<Record<string, { files: Record<string, string | null>; error: RegExp; log?: RegExp }>> = {
  'not-json': { files: { 'package.json': '{"name": ' }, error: /package\.json/ },
  'unknown-key': { files: { 'sandyard.json': '{"instal": "true"}' }, error: /sandyard\.json.*install/s },
  'no-package': {
    files: {
      'package.json': JSON.stringify({ ...manifest, dependencies: { 'no-such-package-here': '^1.0.0' } }),
      'package-lock.json': null,
    },
    error: /install/i,
    log: /no-such-package-here/,
  },
  'no-module': { files: { 'server.js': "import './nowhere.js'\n" }, error: /start|end/i, log: /nowhere\.js/ },
}

test('what is wrong in a branch is what its preview says', { timeout: 180_000 }, async () => {
  await using checkout = await checkOut(ground.repository('express'))
  for (const [branch, { files }] of Object.entries(broken)) await checkout.push(branch, files)
  const asked = await Promise.all(Object.keys(broken).map((branch) => ground.preview('express', branch)))
  const previews = await Promise.all(asked.map(({ id }) => ended(id)))
  for (const [at, [branch, { error, log }]] of Object.entries(broken).entries()) {
    const preview = previews[at] ?? assert.fail()
    assert.equal(preview.status, 'failed', branch)
    assert.match(preview.error ?? '', error, branch)
    if (log !== undefined) assert.match(await ground.log(preview.id), log, branch)
  }
})

test('branches and repositories that are not there', { timeout: 120_000 }, async () => {
  const asked = [
    await ground.preview('express', 'no-such-branch'),
    await ask<PreviewState>(platform, 'POST', '/previews', {
      repository: `${ground.git}acme/none.git`,
      branch: 'main',
    }),
  ]
  const [branch, repository] = await Promise.all(asked.map(({ id }) => ended(id)))
  assert.deepEqual([branch?.status, repository?.status], ['failed', 'failed'])
  assert.match(branch?.error ?? '', /no-such-branch/)
  assert.match(repository?.error ?? '', /repository/i)
})

test('a private repository: not without its token, which the sandbox never sees', { timeout: 180_000 }, async () => {
  const without = await ask<PreviewState>(platform, 'POST', '/previews', { repository: privately, branch: 'main' })
  const refused = await ended(without.id)
  assert.equal(refused.status, 'failed')
  assert.match(refused.error ?? '', /token|credentials|log in|refused/i)
  const body = { repository: privately, branch: 'main', token: login.password, username: login.username }
  const asked = await ask<PreviewState>(platform, 'POST', '/previews', body)
  assert.equal(asked.id, without.id)
  const ready = await ground.ready(asked.id)
  // Whoever has no right to the repository has none to its preview.
  assert.notEqual((await visit(ready.url ?? '')).status, 200)
  const link = `/sandbox/${ready.sandboxId}/ports/${ready.port}/preview-url`
  const { url, token } = await ask<{ url: string; token: string }>(platform, 'GET', link)
  const page = await visit(url, { 'x-daytona-preview-token': token })
  assert.match(page.body, /<title>Static one</)
  const hidden = await visit(`${new URL(url).origin}/.git/config`, { 'x-daytona-preview-token': token })
  assert.equal(hidden.status, 404)
  const secret = login.password
  const encoded = Buffer.from(`${login.username}:${secret}`).toString('base64')
  // Put together inside, and in a file that is not searched, so that the search does not find itself.
  const patterns = ['of-the-control', secret, encoded].map((text) => `'${text.slice(0, 7)}''${text.slice(7)}'`)
  const prepare = `printf '%s\\n' ${patterns.join(' ')} > /dev/shm/patterns; head -1 /dev/shm/patterns > /tmp/control`
  const inFiles = 'sudo grep -rlaFs -f /dev/shm/patterns /home /tmp /etc /root'
  // Root inside may not look into environments of others; the search sees its own.
  const inPrograms = 'control=$(head -1 /dev/shm/patterns) grep -laFs -f /dev/shm/patterns /proc/[0-9]*/environ'
  const inCommands = 'cat /proc/[0-9]*/cmdline | grep -caFs -f /dev/shm/patterns'
  const command = `${prepare}; ${inFiles}; ${inPrograms} | wc -l; ${inCommands}; true`
  assert.equal(await runIn(platform, ready.sandboxId ?? '', command), '/tmp/control\n1\n0\n')
  assert.ok(![secret, encoded].some((text) => JSON.stringify(ready).includes(text)))
  const log = await ground.log(ready.id)
  assert.ok(log.length > 0 && ![secret, encoded].some((text) => log.includes(text)))
})
