import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { killTree, treeVariable } from './tree.ts'

/** Shows an environment of eight gibibytes that takes no memory, says so, and stays. */
const pretend = `
import ctypes, mmap, os, struct, sys, time
size = 8 << 30
memory = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)
start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
with open('/proc/self/stat') as stream:
    fields = [0, 0, 0, *stream.read().rsplit(')', 1)[1].split()]
libc = ctypes.CDLL(None, use_errno=True)
libc.sbrk.restype = ctypes.c_void_p
own = [int(fields[number]) for number in (26, 27, 45, 46, 47)] + [libc.sbrk(0)] + [int(fields[n]) for n in (28, 48, 49)]
layout = struct.pack('11QQIi', *own, start, start + size, 0, 0, -1)
if libc.prctl(35, 14, layout, ctypes.c_ulong(len(layout)), 0) != 0:
    print('refused: ' + os.strerror(ctypes.get_errno()), flush=True)
else:
    print('huge', flush=True)
time.sleep(60)
`

describe('trees of processes', () => {
  it('are found by their mark, wherever it is in an environment', async () => {
    const mark = `test-${process.pid}`
    // A mark that lies across the end of a piece is tried, too.
    const sizes = [0, 65_000, 65_490, 65_500, 65_510, 65_536, 100_000]
    const children = sizes.map((size) => {
      const filling = Object.fromEntries([...Array(Math.ceil(size / 1000)).keys()].map((i) => [`A${i}`, '']))
      let left = size
      for (const name of Object.keys(filling)) {
        filling[name] = 'x'.repeat(Math.max(0, Math.min(1000, left) - name.length - 2))
        left -= 1000
      }
      return spawn('sleep', ['60'], {
        env: { PATH: process.env.PATH ?? '', ...filling, [treeVariable]: mark },
        stdio: 'ignore',
      })
    })
    try {
      await Promise.all(children.map((child) => once(child, 'spawn')))
      const ended = Promise.all(children.map((child) => once(child, 'exit')))
      await killTree({ leader: null, mark })
      const late = delay(2000, null, { ref: false })
      assert.ok((await Promise.race([ended, late])) !== null, 'one was not found')
    } finally {
      for (const child of children) child.kill('SIGKILL')
    }
  })

  it('are found though a process shows an endless environment', async (context) => {
    const pretender = spawn('python3', ['-c', pretend], { stdio: ['ignore', 'pipe', 'inherit'] })
    const mark = `test-${process.pid}-besides`
    const child = spawn('sleep', ['60'], {
      env: { PATH: process.env.PATH ?? '', [treeVariable]: mark },
      stdio: 'ignore',
    })
    try {
      const [said] = (await once(pretender.stdout, 'data')) as [Buffer]
      if (said.toString() !== 'huge\n') return context.skip(`no process can pretend here: ${said}`)
      const before = performance.now()
      const ended = once(child, 'exit')
      await killTree({ leader: null, mark })
      await ended
      assert.ok(performance.now() - before < 2000, `${performance.now() - before} ms`)
    } finally {
      pretender.kill('SIGKILL')
      child.kill('SIGKILL')
    }
  })
})
