import { resolve } from 'node:path'
import { PlatformError } from '@sandyard/protocol/errors'
import { limits } from '@sandyard/protocol/limits'
import { resolveCwd } from '../processes/cwd.ts'
import type { SandboxEnvironment } from '../processes/environment.ts'
import { findPython, noPython } from '../processes/programs.ts'
import type { Scratch } from '../processes/scratch.ts'
import type { Tree } from '../processes/tree.ts'
import type { Tools } from '../tools.ts'
import { InterpreterContext } from './context.ts'
import { Worker } from './worker.ts'

/** What the interpreter needs of the agent. */
export interface InterpreterOptions {
  readonly workDir: string
  readonly environment: SandboxEnvironment
  readonly tools: Tools
  readonly scratch: Scratch
  /** trees that end with the agent */
  readonly running: Set<Tree>
}

/** The contexts of the sandbox: `default`, which is always there, and those that callers make. */
export interface Contexts {
  /** Throws BAD_REQUEST for a wrong folder, TOO_MANY_REQUESTS, UNPROCESSABLE_ENTITY without a Python. */
  create(cwd: string): Promise<InterpreterContext>
  /** those that callers made, oldest first */
  list(): InterpreterContext[]
  /** by id, `default` for an empty one; null when there is none */
  find(id: string): InterpreterContext | null
  /** Throws BAD_REQUEST for `default`, NOT_FOUND. */
  delete(id: string): Promise<void>
}

/** Id of the context of callers who name none. */
const defaultId = 'default'

/** Makes the collection; no Python runs before it is needed. */
export function createContexts({ workDir, environment, tools, scratch, running }: InterpreterOptions): Contexts {
  const startWorker = (cwd: string): Promise<Worker> => {
    const variables = environment.read()
    const python = findPython(variables)
    if (python === null) throw new PlatformError('UNPROCESSABLE_ENTITY', noPython)
    return Worker.start({ python, program: resolve(tools.python, 'interpreter.py'), cwd, variables, scratch, running })
  }
  const contexts = new Map<string, InterpreterContext>()
  let standard: InterpreterContext | null = null

  return {
    async create(cwd) {
      const folder = resolveCwd(workDir, cwd)
      if (contexts.size >= limits.interpreterContextCount) {
        throw new PlatformError('TOO_MANY_REQUESTS', `There are ${limits.interpreterContextCount} contexts already`)
      }
      const context = new InterpreterContext(folder, startWorker)
      contexts.set(context.id, context)
      try {
        await context.prepare()
      } catch (thrown) {
        contexts.delete(context.id)
        throw thrown
      }
      return context
    },
    list: () => [...contexts.values()],
    find(id) {
      if (id !== '' && id !== defaultId) return contexts.get(id) ?? null
      standard ??= new InterpreterContext(workDir, startWorker, defaultId)
      return standard
    },
    async delete(id) {
      if (id === defaultId) throw new PlatformError('BAD_REQUEST', 'bad request: the default context cannot be deleted')
      const context = contexts.get(id)
      if (context === undefined) throw new PlatformError('NOT_FOUND', `context not found: ${id.slice(0, 100)}`)
      contexts.delete(id)
      await context.delete()
    },
  }
}
