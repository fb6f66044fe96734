import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'

const main = resolve(import.meta.dirname, '../../cli/src/main.ts')

interface Ran {
  readonly code: number | null
  readonly out: Buffer
  readonly text: string
  readonly err: string
}

/** The command line as a script has it: no terminal, all by pipes. */
describe('the command line in scripts', () => {
  let platform: TestPlatform
  let ground: string

  function start(words: readonly string[], stdin: 'pipe' | 'ignore' = 'ignore') {
    const env = {
      PATH: process.env.PATH,
      HOME: ground,
      DAYTONA_API_URL: platform.apiUrl,
      DAYTONA_API_KEY: platform.apiKey,
    }
    const child = spawn(process.execPath, [main, ...words], { cwd: ground, env, stdio: [stdin, 'pipe', 'pipe'] })
    const pieces: Buffer[] = []
    let err = ''
    child.stdout?.on('data', (piece: Buffer) => pieces.push(piece))
    child.stderr?.on('data', (piece: Buffer) => {
      err += piece.toString()
    })
    const ended = new Promise<Ran>((done) => {
      child.once('close', (code) => {
        const out = Buffer.concat(pieces)
        done({ code, out, text: out.toString(), err })
      })
    })
    return { child, ended, err: () => err, out: () => Buffer.concat(pieces).toString() }
  }

  async function run(words: readonly string[], input?: Uint8Array): Promise<Ran> {
    const { child, ended } = start(words, input === undefined ? 'ignore' : 'pipe')
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
    return await ended
  }

  async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
    for (let waited = 0; !(await isSo()); waited += 100) {
      assert.ok(waited < 30_000, what)
      await delay(100)
    }
  }

  const names = async (): Promise<string[]> => {
    const { text } = await run(['list', '-o', 'json'])
    return (JSON.parse(text) as { name: string }[]).map(({ name }) => name)
  }

  before(async () => {
    platform = await startTestPlatform()
    ground = mkdtempSync(join(tmpdir(), 'sandyard-cli-'))
    const made = await run(['create', 'box', '-q'])
    assert.equal(made.code, 0, made.err)
  })
  after(async () => {
    await platform?.remove()
    rmSync(ground, { recursive: true, force: true })
  })

  test('exec passes words, streams and the exit code', async () => {
    const ran = await run([
      'exec',
      'box',
      '--',
      'sh',
      '-c',
      'printf "%s|" "$@"; echo no >&2; exit 7',
      '-',
      "it's",
      '$HOME',
      '',
      'a\nb',
    ])
    assert.deepEqual([ran.code, ran.text, ran.err], [7, "it's|$HOME||a\nb|", 'no\n'])
    const placed = await run(['exec', 'box', '--cwd', '/tmp', '-e', 'A=é', '--', 'sh', '-c', 'pwd; echo $A'])
    assert.equal(placed.text, '/tmp\né\n')
  })

  test('exec passes bytes of every kind through, both ways', async () => {
    const bytes = randomBytes(5_000_000)
    const ran = await run(['exec', 'box', '--', 'cat'], bytes)
    assert.equal(ran.code, 0)
    assert.ok(ran.out.equals(bytes))
  })

  test('exec ends with codes that scripts can tell apart', async () => {
    assert.equal((await run(['exec', 'box', '--', 'nosuch-program'])).code, 127)
    assert.equal((await run(['exec', 'box', '--', 'sh', '-c', 'kill -9 $$'])).code, 137)
    const late = await run(['exec', 'box', '--timeout', '1', '--', 'sleep', '60'])
    assert.equal(late.code, 124)
    assert.match(late.err, /longer than 1 s/)
    const none = await run(['exec', 'nobox', '--', 'true'])
    assert.equal(none.code, 3)
    assert.match(none.err, /^sandyard: .*nobox/)
    assert.equal((await run(['exec', 'box'])).code, 2)
    assert.equal((await run(['exec', '-t', 'box', '--', 'true'])).code, 2)
    assert.equal((await run(['shell', 'box'])).code, 2)
  })

  test('who reads only the beginning ends it without a fuss', async () => {
    const { child, ended } = start(['exec', 'box', '--', 'seq', '1', '1000000'])
    child.stdout?.once('data', () => child.stdout?.destroy())
    const { code, err } = await ended
    assert.deepEqual([code, err], [0, ''])
  })

  test('a loop that reads the input itself keeps it with -n', async () => {
    const ran = await run(['exec', '-n', 'box', '--', 'cat'], Buffer.from('for the loop'))
    assert.deepEqual([ran.code, ran.text], [0, ''])
  })

  test('Ctrl-C ends the command inside, and a second one ends the wait for it', async () => {
    const mild = start([
      'exec',
      'box',
      '--',
      'sh',
      '-c',
      'trap "echo caught; exit" INT; echo on; while :; do sleep 0.1; done',
    ])
    await until(() => mild.out() === 'on\n', 'it did not start')
    mild.child.kill('SIGINT')
    assert.deepEqual([(await mild.ended).code, mild.out()], [130, 'on\ncaught\n'])
    const deaf = start(['exec', 'box', '--', 'sh', '-c', 'trap "" INT HUP; echo on; sleep 30'])
    await until(() => deaf.out() === 'on\n', 'it did not start')
    deaf.child.kill('SIGINT')
    await delay(500)
    assert.equal(deaf.child.exitCode, null)
    deaf.child.kill('SIGINT')
    assert.equal((await deaf.ended).code, 130)
  })

  test('run leaves nothing behind, whatever ends it', async () => {
    const ran = await run(['run', 'default', '-e', 'A=b', '--', 'sh', '-c', 'cat; echo $A; exit 5'], Buffer.from('in '))
    assert.deepEqual([ran.code, ran.text], [5, 'in b\n'])
    const during = start(['run', 'default', '--', 'sh', '-c', 'echo on; sleep 60'])
    await until(() => during.out() === 'on\n', 'it did not start')
    during.child.kill('SIGINT')
    assert.equal((await during.ended).code, 130)
    for (const waitMs of [250, 450, 700]) {
      const early = start(['run', 'default', '--', 'sleep', '60'])
      await delay(waitMs)
      early.child.kill('SIGTERM')
      // before it listens to signals it ends by them, and has asked for nothing
      assert.ok([130, null].includes((await early.ended).code))
    }
    await until(async () => (await names()).join() === 'box', 'a sandbox is left')
  })

  test('run keeps its sandbox when it is told so', async () => {
    assert.equal((await run(['run', '--keep', '--name', 'kept', 'default', '--', 'true'])).code, 0)
    assert.ok((await names()).includes('kept'))
    assert.equal((await run(['delete', 'kept', '--wait'])).code, 0)
  })

  test('cp takes folders there and back as they were', async () => {
    const source = join(ground, 'source')
    mkdirSync(join(source, 'sub/deep'), { recursive: true })
    writeFileSync(join(source, 'run.sh'), '#!/bin/sh\necho ran\n')
    chmodSync(join(source, 'run.sh'), 0o751)
    symlinkSync('run.sh', join(source, 'link'))
    for (let at = 0; at < 200; at++) writeFileSync(join(source, 'sub', `ü ${at}`), String(at))
    writeFileSync(join(source, 'sub/deep', 'x'.repeat(200)), 'long')
    assert.equal((await run(['cp', 'source', 'box:'])).code, 0)
    assert.equal((await run(['exec', 'box', '--', 'source/link'])).text, 'ran\n')
    assert.equal((await run(['cp', 'box:source', 'back'])).code, 0)
    assert.equal(statSync(join(ground, 'back/run.sh')).mode & 0o777, 0o751)
    assert.equal(readFileSync(join(ground, 'back/sub/ü 199'), 'utf8'), '199')
    assert.equal(readFileSync(join(ground, 'back/sub/deep', 'x'.repeat(200)), 'utf8'), 'long')
    assert.equal((await run(['cp', 'source/.', 'box:content'])).code, 0)
    assert.equal((await run(['exec', 'box', '--', 'content/run.sh'])).text, 'ran\n')
  })

  test('cp takes files, and pipes with -', async () => {
    const bytes = randomBytes(3_000_000)
    assert.equal((await run(['cp', '-', 'box:/tmp/piped'], bytes)).code, 0)
    assert.ok((await run(['cp', 'box:/tmp/piped', '-'])).out.equals(bytes))
    assert.equal((await run(['cp', 'box:/tmp/piped', 'box.bin'])).code, 0)
    assert.ok(readFileSync(join(ground, 'box.bin')).equals(bytes))
    assert.equal((await run(['cp', 'nosuch', 'box:'])).code, 3)
    assert.equal((await run(['cp', 'box:/nosuch', '.'])).code, 3)
    assert.equal((await run(['cp', 'a', 'b'])).code, 2)
    assert.equal((await run(['cp', '-', 'box:/tmp'], bytes)).code, 2)
  })

  test('what was left running has a log, takes input, and is ended', async () => {
    const { text } = await run([
      'exec',
      'box',
      '--detach',
      '-o',
      'json',
      '--',
      'sh',
      '-c',
      'read a; echo got $a; echo bad >&2',
    ])
    const { session } = JSON.parse(text) as { session: string }
    const follow = start(['logs', 'box', '--session', session, '-f'])
    await delay(500)
    assert.equal((await run(['session', 'input', 'box', session, 'yes'])).code, 0)
    const followed = await follow.ended
    assert.deepEqual([followed.code, followed.text, followed.err], [0, 'got yes\n', 'bad\n'])
    assert.equal((await run(['session', 'logs', 'box', session])).text, 'got yes\n')
    assert.equal((await run(['session', 'exec', 'box', 'keeps', 'cd /tmp; A=1'])).code, 0)
    const state = await run(['session', 'exec', 'box', 'keeps', 'pwd; echo $A; exit 3'])
    assert.deepEqual([state.code, state.text], [3, '/tmp\n1\n'])
    assert.equal((await run(['session', 'delete', 'box', session])).code, 0)
    assert.doesNotMatch((await run(['session', 'list', 'box', '-o', 'name'])).text, new RegExp(session))
  })

  test('code keeps its variables, and tells exceptions', async () => {
    assert.equal((await run(['code', 'box', '-c', 'x = 6 * 7; print(x)'])).text, '42\n')
    const failed = await run(['code', 'box'], Buffer.from('print(x + 1)\n1/0\n'))
    assert.deepEqual([failed.code, failed.text], [1, '43\n'])
    assert.match(failed.err, /ZeroDivisionError/)
    assert.equal((await run(['code', 'box', '-l', 'javascript', '-c', 'console.log(6 * 7)'])).text, '42\n')
    assert.equal((await run(['code', 'box', '--fresh', '-c', 'print("x" in globals())'])).text, 'False\n')
  })

  test('a forwarded port takes any protocol, and ends with Ctrl-C', async () => {
    const server =
      'import socket as s\nl = s.create_server(("127.0.0.1", 7007))\nwhile True:\n c, _ = l.accept()\n got = b""\n while True:\n  d = c.recv(65536)\n  if not d: break\n  got += d\n c.sendall(str(len(got)).encode()); c.close()\n'
    assert.equal((await run(['exec', 'box', '--detach', '--', 'python3', '-c', server])).code, 0)
    const forward = start(['port-forward', 'box', '0:7007'])
    await until(() => /is port 7007/.test(forward.err()), 'it does not listen')
    const port = Number(/:(\d+) is port/.exec(forward.err())?.[1])
    for (const size of [0, 1, 2_000_000]) {
      await until(async () => (await exchange(port, size)) === String(size), `no answer to ${size} bytes`)
    }
    forward.child.kill('SIGINT')
    assert.equal((await forward.ended).code, 130)
    await assert.rejects(exchange(port, 1))
  })

  test('what cannot be reached says why', async () => {
    const forward = start(['port-forward', 'box', '0:7999'])
    await until(() => /is port 7999/.test(forward.err()), 'it does not listen')
    await exchange(Number(/:(\d+) is port/.exec(forward.err())?.[1]), 1).catch(() => {})
    await until(() => /port 7999: nothing listens on it in box/.test(forward.err()), 'it does not say why')
    forward.child.kill('SIGINT')
    await forward.ended
    assert.equal((await run(['create', 'still', '-q'])).code, 0)
    assert.equal((await run(['stop', 'still', '-q'])).code, 0)
    for (const words of [
      ['exec', 'still', '--', 'true'],
      ['code', 'still', '-c', '1'],
      ['logs', 'still'],
      ['cp', 'still:a', '-'],
    ]) {
      const { code, err } = await run(words)
      assert.equal(code, 5, words[0])
      assert.match(err, /is stopped/)
    }
    assert.equal((await run(['delete', 'still', '--wait'])).code, 0)
  })

  test('ssh connects with a key that it knows, and takes its token back', async () => {
    const ran = await run(['ssh', 'box', '--', 'echo', 'a  b; exit 3'])
    assert.deepEqual([ran.code, ran.text], [0, 'a  b; exit 3\n'], ran.err)
    const { text } = await run(['ssh', 'box', '--print', '--expires', '5', '-o', 'json'])
    assert.match((JSON.parse(text) as { sshCommand: string }).sshCommand, /^ssh -p \d+ \w+@localhost$/)
  })

  test('top and events are for scripts, too', async () => {
    const { text } = await run(['top', '-o', 'json'])
    assert.deepEqual(
      (JSON.parse(text) as { name: string }[]).map(({ name }) => name),
      ['box'],
    )
    assert.match((await run(['events', 'box'])).text, /creating to started/)
    const follow = start(['events', '-f'])
    await until(() => /Waiting/.test(follow.err()), 'it does not wait')
    assert.equal((await run(['run', '--name', 'brief', 'default', '--', 'sleep', '3'])).code, 0)
    await until(() => /brief {2}.*started/.test(follow.out()), 'the change was not told')
    follow.child.kill('SIGINT')
    assert.equal((await follow.ended).code, 130)
  })

  test('bash completes commands, options and names of sandboxes', async () => {
    const script = `sandyard() { ${JSON.stringify(process.execPath)} ${JSON.stringify(main)} "$@"; }
source <(sandyard completion bash)
offer() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _sandyard; echo "\${COMPREPLY[*]}"; }
offer sandyard exe; offer sandyard exec b; offer sandyard exec --det; offer sandyard list --output ''`
    const child = spawn('bash', ['--norc', '-c', script], {
      env: { PATH: process.env.PATH, HOME: ground, DAYTONA_API_URL: platform.apiUrl, DAYTONA_API_KEY: platform.apiKey },
    })
    let out = ''
    child.stdout.on('data', (piece: Buffer) => {
      out += piece.toString()
    })
    await new Promise((done) => child.once('close', done))
    assert.deepEqual(out.split('\n').slice(0, 4), ['exec', 'box', '--detach', 'table json yaml name'])
  })

  test('commands of the platform itself are handed over with their options and codes', async () => {
    const doctor = await run(['doctor', '--json'])
    assert.equal(typeof (JSON.parse(doctor.text) as { ok: boolean }).ok, 'boolean')
    const refused = await run(['down', '--no-such-option'])
    assert.notEqual(refused.code, 0)
    assert.match(refused.err, /no-such-option/)
  })
})

/** Sends so many bytes, ends, and gives the answer. */
function exchange(port: number, size: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => socket.end(Buffer.alloc(size)))
    socket.on('data', (bytes) => {
      answer += bytes.toString()
    })
    socket.once('error', reject)
    socket.once('end', () => resolve(answer))
  })
}
