import { existsSync } from 'node:fs'
import { isInstanceRunning } from '@sandyard/engine'
import { PlatformError } from '@sandyard/protocol'
import type { CommandInput } from '../command.ts'
import { readConfig } from '../config.ts'
import { isDataFolder, removeDataFolder } from '../data-folder.ts'
import { removeHostState } from '../platform.ts'
import { requireRoot } from './require-root.ts'

/** Removes everything that the platform with this data folder ever made on the machine, the folder included. */
export async function reset({ args, env, terminal }: CommandInput): Promise<number> {
  const { config, switches } = readConfig(args, env, ['yes'])
  if (!existsSync(config.data)) {
    terminal.say(`Nothing to remove: there is no ${config.data}.`)
    return 0
  }
  if (!(await isDataFolder(config.data))) {
    throw new PlatformError('CONFLICT', `${config.data} was not made by Sandyard; nothing was removed`)
  }
  requireRoot('reset')
  const isBaseInside = config.base.startsWith(`${config.data}/`)
  if (!switches.has('yes')) {
    terminal.say('This would remove:')
    terminal.say('  all sandboxes with their disks, mounts, network and firewall rules')
    terminal.say(
      `  ${config.data} with the database, the key, the log${isBaseInside ? ' and the default snapshot' : ''}`,
    )
    if (!isBaseInside) terminal.say(`${config.base} would stay: it can be shared.`)
    terminal.say('Nothing was removed. Run it with --yes to do so.')
    return 1
  }
  if (await isInstanceRunning(config.data)) {
    throw new PlatformError('CONFLICT', `a platform is running with ${config.data}; end it first`)
  }
  terminal.phase('removing sandboxes, network and mounts')
  await removeHostState(config)
  terminal.phase(`removing ${config.data}`)
  await removeDataFolder(config.data)
  terminal.done()
  return 0
}
