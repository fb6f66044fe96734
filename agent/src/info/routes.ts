import { userInfo } from 'node:os'
import type { infoRoutes } from '@sandyard/protocol'
import { PlatformError } from '@sandyard/protocol/errors'
import { parsePort } from '@sandyard/protocol/ids'
import { version } from '@sandyard/protocol/version'
import type { Handlers } from '../http/call.ts'
import type { SandboxEnvironment } from '../processes/environment.ts'
import { createMetrics } from './metrics.ts'
import { listListeningPorts } from './ports.ts'

/** What the agent tells of itself and the sandbox (toolbox.md 1.1, 1.9). */
export function createInfoHandlers(context: {
  workDir: string
  environment: SandboxEnvironment
}): Handlers<typeof infoRoutes> {
  const { workDir, environment } = context
  const metrics = createMetrics()
  return {
    getVersion: async () => ({ version }),
    getWorkDir: async () => ({ dir: workDir }),
    getUserHomeDir: async () => ({ dir: homeDir(environment) }),
    getProjectDir: async () => ({ dir: homeDir(environment) }),
    getPorts: async () => ({ ports: await listListeningPorts() }),
    async isPortInUse({ params }) {
      const port = parsePort(params.port)
      if (port === null) throw new PlatformError('BAD_REQUEST', 'bad request: the port must be from 1 to 65535')
      return { isInUse: (await listListeningPorts()).includes(port) }
    },
    // As an agent without a telemetry endpoint answers.
    initialize: async () => ({ message: 'telemetry is not configured' }),
    getSystemMetrics: () => metrics(),
  }
}

function homeDir(environment: SandboxEnvironment): string {
  const home = environment.read().HOME
  if (home !== undefined && home !== '') return home
  try {
    return userInfo().homedir
  } catch {
    return '/' // a uid without an entry in /etc/passwd
  }
}
