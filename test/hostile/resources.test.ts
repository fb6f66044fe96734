// alone: it takes all that the kernel has for everybody, and times a neighbour meanwhile
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { type Ground, type Inside, openGround, probePath } from './ground.ts'
import { besides, residentBytes } from './neighbour.ts'

const execute = promisify(execFile)

describe('a sandbox that takes all it can get', () => {
  let ground: Ground
  let greedy: Inside
  let neighbour: Inside

  before(async () => {
    ground = await openGround()
    greedy = await ground.create({ disk: 1 })
    neighbour = await ground.create()
  })
  after(() => ground?.close())

  test('of processes: is told that there are no more, and works on when they are gone', async () => {
    const bomb =
      'import os, time\nwhile 1:\n  try: os.fork()\n  except OSError as e: print(e, flush=True); time.sleep(0.1)'
    const attack = greedy.run(`python3 -c '${bomb}'`, 5)
    await besides(neighbour, async () => {
      await new Promise((resolve) => setTimeout(resolve, 3000))
      const { status, text } = await greedy.run('true')
      assert.equal(status, 503, 'no room for another process')
      assert.match(text, /limit of processes/)
    })
    const { status, text } = await attack
    assert.equal(status, 408)
    assert.match(text, /Resource temporarily unavailable/)
    assert.deepEqual(await greedy.run('echo again'), { status: 200, exitCode: 0, text: 'again\n' })
  })

  test('of memory: loses the process that took it, and says how it ended', async () => {
    const hog = 'a = []\nwhile 1: a.append(bytearray(20 << 20))'
    const { exitCode } = await besides(neighbour, () => greedy.run(`python3 -c '${hog}'`))
    assert.equal(exitCode, 137)
    const shared = await greedy.run('head -c 2G /dev/zero > /dev/shm/f; du -m /dev/shm/f; rm /dev/shm/f')
    assert.match(shared.text, /No space left on device\n512\t/, 'half of its memory')
    assert.equal((await greedy.look()).state, 'started')
  })

  test('of disk: hits its limit, may delete, and goes on', async () => {
    const fill = 'cd ~; dd if=/dev/zero of=big bs=1M 2>&1; echo more > x'
    const { text } = await besides(neighbour, () => greedy.run(fill))
    assert.match(text, /No space left|quota exceeded/)
    assert.match(text, /x: .*(No space left|quota exceeded)/, 'nothing more can be written')
    const size = Number((await greedy.run('stat -c %s ~/big')).text)
    assert.ok(size > 0.9 * 2 ** 30 && size <= 2 ** 30, `${size} bytes on a disk of 1 GiB`)
    assert.deepEqual(await greedy.run('echo on a full disk'), { status: 200, exitCode: 0, text: 'on a full disk\n' })
    assert.equal((await greedy.run('rm ~/big && echo more > ~/x')).exitCode, 0)
  })

  test('of the answer: gets 32 MiB of it, and the platform does not keep it', async () => {
    const before = residentBytes(ground.platform.pid)
    const { text } = await besides(neighbour, () => greedy.run('timeout 4 yes'))
    assert.match(text.slice(-200), /output truncated: 33554432 bytes are shown/)
    const grown = residentBytes(ground.platform.pid) - before
    assert.ok(grown < 100 * 2 ** 20, `the platform grew by ${grown} bytes`)
  })

  test('of the processors: leaves the neighbour its share', async () => {
    const spin = 'for i in 1 2 3 4; do (while :; do :; done) & done; wait'
    const { status } = await besides(neighbour, () => greedy.run(spin, 3))
    assert.equal(status, 408)
    assert.equal((await greedy.run('echo here')).text, 'here\n')
  })

  test('of what the kernel counts for all: leaves some for the others and for the host', async () => {
    const needed = 100
    for (const thing of ['inotify', 'terminals', 'signals']) {
      const attack = greedy.run(`python3 /tmp/take.py ${thing} 2`)
      await new Promise((resolve) => setTimeout(resolve, 1500))
      const theirs = await neighbour.run(`python3 /tmp/take.py ${thing} 0 ${needed}`)
      assert.equal(theirs.text, `${needed} most\n`, `${thing} in another sandbox`)
      const { stdout } = await execute('python3', [probePath('take.py'), thing, '0', String(needed)])
      assert.equal(stdout, `${needed} most\n`, `${thing} on the host`)
      const { text } = await attack
      assert.ok(Number(text.split(' ')[0]) > needed, `${thing}: ${text}`)
      assert.doesNotMatch(text, / most\n/, `${thing} has an end`)
    }
  })

  test('of what the kernel counts per user: takes none of the neighbour, who runs with other ids', async () => {
    const hold = [
      'import os, fcntl, socket, time',
      'pipes = [os.pipe() for _ in range(1500)]',
      // A pipe is grown until the kernel refuses: this user has its share of pages.
      'def grow(end):\n  try: fcntl.fcntl(end, 1031, 1 << 20); return True\n  except OSError: return False',
      'grown = sum(grow(end) for _, end in pipes)',
      'a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)',
      'sent = 0\nwhile sent < 70000:\n  try: socket.send_fds(a, [b"x"], [0] * 200); sent += 200\n  except OSError: break',
      'print(grown, sent, flush=True)',
      'time.sleep(20)',
    ].join('\n')
    await greedy.run(`cat > /tmp/hold.py <<'EOF'\n${hold}\nEOF\n(timeout 25 python3 /tmp/hold.py > /tmp/held 2>&1 &)`)
    await greedy.run('for i in $(seq 100); do test -s /tmp/held && break; sleep 0.1; done')
    const ask = [
      'import os, fcntl, socket',
      'print(fcntl.fcntl(os.pipe()[0], 1032))',
      'a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)',
      'socket.send_fds(a, [b"x"], [0] * 200)',
      'print("sent")',
    ].join('\n')
    const own = await greedy.run(`cat /tmp/held; python3 -c '${ask}' 2>&1`)
    const other = await neighbour.run(`python3 -c '${ask}' 2>&1`)
    assert.doesNotMatch(own.text, /65536\nsent/, `the attack had no effect: ${own.text}`)
    assert.equal(other.text, '65536\nsent\n')
  })

  test('to its end: says that it ran out of memory', async () => {
    const doomed = await ground.create()
    // The agent is made the kernel's first choice, and then there is too little.
    const program = [
      'import glob',
      'for p in glob.glob("/proc/[0-9]*"):',
      '  if p != "/proc/1" and b"agent.cjs" in open(p + "/cmdline", "rb").read(): open(p + "/oom_score_adj", "w").write("1000")',
      'open("/proc/self/oom_score_adj", "w").write("0")',
      'a = []',
      'while 1: a.append(bytearray(20 << 20))',
    ].join('\n')
    const { status } = await doomed.run(`python3 -c '${program}'`)
    assert.equal(status, 502)
    await doomed.reach('stopped')
    assert.match((await doomed.look()).errorReason ?? '', /^Out of memory: .* 1 GiB/)
    await doomed.order('start')
    await doomed.reach('started')
    assert.deepEqual(await doomed.look(), { state: 'started', errorReason: null })
    await doomed.remove()
  })

  test('of time: is stopped though it ignores being asked', async () => {
    await greedy.run(`setsid sh -c 'trap "" TERM; while :; do sleep 1; done' >/dev/null 2>&1 &`)
    const startedAt = performance.now()
    await greedy.order('stop')
    await greedy.reach('stopped')
    assert.ok(performance.now() - startedAt < 10_000)
    assert.deepEqual(await greedy.look(), { state: 'stopped', errorReason: null })
  })
})
