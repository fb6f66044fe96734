import type { IncomingMessage, ServerResponse } from 'node:http'
import { resolve } from 'node:path'
import { answerPages, isBuilt } from './pages.ts'
import { createSessionDoor, type SessionDoorParts, sessionPath } from './session-door.ts'

/** Where `scripts/dashboard.mjs` puts the build. */
export const builtDashboard = resolve(import.meta.dirname, '../../../dashboard/dist')

/** What the dashboard needs. */
export interface DashboardParts extends SessionDoorParts {
  /** folder of the build */
  readonly folder?: string
  readonly onFault: (error: unknown) => void
}

/** The page for people, at `/dashboard`. */
export interface Dashboard {
  /** True for a request that `listener` answers. */
  claims(request: Pick<IncomingMessage, 'url'>): boolean
  listener(request: IncomingMessage, response: ServerResponse): void
  /** True when there is a page to send people to. */
  isBuilt(): Promise<boolean>
}

/** Mounts it. */
export function mountDashboard({ folder = builtDashboard, onFault, ...parts }: DashboardParts): Dashboard {
  const answerSession = createSessionDoor(parts)

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { url = '' } = request
    if (url === sessionPath || url.startsWith(`${sessionPath}/`)) await answerSession(request, response)
    else await answerPages(folder, request, response)
  }

  return {
    claims: ({ url = '' }) => /^\/dashboard(?:[/?]|$)/.test(url),
    listener(request, response) {
      answer(request, response).catch((error: unknown) => {
        // A body that was cut off is its sender's affair.
        if (!request.complete) return void response.destroy()
        onFault(error)
        response.destroy()
      })
    },
    isBuilt: () => isBuilt(folder),
  }
}
