import type { Access, AccessAnswer, AccessRequest } from '@sandyard/protocol'

/** Access that remembers for a moment who may pass, so that a burst of calls asks the server once. */
export interface RememberedAccess {
  check(request: AccessRequest): Promise<AccessAnswer>
  /** Asks anew about a sandbox whose state has changed. */
  forget(sandboxId: string): void
  /** Asks anew about everything: somebody may do less than before. */
  forgetAll(): void
}

interface Entry {
  readonly answer: AccessAnswer & { kind: 'granted' }
  readonly untilMs: number
}

/** how long a revoked credential may still open, ms */
const keepMs = 1000
const entryCount = 2000
/** longest credentials that are kept, characters */
const keyLength = 2048

/**
 * Only answers that let a request through to a started sandbox are kept: whoever was refused may have become
 * known, and a stopped sandbox may have started, in the next millisecond.
 */
export function rememberAccess(access: Pick<Access, 'check'>, clock: () => number): RememberedAccess {
  const entries = new Map<string, Entry>()
  const pending = new Map<string, Promise<AccessAnswer>>()

  const ask = async (key: string, request: AccessRequest): Promise<AccessAnswer> => {
    const answering = access.check(request)
    pending.set(key, answering)
    try {
      const answer = await answering
      // A question from before `forget` is no longer pending, and its answer is not kept.
      const isCurrent = pending.get(key) === answering
      if (isCurrent && answer.kind === 'granted' && answer.state === 'started' && key.length <= keyLength) {
        entries.delete(key)
        entries.set(key, { answer, untilMs: clock() + keepMs })
        dropOldest(entries)
      }
      return answer
    } finally {
      if (pending.get(key) === answering) pending.delete(key)
    }
  }

  return {
    check(request) {
      // A signed URL ends at its time and with its key, and to check it takes no longer than to look it up.
      if (request.credentials.fileSignature !== undefined) return access.check(request)
      const key = keyOf(request)
      const entry = entries.get(key)
      if (entry !== undefined && entry.untilMs > clock()) return Promise.resolve(entry.answer)
      return pending.get(key) ?? ask(key, request)
    },
    forget(sandboxId) {
      pending.clear()
      for (const [key, entry] of entries) if (entry.answer.sandboxId === sandboxId) entries.delete(key)
    },
    forgetAll() {
      pending.clear()
      entries.clear()
    },
  }
}

function keyOf({ label, target, credentials }: AccessRequest): string {
  const port = target.kind === 'port' ? target.port : 0
  return JSON.stringify([label, port, credentials.bearer, credentials.previewToken])
}

function dropOldest(entries: Map<string, Entry>): void {
  for (const key of entries.keys()) {
    if (entries.size <= entryCount) return
    entries.delete(key)
  }
}
