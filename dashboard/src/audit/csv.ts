import type { AuditEntry } from './entries.ts'

const columns = [
  'createdAt',
  'actorId',
  'actorEmail',
  'actorApiKeyPrefix',
  'actorApiKeySuffix',
  'action',
  'targetType',
  'targetId',
  'statusCode',
  'errorMessage',
  'ipAddress',
  'userAgent',
  'source',
  'metadata',
  'id',
] as const satisfies readonly (keyof AuditEntry)[]

/** Entries as comma-separated values (RFC 4180). */
export function csvOf(entries: readonly AuditEntry[]): string {
  const lines = entries.map((entry) => columns.map((name) => cell(entry[name])).join(','))
  return [columns.join(','), ...lines].join('\r\n')
}

function cell(value: AuditEntry[keyof AuditEntry]): string {
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value ?? '')
  // Programs for tables take what begins so for a formula, and in some countries begin a cell after a semicolon; strangers
  // choose these texts.
  const harmless = text.replace(/(^|[;\t\r\n])(?=\s*[=+\-@＝＋－＠])/g, "$1'")
  return /[",;\t\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

/** Gives a text to the browser as a file. */
export function download(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
