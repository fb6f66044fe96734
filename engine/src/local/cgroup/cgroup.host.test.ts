import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { countOutOfMemory, listChildren, listProcesses, removeCgroup } from './cgroup.ts'

const root = '/sys/fs/cgroup'
const cgroup = `/sandyard-test-${process.pid}`
const reason = process.getuid?.() === 0 ? false : 'needs root'
const skip = process.env.SANDYARD_FORCE_HOST_TESTS === '1' ? false : reason
/** Hierarchies of cgroup v1, or the one of v2. */
const isUnified = existsSync(join(root, 'cgroup.controllers'))
const hierarchies = isUnified ? [''] : readdirSync(root).filter((name) => statSync(join(root, name)).isDirectory())

describe('cgroups', { skip }, () => {
  const children: ChildProcess[] = []

  before(() => {
    make(cgroup)
    make(`${cgroup}/one`)
    make(`${cgroup}/one/below`)
    make(`${cgroup}/two`)
  })
  after(async () => {
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')))
    while (!removeCgroup(cgroup)) await new Promise((resolve) => setTimeout(resolve, 5))
  })

  it('tell what is in them, and nothing of one that is not there', () => {
    assert.deepEqual(listChildren(cgroup).sort(), ['one', 'two'])
    assert.deepEqual(listProcesses(cgroup), [])
    assert.deepEqual(listChildren(`${cgroup}/none`), [])
    assert.deepEqual(listProcesses(`${cgroup}/none`), [])
    assert.equal(countOutOfMemory(`${cgroup}/none`), 0)
    assert.equal(removeCgroup(`${cgroup}/none`), true)
  })

  it('are removed with those below, unless somebody is in them', async () => {
    const child = startIn(`${cgroup}/one/below`, 'exec sleep 60')
    await until(() => listProcesses(`${cgroup}/one/below`).length === 1)
    assert.deepEqual(listProcesses(`${cgroup}/one/below`), [child.pid])
    assert.equal(removeCgroup(`${cgroup}/one`), false)
    assert.deepEqual(listProcesses(`${cgroup}/one/below`), [child.pid])
    child.kill('SIGKILL')
    await once(child, 'exit')
    await until(() => removeCgroup(`${cgroup}/one`))
    assert.deepEqual(listChildren(cgroup), ['two'])
    for (const name of hierarchies) assert.equal(existsSync(join(root, name, cgroup, 'one')), false, name)
  })

  it('count what the kernel ended for want of memory', async () => {
    assert.equal(countOutOfMemory(`${cgroup}/two`), 0)
    const file = isUnified ? 'memory.max' : 'memory.limit_in_bytes'
    writeFileSync(join(root, isUnified ? '' : 'memory', cgroup, 'two', file), String(16 * 2 ** 20))
    const swap = join(
      root,
      isUnified ? '' : 'memory',
      cgroup,
      'two',
      isUnified ? 'memory.swap.max' : 'memory.memsw.limit_in_bytes',
    )
    if (existsSync(swap)) writeFileSync(swap, isUnified ? '0' : String(16 * 2 ** 20))
    const hog = startIn(`${cgroup}/two`, 'x=$(head -c 64000000 /dev/zero | tr "\\0" x); echo $x')
    await once(hog, 'exit')
    assert.ok(countOutOfMemory(`${cgroup}/two`) >= 1)
  })

  /** The shell puts itself in, so that whatever it starts is in too. */
  function startIn(group: string, command: string): ChildProcess {
    const needed = isUnified ? [''] : ['pids', 'memory']
    const enter = needed.map((name) => `echo $$ > ${join(root, name, group, 'cgroup.procs')}; `).join('')
    const child = spawn('sh', ['-c', `${enter}${command}`], { stdio: 'ignore' })
    children.push(child)
    return child
  }
})

function make(path: string): void {
  for (const name of hierarchies) mkdirSync(join(root, name, path), { recursive: true })
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000
  while (!isTrue()) {
    assert.ok(Date.now() < deadline, 'it did not come to that in time')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
