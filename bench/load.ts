import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const start = promisify(execFile)

/** Where a load goes, and what serves it. */
export interface Way {
  /** base URL, by address */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** pids whose time is counted */
  readonly servants: readonly number[]
}

/** What one load has found. */
export interface Load {
  readonly requestsPerS: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** cores that those who serve have used */
  readonly cores: number
}

/** Requests one path over this many kept connections, with wrk. Rejects when an answer is no success. */
export async function load(way: Way, path: string, connections: number, seconds: number): Promise<Load> {
  const headers = Object.entries(way.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const before = way.servants.map(cpuSeconds)
  const startedAt = performance.now()
  const { stdout } = await start('wrk', [
    ...['-t', '1', '-c', String(connections), '-d', `${seconds}s`, '--latency', ...headers],
    way.url + path,
  ])
  const wall = (performance.now() - startedAt) / 1000
  const used = way.servants.map((pid, index) => cpuSeconds(pid) - (before[index] ?? 0))
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${way.url}: ${stdout}`)
  const find = (pattern: RegExp): string => pattern.exec(stdout)?.[1] ?? ''
  return {
    requestsPerS: Number(find(/Requests\/sec:\s+([\d.]+)/)),
    p50Ms: milliseconds(find(/^\s+50%\s+(\S+)/m)),
    p99Ms: milliseconds(find(/^\s+99%\s+(\S+)/m)),
    cores: used.reduce((sum, seconds) => sum + seconds, 0) / wall,
  }
}

/** What one download has found. */
export interface Download {
  readonly megabytesPerS: number
  /** MB that one core passes in a second */
  readonly megabytesPerCoreS: number
}

/** Downloads a path once, with curl. Rejects unless all of it comes. */
export async function download(way: Way, path: string, bytes: number): Promise<Download> {
  const headers = Object.entries(way.headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`])
  const before = way.servants.map(cpuSeconds)
  const args = ['-sS', '-o', '/dev/null', '-w', '%{http_code} %{size_download} %{time_total}']
  const { stdout } = await start('curl', [...args, ...headers, way.url + path])
  const used = way.servants.reduce((sum, pid, index) => sum + cpuSeconds(pid) - (before[index] ?? 0), 0)
  const [status, size, seconds] = stdout.split(' ').map(Number)
  if (status !== 200 || size !== bytes) throw new Error(`${way.url}${path}: ${status}, ${size} bytes`)
  return { megabytesPerS: bytes / 1e6 / (seconds ?? 0), megabytesPerCoreS: bytes / 1e6 / used }
}

/** Seconds of processors that a process and all its threads have used; to a hundredth. */
function cpuSeconds(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function milliseconds(text: string): number {
  const [, value, unit] = /^([\d.]+)(us|ms|s)$/.exec(text) ?? []
  return Number(value) * (unit === 'us' ? 0.001 : unit === 'ms' ? 1 : 1000)
}
