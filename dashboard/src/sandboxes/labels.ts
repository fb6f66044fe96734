import type { SandboxItem } from './live.ts'

/** What client libraries note for themselves (api.md 7.2). */
export const languageLabel = 'code-toolbox-language'

/** The labels that people gave a sandbox, as `name=value`. */
export function ownLabels({ labels }: Pick<SandboxItem, 'labels'>): readonly string[] {
  return Object.entries(labels)
    .filter(([name]) => name !== languageLabel)
    .map(([name, value]) => `${name}=${value}`)
}
