import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { Image } from '@daytonaio/sdk'
import { preparePython } from '../../../../test/clients/python/environment.ts'
import { assertRemoved } from '../empty.fixture.ts'
import { skipWithoutRoot } from '../engine.fixture.ts'
import { type Builds, openBuilds } from './build.fixture.ts'

/** The client's own tar writer, called as it calls it. */
const tar = createRequire(createRequire(import.meta.url).resolve('@daytonaio/sdk'))('tar') as {
  create(options: object, paths: readonly string[]): Promise<void>
}

/** The same image by the Python client, and its context packed as it packs it. */
const pythonImage = `
import json, os, sys, tarfile
from daytona import Image
work, out = sys.argv[1:]
image = (Image.base('sandyard/default').dockerfile_commands(['USER root'])
  .add_local_file(work + '/a.txt', '/app/a.txt').add_local_dir(work + '/dir', '/app/dir')
  .env({'NAME': "it's $HOME"}).workdir('/app').run_commands('echo one > one', ['sh', '-c', 'echo two > two'])
  .dockerfile_commands(['COPY b.txt sub /app/more/'], work).entrypoint(['sleep', '100']).cmd(['200']))
contexts = []
for number, context in enumerate(image._context_list):
    name = os.path.join(out, 'python-%d.tar' % number)
    with open(name, 'wb') as file, tarfile.open(fileobj=file, mode='w|') as archive:
        path = os.path.normpath(context.source_path)
        archive.add(path, arcname=context.archive_path or os.path.splitdrive(path)[1].lstrip('/'))
    contexts.append(name)
print(json.dumps({'dockerfile': image.dockerfile(), 'contexts': contexts}))
`

describe("images of the clients' builders", { skip: skipWithoutRoot }, () => {
  let builds: Builds
  let work: string
  before(async () => {
    builds = await openBuilds()
    work = realpathSync(mkdtempSync(join(tmpdir(), 'sandyard-client-')))
    for (const folder of ['dir/empty', 'dir/in', 'sub']) mkdirSync(join(work, folder), { recursive: true })
    for (const name of ['a.txt', 'b.txt', 'dir/in/c.txt', 'sub/d.txt']) writeFileSync(join(work, name), `${name}\n`)
    writeFileSync(join(work, 'dir/run.sh'), '#!/bin/sh\necho runs\n')
    chmodSync(join(work, 'dir/run.sh'), 0o755)
    symlinkSync('in/c.txt', join(work, 'dir/link'))
  })
  after(async () => {
    rmSync(work, { recursive: true })
    await builds.engine.close()
    await assertRemoved(builds.ground)
  })

  const look = `cat a.txt one two more/b.txt more/d.txt dir/link; dir/run.sh; readlink dir/link; ls dir; ls dir/empty | wc -l; echo "$NAME"`
  const expected =
    "a.txt\none\ntwo\nb.txt\nsub/d.txt\ndir/in/c.txt\nruns\nin/c.txt\nempty\nin\nlink\nrun.sh\n0\nit's $HOME\n"

  async function check(dockerfile: string, contexts: readonly string[]): Promise<void> {
    const built = await builds.build(dockerfile, {}, { contexts: contexts.map((file) => pathToFileURL(file).href) })
    assert.equal(await built.inside(look, 'root'), expected, dockerfile)
    assert.deepEqual(built.info.entrypoint, ['sleep', '100', '200'])
    await built.remove()
  }

  it('TypeScript', async () => {
    const image = Image.base('sandyard/default')
      .dockerfileCommands(['USER root'])
      .addLocalFile(join(work, 'a.txt'), '/app/a.txt')
      .addLocalDir(join(work, 'dir'), '/app/dir')
      .env({ NAME: "it's $HOME" })
      .workdir('/app')
      .runCommands('echo one > one', 'echo two > two')
      .dockerfileCommands(['COPY b.txt sub /app/more/'], work)
      .entrypoint(['sleep', '100'])
      .cmd(['200'])
    const contexts: string[] = []
    for (const { sourcePath, archivePath } of image.contextList) {
      const file = join(builds.ground.data, `typescript-${contexts.length}.tar`)
      const cwd = sourcePath.slice(0, sourcePath.length - archivePath.length)
      await tar.create({ cwd, portable: true, gzip: false, file }, [archivePath])
      contexts.push(file)
    }
    await check(image.dockerfile, contexts)
  })

  it('Python', async () => {
    const { program, env } = await preparePython()
    const options = { encoding: 'utf8', env: { ...process.env, ...env } } as const
    const output = execFileSync(program, ['-c', pythonImage, work, builds.ground.data], options)
    const { dockerfile, contexts } = JSON.parse(output) as { dockerfile: string; contexts: string[] }
    await check(dockerfile, contexts)
  })
})
