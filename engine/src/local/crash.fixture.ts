import { createInterface } from 'node:readline'
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
    | 'stop'
    | 'create'
    | 'makeVolume'
    | 'removeVolume'
    | 'makeSnapshot'
  readonly args: readonly unknown[]
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
