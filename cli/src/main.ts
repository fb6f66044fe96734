import { enableCompileCache } from 'node:module'
import { join } from 'node:path'

// What was compiled once starts in a third of the time, so this comes before all else. Each user has an own folder:
// what others can write must not be run.
const { HOME = '/', XDG_CACHE_HOME = join(HOME, '.cache') } = process.env
enableCompileCache(join(XDG_CACHE_HOME, 'sandyard', 'compiled'))

const { runProgram } = await import('./program.ts')
await runProgram(process.env)
