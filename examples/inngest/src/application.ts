import { timingSafeEqual } from 'node:crypto'
import { Daytona } from '@sandyard/sdk'
import { Inngest } from 'inngest'
import { createFileProjects } from './file-projects.ts'
import { createCloneAndPreview, type Parts } from './functions.ts'

/** The application's parts, as its environment says; the routes use them. */
export const parts: Parts = {
  inngest: new Inngest({ id: 'previews' }),
  daytona: new Daytona(),
  projects: createFileProjects(process.env.PROJECTS_FILE ?? 'projects.json'),
}

export const functions = [createCloneAndPreview(parts)]

/**
 * A refusal of requests without the token of `PREVIEWS_TOKEN`; null: it may pass. Put the sign-in of your own
 * application here: whoever may restart previews spends your machine's time.
 */
export function refuse(request: Request): Response | null {
  const token = process.env.PREVIEWS_TOKEN ?? ''
  const given = Buffer.from(request.headers.get('authorization') ?? '')
  const wanted = Buffer.from(`Bearer ${token}`)
  const isRight = token !== '' && given.length === wanted.length && timingSafeEqual(given, wanted)
  return isRight ? null : Response.json({ error: 'Not signed in' }, { status: 401 })
}
