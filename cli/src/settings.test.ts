import assert from 'node:assert/strict'
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { findProfile } from './connect.ts'
import { openSettings } from './settings.ts'

const nothing = { profile: undefined, apiUrl: undefined, apiKey: undefined, organization: undefined }
let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sandyard-settings-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('profiles are kept where only their owner reads them', async () => {
  const settings = openSettings({ XDG_CONFIG_HOME: folder })
  assert.deepEqual(await settings.read(), { active: 'default', profiles: {} })
  const kept = { active: 'work', profiles: { work: { apiUrl: 'http://one/api', apiKey: 'k' } } }
  await settings.write(kept)
  assert.deepEqual(await settings.read(), kept)
  assert.equal(statSync(settings.file).mode & 0o777, 0o600)
  assert.deepEqual(readdirSync(join(folder, 'sandyard')), ['config.json'])
})

test('a key is written to no file that somebody has put there', async () => {
  const settings = openSettings({ SANDYARD_CONFIG_DIR: folder })
  const trap = join(folder, 'trap')
  writeFileSync(trap, '', { mode: 0o666 })
  symlinkSync(trap, `${settings.file}.${process.pid}`)
  await settings.write({ active: 'work', profiles: { work: { apiUrl: 'http://one/api', apiKey: 'secret' } } })
  assert.equal(readFileSync(trap, 'utf8'), '')
  assert.ok(lstatSync(settings.file).isFile())
})

test('a file that is not ours is left alone', async () => {
  const settings = openSettings({ SANDYARD_CONFIG_DIR: folder })
  writeFileSync(settings.file, '{"half')
  await assert.rejects(settings.read(), /is not a file of ours/)
})

test('a key goes only where it was given for', async () => {
  const settings = openSettings({ SANDYARD_CONFIG_DIR: folder })
  await settings.write({
    active: 'work',
    profiles: {
      work: { apiUrl: 'http://office/api', apiKey: 'work-key', organization: 'o1' },
      other: { apiUrl: 'http://other/api', apiKey: 'other-key' },
    },
  })
  const find = (wanted: object, env: Record<string, string> = {}) =>
    findProfile({ ...nothing, ...wanted }, settings, env)
  assert.deepEqual(await find({}), { apiUrl: 'http://office/api', apiKey: 'work-key', organization: 'o1' })
  assert.deepEqual(await find({ profile: 'other' }), { apiUrl: 'http://other/api', apiKey: 'other-key' })
  assert.deepEqual(await find({ apiUrl: 'http://evil/api' }), { apiUrl: 'http://evil/api' })
  assert.deepEqual(await find({}, { DAYTONA_API_URL: 'http://env/api', DAYTONA_API_KEY: 'env-key' }), {
    apiUrl: 'http://env/api',
    apiKey: 'env-key',
  })
  // a profile that is named wins over the environment
  assert.deepEqual(await find({ profile: 'other' }, { DAYTONA_API_KEY: 'env-key' }), {
    apiUrl: 'http://other/api',
    apiKey: 'other-key',
  })
  await assert.rejects(find({ profile: 'none' }), /there is no profile none/)
})
