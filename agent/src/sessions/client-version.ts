import type { IncomingMessage } from 'node:http'

/**
 * How a client wants session output (toolbox.md 0.2):
 * `combined` one text without markers, `raw` one text with markers, `apart` JSON with stdout and stderr beside it.
 */
export type OutputForm = 'combined' | 'raw' | 'apart'

/** What follows from a client's version. */
export interface ClientVersion {
  readonly form: OutputForm
  /** old clients expect a new session in the home folder, newer ones in the work dir */
  readonly startsAtHome: boolean
}

const tokenPrefix = 'x-daytona-sdk-version~'

/** Reads the version a client tells, as a header or, from a browser, as a WebSocket subprotocol. */
export function readClientVersion(request: Pick<IncomingMessage, 'headers'>): ClientVersion {
  const { headers } = request
  const told = first(headers['x-daytona-sdk-version']) ?? versionToken(headers['sec-websocket-protocol'])
  if (told === null) {
    const isSplit = first(headers['x-daytona-split-output']) === 'true'
    return { form: isSplit ? 'raw' : 'combined', startsAtHome: false }
  }
  if (told.includes('dev')) return { form: 'apart', startsAtHome: false }
  const parts = /^v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(-)?/.exec(told)
  if (parts === null) return { form: 'raw', startsAtHome: false }
  const isBefore = (minor: number): boolean => compare(parts, minor) < 0
  if (isBefore(27)) return { form: 'combined', startsAtHome: true }
  return { form: isBefore(167) ? 'raw' : 'apart', startsAtHome: isBefore(103) }
}

/** Compares with 0.{minor}.0; a pre-release comes before its release. */
function compare(parts: RegExpExecArray, minor: number): number {
  const [, major = '0', own = '0', patch = '0', hyphen] = parts
  return Number(major) || Number(own) - minor || Number(patch) || (hyphen === undefined ? 0 : -1)
}

function versionToken(offered: string | undefined): string | null {
  for (const token of (offered ?? '').split(',')) {
    const text = token.trim()
    if (text.toLowerCase().startsWith(tokenPrefix)) return text.slice(tokenPrefix.length)
  }
  return null
}

function first(value: string | string[] | undefined): string | null {
  const text = Array.isArray(value) ? value[0] : value
  return text === undefined || text === '' ? null : text
}
