import type { BigIntStats } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'

/** What identifies the content of a file that is sent. */
export interface Version {
  /** strong entity tag with its quotes; null for what may change without notice, as the kernel's own files do */
  readonly tag: string | null
  readonly modifiedAt: Date
}

/** What the conditions of a request come to: send it, it is the caller's already, or it has changed. */
export type Outcome = 'send' | 'not-modified' | 'failed'

/** Weighs the conditions of a download in the order of RFC 9110, 13.2.2: a tag counts before a date. */
export function checkConditions(headers: IncomingHttpHeaders, version: Version): Outcome {
  const match = headers['if-match']
  const unmodified = headers['if-unmodified-since']
  if (match !== undefined) {
    if (!lists(match, version.tag, 'strong')) return 'failed'
  } else if (unmodified !== undefined && isLater(version, unmodified)) return 'failed'

  const noneMatch = headers['if-none-match']
  if (noneMatch !== undefined) return lists(noneMatch, version.tag, 'weak') ? 'not-modified' : 'send'
  const since = headers['if-modified-since']
  if (since === undefined || version.tag === null || Number.isNaN(Date.parse(since))) return 'send'
  return isLater(version, since) ? 'send' : 'not-modified'
}

/** True when a range may be answered: the caller's part is of this very version. */
export function mayContinue(condition: string | undefined, version: Version): boolean {
  if (condition === undefined) return true
  return condition === version.tag || condition === version.modifiedAt.toUTCString()
}

/** True when the entity tag is one that `If-Match` lists. */
export function isListed(ifMatch: string, tag: string): boolean {
  return lists(ifMatch, tag, 'strong')
}

/** The entity tag of a file: it changes with every write that moves the time of the file, and with its size or place. */
export function tagOf({ ino, size, mtimeNs }: BigIntStats): string {
  return `"${ino.toString(36)}-${size.toString(36)}-${mtimeNs.toString(36)}"`
}

function lists(header: string, tag: string | null, kind: 'strong' | 'weak'): boolean {
  if (header.trim() === '*') return true
  if (tag === null) return false
  const tags = header.match(/(?:W\/)?"[^"]*"/g) ?? []
  return tags.some((listed) => (kind === 'weak' ? listed.replace(/^W\//, '') : listed) === tag)
}

/** Dates on the wire have whole seconds; one that cannot be read is passed over. */
function isLater({ modifiedAt }: Version, date: string): boolean {
  return Math.floor(modifiedAt.getTime() / 1000) > Math.floor(Date.parse(date) / 1000)
}
