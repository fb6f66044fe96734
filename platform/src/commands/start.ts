import { once } from 'node:events'
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { isInstanceRunning } from '@sandyard/engine'
import { PlatformError } from '@sandyard/protocol'
import type { CommandInput } from '../command.ts'
import { maskedConfig, readConfig } from '../config.ts'
import { announce, openDataFolder, withdraw } from '../data-folder.ts'
import { type AdminKey, adminKey } from '../keys.ts'
import { openLog } from '../log.ts'
import { startPlatform } from '../platform.ts'
import { selfCheck } from '../self-check.ts'
import { makeBase } from './prepare.ts'
import { requireRoot } from './require-root.ts'

/** Starts the platform and stays until it is told to end. Sandboxes go on running after it. */
export async function start({ args, env, terminal, signal }: CommandInput): Promise<number> {
  const { config } = readConfig(args, env, [])
  requireRoot('start')
  await openDataFolder(config.data)
  if (await isInstanceRunning(config.data)) {
    throw new PlatformError('CONFLICT', `a platform is already running with ${config.data}`)
  }
  const base = await makeBase(config, terminal, signal)
  const key = await adminKey(config)
  const log = openLog({ file: join(config.data, 'sandyard.log'), level: config.logLevel, say: terminal.say })
  log.info({ config: maskedConfig(config) }, 'starting')
  const platform = await startPlatform({ config, base, apiKey: key.key, log })
  try {
    await announce(config.data, platform.localUrl)
    const dashboard = await platform.dashboardLink()
    for (const line of welcome(platform.url, key, dashboard)) terminal.say(line)
    terminal.say(await selfCheck(platform.localUrl, key.key))
    terminal.say('')
    terminal.say(reach(config.host))
    flushCompileCache() // else only an orderly end would keep what was compiled
    if (!signal.aborted) await once(signal, 'abort')
    terminal.say('Stopping. Sandboxes go on running; `npm run sandyard -- down` stops them.')
  } finally {
    await withdraw(config.data)
    await platform.close()
    log.info('stopped')
  }
  return 0
}

function welcome(url: string, key: AdminKey, dashboard: string | null): readonly string[] {
  return [
    `Sandyard is ready: ${url}`,
    '',
    ...(dashboard === null
      ? [`  Dashboard  not built: node scripts/dashboard.mjs`, '']
      : [`  Dashboard  ${dashboard}`, '             (signs you in once, within 15 minutes; later by password)', '']),
    `  API URL  ${url}/api`,
    key.file === null ? '  API key  as configured' : `  API key  ${key.key}  (kept in ${key.file})`,
    '',
    'In another terminal, in this folder:',
    '',
    ...(key.file === null ? [] : [`  npm run sandyard -- login --api-url ${url}/api < ${key.file}`]),
    '  npm run sandyard -- create box',
    '  npm run sandyard -- shell box',
    '',
    'Or with a published client, the two in the environment (DAYTONA_API_URL, DAYTONA_API_KEY):',
    '',
    '  npm install @daytonaio/sdk, and in try.mjs:',
    '',
    "  import { Daytona } from '@daytonaio/sdk'",
    '  const sandbox = await new Daytona().create()',
    "  console.log((await sandbox.process.executeCommand('uname -a')).result)",
    '  await sandbox.delete()',
    '',
  ]
}

function reach(host: string): string {
  const local = ['127.0.0.1', 'localhost', '::1'].includes(host)
  const open = local ? ' Only this machine can connect; --host 0.0.0.0 opens it to the network.' : ''
  return `Ctrl-C ends the platform; sandboxes go on running.${open}`
}
