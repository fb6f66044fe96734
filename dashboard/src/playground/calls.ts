import type { CallGroup } from './call.ts'
import { accessCalls } from './calls/access.ts'
import { fileCalls } from './calls/files.ts'
import { gitCalls } from './calls/git.ts'
import { processCalls } from './calls/processes.ts'
import { sandboxCalls } from './calls/sandbox.ts'

/** Everything that can be tried; a new call is an entry in one of these. */
export const callGroups: readonly CallGroup[] = [
  { name: 'Sandbox', calls: sandboxCalls },
  { name: 'Files', calls: fileCalls },
  { name: 'Git', calls: gitCalls },
  { name: 'Commands and code', calls: processCalls },
  { name: 'Ways in, and what stays', calls: accessCalls },
]
