import type { SandboxItem } from './live.ts'

/** What client libraries note for themselves (api.md 7.2). */
export const languageLabel = 'code-toolbox-language'

/** What the platform gives the sandbox of a preview: its id. */
const previewLabel = 'sandyard.dev/preview'

/** Id of the preview that a sandbox belongs to. */
export function previewOf({ labels }: Pick<SandboxItem, 'labels'>): string | undefined {
  return labels[previewLabel]
}

/** The labels that people gave a sandbox, as `name=value`. */
export function ownLabels({ labels }: Pick<SandboxItem, 'labels'>): readonly string[] {
  return Object.entries(labels)
    .filter(([name]) => name !== languageLabel && name !== previewLabel)
    .map(([name, value]) => `${name}=${value}`)
}
