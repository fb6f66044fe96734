import type { Access, AccessAnswer, AccessRequest } from '@sandyard/protocol'

/** Access that remembers for a moment who may pass, so that a burst of calls asks the server once. */
export interface RememberedAccess {
  check(request: AccessRequest): Promise<AccessAnswer>
  /** The answer that is remembered, to a question without a signed URL; null: ask. */
  known(request: AccessRequest): KnownAnswer | null
  /** Asks anew about a sandbox whose state has changed. */
  forget(sandboxId: string): void
  /** Asks anew about everything: somebody may do less than before. */
  forgetAll(): void
}

/** An answer that is remembered: it lets in, to a sandbox that is started. */
export type KnownAnswer = AccessAnswer & { readonly kind: 'granted' }

interface Entry {
  readonly answer: KnownAnswer
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
      const isThere = answer.kind === 'granted' && answer.state === 'started' && answer.isPortComing !== true
      if (isCurrent && isThere && key.length <= keyLength) {
        entries.delete(key)
        entries.set(key, { answer, untilMs: clock() + keepMs })
        dropOldest(entries)
      }
      return answer
    } finally {
      if (pending.get(key) === answering) pending.delete(key)
    }
  }

  const knownBy = (key: string): KnownAnswer | null => {
    const entry = entries.get(key)
    return entry !== undefined && entry.untilMs > clock() ? entry.answer : null
  }

  return {
    check(request) {
      // A signed URL ends at its time and with its key, and to check it takes no longer than to look it up.
      if (request.credentials.fileSignature !== undefined) return access.check(request)
      const key = keyOf(request)
      const known = knownBy(key)
      return known === null ? (pending.get(key) ?? ask(key, request)) : Promise.resolve(known)
    },
    known: (request) => knownBy(keyOf(request)),
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

/** Lengths stand before, so that no two questions have the same key. */
function keyOf({ label, target, credentials: { bearer, previewToken } }: AccessRequest): string {
  const port = target.kind === 'port' ? target.port : 0
  const lengths = `${label.length} ${bearer?.length ?? '-'} ${previewToken?.length ?? '-'}`
  return `${port} ${lengths} ${label}${bearer ?? ''}${previewToken ?? ''}`
}

function dropOldest(entries: Map<string, Entry>): void {
  for (const key of entries.keys()) {
    if (entries.size <= entryCount) return
    entries.delete(key)
  }
}
