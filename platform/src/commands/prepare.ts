import { resolve } from 'node:path'
import { type Base, prepareBase } from '@sandyard/engine'
import type { CommandInput } from '../command.ts'
import { type Config, readConfig } from '../config.ts'
import type { Terminal } from '../terminal.ts'

/** The checkout that this file is part of. */
export const projectDir = resolve(import.meta.dirname, '../../..')

/** Makes the agent runtime and the default snapshot, for a first start that has nothing left to make. */
export async function prepare({ args, env, terminal, signal }: CommandInput): Promise<number> {
  const { config } = readConfig(args, env, [])
  const base = await makeBase(config, terminal, signal)
  terminal.say(`Ready: ${base.runtimeFolder}`)
  for (const snapshot of base.snapshots) {
    terminal.say(`Ready: ${snapshot.rootfs}, ${Math.round(snapshot.sizeBytes / 2 ** 20)} MiB`)
  }
  return 0
}

/** The base of the configured folder, made with visible progress when it is not there. */
export async function makeBase(config: Config, terminal: Terminal, signal: AbortSignal): Promise<Base> {
  let told = false
  const base = await prepareBase({
    baseDir: config.base,
    projectDir,
    debianMirror: config.debianMirror,
    signal,
    progress(phase) {
      if (!told)
        terminal.say(`Preparing what sandboxes are made from, in ${config.base} (the first time about a minute):`)
      told = true
      terminal.phase(phase)
    },
  })
  terminal.done()
  return base
}
