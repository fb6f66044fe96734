import type { Plugin } from './opencode.ts'
import { startPlugin } from './plugin.ts'
import { readHostEnvironment } from './settings.ts'
import { createSync } from './sync/sync.ts'

/** OpenCode calls every function that a plugin's module exports, so there is nothing but this. */
const plugin: Plugin = {
  id: 'sandyard',
  server: (input, options) => startPlugin(input, options, { createSync, env: readHostEnvironment() }),
}

export default plugin
