const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** True for a lower-case UUID, the form of sandbox and organization ids (api.md 2.2). */
export function isUuid(value: string): boolean {
  return uuid.test(value)
}

/** Name of an environment variable that a shell takes (toolbox.md 1.4). */
export const envName = /^[A-Za-z_][A-Za-z0-9_]*$/

/** A TCP port in decimal, without sign or leading zero; `null` for everything else. */
export function parsePort(text: string): number | null {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) return null
  const port = Number(text)
  return port <= 65_535 ? port : null
}
