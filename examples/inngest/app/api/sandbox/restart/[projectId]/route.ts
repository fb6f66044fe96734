import { parts, refuse } from '../../../../../src/application.ts'
import { type CloneAndPreview, cloneAndPreview } from '../../../../../src/functions.ts'

/** Makes the preview of a project anew. It answers at once: the run waits for its turn like every other. */
export async function POST(request: Request, context: { params: Promise<{ projectId: string }> }): Promise<Response> {
  const refusal = refuse(request)
  if (refusal !== null) return refusal
  const { projectId } = await context.params
  const project = await parts.projects.find(projectId)
  if (project === null) return Response.json({ error: 'Project not found' }, { status: 404 })
  const { repoUrl, branch } = project.metadata
  const data: CloneAndPreview = {
    projectId,
    repoUrl,
    userId: project.user_id,
    ...(branch === undefined ? {} : { branch }),
  }
  try {
    await parts.inngest.send({ name: cloneAndPreview, data })
    return Response.json({ success: true }, { status: 202 })
  } catch (error) {
    console.error('Restart failed:', error)
    return Response.json({ error: 'Failed to restart the preview' }, { status: 502 })
  }
}
