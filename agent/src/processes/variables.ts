import type { variableRoutes } from '@sandyard/protocol'
import type { Handlers } from '../http/call.ts'
import type { SandboxEnvironment } from './environment.ts'

/** Changes what commands inherit (toolbox.md 1.1). */
export function createVariableHandlers(environment: SandboxEnvironment): Handlers<typeof variableRoutes> {
  return {
    async updateEnv({ body }) {
      environment.change(body)
      return { message: 'environment updated' }
    },
  }
}
