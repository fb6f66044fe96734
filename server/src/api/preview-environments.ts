import { PlatformError, type previewEnvironmentRoutes } from '@sandyard/protocol'
import type { Answers } from './call.ts'

/** Answers of the calls on preview environments. */
export function previewEnvironmentAnswers(): Answers<typeof previewEnvironmentRoutes> {
  const notYet = async (): Promise<never> => {
    throw new PlatformError('NOT_IMPLEMENTED', 'Preview environments are not there yet')
  }
  return {
    createPreview: notYet,
    listPreviews: notYet,
    getPreview: notYet,
    deletePreview: notYet,
    restartPreview: notYet,
    getPreviewHealth: notYet,
    getPreviewLog: notYet,
  }
}
