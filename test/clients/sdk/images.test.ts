import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Daytona, DaytonaError, Image, type Sandbox } from '../../../sdk/src/index.ts'
import { startTestPlatform } from '../../fixtures/platform.ts'

const platform = await startTestPlatform()
after(() => platform.remove())
const folder = mkdtempSync(join(tmpdir(), 'sandyard-sdk-images-'))
after(() => rmSync(folder, { recursive: true }))
const daytona = new Daytona({ apiUrl: platform.apiUrl, apiKey: platform.apiKey })
const patience = { timeout: 150 }

test('an image step by step, its log as it is built', async () => {
  const image = Image.base('sandyard/default')
    .env({ MADE_BY: 'the library' })
    .workdir('/srv/app')
    .runCommands('echo told while it is built', ['sh', '-c', 'echo "$1" >step', 'sh', 'a "word"'])
  let told = ''
  const onSnapshotCreateLogs = (chunk: string) => {
    told += chunk
  }
  const sandbox = await daytona.create({ image, resources: { disk: 4 } }, { ...patience, onSnapshotCreateLogs })
  assert.match(told, /told while it is built/)
  assert.deepEqual([sandbox.disk, sandbox.buildInfo?.dockerfileContent], [4, image.dockerfile])
  assert.equal(await run(sandbox, 'cat /srv/app/step; echo $MADE_BY'), 'a "word"\nthe library')
  await sandbox.delete()
})

test('local files, folders and a large one are in the image', async () => {
  mkdirSync(join(folder, 'tree/empty'), { recursive: true })
  const long = `${'n'.repeat(120)}.txt`
  writeFileSync(join(folder, 'tree', long), 'long')
  writeFileSync(join(folder, 'tree/run.sh'), 'echo ran', { mode: 0o755 })
  symlinkSync('run.sh', join(folder, 'tree/link'))
  writeFileSync(join(folder, 'with space.txt'), 'spaced')
  writeFileSync(join(folder, 'large'), Buffer.alloc(40 * 1024 * 1024, 'large '))
  const image = Image.base('sandyard/default')
    .addLocalDir(join(folder, 'tree'), '/srv/tree')
    .addLocalFile(join(folder, 'with space.txt'), '/srv/spaced.txt')
    .addLocalFile(join(folder, 'large'), '/srv/')
  const sandbox = await daytona.create({ image }, patience)
  assert.equal(
    await run(sandbox, `cat /srv/tree/${long} /srv/spaced.txt; /srv/tree/link 2>&1 || sh /srv/tree/run.sh`),
    'longspacedran',
  )
  assert.equal(await run(sandbox, 'ls -A /srv/tree; wc -c </srv/large'), `empty\nlink\n${long}\nrun.sh\n41943040`)
  await sandbox.delete()
  const again = await daytona.create({ image }, patience)
  assert.equal(await run(again, 'cat /srv/spaced.txt'), 'spaced')
  await again.delete()
})

test('a Dockerfile with what it copies, an image by its name, and a snapshot of one', async () => {
  mkdirSync(join(folder, 'project/src'), { recursive: true })
  writeFileSync(join(folder, 'project/src/a.txt'), 'a')
  writeFileSync(join(folder, 'project/b.txt'), 'b')
  const file = join(folder, 'project/Dockerfile')
  writeFileSync(
    file,
    'FROM sandyard/default\n# COPY none /x\nCOPY src /srv/src\nCOPY --chown=daytona \\\n  *.txt /srv/\n',
  )
  let log = ''
  const onLogs = (chunk: string) => {
    log += chunk
  }
  const snapshot = await daytona.snapshot.create(
    { name: 'built', image: Image.fromDockerfile(file) },
    { ...patience, onLogs },
  )
  assert.deepEqual([snapshot.state, log.length > 0], ['active', true])
  const sandbox = await daytona.create({ snapshot: 'built' }, patience)
  assert.equal(await run(sandbox, 'cat /srv/src/a.txt /srv/b.txt'), 'ab')
  await sandbox.delete()
  const plain = await daytona.create({ image: 'sandyard/default' }, patience)
  assert.equal(await run(plain, 'id -un'), 'daytona')
  await plain.delete()
  await daytona.snapshot.delete(snapshot)
})

test('the text of a Dockerfile is an image', async () => {
  const image = Image.fromDockerfileText('FROM sandyard/default\nRUN echo text >$HOME/made')
  await using sandbox = await daytona.create({ image }, patience)
  assert.equal(await run(sandbox, 'cat ~/made'), 'text')
})

test('a build that fails says why', async () => {
  const image = Image.base('sandyard/default').runCommands('echo before the fall; exit 3')
  await assert.rejects(daytona.create({ image }, patience), (error: DaytonaError) => {
    assert.ok(error instanceof DaytonaError)
    assert.match(error.message, /exit 3|ended with 3|code 3|status 3/)
    return true
  })
  await assert.rejects(daytona.snapshot.create({ name: 'broken', image }, patience), /broken/)
})

async function run(sandbox: Sandbox, command: string): Promise<string> {
  const { exitCode, result } = await sandbox.process.executeCommand(command)
  assert.equal(exitCode, 0, `${command}: ${result}`)
  return result.trim()
}
