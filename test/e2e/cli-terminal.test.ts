import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startTestPlatform, type TestPlatform } from '../fixtures/platform.ts'
import { openTestTerminal, type TestTerminal } from '../fixtures/terminal.ts'

const main = resolve(import.meta.dirname, '../../cli/src/main.ts')
const longName = `box-${'long-'.repeat(20)}end`

/** The command line as a person has it. */
describe('the command line at a terminal', () => {
  let platform: TestPlatform
  let ground: string

  const open = (columns = 80, rows = 24, env: Readonly<Record<string, string>> = {}): Promise<TestTerminal> =>
    openTestTerminal({
      columns,
      rows,
      folder: ground,
      env: {
        PATH: `${ground}/bin:${process.env.PATH}`,
        HOME: ground,
        DAYTONA_API_URL: platform.apiUrl,
        DAYTONA_API_KEY: platform.apiKey,
        ...env,
      },
    })

  const sandboxes = async (): Promise<string[]> => {
    const { body } = await platform.call('GET', '/sandbox')
    return (Array.isArray(body) ? body : (body as { items: unknown[] }).items).map(
      (one) => (one as { name: string }).name,
    )
  }

  before(async () => {
    platform = await startTestPlatform()
    ground = mkdtempSync(join(tmpdir(), 'sandyard-terminal-'))
    await platform.call('POST', '/sandbox', { name: 'box' })
    const script = `#!/bin/sh\nexec ${JSON.stringify(process.execPath)} ${JSON.stringify(main)} "$@"\n`
    mkdirSync(join(ground, 'bin'))
    writeFileSync(join(ground, 'bin/sandyard'), script)
    chmodSync(join(ground, 'bin/sandyard'), 0o755)
  })
  after(async () => {
    await platform?.remove()
    rmSync(ground, { recursive: true, force: true })
  })

  test('a shell has the size of the window, follows it, and draws on the whole screen', async () => {
    await using terminal = await open(80, 24)
    await terminal.type('sandyard shell box')
    await terminal.see(/daytona@/)
    await terminal.type('clear; stty size; echo $TERM')
    await terminal.see(/^24 80\ntmux-256color\n/m)
    await terminal.resize(100, 30)
    // told to the program inside when the next size is asked for
    await terminal.type('clear; for i in 1 2 3 4 5 6 7 8; do stty size; sleep 0.5; done')
    await terminal.see(/^30 100$/m)
    await terminal.press('C-c')
    await terminal.type(`printf '\\033[?1049h\\033[2J\\033[5;10Hfull screen'; read x; printf '\\033[?1049l'`)
    const full = await terminal.see(/^ {9}full screen$/m)
    assert.equal(full.split('\n')[4], '         full screen')
    await terminal.type('')
    await terminal.see(/^30 100\n(.*\n)*daytona@[^\n]*\$$/m)
    await terminal.type('exit 3')
    await terminal.see(/logout\n\$/)
    await terminal.type('clear; echo code $?; stty -a | grep -o -- "-*icanon"')
    await terminal.see(/^code 0\nicanon$/m)
  })

  test('a shell ends with the code of its own, and is left and come back to', async () => {
    await using terminal = await open()
    await terminal.type('sandyard shell box; echo "code $?"')
    await terminal.see(/daytona@/)
    await terminal.type('exit 7')
    await terminal.see(/^code 7$/m)
    await terminal.type('clear')
    await terminal.see(/^\$$/)
    await terminal.type('sandyard shell box --session work')
    await terminal.see(/daytona@/)
    await terminal.type('kept=yes; clear')
    await terminal.see(/^daytona@[^\n]*\$$/)
    await terminal.press('Enter')
    await terminal.press('~')
    await terminal.press('.')
    await terminal.see(/Left it running; sandyard shell box --session work comes back/)
    await terminal.type('clear')
    await terminal.see(/^\$$/)
    await terminal.type('sandyard shell box --session work')
    await terminal.see(/daytona@/)
    await terminal.type('echo kept is $kept')
    await terminal.see(/^kept is yes$/m)
    await terminal.type('exit')
    await terminal.see(/^\$$/m)
  })

  test('a command that is run has the terminal, and Ctrl-C reaches it', async () => {
    await using terminal = await open()
    await terminal.type(
      'sandyard run default -- bash -c "trap \'echo caught; exit 5\' INT; tty; while :; do sleep 0.1; done"',
    )
    await terminal.see(/\/dev\/pts\//)
    await terminal.press('C-c')
    await terminal.see(/caught\n\$/)
    await terminal.type('clear; sandyard run default')
    await terminal.see(/daytona@/)
    await terminal.type('exit 4')
    await terminal.see(/logout\n/)
    await terminal.see(/^\$$/m)
    await terminal.type('clear; echo code $?')
    await terminal.see(/^code 0$/m)
    assert.deepEqual(await sandboxes(), ['box'])
  })

  test('an interrupted create leaves nothing', async () => {
    await using terminal = await open()
    writeFileSync(join(ground, 'Dockerfile'), 'FROM sandyard/default\nRUN sleep 100\n')
    await terminal.type('sandyard create slow --dockerfile Dockerfile; echo "code $?"')
    await terminal.see(/RUN sleep 100/)
    await terminal.press('C-c')
    await terminal.see(/^code 130$/m)
    await terminal.type('clear; sandyard list -o name')
    await terminal.see(/^box$/m)
    for (let round = 0; (await sandboxes()).includes('slow'); round++) {
      assert.ok(round < 100, 'it is still there')
      await new Promise((done) => setTimeout(done, 100))
    }
  })

  test('progress is drawn in one line, with its rate, and goes', async () => {
    await using terminal = await open()
    await terminal.type('head -c 400000000 /dev/zero > zeros; clear; sandyard cp zeros box:/tmp/zeros')
    await terminal.see(/^\S Copying zeros to box: [\d.]+ [KMG]iB of 381 MiB, [\d.]+ [KMG]iB\/s$/m)
    const done = await terminal.see(/^Copied 1 file, 381 MiB, [\d.]+ [KMG]iB\/s\n\$$/m)
    assert.doesNotMatch(done, /Copying/)
    await terminal.type('clear; rm zeros; sandyard exec box -- rm /tmp/zeros')
  })

  test('tables fit the window', async () => {
    await platform.call('POST', '/sandbox', { name: longName })
    for (const columns of [80, 200]) {
      await using terminal = await open(columns, 24)
      await terminal.type('clear; sandyard list; echo end')
      const seen = await terminal.see(/^end$/m)
      const rows = seen.split('\n').slice(0, -2)
      assert.equal(rows.length, 3, seen)
      for (const row of rows) assert.ok(row.length <= columns, seen)
      assert.equal(
        rows.some((row) => row.includes('…')),
        columns === 80,
        seen,
      )
    }
    assert.equal((await platform.call('DELETE', `/sandbox/${longName}`)).status, 200)
  })

  test('titles are bold on a terminal, but not with NO_COLOR, nor in a file', async () => {
    await using terminal = await open(80, 24)
    const count = 'grep -cF "$(printf "\\033")" seen'
    await terminal.type(
      `clear; script -qc 'sandyard list' seen >x; ${count}; NO_COLOR=1 script -qc 'sandyard list' seen >x; ${count}; sandyard list >seen; ${count}; echo end`,
    )
    assert.match(await terminal.see(/^end$/m), /\n1\n0\n0\nend|^1\n0\n0\nend/)
  })

  test('login asks for the key without showing it, keeps a good one only, and Ctrl-C ends it', async () => {
    const home = join(ground, 'other-home')
    mkdirSync(home)
    const strange = { HOME: home, DAYTONA_API_URL: '', DAYTONA_API_KEY: '' }
    await using terminal = await open(120, 24, strange)
    const login = `clear; sandyard login --api-url ${platform.apiUrl}; echo "code $?"`
    await terminal.type(login)
    await terminal.see(/^Key for http:[^\n]*: *$/m)
    await terminal.type('not-a-key')
    const wrong = await terminal.see(/^code 4$/m)
    assert.match(wrong, /^sandyard: Invalid credentials\n {2}sandyard login with another key/m)
    assert.doesNotMatch(wrong, /not-a-key/)
    await terminal.type('clear; sandyard list; echo "code $?"')
    await terminal.see(/no key for [^\n]*\n[^\n]*\ncode 4$/m)
    await terminal.type(login)
    await terminal.see(/^Key for /m)
    await terminal.press('C-c')
    await terminal.see(/^sandyard: nothing was done\ncode 130$/m)
    await terminal.type(login)
    await terminal.see(/^Key for /m)
    // with a letter that is taken back
    await terminal.press('x', 'BSpace')
    await terminal.type(platform.apiKey)
    const right = await terminal.see(/^code 0$/m)
    assert.match(right, /^Logged in to http:[^\n]*, profile default$/m)
    assert.ok(!right.includes(platform.apiKey), right)
    await terminal.type('clear; sandyard list -o name; stty -a | grep -ow -- "-*echo"')
    await terminal.see(/^box\necho$/m)
  })

  test('what deletes all asks, and anything but yes leaves it', async () => {
    await platform.call('POST', '/volumes', { name: 'kept' })
    await using terminal = await open()
    const ask = async (): Promise<void> => {
      await terminal.type('clear; sandyard volume delete --all; echo "code $?"')
      // At the end of the screen: before it is cleared the question of the time before stands further up.
      await terminal.see(/(^|\n)Delete 1 volume[^\n]*\? \[y\/N\] *$/)
    }
    for (const answer of ['', 'n', 'all']) {
      await ask()
      await terminal.type(answer)
      await terminal.see(/^sandyard: nothing was done\ncode 1$/m)
    }
    await ask()
    await terminal.press('C-c')
    await terminal.see(/^sandyard: nothing was done\ncode 130$/m)
    await ask()
    await terminal.press('C-d')
    await terminal.see(/^sandyard: nothing was done\ncode 1$/m)
    await terminal.type('clear; sandyard volume list -o name')
    await terminal.see(/^kept$/m)
    await ask()
    await terminal.type('y')
    await terminal.see(/^Deleted kept\ncode 0$/m)
  })

  test('top takes another screen, and gives it back', async () => {
    await using terminal = await open()
    await terminal.type('echo before; sandyard top')
    const seen = await terminal.see(/running, .* q quits/)
    assert.match(seen, /^NAME +CPU +MEMORY +DISK +IN +OUT$/m)
    assert.match(seen, /^box /m)
    await terminal.press('q')
    await terminal.see(/before\n\$$/)
  })
})
