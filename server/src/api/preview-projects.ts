import { PlatformError, type previewProjectRoutes } from '@sandyard/protocol'
import type { Answers } from './call.ts'

/** Answers of the calls on repositories that previews are made of. */
export function previewProjectAnswers(): Answers<typeof previewProjectRoutes> {
  const notYet = async (): Promise<never> => {
    throw new PlatformError('NOT_IMPLEMENTED', 'Projects of previews are not there yet')
  }
  return {
    createPreviewProject: notYet,
    listPreviewProjects: notYet,
    getPreviewProject: notYet,
    updatePreviewProject: notYet,
    deletePreviewProject: notYet,
    rotatePreviewWebhookSecret: notYet,
    receivePreviewHook: notYet,
  }
}
