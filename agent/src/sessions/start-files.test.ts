import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import type { Shell } from '../processes/programs.ts'
import { startShell } from './shell.fixture.ts'

const bash: Shell = { path: '/bin/bash', dialect: 'bash' }
const zsh: Shell = { path: '/bin/zsh', dialect: 'zsh' }

const folder = mkdtempSync(join(tmpdir(), 'start-files-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const files: readonly [what: string, text: string][] = [
  ['reads its input', 'cat; read x; head -c 100; FROM_FILE=yes'],
  ['is slow', 'sleep 0.7; FROM_FILE=yes'],
  ['prints and fails', 'echo noise; echo noise >&2; FROM_FILE=yes; false'],
]

for (const [shell, name] of [
  [bash, "it's env.sh"],
  [zsh, '.zshenv'],
] as const) {
  const skip = existsSync(shell.path) ? false : `there is no ${shell.path} here`
  describe(`a start file of ${shell.dialect}`, { skip }, () => {
    const start = (text: string) => {
      const path = join(folder, name)
      writeFileSync(path, text)
      return startShell(shell, shell === bash ? { BASH_ENV: path } : { ZDOTDIR: folder })
    }
    for (const [what, text] of files) {
      it(`that ${what} neither eats commands nor is heard in them`, async () => {
        const { exec, end } = await start(text)
        const ended = await exec('echo "$FROM_FILE"')
        assert.deepEqual(ended, { exitCode: 0, failure: null, stdout: 'yes\n', stderr: '' })
        await end()
      })
    }

    it('that ends the shell is told as its end', async () => {
      const { exec, end } = await start('exit 3')
      const outcome = await exec('echo never').then(
        ({ failure, stdout }) => [failure, stdout],
        (thrown: { code: string }) => [thrown.code, ''],
      )
      assert.deepEqual(outcome, ['SESSION_ENDED', ''])
      await end()
    })
  })
}

describe('children of a session', () => {
  it('have the start file of bash in their environment as it was', async () => {
    const path = join(folder, 'children.sh')
    writeFileSync(path, 'COUNT=$((COUNT + 1)); export COUNT')
    const { exec, end } = await startShell(bash, { BASH_ENV: path })
    assert.equal((await exec('echo $COUNT; bash -c "echo \\$COUNT"')).stdout, '1\n2\n')
    await end()
  })
})
