// A reporter of node's test runner, for a file that runs in a process of its own: a line of JSON for each failure, one
// each time that no test is left to run, and one for the whole file with its counts and the processor time that it and the programs it waited for have used.
import { readFileSync } from 'node:fs'

// biome-ignore lint/style/noDefaultExport: node takes a reporter from the default export
export default async function* counts(events) {
  let open = 0
  for await (const { type, data } of events) {
    if (type === 'test:enqueue') open += 1
    if (type === 'test:complete') open -= 1
    if (type === 'test:complete' && open === 0) yield '{"idle":true}\n'
    // A test with failed tests in it fails too; those say what is wrong.
    const isOwn = type === 'test:fail' && data.details.error?.failureType !== 'subtestsFailed'
    if (isOwn && data.todo === undefined) yield `${JSON.stringify({ failure: data.name })}\n`
    if (type === 'test:summary') yield `${JSON.stringify({ ...data.counts, cpuSeconds: cpuSeconds() })}\n`
  }
}

function cpuSeconds() {
  const ticksPerSecond = 100
  // proc(5): utime, stime, cutime and cstime are fields 14 to 17; the second field may contain spaces.
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1).split(' ')
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond
}
