import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A bundle with the OCI runtime's own example configuration that runs /bin/true on the given root. */
export async function withBundle(rootfs: string, work: (bundle: string) => Promise<void>): Promise<void> {
  const bundle = mkdtempSync(join(tmpdir(), 'sandyard-bench-runc-'))
  try {
    execFileSync('runc', ['spec', '--bundle', bundle])
    const file = join(bundle, 'config.json')
    const config = JSON.parse(readFileSync(file, 'utf8')) as {
      process: { args: string[]; terminal: boolean }
      root: { path: string }
    }
    config.process.args = ['/bin/true']
    config.process.terminal = false
    config.root.path = rootfs
    writeFileSync(file, JSON.stringify(config))
    await work(bundle)
  } finally {
    rmSync(bundle, { recursive: true, force: true })
  }
}
