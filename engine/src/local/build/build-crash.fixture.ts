import { createInterface } from 'node:readline'
import type { SnapshotOrder } from '@sandyard/protocol'
import { testBase, testOptions } from '../engine.fixture.ts'
import { createLocalEngine } from '../engine.ts'

/*
 * A program to be killed: it opens an engine on the data folder it is given, says so, and builds what it reads from its
 * input.
 */
if (process.argv[1] === import.meta.filename) {
  const engine = await createLocalEngine(testOptions(await testBase(), process.argv[2] ?? ''))
  await engine.recover()
  process.stdout.write('ready\n')
  for await (const line of createInterface({ input: process.stdin })) {
    await engine.makeSnapshot(JSON.parse(line) as SnapshotOrder, () => {})
    process.stdout.write('done\n')
  }
}
