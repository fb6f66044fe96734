import { once } from 'node:events'
import WebSocket from 'ws'
import type { TestPlatform } from '../test/fixtures/platform.ts'
import type { Client } from './client.ts'
import { inTurn, printFigures } from './figures.ts'

const fileCount = 10_000
const lineCount = 200
const keyCount = 200

/** A folder of many small files, listed. */
export async function benchListing(client: Client): Promise<void> {
  const id = await client.create()
  await client.execute(id, `mkdir many && cd many && for i in $(seq ${fileCount}); do echo $i > file-$i; done`)
  const figures = await inTurn(20, {
    [`list ${fileCount} files`]: async () => {
      const files = (await client.call('GET', `/toolbox/${id}/files?path=many`)) as unknown[]
      if (files.length !== fileCount) throw new Error(`${files.length} files were listed`)
    },
  })
  printFigures('Listing a folder', figures)
  await client.remove(id)
}

/** From a line written by a command of a session to the line seen by a viewer of its log. */
export async function benchLog(platform: TestPlatform, client: Client): Promise<void> {
  const id = await client.create()
  const session = `/toolbox/${id}/process/session`
  await client.call('POST', session, { sessionId: 'log' })
  // The clock is the machine's, the same inside and outside.
  const print = `python3 -uc 'import time
for _ in range(${lineCount}): print(time.monotonic_ns()); time.sleep(0.02)'`
  const command = (await client.call('POST', `${session}/log/exec`, { command: print, runAsync: true })) as {
    cmdId: string
  }
  const viewer = open(platform, `${session}/log/command/${command.cmdId}/logs?follow=true`)
  const samples: number[] = []
  let unfinished = ''
  viewer.on('message', (data: Buffer) => {
    const now = process.hrtime.bigint()
    const lines = (unfinished + data.toString('latin1')).split('\n')
    unfinished = lines.pop() ?? ''
    for (const line of lines) samples.push(Number(now - BigInt(line.replaceAll(/\D/g, ''))) / 1e6)
  })
  await once(viewer, 'close')
  if (samples.length !== lineCount) throw new Error(`${samples.length} of ${lineCount} lines came whole`)
  // What was written before the viewer was there is not counted.
  printFigures('Log of a session', [{ name: 'line written to line seen', samples: samples.slice(20) }])
  await client.remove(id)
}

/** Opening a terminal, and a key typed until it is shown. */
export async function benchTerminal(platform: TestPlatform, client: Client): Promise<void> {
  const id = await client.create()
  let round = 0
  const opened: WebSocket[] = []
  const figures = await inTurn(20, {
    'open to connected': async () => {
      const terminal = open(platform, `/toolbox/${id}/process/pty/create-connect?id=t${round++}&cols=80&rows=24`)
      opened.push(terminal)
      const [first] = (await once(terminal, 'message')) as [Buffer]
      if (!first.includes('connected')) throw new Error(`the terminal said first: ${first}`)
    },
    'pause, for what goes on behind': async () => {
      for (const terminal of opened.splice(0)) terminal.terminate()
      await client.call('DELETE', `/toolbox/${id}/process/pty/t${round - 1}`)
    },
  })
  printFigures('Terminal', figures.slice(0, 1))

  const terminal = open(platform, `/toolbox/${id}/process/pty/create-connect?id=keys&cols=80&rows=24`)
  let shown = ''
  terminal.on('message', (data: Buffer, isBinary) => {
    if (isBinary) shown += data.toString('latin1')
  })
  const shows = async (text: string): Promise<void> => {
    while (!shown.includes(text)) await once(terminal, 'message')
  }
  await once(terminal, 'open')
  // The shell gives the terminal its echo back before it runs a line.
  terminal.send('PS1=; echo rea""dy; exec cat\n')
  await shows('ready')
  const samples: number[] = []
  for (let i = 0; i < keyCount; i++) {
    const key = String.fromCharCode(97 + (i % 26))
    shown = ''
    const startedAt = performance.now()
    terminal.send(key)
    await shows(key)
    samples.push(performance.now() - startedAt)
    // A line that the terminal itself edits must not grow too long.
    if (i % 26 === 25) terminal.send('\n')
  }
  printFigures('Keys', [{ name: 'key typed to key shown', samples: samples.slice(20) }])
  terminal.terminate()
  await client.remove(id)
}

/** A first run of the code interpreter in a new sandbox, and later ones. */
export async function benchInterpreter(platform: TestPlatform, client: Client): Promise<void> {
  const [first, later]: [number[], number[]] = [[], []]
  for (let sandbox = 0; sandbox < 5; sandbox++) {
    const id = await client.create()
    await client.execute(id, 'true')
    for (let run = 0; run < 20; run++) {
      const startedAt = performance.now()
      const interpreter = open(platform, `/toolbox/${id}/process/interpreter/execute`)
      let output = ''
      interpreter.on('message', (data: Buffer) => {
        output += data.toString()
      })
      await once(interpreter, 'open')
      interpreter.send(JSON.stringify({ code: `print(${run} + 1000)` }))
      await once(interpreter, 'close')
      if (!output.includes(`${run + 1000}`)) throw new Error(`the interpreter answered ${output}`)
      const samples = run === 0 ? first : later
      samples.push(performance.now() - startedAt)
    }
    await client.remove(id)
  }
  printFigures('Code interpreter, first run of a sandbox', [{ name: 'connect, run, close', samples: first }])
  printFigures('Code interpreter, later runs', [{ name: 'connect, run, close', samples: later }])
}

function open(platform: TestPlatform, path: string): WebSocket {
  return new WebSocket(`${platform.url.replace('http', 'ws')}${path}`, {
    headers: { authorization: `Bearer ${platform.apiKey}`, 'x-daytona-sdk-version': '0.218.0' },
    perMessageDeflate: false,
  })
}
