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
      { path: '/sandboxes', name: 'Sandboxes', icon: Boxes, key: 's' },
      { path: '/previews', name: 'Previews', icon: GitPullRequest, key: 'p' },
      { path: '/playground', name: 'Playground', icon: FlaskConical, key: 'y' },
    ],
  },
  {
    name: 'Resources',
    places: [
      { path: '/snapshots', name: 'Snapshots', icon: Layers, key: 'n' },
      { path: '/registries', name: 'Registries', icon: Container, key: 'r' },
      { path: '/volumes', name: 'Volumes', icon: HardDrive, key: 'v' },
      { path: '/secrets', name: 'Secrets', icon: LockKeyhole, key: 'e' },
      { path: '/warm-pools', name: 'Warm pools', icon: Flame, key: 'w' },
    ],
  },
  {
    name: 'Organization',
    places: [
      { path: '/keys', name: 'API keys', icon: KeyRound, key: 'k' },
      { path: '/members', name: 'Members', icon: Users, key: 'm' },
      { path: '/limits', name: 'Limits and usage', icon: Gauge, key: 'u' },
      { path: '/webhooks', name: 'Webhooks', icon: Webhook, key: 'h' },
      { path: '/audit', name: 'Audit log', icon: ScrollText, key: 'a' },
      { path: '/regions', name: 'Regions', icon: Globe, key: 'i' },
      { path: '/settings', name: 'Settings', icon: Settings, key: 't' },
    ],
  },
]

/** All of them. */
export const places: readonly Place[] = placeGroups.flatMap((group) => group.places)
