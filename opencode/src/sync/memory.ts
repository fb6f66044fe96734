import { readdir, readFile } from 'node:fs/promises'

/** processes that are looked at, so that nobody who starts many keeps us busy */
const mostProcesses = 50

/**
 * Memory of the largest among a process and all that it has started, bytes; what is read from files through the memory
 * does not count. 0 where the system does not tell it as Linux does.
 */
export async function largestProcess(pid: number): Promise<number> {
  const waiting = [pid]
  let largest = 0
  for (let seen = 0; seen < mostProcesses; seen += 1) {
    const next = waiting.pop()
    if (next === undefined) break
    const status = await readFile(`/proc/${next}/status`, 'utf8').catch(() => '')
    const [, kiB = '0'] = /^RssAnon:\s*(\d+) kB$/m.exec(status) ?? []
    largest = Math.max(largest, Number(kiB) * 1024)
    for (const thread of await readdir(`/proc/${next}/task`).catch(() => [])) {
      const children = await readFile(`/proc/${next}/task/${thread}/children`, 'utf8').catch(() => '')
      waiting.push(
        ...children
          .split(' ')
          .filter((one) => one !== '')
          .map(Number),
      )
    }
  }
  return largest
}
