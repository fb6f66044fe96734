import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readOptions } from './options.ts'
import { findPlaces, parseDotEnv, readSettings } from './settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'plugin-settings-'))
after(() => rmSync(folder, { recursive: true }))

function git(place: string, ...args: string[]): void {
  execFileSync('git', ['-C', place, ...args])
}

let made = 0
function project(dotEnv?: string): string {
  made += 1
  const place = join(folder, String(made))
  mkdirSync(place)
  if (dotEnv !== undefined) writeFileSync(join(place, '.env'), dotEnv)
  return place
}

function profile(kept: object): string {
  const place = project()
  writeFileSync(join(place, 'config.json'), JSON.stringify(kept))
  return place
}

const nobody = { SANDYARD_CONFIG_DIR: join(folder, 'none') }

test('options before the environment, before .env, before the profile', async () => {
  const config = profile({
    active: 'a',
    profiles: { a: { apiUrl: 'https://p/api', apiKey: 'profile' }, b: { apiUrl: 'https://b/api', apiKey: 'other' } },
  })
  const place = project('SANDYARD_API_KEY=file\nDAYTONA_API_URL="https://f/api"\n')
  git(place, 'init', '-q')
  const env = { SANDYARD_CONFIG_DIR: config }
  const access = async (options: object, more: object, folders: string[]) => {
    const read = await readSettings(options, folders, { ...env, ...more })
    assert.deepEqual(read.errors, [])
    return read.access
  }
  assert.deepEqual(await access({}, {}, []), { apiKey: 'profile', apiUrl: 'https://p/api' })
  assert.deepEqual(await access({}, { SANDYARD_PROFILE: 'b' }, []), { apiKey: 'other', apiUrl: 'https://b/api' })
  assert.deepEqual(await access({}, {}, [project(), place]), { apiKey: 'file', apiUrl: 'https://f/api' })
  const both = { DAYTONA_API_KEY: 'env', DAYTONA_API_URL: 'https://e/api', SANDYARD_API_KEY: '', DAYTONA_TARGET: 'eu' }
  assert.deepEqual(await access({}, both, [place]), { apiKey: 'env', apiUrl: 'https://e/api', target: 'eu' })
  const given = { apiKey: 'option', apiUrl: 'https://o/api', target: 'us' }
  assert.deepEqual(await access(given, both, [place]), given)
})

test('a key goes to no address that it was not given for', async () => {
  const config = profile({ active: 'a', profiles: { a: { apiUrl: 'https://p/api', apiKey: 'profile' } } })
  const theirs = project('SANDYARD_API_URL=https://thief.example/api\n')
  const fromProfile = await readSettings({}, [theirs], { SANDYARD_CONFIG_DIR: config })
  assert.deepEqual(fromProfile.access, { apiKey: 'profile', apiUrl: 'https://p/api' })
  const fromEnvironment = await readSettings({}, [theirs], { ...nobody, SANDYARD_API_KEY: 'env' })
  assert.deepEqual(fromEnvironment.access, { apiKey: 'env', apiUrl: 'http://localhost:3000/api' })
  const elsewhere = { SANDYARD_CONFIG_DIR: config, SANDYARD_API_URL: 'https://other/api' }
  assert.equal((await readSettings({}, [], elsewhere)).access, null)
})

test('a key in a file that came with a project is not used: sandboxes would be those of whoever wrote it', async () => {
  const config = profile({ active: 'a', profiles: { a: { apiUrl: 'https://p/api', apiKey: 'profile' } } })
  const env = { SANDYARD_CONFIG_DIR: config }
  const text = 'SANDYARD_API_KEY=theirs\nSANDYARD_API_URL=https://p/api\nSANDYARD_TARGET=there\n'
  const mine = { apiKey: 'profile', apiUrl: 'https://p/api' }

  const committed = project(text)
  git(committed, 'init', '-q')
  const own = await readSettings({}, [committed], env)
  assert.deepEqual([own.access?.apiKey, own.warnings], ['theirs', []], 'nobody has committed it')
  git(committed, 'add', '.env')
  const foreign = await readSettings({}, [committed], env)
  assert.deepEqual(foreign.access, mine)
  assert.match(foreign.warnings[0] ?? '', /The API key in .*\.env is not used, as the file is committed/)
  const withoutAny = await readSettings({}, [committed], nobody)
  assert.equal(withoutAny.access, null)

  // An archive that was unpacked: the target is harmless, the key is not.
  const unpacked = project(text)
  assert.deepEqual((await readSettings({}, [unpacked], env)).access, { ...mine, target: 'there' })
  assert.equal((await readSettings({}, [unpacked], nobody)).access?.apiKey, 'theirs', 'there is no other')
})

test('without a key it is said what to do; what is wrong with options is said, too', async () => {
  const { access, errors, warnings } = await readSettings(
    { snapshots: 'x', cpu: -1, image: 'a', snapshot: 'b' },
    [],
    nobody,
  )
  assert.equal(access, null)
  assert.deepEqual(warnings, ['There is no option snapshots; did you mean snapshot?'])
  assert.deepEqual(errors.slice(0, 2), [
    'Option cpu must be a whole number from 0 on',
    'A sandbox is made of a snapshot or of an image: give one of these options',
  ])
  assert.match(errors[2] ?? '', /no API key for http:\/\/localhost:3000\/api: set SANDYARD_API_KEY/)
})

test('options of every kind', () => {
  const good = { env: { A: '1' }, sync: false, projectFolder: '/srv/app', setup: 'npm ci', autoStopMinutes: 0 }
  assert.deepEqual(readOptions(good), { options: good, warnings: [], errors: [] })
  assert.deepEqual(readOptions(undefined).options, {})
  for (const bad of [
    { env: { A: 1 } },
    { env: [] },
    { sync: 'yes' },
    { projectFolder: 'app' },
    { projectFolder: '/a/../b' },
    { projectFolder: '/' },
    { setup: '' },
    { memory: 1.5 },
  ]) {
    const { options, errors } = readOptions(bad)
    assert.deepEqual([options, errors.length], [{}, 1], JSON.stringify(bad))
  }
  assert.equal(readOptions([]).errors.length, 1)
  assert.equal(readOptions(JSON.parse('{"__proto__": 1, "constructor": 2}')).warnings.length, 2)
})

test('.env as people write it', () => {
  const text = `# keys\nA=1\r\nexport B = two words # why\nC='a # b'\nD="x \\"y\\"\\nz" # end\nE=\nF=a#b\nnot a line\n1X=2`
  assert.deepEqual(parseDotEnv(text), { A: '1', B: 'two words', C: 'a # b', D: 'x "y"\nz', E: '', F: 'a#b' })
})

test('places by the XDG rules, where relative ones do not count', () => {
  assert.equal(findPlaces({ HOME: '/h' }).data, '/h/.local/share/opencode')
  assert.equal(findPlaces({ HOME: '/h', XDG_DATA_HOME: '/d' }).data, '/d/opencode')
  assert.equal(findPlaces({ HOME: '/h', XDG_DATA_HOME: 'd' }).data, '/h/.local/share/opencode')
  assert.equal(findPlaces({ HOME: '/h', XDG_CONFIG_HOME: '/c' }).profiles, '/c/sandyard/config.json')
})
