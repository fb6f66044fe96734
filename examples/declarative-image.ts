/*
 * An image in code: what a sandbox is made of, with files of this machine.
 *
 *   node examples/declarative-image.ts
 *
 * Steps become lines of a Dockerfile, which is built on the platform, without Docker. Steps that were built before are
 * taken from the cache. `Image.base` takes any image of a registry, or a snapshot by its name, as here; made a snapshot
 * of its own with `daytona.snapshot.create`, it is ready at once for every sandbox.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Daytona, Image } from '@sandyard/sdk'

const folder = await mkdtemp(join(tmpdir(), 'example-image-'))
await writeFile(join(folder, 'greet.py'), 'import os\nprint("Hello from", os.environ["MADE_OF"])\n')
const image = Image.base('sandyard/default')
  .env({ MADE_OF: 'an image in code' })
  .addLocalFile(join(folder, 'greet.py'), '/srv/app/greet.py')
  .workdir('/srv/app')
  .runCommands('python3 greet.py', ['sh', '-c', 'date > ~/made'])

const daytona = new Daytona()
try {
  const onSnapshotCreateLogs = (chunk: string): void => void process.stderr.write(chunk)
  await using sandbox = await daytona.create({ image }, { timeout: 300, onSnapshotCreateLogs })
  console.log((await sandbox.process.executeCommand('python3 greet.py; ls ~/made')).result.trim())
} finally {
  await rm(folder, { recursive: true })
}
