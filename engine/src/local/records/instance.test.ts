import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { claimInstance, forgetInstance, isInstanceRunning } from './instance.ts'

const claimsFolder = '/run/sandyard/claims'
const skip = process.getuid?.() === 0 ? false : 'needs root for /run/sandyard'

describe('instances', { skip }, () => {
  let parent: string
  let taken: { folder: string; index: number }[]

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'sandyard-instance-'))
    taken = []
  })
  afterEach(() => {
    for (const { folder, index } of taken) forgetInstance(folder, index)
    rmSync(parent, { recursive: true })
  })

  async function claim(folder: string) {
    const instance = await claimInstance(folder)
    taken.push({ folder, index: instance.index })
    return instance
  }

  it('of two folders have numbers of their own, which they keep', async () => {
    const one = await claim(join(parent, 'one'))
    const two = await claim(join(parent, 'two'))
    assert.notEqual(one.index, two.index)
    assert.equal(await isInstanceRunning(join(parent, 'one')), true)
    await one.release()
    await two.release()
    assert.equal(await isInstanceRunning(join(parent, 'one')), false)
    const again = await claim(join(parent, 'two'))
    assert.equal(again.index, two.index)
    await again.release()
  })

  it('that are claimed at the same moment have numbers of their own too', async () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const instances = await Promise.all(names.map((name) => claim(join(parent, name))))
    assert.equal(new Set(instances.map(({ index }) => index)).size, names.length)
    await Promise.all(instances.map((instance) => instance.release()))
  })

  it('refuse a folder that is held, by whatever name it is called', async () => {
    const folder = join(parent, `a folder with a long name ${'ä'.repeat(100)}`)
    const held = await claim(folder)
    symlinkSync(folder, join(parent, 'link'))
    await assert.rejects(claimInstance(folder), { code: 'CONFLICT', message: /already running on the data folder/ })
    await assert.rejects(claimInstance(join(parent, 'link')), { code: 'CONFLICT' })
    await held.release()
    await (await claim(join(parent, 'link'))).release()
  })

  it('take over a number whose folder is gone, but not while its platform runs', async () => {
    const gone = await claim(join(parent, 'gone'))
    rmSync(join(parent, 'gone'), { recursive: true })
    mkdirSync(join(parent, 'next'))
    writeFileSync(join(parent, 'next', 'instance.json'), JSON.stringify({ index: gone.index }))
    const other = await claim(join(parent, 'next'))
    assert.notEqual(other.index, gone.index)
    await other.release()
    await gone.release()
    mkdirSync(join(parent, 'last'))
    writeFileSync(join(parent, 'last', 'instance.json'), JSON.stringify({ index: gone.index }))
    const last = await claim(join(parent, 'last'))
    assert.equal(last.index, gone.index)
    assert.equal(readFileSync(join(claimsFolder, String(last.index)), 'utf8'), join(parent, 'last'))
    await last.release()
  })

  it('take over a number whose claim was cut off', async () => {
    const first = await claim(join(parent, 'one'))
    await first.release()
    writeFileSync(join(claimsFolder, String(first.index)), '')
    const again = await claim(join(parent, 'one'))
    assert.equal(again.index, first.index)
    await again.release()
  })

  it('leave the number of a copied folder to the first one', async () => {
    const first = await claim(join(parent, 'one'))
    mkdirSync(join(parent, 'copy'))
    writeFileSync(join(parent, 'copy', 'instance.json'), JSON.stringify({ index: first.index }))
    const copy = await claim(join(parent, 'copy'))
    assert.notEqual(copy.index, first.index)
    await first.release()
    await copy.release()
  })

  it('are forgotten whole, and refuse a broken note', async () => {
    const folder = join(parent, 'one')
    const { index, release } = await claimInstance(folder)
    await release()
    forgetInstance(folder, index)
    forgetInstance(folder, index)
    assert.equal(existsSync(join(claimsFolder, String(index))), false)
    assert.equal(existsSync(join(folder, 'instance.json')), false)
    for (const text of ['', '{}', '{"index":64}', '{"index":-1}', '{"index":0.5}']) {
      writeFileSync(join(folder, 'instance.json'), text)
      await assert.rejects(claimInstance(folder), /instance\.json cannot be read/, text)
    }
    assert.equal(await isInstanceRunning(folder), false, 'the folder is not held after a refusal')
  })
})
