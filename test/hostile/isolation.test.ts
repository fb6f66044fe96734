import assert from 'node:assert/strict'
import { execFile, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { type Ground, type Inside, openGround, probePath } from './ground.ts'

const execute = promisify(execFile)

/** Kernels are built without these; where the host has them, sandboxes still must not. */
const optional = new Set([
  'BPF',
  'VSOCK',
  'io_uring',
  'kernel cryptography',
  'page faults of others',
  'performance events',
])

describe('root inside a sandbox', () => {
  let ground: Ground
  let ordinary: Inside
  let asRoot: Inside

  before(async () => {
    ground = await openGround()
    ordinary = await ground.create()
    asRoot = await ground.create({ user: 'root' })
  })
  after(() => ground?.close())

  /** The three ways somebody works inside. */
  const ways = (): readonly [string, (command: string) => ReturnType<Inside['run']>][] => [
    ['a user', (command) => ordinary.run(command)],
    ['a user with sudo', (command) => ordinary.run(`sudo sh -c ${quote(command)}`)],
    ['root', (command) => asRoot.run(command)],
  ]

  test('may nothing that is for the root of the host', async () => {
    const control = parse((await execute('python3', [probePath('attempts.py')])).stdout)
    for (const [name, outcome] of Object.entries(control)) {
      if (!optional.has(name)) assert.equal(outcome, 'done', `the host's root: ${name}`)
    }
    for (const [who, run] of ways()) {
      const outcomes = parse((await run('python3 /tmp/attempts.py')).text)
      assert.deepEqual(Object.keys(outcomes), Object.keys(control))
      const done = Object.entries(outcomes).filter(([, outcome]) => outcome === 'done' || outcome === 'killed')
      assert.deepEqual(done, [], who)
    }
    assert.match((await asRoot.run('id -u; sudo id -u')).text, /^0\n0\n$/, 'it is root')
    assert.match((await ordinary.run('sudo id -u')).text, /^0\n$/, 'so is the user with sudo')
  })

  test('finds no file and no process of the host, nor of another sandbox', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sandyard-secret-'))
    const secret = randomBytes(12).toString('hex')
    const file = join(folder, 'secret')
    writeFileSync(file, `${secret}\n`, { mode: 0o644 })
    execFileSync('chmod', ['755', folder])
    const program = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)', secret], { stdio: 'ignore' })
    try {
      // The secret is put together inside and never an argument: what looks for it must not find itself.
      const look = [
        `a=${secret.slice(0, 8)} b=${secret.slice(8)}; s=$a$b`,
        `for f in ${file} /proc/[0-9]*/root${file} /proc/[0-9]*/cwd${file}; do`,
        '  { read -r x < "$f"; } 2>/dev/null && [ "$x" = "$s" ] && echo file',
        'done',
        'for p in /proc/[0-9]*; do',
        '  x=$(tr "\\0" " " < "$p/cmdline") 2>/dev/null; case $x in *"$s"*) echo process ;; esac',
        'done',
      ].join('\n')
      const control = (await execute('sh', ['-c', look])).stdout
      assert.match(control, /^(file\n)+(process\n)+$/, 'the host finds both')
      for (const [who, run] of ways()) assert.deepEqual(await run(look), { status: 200, exitCode: 0, text: '' }, who)

      await ordinary.run(`setsid sh -c 'sleep 60; : ${secret}' >/dev/null 2>&1 &`)
      assert.equal((await ordinary.run(look)).text, 'process\n', 'a sandbox finds its own')
      assert.deepEqual(await asRoot.run(look), { status: 200, exitCode: 0, text: '' }, 'and another does not')
    } finally {
      program.kill('SIGKILL')
      rmSync(folder, { recursive: true })
    }
  })

  test('cannot change the agent, and gains nothing from it', async () => {
    for (const [who, run] of ways().slice(1)) {
      const changes = [
        'touch /opt/sandyard/x',
        'chmod 777 /opt/sandyard/agent.cjs',
        'ln /opt/sandyard/agent.cjs /tmp/l',
      ]
      for (const change of changes) assert.notEqual((await run(change)).exitCode, 0, `${who}: ${change}`)
      assert.equal((await run('touch /opt/x && chmod 777 /opt/x && ln /opt/x /opt/l && rm /opt/x /opt/l')).exitCode, 0)
    }
    const privileged = 'find $(readlink -f PATH) -perm /6000 | wc -l'
    assert.equal((await asRoot.run(privileged.replace('PATH', '/opt/sandyard'))).text, '0\n')
    assert.notEqual((await asRoot.run(privileged.replace('PATH', '/usr/bin'))).text, '0\n', 'find finds sudo')
    // What init and agent print lies on the host, and is not to be read or cut.
    assert.match((await asRoot.run('readlink /proc/1/fd/1')).text, /agent\.log\n$/)
    assert.notEqual((await asRoot.run('cat /proc/1/fd/1')).exitCode, 0)
    assert.notEqual((await asRoot.run(': > /proc/1/fd/1')).exitCode, 0)
  })

  test('cannot use device nodes that its image brings', async () => {
    const root = rootOf(ground, asRoot)
    execFileSync('mknod', [join(root, 'usr/zero'), 'c', '1', '5'])
    execFileSync('chmod', ['666', join(root, 'usr/zero')])
    assert.equal((await asRoot.run('stat -c %F /usr/zero')).text, 'character special file\n')
    assert.match((await asRoot.run('head -c1 /usr/zero')).text, /Permission denied/)
    assert.equal((await asRoot.run('head -c1 /dev/zero | wc -c')).text, '1\n', 'the same device, of our own making')
  })

  test('reaches nothing of the host by what it leaves for the next start', async () => {
    const hosts = readFileSync('/etc/hosts', 'utf8')
    const plant = [
      'echo planted >> /etc/hosts',
      'rm -rf /opt/* /mnt; ln -s ../../../../../../etc /mnt',
      'mkdir -p /usr/local/sandyard; ln -s /etc/hosts /etc/ssl/sandyard-ca.pem',
      'rm -rf /home/daytona; ln -s /proc/1/root /home/daytona',
    ]
    await asRoot.run(plant.join('; '))
    await asRoot.order('stop')
    await asRoot.reach('stopped')
    await asRoot.order('start')
    await asRoot.reach('started')
    assert.equal((await asRoot.run('ls -d /mnt/hosts')).exitCode, 0, 'its links are still there')
    assert.equal((await asRoot.run('grep -c planted /etc/hosts')).text, '0\n', 'the file is written anew')
    assert.equal(readFileSync('/etc/hosts', 'utf8'), hosts)
  })
})

/** Where the host has mounted the disk of a running sandbox. */
function rootOf(ground: Ground, inside: Inside): string {
  const record = join(ground.platform.data, 'sandboxes', inside.id, 'sandbox.json')
  const { diskId } = JSON.parse(readFileSync(record, 'utf8')) as { diskId: string }
  return `/run/sandyard/${ground.platform.index}/roots/${diskId}`
}

function parse(text: string): Record<string, string> {
  return JSON.parse(text) as Record<string, string>
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
