import {
  Boxes,
  Container,
  Flame,
  FlaskConical,
  Gauge,
  GitPullRequest,
  Globe,
  HardDrive,
  KeyRound,
  Layers,
  LockKeyhole,
  type LucideIcon,
  ScrollText,
  Settings,
  Users,
  Webhook,
} from 'lucide-react'

/** A page that the navigation and the command palette lead to. */
export interface Place {
  readonly path: string
  readonly name: string
  readonly icon: LucideIcon
  /** after `g`, goes there */
  readonly key: string
  /** true for the few that a phone shows at once */
  readonly isMain?: boolean
  /** `c` does it on the page; the palette offers it from anywhere */
  readonly create?: string
}

/** Places that belong together; the first ones need no heading. */
export interface PlaceGroup {
  readonly name: string | null
  readonly places: readonly Place[]
}

/** In the order of the navigation. */
export const placeGroups: readonly PlaceGroup[] = [
  {
    name: null,
    places: [
      { path: '/sandboxes', name: 'Sandboxes', icon: Boxes, key: 's', isMain: true, create: 'Create a sandbox' },
      { path: '/previews', name: 'Previews', icon: GitPullRequest, key: 'p', isMain: true },
      { path: '/playground', name: 'Playground', icon: FlaskConical, key: 'y', isMain: true },
    ],
  },
  {
    name: 'Resources',
    places: [
      { path: '/snapshots', name: 'Snapshots', icon: Layers, key: 'n', isMain: true, create: 'Create a snapshot' },
      { path: '/registries', name: 'Registries', icon: Container, key: 'r', create: 'Add a registry' },
      { path: '/volumes', name: 'Volumes', icon: HardDrive, key: 'v', create: 'Create a volume' },
      { path: '/secrets', name: 'Secrets', icon: LockKeyhole, key: 'e', create: 'Create a secret' },
      { path: '/warm-pools', name: 'Warm pools', icon: Flame, key: 'w', create: 'Create a warm pool' },
    ],
  },
  {
    name: 'Organization',
    places: [
      { path: '/keys', name: 'API keys', icon: KeyRound, key: 'k', create: 'Create an API key' },
      { path: '/members', name: 'Members', icon: Users, key: 'm', create: 'Invite a member' },
      { path: '/limits', name: 'Limits and usage', icon: Gauge, key: 'u' },
      { path: '/webhooks', name: 'Webhooks', icon: Webhook, key: 'h', create: 'Create a webhook' },
      { path: '/audit', name: 'Audit log', icon: ScrollText, key: 'a' },
      { path: '/regions', name: 'Regions', icon: Globe, key: 'i' },
      { path: '/settings', name: 'Settings', icon: Settings, key: 't' },
    ],
  },
]

/** All of them. */
export const places: readonly Place[] = placeGroups.flatMap((group) => group.places)

/** True for the place that a path is in. */
export function isAt({ path }: Place, location: string): boolean {
  return location === path || location.startsWith(`${path}/`)
}
