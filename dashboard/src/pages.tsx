import { type Later, later } from './design/later.tsx'
import { WaitingPage } from './design/page.tsx'

/** Page of one sandbox. */
export const SandboxPage = later(async () => (await import('./sandbox/sandbox-page.tsx')).SandboxPage, <WaitingPage />)

/** Pages by the beginning of their path, each in a file of its own; what follows in the path is theirs. */
export const pages: Readonly<Record<string, Later<object>>> = {
  '/previews': later(async () => (await import('./previews/previews-page.tsx')).PreviewsPage, <WaitingPage />),
  '/playground': later(async () => (await import('./playground/playground-page.tsx')).PlaygroundPage, <WaitingPage />),
  '/snapshots': later(async () => (await import('./snapshots/snapshots-page.tsx')).SnapshotsPage, <WaitingPage />),
  '/registries': later(async () => (await import('./registries/registries-page.tsx')).RegistriesPage, <WaitingPage />),
  '/volumes': later(async () => (await import('./volumes/volumes-page.tsx')).VolumesPage, <WaitingPage />),
  '/secrets': later(async () => (await import('./secrets/secrets-page.tsx')).SecretsPage, <WaitingPage />),
  '/warm-pools': later(async () => (await import('./warm-pools/warm-pools-page.tsx')).WarmPoolsPage, <WaitingPage />),
  '/keys': later(async () => (await import('./keys/keys-page.tsx')).KeysPage, <WaitingPage />),
  '/members': later(async () => (await import('./members/members-page.tsx')).MembersPage, <WaitingPage />),
  '/limits': later(async () => (await import('./limits/limits-page.tsx')).LimitsPage, <WaitingPage />),
  '/webhooks': later(async () => (await import('./webhooks/webhooks-page.tsx')).WebhooksPage, <WaitingPage />),
  '/audit': later(async () => (await import('./audit/audit-page.tsx')).AuditPage, <WaitingPage />),
  '/regions': later(async () => (await import('./regions/regions-page.tsx')).RegionsPage, <WaitingPage />),
  '/settings': later(async () => (await import('./settings/settings-page.tsx')).SettingsPage, <WaitingPage />),
  '/onboarding': later(async () => (await import('./onboarding/onboarding-page.tsx')).OnboardingPage, <WaitingPage />),
  '/account': later(async () => (await import('./account/account-page.tsx')).AccountPage, <WaitingPage />),
}

/**
 * Loads what a path leads to before it is visited, such as `/sandboxes/ID/files`. Where that cannot be done now, the visit
 * tells why.
 */
export function loadAhead(path: string): void {
  const [, place = '', id, tab] = path.split('/')
  void loadPage(place, id, tab).catch(() => {})
}

async function loadPage(place: string, id: string | undefined, tab = ''): Promise<void> {
  if (place !== 'sandboxes') return pages[`/${place}`]?.load()
  if (id === undefined) return
  await SandboxPage.load()
  const { loadTab } = await import('./sandbox/sandbox-page.tsx')
  await loadTab(tab)
}
