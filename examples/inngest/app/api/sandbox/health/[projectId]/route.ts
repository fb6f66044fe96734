import { DaytonaNotFoundError } from '@sandyard/sdk'
import { parts, refuse } from '../../../../../src/application.ts'
import { answers } from '../../../../../src/steps.ts'

/** Whether the preview of a project is alive: its sandbox runs, and the application in it answers. */
export async function GET(request: Request, context: { params: Promise<{ projectId: string }> }): Promise<Response> {
  const refusal = refuse(request)
  if (refusal !== null) return refusal
  const { projectId } = await context.params
  const project = await parts.projects.find(projectId)
  const { sandboxId, port, readyPath = '/' } = project?.metadata ?? {}
  if (sandboxId === undefined || port === undefined) return Response.json({ isAlive: false })
  try {
    const sandbox = await parts.daytona.get(sandboxId)
    const isAlive = sandbox.state === 'started' && (await answers(sandbox, port, readyPath))
    return Response.json({ isAlive, state: sandbox.state })
  } catch (error) {
    if (error instanceof DaytonaNotFoundError) return Response.json({ isAlive: false })
    console.error('Health check failed:', error)
    return Response.json({ isAlive: false }, { status: 502 })
  }
}
