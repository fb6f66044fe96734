import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine } from '@sandyard/protocol'
import { testBase, testOptions } from './engine.fixture.ts'
import { createLocalEngine, type LocalEngineOptions } from './engine.ts'

/** An order for the engine of this program. */
export interface CrashOrder {
  readonly verb:
    | 'pause'
    | 'resume'
    | 'resize'
    | 'setNetwork'
    | 'fork'
    | 'saveSnapshot'
    | 'archive'
    | 'restore'
    | 'start'
    | 'stop'
    | 'create'
    | 'makeVolume'
    | 'removeVolume'
    | 'makeSnapshot'
  readonly args: readonly unknown[]
}

/**
 * Gives the order to an engine in a process of its own on the data folder, and kills the process at a moment of chance
 * within this time, or when it is done. Answers what came of it, for people.
 */
export async function killAt(data: string, order: CrashOrder, withinMs: number): Promise<string> {
  const child = spawn(process.execPath, [import.meta.filename, data], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  assert.equal((await lines.next()).value, 'ready')
  child.stdin.write(`${JSON.stringify(order)}\n`)
  const afterMs = Math.random() * withinMs
  const done = lines.next()
  await Promise.race([done, sleep(afterMs)])
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
  return `${order.verb} after ${Math.round(afterMs)} ms${(await done).value === 'done' ? ', done' : ''}`
}

/*
 * A program to be killed: it opens an engine on the data folder it is given, with other options if it is told any, says
 * so, and does the order that it reads from its input.
 */
if (process.argv[1] === import.meta.filename) {
  const change = JSON.parse(process.argv[3] ?? '{}') as Partial<LocalEngineOptions>
  const engine = await createLocalEngine({ ...testOptions(await testBase(), process.argv[2] ?? ''), ...change })
  await engine.recover()
  process.stdout.write('ready\n')
  for await (const line of createInterface({ input: process.stdin })) {
    const { verb, args } = JSON.parse(line) as CrashOrder
    const order = engine[verb as keyof Engine] as (...args: readonly unknown[]) => Promise<unknown>
    // What follows is for those who tell what they do.
    await order(...args, () => {})
    process.stdout.write('done\n')
  }
}
