/*
 * A volume: a folder that outlives sandboxes and is in several at once.
 *
 *   node examples/shared-volume.ts
 *
 * One sandbox writes, another reads at the same time, and one that is made after both are gone still finds it. With
 * `subpath`, sandboxes get only a folder of the volume, so that one volume serves many users.
 */
import { Daytona, type Sandbox } from '@sandyard/sdk'

const daytona = new Daytona()
const volume = await daytona.volume.get(`example-${Date.now()}`, true)
const mount = (mountPath: string, subpath?: string): Promise<Sandbox> =>
  daytona.create({ volumes: [{ volumeId: volume.id, mountPath, ...(subpath === undefined ? {} : { subpath }) }] })
const read = async (sandbox: Sandbox, path: string): Promise<string> =>
  (await sandbox.fs.readFile(path)).toString('utf-8').trim()

try {
  const [writer, reader] = await Promise.all([mount('/data'), mount('/input')])
  await writer.fs.uploadFile(new TextEncoder().encode('of the writer\n'), '/data/models/first.txt')
  console.log('at once:', await read(reader, '/input/models/first.txt'))
  await Promise.all([writer.delete(60), reader.delete(60)])

  const later = await mount('/models', 'models')
  console.log('later:', await read(later, '/models/first.txt'))
  await later.delete(60)
} finally {
  await daytona.volume.delete(volume)
}
console.log('deleted', volume.name)
