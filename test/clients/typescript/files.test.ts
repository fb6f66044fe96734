import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, before, describe, test } from 'node:test'
import type { Sandbox } from '@daytonaio/sdk'
import { layGround } from '../../fixtures/ground.ts'
import { startTestPlatform } from '../../fixtures/platform.ts'
import { clients, connect } from './clients.ts'

const { platform, folder } = await layGround(async (ground) => {
  const folder = mkdtempSync(join(tmpdir(), 'client-files-'))
  ground.defer(() => rmSync(folder, { recursive: true }))
  const platform = await startTestPlatform()
  ground.defer(platform.remove)
  return { platform, folder }
})

const everyByte = Buffer.from(Array.from({ length: 256 * 64 }, (_, i) => i % 256))
const unicodeName = 'Ünï 漢字 😀 "quoted" \'single\' (1) & 100%.txt'

for (const client of clients) {
  const { name, sdk } = client
  describe(name, () => {
    const daytona = connect(client, platform)
    let sandbox: Sandbox
    before(async () => {
      sandbox = await daytona.create()
    })
    after(async () => {
      await sandbox.delete()
      await daytona[Symbol.asyncDispose]()
    })

    for (const [what, content, path] of [
      ['text', Buffer.from('hello wörld\r\n\tend'), 'folder/made/on/the/way/text.txt'],
      ['all bytes', everyByte, '/tmp/bytes.bin'],
      ['nothing', Buffer.alloc(0), 'empty'],
      ['a name of many scripts', Buffer.from('named'), unicodeName],
      ['something like a boundary', Buffer.from('--x\r\n\r\n--DAYTONA-FILE-BOUNDARY--\r\n'), 'boundary.txt'],
    ] as const) {
      test(`${what}: up and down again`, async () => {
        await sandbox.fs.uploadFile(content, path)
        assert.deepEqual(await sandbox.fs.downloadFile(path), content)
        const info = await sandbox.fs.getFileDetails(path)
        assert.deepEqual([info.size, info.isDir, info.name], [content.length, false, path.split('/').at(-1)])
      })
    }

    test('from a local file, and to one', async () => {
      const [from, to] = [join(folder, 'from'), join(folder, 'to')]
      writeFileSync(from, everyByte)
      await sandbox.fs.uploadFile(from, 'local.bin')
      await sandbox.fs.downloadFile('local.bin', to)
      assert.deepEqual(readFileSync(to), everyByte)
    })

    test('as streams', async () => {
      await sandbox.fs.uploadFileStream(new Blob([everyByte]).stream(), 'streamed.bin')
      const sizes: number[] = []
      const stream = await sandbox.fs.downloadFileStream('streamed.bin', {
        onProgress: ({ totalBytes }) => sizes.push(totalBytes ?? -1),
      })
      assert.deepEqual(await buffer(stream), everyByte)
      assert.equal(sizes.at(-1), everyByte.length)
      await assert.rejects(sandbox.fs.downloadFileStream('not there'), sdk.DaytonaNotFoundError)
    })

    test('a download that is broken off', async () => {
      await sandbox.process.executeCommand('truncate -s 100M long')
      const stop = new AbortController()
      const stopped = await sandbox.fs.downloadFileStream('long', { signal: stop.signal })
      stop.abort()
      await assert.rejects(buffer(stopped), /cancel/i)
    })

    test('many at once, some of them missing', async () => {
      await sandbox.fs.uploadFiles([
        { source: Buffer.from('1'), destination: 'many/one' },
        { source: Buffer.from('2'), destination: `many/${unicodeName}` },
        { source: Buffer.alloc(0), destination: 'many/empty' },
      ])
      const answers = await sandbox.fs.downloadFiles(
        ['many/one', 'many/missing', `many/${unicodeName}`, 'many/empty', 'many'].map((source) => ({ source })),
      )
      assert.deepEqual(
        answers.map(({ result }) => result?.toString()),
        ['1', undefined, '2', '', undefined],
      )
      assert.equal(answers[1]?.errorDetails?.statusCode, 404)
      assert.equal(answers[1]?.errorDetails?.errorCode, 'FILE_NOT_FOUND')
      assert.ok(answers[4]?.error)
      await assert.rejects(sandbox.fs.downloadFile('many/missing'), (error: Error) => {
        assert.ok(error instanceof sdk.DaytonaNotFoundError, error.stack)
        return !client.isNewest || error instanceof sdk.DaytonaFileNotFoundError
      })
    })

    test('folders', async () => {
      await sandbox.fs.createFolder('tree/deep/down', '750')
      await sandbox.fs.createFolder('tree/deep/down', '750')
      await sandbox.fs.uploadFile(Buffer.from('hello world'), 'tree/b.txt')
      await sandbox.fs.uploadFile(Buffer.from('x'), 'tree/a.txt')
      const listed = await sandbox.fs.listFiles('tree')
      assert.deepEqual(
        listed.map((file) => [file.name, file.isDir]),
        [
          ['a.txt', false],
          ['b.txt', false],
          ['deep', true],
        ],
      )
      assert.equal(listed[1]?.size, 11)
      const deep = await sandbox.fs.getFileDetails('tree/deep/down')
      assert.deepEqual([deep.mode, deep.permissions], ['drwxr-x---', '0750'])
      if (client.isNewest) {
        const all = await sandbox.fs.listFiles('tree', { depth: 3 })
        assert.deepEqual(all.map((file) => file.name).toSorted(), ['a.txt', 'b.txt', 'deep', 'down'])
      }
      await assert.rejects(sandbox.fs.deleteFile('tree'), sdk.DaytonaError)
      await sandbox.fs.deleteFile('tree', true)
      await assert.rejects(sandbox.fs.listFiles('tree'), sdk.DaytonaNotFoundError)
    })

    test('a slash behind the path changes nothing and leads nowhere else', async () => {
      const call = (method: string, path: string) =>
        fetch(`${sandbox.toolboxProxyUrl.replace(/\/$/, '')}/${sandbox.id}${path}`, {
          method,
          headers: { authorization: `Bearer ${platform.apiKey}` },
          redirect: 'manual',
        })
      for (const path of ['/files', '/files/']) {
        await sandbox.fs.uploadFile(Buffer.from('x'), 'slash/file')
        assert.equal((await call('GET', `${path}?path=slash`)).status, 200)
        assert.equal((await call('DELETE', `${path}?path=slash/file`)).status, 204)
      }
    })

    test('find, search and replace', async () => {
      await sandbox.fs.uploadFile(Buffer.from('one\nneedle here\nthree needle\n'), 'hay/first.txt')
      await sandbox.fs.uploadFile(Buffer.from('nothing\n'), 'hay/stack/second.txt')
      const found = await sandbox.fs.findFiles('hay', 'needle')
      assert.deepEqual(
        found.map(({ file, line, content }) => [file.split('/').at(-1), line, content]),
        [
          ['first.txt', 2, 'needle here'],
          ['first.txt', 3, 'three needle'],
        ],
      )
      const { files } = await sandbox.fs.searchFiles('hay', '*.txt')
      assert.deepEqual(files.map((file) => file.split('/').at(-1)).toSorted(), ['first.txt', 'second.txt'])
      const paths = ['hay/first.txt', 'hay/not-there.txt']
      const [first, missing] = await sandbox.fs.replaceInFiles(paths, 'needle', 'pin $& pin')
      assert.deepEqual([first?.success, missing?.success, Boolean(missing?.error)], [true, false, true])
      const replaced = (await sandbox.fs.downloadFile('hay/first.txt')).toString()
      assert.equal(replaced, 'one\npin $& pin here\nthree pin $& pin\n')
    })

    test('permissions, owner, move and delete', async () => {
      await sandbox.fs.uploadFile(Buffer.from('#!/bin/sh\necho ran\n'), 'script.sh')
      await sandbox.fs.setFilePermissions('script.sh', { mode: '755' })
      assert.equal((await sandbox.process.executeCommand('./script.sh')).result, 'ran\n')
      await sandbox.fs.setFilePermissions('script.sh', { mode: '644', owner: 'daytona', group: 'daytona' })
      const info = await sandbox.fs.getFileDetails('script.sh')
      assert.deepEqual([info.mode, info.permissions, info.owner], ['-rw-r--r--', '0644', '1000'])
      await sandbox.fs.moveFiles('script.sh', 'moved.sh')
      await assert.rejects(sandbox.fs.getFileDetails('script.sh'), sdk.DaytonaNotFoundError)
      await sandbox.fs.deleteFile('moved.sh')
      await assert.rejects(sandbox.fs.getFileDetails('moved.sh'), sdk.DaytonaNotFoundError)
    })
  })
}
