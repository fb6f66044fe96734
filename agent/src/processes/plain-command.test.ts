import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { splitPlainCommand } from './plain-command.ts'
import { runPlainCommand } from './run-plain.ts'
import { createScratch } from './scratch.ts'
import { StartError } from './start.ts'
import type { Tree } from './tree.ts'

describe('a command without a shell', () => {
  const split: readonly [command: string, words: readonly string[], variables?: Record<string, string>][] = [
    ['ls', ['ls']],
    ['  ls \t -l\n', ['ls', '-l']],
    [`a 'b c' "d e" f\\ g`, ['a', 'b c', 'd e', 'f g']],
    [`a'b'"c"d ''  ""`, ['abcd', '', '']],
    [`'it'\\''s' "a\\"b\\\\c\\d"`, ["it's", 'a"b\\c\\d']],
    [`'$x|;*' "a;b|c>d*"`, ['$x|;*', 'a;b|c>d*']],
    [`a \\\n b`, ['a', 'b']],
    [`a 'b\nc'`, ['a', 'b\nc']],
    [`"a\\\nb"`, ['ab']],
    ['a # rest $(x)', ['a']],
    ['# first\n\na b#c', ['a', 'b#c']],
    ['A=1 B="2 3" c d=4', ['c', 'd=4'], { A: '1', B: '2 3' }],
    ['A=1', [], { A: '1' }],
    [`"A"=1 x`, ['A=1', 'x']],
    ['1A=1 x', ['1A=1', 'x']],
    ['[ -f x ]', ['[', '-f', 'x', ']']],
    ['a [] b[ c]', ['a', '[]', 'b[', 'c]']],
    ['a {b,c} d~ --e=~/f !', ['a', '{b,c}', 'd~', '--e=~/f', '!']],
    [`'if' \\while`, ['if', 'while']],
    ['a\\', ['a\\']],
    ['ä € 😀', ['ä', '€', '😀']],
    ['', []],
  ]
  for (const [command, words, variables = {}] of split) {
    it(`splits ${JSON.stringify(command)}`, () => {
      assert.deepEqual(splitPlainCommand(command), { variables, words })
      // The shell of this machine agrees.
      if (words.length === 0) return
      const script = `show() { for word; do printf '%s\\0' "$word"; done; }; show ${command}`
      if (Object.keys(variables).length > 0 || command.startsWith('#') || /^\s|\\$/.test(command)) return
      assert.equal(
        spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout,
        words.map((word) => `${word}\0`).join(''),
      )
    })
  }

  const needs: readonly [command: string, what: RegExp][] = [
    ['a | b', /“\|”, a pipe/],
    ['a && b', /“&”/],
    ['a &', /background/],
    ['a; b', /list/],
    ['a > b', /redirection/],
    ['a 2>&1', /redirection/],
    ['a < b', /redirection/],
    ['(a)', /subshell/],
    ['a $B', /“\$”/],
    ['a "$B"', /“\$”/],
    ['a $(b)', /“\$”/],
    ['a `b`', /“`”/],
    ['a "`b`"', /“`”/],
    ['a *.c', /“\*”, a pattern/],
    ['a b?', /“\?”, a pattern/],
    ['a [bc]d', /pattern/],
    ['a ~/b', /home/],
    ['A=~/b c', /home/],
    ['a\nb', /several commands/],
    ['a\n# x\nb', /several commands/],
    ['if a', /“if”/],
    ['A=1 while', /“while”/],
    ['! a', /“!”/],
    ["a 'b", /quotation/],
    ['a "b\\"', /quotation/],
  ]
  for (const [command, what] of needs) {
    it(`needs a shell for ${JSON.stringify(command)}`, () => {
      const answer = splitPlainCommand(command)
      assert.ok('needs' in answer, JSON.stringify(answer))
      assert.match(answer.needs, what)
    })
  }

  it('takes time in proportion to the length', () => {
    for (const text of ['[', '~', '=~', 'a=~', '\\\n', '"a"', ' x', '#']) {
      const begin = performance.now()
      splitPlainCommand(`a${text.repeat(1_000_000 / text.length)}`)
      assert.ok(performance.now() - begin < 2000, `${text}: ${performance.now() - begin} ms`)
    }
  })

  const folder = mkdtempSync(join(tmpdir(), 'plain-command-'))
  after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'bin/sub'), { recursive: true })
  const place = (name: string, text: string, mode: number) => {
    writeFileSync(join(folder, 'bin', name), text)
    chmodSync(join(folder, 'bin', name), mode)
  }
  place('lost', '#!/no/such/interpreter\n', 0o755)
  place('data', 'x', 0o644)
  const scratch = createScratch(() => ['mkfifo'], [folder])
  const variables = { PATH: `${folder}/bin:${process.env.PATH}` }
  const run = async (command: string, cwd = folder, timeout = 0) => {
    const context = { scratch, running: new Set<Tree>() }
    const outcome = await runPlainCommand(context, { command, cwd, variables, timeout }, new AbortController().signal)
    return { exitCode: outcome.exitCode, result: outcome.output.text() }
  }

  const runs: readonly [command: string, exitCode: number, result: string | RegExp][] = [
    ['echo "a  b" c', 0, 'a  b c\n'],
    ['A=1 B=2 printenv A B', 0, '1\n2\n'],
    ['false', 1, ''],
    ['sh -c "exit 42"', 42, ''],
    [`sh -c 'kill -9 \\$\\$'`, 2, /./],
    [`sh -c 'echo out; echo err >&2; cat'`, 0, 'out\nerr\n'],
    ['no-such-program x', 127, 'no-such-program: not found\n'],
    ['cd /tmp', 127, 'cd: not found: it is a part of shells, and this image has no shell\n'],
    ['echo a | cat', 127, 'sh: not found: this image has no shell, and the command needs one for “|”, a pipe\n'],
    ['PATH=/nowhere echo', 127, 'echo: not found\n'],
    ['./bin/none', 127, './bin/none: not found\n'],
    ['./bin/sub', 126, './bin/sub: is a folder\n'],
    ['./bin/data', 126, './bin/data: permission denied\n'],
    ['lost', 127, /^lost: cannot be run: the interpreter/],
    ['data', 126, 'data: permission denied\n'],
    ['A=1', 0, ''],
  ]
  for (const [command, exitCode, result] of runs) {
    it(`runs ${command}`, async () => {
      const answer = await run(command)
      if (typeof result === 'string') assert.equal(answer.result, result)
      else assert.match(answer.result, result)
      assert.equal(answer.exitCode, exitCode)
    })
  }

  it('names a folder that is not there, and keeps to its timeout', async () => {
    await assert.rejects(run('echo', '/no/such'), StartError)
    await assert.rejects(run('./bin/data', '/no/such'), StartError)
    await assert.rejects(run('sleep 5', folder, 1), { code: 'PROCESS_EXECUTION_TIMEOUT' })
  })
})
