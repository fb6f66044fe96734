import type { GitHost } from '@sandyard/protocol'

/** The git host of a repository, as far as its URL tells: of others somebody has to say it. */
export function hostOf(repository: string): GitHost {
  const { hostname } = new URL(repository)
  if (hostname === 'github.com') return 'github'
  if (hostname === 'gitlab.com') return 'gitlab'
  // It runs Forgejo, which has the API of Gitea.
  return hostname === 'codeberg.org' ? 'gitea' : 'other'
}

/** Base of the git host's API where nobody names another; null: there is none that we know. */
export function apiUrlOf(host: GitHost, repository: string): string | null {
  const { origin, hostname } = new URL(repository)
  switch (host) {
    case 'github':
      return hostname === 'github.com' ? 'https://api.github.com' : `${origin}/api/v3`
    case 'gitlab':
      return `${origin}/api/v4`
    case 'gitea':
      return `${origin}/api/v1`
    default:
      return null
  }
}

/** Path of a repository at its git host: `owner/name`, of GitLab also with groups between. */
export function repositoryPath(repository: string): string {
  return decodeURIComponent(new URL(repository).pathname)
    .replace(/^\/+|\/+$/g, '')
    .replace(/\.git$/i, '')
}
