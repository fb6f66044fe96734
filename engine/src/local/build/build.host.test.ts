import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { assertRemoved } from '../empty.fixture.ts'
import { skipWithoutRoot } from '../engine.fixture.ts'
import { type Builds, openBuilds } from './build.fixture.ts'

describe('builds', { skip: skipWithoutRoot }, () => {
  let builds: Builds
  before(async () => {
    builds = await openBuilds()
  })
  after(async () => {
    await builds.engine.close()
    await assertRemoved(builds.ground)
  })

  it('runs, copies and says what it does', async () => {
    const files = { 'a.txt': 'hello\n' }
    const built = await builds.build(
      'FROM sandyard/default\nUSER root\nWORKDIR /app\nCOPY a.txt b/\nRUN cat b/a.txt > c; id -u; pwd; echo err >&2\n',
      files,
    )
    assert.match(built.text, /Step 5\/5 : RUN cat/)
    assert.match(built.text, /^0\n\/app\nerr$/m)
    assert.equal(
      await built.inside('cat /app/c /app/b/a.txt; stat -c %u:%g:%a /app/b /app/b/a.txt'),
      'hello\nhello\n0:0:755\n0:0:644\n',
    )
    await built.remove()
  })
})
