import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { openLog } from './log.ts'

it('writes JSON lines to a file and warnings for people', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sandyard-log-'))
  try {
    const said: string[] = []
    const file = join(folder, 'sandyard.log')
    const log = openLog({ file, level: 'info', say: (line) => said.push(line) })
    log.debug('not kept')
    log.info({ sandboxId: 'a' }, 'made')
    log.child({ part: 'engine' }).error({ err: new Error('no room') }, 'sandbox not made')
    const lines = (await readFile(file, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual(
      lines.map(({ msg, sandboxId, part }) => ({ msg, sandboxId, part })),
      [
        { msg: 'made', sandboxId: 'a', part: undefined },
        { msg: 'sandbox not made', sandboxId: undefined, part: 'engine' },
      ],
    )
    assert.equal(said.length, 1)
    assert.match(said[0] ?? '', /^\d\d:\d\d:\d\d error sandbox not made: no room$/)
  } finally {
    await rm(folder, { recursive: true })
  }
})

it('is bounded: five files of 16 MiB', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sandyard-log-'))
  try {
    const file = join(folder, 'sandyard.log')
    const log = openLog({ file, level: 'info' })
    const text = 'x'.repeat(2 ** 20)
    for (let written = 0; written < 100; written += 1) log.info({ written, text })
    const names = (await readdir(folder)).sort()
    assert.deepEqual(names, ['sandyard.log', ...[1, 2, 3, 4].map((index) => `sandyard.log.${index}`)])
    for (const name of names) assert.ok((await stat(join(folder, name))).size <= 16 * 2 ** 20)
    assert.match((await readFile(file, 'utf8')).slice(-1.1e6), /"written":99/)
  } finally {
    await rm(folder, { recursive: true })
  }
})
