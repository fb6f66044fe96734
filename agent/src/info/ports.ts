import { readFile } from 'node:fs/promises'

/** State LISTEN of `/proc/net/tcp`. */
const listening = '0A'

/** TCP ports that something in the sandbox listens on, IPv4 and IPv6, ascending. */
export async function listListeningPorts(): Promise<number[]> {
  // A kernel without IPv6 has no tcp6.
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'latin1').catch(() => '')),
  )
  return [...new Set(tables.flatMap(parseListening))].sort((a, b) => a - b)
}

/** Ports of the LISTEN rows of one table. */
function parseListening(table: string): number[] {
  const ports: number[] = []
  for (const line of table.split('\n').slice(1)) {
    const [, local = '', , state] = line.trim().split(/\s+/)
    if (state === listening) ports.push(Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16))
  }
  return ports
}
