import type { lifecycleRoutes } from '@sandyard/protocol'
import { archiveSandbox } from '../sandboxes/archive.ts'
import { ancestorsOf, mostForks, parentOf } from '../sandboxes/family.ts'
import { forkSandbox } from '../sandboxes/fork.ts'
import { checkPauseMinutes, checkTogether, checkTtlMinutes, endOf, parseMinutes } from '../sandboxes/intervals.ts'
import { setNetwork } from '../sandboxes/network.ts'
import type { SandboxParts } from '../sandboxes/parts.ts'
import { pauseSandbox } from '../sandboxes/pause.ts'
import { rescueSandbox } from '../sandboxes/rescue.ts'
import { resizeSandbox } from '../sandboxes/resize.ts'
import { saveSandbox } from '../sandboxes/save.ts'
import { parseAutoWake } from '../sandboxes/wake.ts'
import type { SandboxRecord } from '../store/sandbox-record.ts'
import type { Answers } from './call.ts'
import { createReader, type SandboxCall, type Uses } from './sandbox-reader.ts'

/** What the calls on the life of sandboxes need. */
interface Parts extends SandboxParts {
  readonly activity: Uses
}

/** Answers of the calls that lead a sandbox through its life. */
export function lifecycleAnswers(parts: Parts): Answers<typeof lifecycleRoutes> {
  const { sandboxes, changes, clock } = parts
  const { find, wire } = createReader(parts)

  type NamedCall = SandboxCall & { readonly params: { readonly sandboxIdOrName: string } }

  /** Finds the sandbox, does the work and answers what came of it. */
  async function on(call: NamedCall, work: (sandbox: SandboxRecord) => Promise<SandboxRecord>) {
    return wire(call, await work(await find(call, call.params.sandboxIdOrName)))
  }

  return {
    pauseSandbox: (call) => on(call, (sandbox) => pauseSandbox(parts, sandbox)),
    archiveSandbox: (call) => on(call, (sandbox) => archiveSandbox(parts, sandbox)),
    recoverSandbox: (call) => on(call, (sandbox) => rescueSandbox(parts, sandbox, call.query.skipStart ?? false)),
    resizeSandbox(call) {
      const { cpu, memory, disk } = call.body
      const wish = {
        ...(cpu === undefined ? {} : { cpu }),
        ...(memory === undefined ? {} : { memoryGib: memory }),
        ...(disk === undefined ? {} : { diskGib: disk }),
      }
      return on(call, (sandbox) => resizeSandbox(parts, sandbox, wish))
    },
    forkSandbox: (call) => on(call, (sandbox) => forkSandbox(parts, sandbox, call.body.name)),
    async getSandboxForks(call) {
      const { id } = await find(call, call.params.sandboxIdOrName)
      const forks = await sandboxes.forks(id, call.query.includeDestroyed ?? false, mostForks)
      return forks.map((fork) => wire(call, fork))
    },
    getSandboxParent: (call) => on(call, (sandbox) => parentOf(sandboxes, sandbox)),
    async getSandboxAncestors(call) {
      const ancestors = await ancestorsOf(sandboxes, await find(call, call.params.sandboxIdOrName))
      return ancestors.map((ancestor) => wire(call, ancestor))
    },
    createSandboxSnapshot(call) {
      const { name, includeMemory = false } = call.body
      return on(call, (sandbox) => saveSandbox(parts, sandbox, { name, includeMemory }))
    },
    createBackup: (call) => on(call, async (sandbox) => sandbox),
    setAutoPauseInterval(call) {
      const autoPauseMinutes = checkPauseMinutes(parseMinutes(call.params.interval))
      return on(call, async (sandbox) => {
        checkTogether({ ...sandbox, autoPauseMinutes })
        return changes.update(sandbox, { autoPauseMinutes })
      })
    },
    setTtl(call) {
      const autoDestroyAtMs = endOf(checkTtlMinutes(parseMinutes(call.params.ttlMinutes)), clock())
      return on(call, (sandbox) => changes.update(sandbox, { autoDestroyAtMs }))
    },
    setAutoWake(call) {
      const autoWake = parseAutoWake(call.params.mode)
      return on(call, (sandbox) => changes.update(sandbox, { autoWake }))
    },
    updateNetworkSettings: (call) => on(call, (sandbox) => setNetwork(parts, sandbox, call.body)),
  }
}
