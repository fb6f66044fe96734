import { limits } from '@sandyard/protocol'
import { ToolError } from '../failure.ts'

/** Calls of tools that are under way, also those whose caller has left the connection. */
export interface CallCount {
  /** Counts one more of the caller; answers what ends it. Throws a ToolError when there are too many. */
  enter(caller: string): () => void
}

/** Makes the count; nothing is under way. */
export function createCallCount(): CallCount {
  const ofCaller = new Map<string, number>()
  let total = 0
  return {
    enter(caller) {
      const own = ofCaller.get(caller) ?? 0
      if (own >= limits.mcpRequestsOfCaller || total >= limits.mcpRequests)
        throw new ToolError('Too many tools are at work at a time', 'Wait until some of them have ended.')
      ofCaller.set(caller, own + 1)
      total += 1
      return () => {
        total -= 1
        const left = (ofCaller.get(caller) ?? 0) - 1
        if (left > 0) ofCaller.set(caller, left)
        else ofCaller.delete(caller)
      }
    },
  }
}
