// Which test files call which operation of the toolbox by which published client: what their last run recorded, and
// what is kept in the repository for the table of docs/reference/toolbox.md.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectDir } from './node-24.mjs'

const folder = join(projectDir, '.cache/client-calls')
const kept = join(projectDir, 'test/clients/calls.txt')

/** Before all tests run: what earlier runs recorded counts no more. */
export function forgetCalls() {
  rmSync(folder, { recursive: true, force: true })
}

/** After all tests have run: what differs from what is kept, a line each. Of a file that did not run nothing is said. */
export function changedCalls() {
  const [before, now] = [keptCalls(), recordedCalls()]
  const ran = new Set(now.map(fileOf))
  return [
    ...now.filter((line) => !before.includes(line)).map((line) => `new: ${line}`),
    ...before
      .filter((line) => !now.includes(line) && (ran.has(fileOf(line)) || !existsSync(join(projectDir, fileOf(line)))))
      .map((line) => `gone: ${line}`),
  ]
}

/** Keeps what was recorded last, for the files that ran. */
export function keepCalls() {
  const now = recordedCalls()
  const ran = new Set(now.map(fileOf))
  const others = keptCalls().filter((line) => !ran.has(fileOf(line)))
  const lines = [...now, ...others].filter((line) => existsSync(join(projectDir, fileOf(line))))
  writeFileSync(kept, `${lines.toSorted().join('\n')}\n`)
}

function recordedCalls() {
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((name) => linesOf(join(folder, name)))
}

function keptCalls() {
  return existsSync(kept) ? linesOf(kept) : []
}

function linesOf(file) {
  return readFileSync(file, 'utf8').split('\n').filter(Boolean)
}

/** Each line is: operation, client, test file. */
function fileOf(line) {
  return line.split(' ')[2]
}
