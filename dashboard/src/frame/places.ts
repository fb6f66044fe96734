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
import type { Right } from '../platform/permissions.ts'

/** A page that the navigation and the command palette lead to. */
export interface Place {
  readonly path: string
  readonly name: string
  readonly icon: LucideIcon
  /** after `g`, goes there */
  readonly key: string
  /** true for the few that a phone shows at once */
  readonly isMain?: boolean
  /** `c` does it on the page; the palette offers it from anywhere to those who may */
  readonly create?: { readonly name: string; readonly needs: Right }
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
      {
        path: '/sandboxes',
        name: 'Sandboxes',
        icon: Boxes,
        key: 's',
        isMain: true,
        create: { name: 'Create a sandbox', needs: 'write:sandboxes' },
      },
      {
        path: '/previews',
        name: 'Previews',
        icon: GitPullRequest,
        key: 'p',
        isMain: true,
        create: { name: 'Preview a branch', needs: 'write:sandboxes' },
      },
      { path: '/playground', name: 'Playground', icon: FlaskConical, key: 'y', isMain: true },
    ],
  },
  {
    name: 'Resources',
    places: [
      {
        path: '/snapshots',
        name: 'Snapshots',
        icon: Layers,
        key: 'n',
        isMain: true,
        create: { name: 'Create a snapshot', needs: 'write:snapshots' },
      },
      {
        path: '/registries',
        name: 'Registries',
        icon: Container,
        key: 'r',
        create: { name: 'Add a registry', needs: 'write:registries' },
      },
      {
        path: '/volumes',
        name: 'Volumes',
        icon: HardDrive,
        key: 'v',
        create: { name: 'Create a volume', needs: 'write:volumes' },
      },
      {
        path: '/secrets',
        name: 'Secrets',
        icon: LockKeyhole,
        key: 'e',
        create: { name: 'Create a secret', needs: 'manage:secrets' },
      },
      {
        path: '/warm-pools',
        name: 'Warm pools',
        icon: Flame,
        key: 'w',
        create: { name: 'Create a warm pool', needs: 'write:sandboxes' },
      },
    ],
  },
  {
    name: 'Organization',
    places: [
      {
        path: '/keys',
        name: 'API keys',
        icon: KeyRound,
        key: 'k',
        create: { name: 'Create an API key', needs: 'manage:api_keys' },
      },
      { path: '/members', name: 'Members', icon: Users, key: 'm', create: { name: 'Invite a member', needs: 'owner' } },
      { path: '/limits', name: 'Limits and usage', icon: Gauge, key: 'u' },
      {
        path: '/webhooks',
        name: 'Webhooks',
        icon: Webhook,
        key: 'h',
        create: { name: 'Add a webhook', needs: 'write:sandboxes' },
      },
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
