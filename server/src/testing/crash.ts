import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFakeEngine, type FakeEngine } from '../../../engine/src/fake/fake-engine.ts'
import { openTestServer, type TestServer } from './test-server.ts'

/** What a test does before and after the platform is killed; the engine goes on. */
interface Lives<Kept> {
  /** leaves the store as a killed process leaves it: nothing happens by itself here */
  readonly before: (server: TestServer) => Promise<Kept>
  readonly meanwhile?: (engine: FakeEngine, kept: Kept) => void
  readonly after: (server: TestServer, kept: Kept) => Promise<void>
}

/** Runs a server, and then another one on its store and its engine. */
export async function acrossCrash<Kept>({ before, meanwhile, after }: Lives<Kept>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sandyard-crash-'))
  try {
    const storePath = join(folder, 'store.sqlite')
    const engine = createFakeEngine()
    const first = await openTestServer({ engine, storePath, folder, isRecovered: false })
    const kept = await before(first).finally(() => first.server.close())
    meanwhile?.(engine, kept)
    await using second = await openTestServer({ engine, storePath, folder })
    await after(second, kept)
  } finally {
    await rm(folder, { recursive: true })
  }
}
