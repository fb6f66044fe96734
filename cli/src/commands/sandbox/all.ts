import type { Command } from '../../command.ts'
import { fork, resize, update } from './change.ts'
import { create } from './create.ts'
import { deleteSandboxes } from './delete.ts'
import { info } from './info.ts'
import { lifeCommands } from './life.ts'
import { list } from './list.ts'
import { networkGet, networkRefused, networkSet } from './network.ts'
import { env, label } from './pairs.ts'
import { previewUrl } from './preview-url.ts'

/** Commands on sandboxes, in the order in which help shows them. */
export const sandboxCommands: readonly Command[] = [
  create,
  list,
  info,
  ...lifeCommands,
  deleteSandboxes,
  fork,
  resize,
  update,
  label,
  env,
  previewUrl,
  networkGet,
  networkSet,
  networkRefused,
]
