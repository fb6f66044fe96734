import { randomBytes } from 'node:crypto'

/** What a code is worth, once and on one host. */
export interface CodeValue {
  /** preview host, with its port, in small letters */
  readonly host: string
  readonly previewToken: string
}

/** Codes that carry a sign-in from the platform's host to a preview's. */
export interface Codes {
  issue(value: CodeValue): string
  /** The value; null for a code that is not known, was taken before, is too old, or is for another host. */
  take(code: string, host: string): CodeValue | null
}

const lifeMs = 60_000
const most = 10_000

/** Makes them; they live in memory, as they are for one redirect. */
export function createCodes(clock: () => number): Codes {
  const issued = new Map<string, CodeValue & { readonly untilMs: number }>()
  return {
    issue(value) {
      const code = randomBytes(32).toString('hex')
      issued.set(code, { ...value, untilMs: clock() + lifeMs })
      for (const oldest of issued.keys()) {
        if (issued.size <= most) break
        issued.delete(oldest)
      }
      return code
    },
    take(code, host) {
      const value = issued.get(code)
      issued.delete(code)
      return value !== undefined && value.untilMs > clock() && value.host === host.toLowerCase() ? value : null
    },
  }
}
