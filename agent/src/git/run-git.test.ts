import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { limits } from '@sandyard/protocol'
import { findTools } from '../tools.ts'
import { createGit, type Git } from './run-git.ts'

const root = mkdtempSync(join(tmpdir(), 'run-git-'))
after(() => rmSync(root, { recursive: true, force: true }))

/** Git whose program is a script, to behave as git seldom does. */
function scriptedGit(script: string, signal: AbortSignal = new AbortController().signal): Git {
  const bin = mkdtempSync(join(root, 'bin-'))
  writeFileSync(join(bin, 'git'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return createGit(findTools(undefined), root, { PATH: `${bin}:${process.env.PATH}` }, signal)
}

const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

test('output without end is an error, or cut where that is wanted', { timeout: 30_000 }, async () => {
  const git = scriptedGit('exec yes')
  await assert.rejects(git.run(['status']), { code: 'UNPROCESSABLE_ENTITY' })
  const { exitCode, stdout } = await git.probe(['log'], { overflow: 'cut' })
  assert.equal(exitCode, 0)
  assert.equal(stdout.length, limits.gitOutputBytes)
})

test('of endless complaints the last are kept', { timeout: 30_000 }, async () => {
  const { stderr } = await scriptedGit('yes no | head -c 3000000 >&2; echo the end >&2; exit 1').probe(['status'])
  assert.match(stderr, /the end\n$/)
  assert.ok(stderr.length <= 64 * 1024)
})

test('an abort ends git and what it started, also when they will not', { timeout: 30_000 }, async () => {
  const caller = new AbortController()
  const git = scriptedGit(`trap '' TERM; sleep 60 & echo $! $$ > '${root}/pids'; wait; wait`, caller.signal)
  const failed = assert.rejects(git.run(['fetch']), { code: 'REQUEST_TIMEOUT' })
  let pids: number[] = []
  while (pids.length < 2) {
    await wait(20)
    try {
      pids = readFileSync(join(root, 'pids'), 'utf8').trim().split(' ').filter(Boolean).map(Number)
    } catch {
      // The script has not come so far.
    }
  }
  caller.abort()
  await failed
  for (const pid of pids) while (isAlive(pid)) await wait(10)
  await assert.rejects(git.run(['status']), { code: 'REQUEST_TIMEOUT' })
})

test('a program left behind does not hold the answer up', { timeout: 30_000 }, async () => {
  const started = Date.now()
  assert.equal(await scriptedGit('sleep 5 & echo done').run(['gc']), 'done\n')
  assert.ok(Date.now() - started < 4000)
})

test('a git that is killed is told as such', async () => {
  await assert.rejects(scriptedGit('kill -9 $$').run(['status']), { code: 'UNPROCESSABLE_ENTITY', message: /SIGKILL/ })
})

test('git goes first when memory runs out, sees no terminal and reads nothing', { timeout: 30_000 }, async () => {
  const told = await scriptedGit(
    'until grep -q 500 /proc/$$/oom_score_adj; do sleep 0.02; done; cat; tty; echo $GIT_TERMINAL_PROMPT; exit 0',
  ).run(['status'])
  assert.equal(told, 'not a tty\n0\n')
})

test('certificates go unchecked only when asked, and credentials are no arguments', async () => {
  const git = scriptedGit('for arg; do echo "$arg"; done; env | grep -c secret')
  assert.doesNotMatch(await git.run(['fetch']).catch(String), /sslVerify/)
  const login = { username: 'u', password: 'secret', url: 'https://h/a' }
  const told = await git.run(['fetch'], { isTlsUnchecked: true, login })
  assert.match(told, /^http.sslVerify=false$/m)
  assert.match(told, /^core.hooksPath=\/dev\/null$/m)
  assert.doesNotMatch(told, /secret/)
  assert.match(told, /\n1\n$/)
})
