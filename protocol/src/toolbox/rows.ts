import { attachmentRoutes } from './attachments.ts'
import { computerUseRoutes } from './computer-use.ts'
import { fileRoutes } from './files.ts'
import { gitRoutes } from './git.ts'
import { infoRoutes } from './info.ts'
import { interpreterRoutes } from './interpreter.ts'
import { languageServerRoutes } from './language-servers.ts'
import { processRoutes } from './processes.ts'
import { sessionRoutes } from './sessions.ts'
import { terminalRoutes } from './terminals.ts'
import { variableRoutes } from './variables.ts'

/** Every call of the toolbox by its operation id, for tests and documents; the agent takes the parts it needs. */
export const toolboxRoutes = {
  ...infoRoutes,
  ...variableRoutes,
  ...fileRoutes,
  ...gitRoutes,
  ...processRoutes,
  ...sessionRoutes,
  ...terminalRoutes,
  ...attachmentRoutes,
  ...interpreterRoutes,
  ...languageServerRoutes,
  ...computerUseRoutes,
} as const
