import { type UseQueryResult, useQuery } from '@tanstack/react-query'
import { useKept } from '../../design/use-kept.ts'
import { usePlatform } from '../../platform/platform.tsx'
import type { Tools } from '../tools.tsx'

/** Nothing tells of programs that begin to listen. */
const everyMs = 3000
/** An address stays; the token of a sandbox changes with its start. */
const linkMs = 60_000

/** Ports that something inside listens on, read anew while somebody looks. */
export function useListening({ id, watch }: Tools): UseQueryResult<readonly number[]> {
  const { organization } = usePlatform()
  return useQuery({
    queryKey: ['ports', organization.id, id],
    queryFn: async ({ signal }) => (await watch.toolbox.call('getPorts', {}, { signal })).ports,
    refetchInterval: everyMs,
    staleTime: 0,
    gcTime: 0,
  })
}

/** The usual address of a port, and the token that programs open it with. */
export function usePreviewLink({ id }: Tools, port: number): UseQueryResult<{ url: string; token: string }> {
  const { daytona, organization } = usePlatform()
  return useQuery({
    queryKey: ['preview-link', organization.id, id, port],
    queryFn: ({ signal }) =>
      daytona.client.call('getPortPreviewUrl', { params: { sandboxIdOrName: id, port } }, { signal }),
    staleTime: linkMs,
  })
}

/** A link that opens one port for whoever has it. */
export interface SharedLink {
  readonly port: number
  readonly token: string
  readonly url: string
  readonly endsAtMs: number
}

const noLinks: readonly SharedLink[] = []

/** Links that were made since the page was loaded: the platform itself keeps no list that could be read. */
export function useSharedLinks({ id }: Tools): {
  links: readonly SharedLink[]
  share(port: number, seconds: number): Promise<SharedLink>
  end(link: SharedLink): Promise<void>
} {
  const { daytona } = usePlatform()
  const [links, put] = useKept(['shared-links', id], noLinks)
  return {
    links,
    async share(port, seconds) {
      const params = { sandboxIdOrName: id, port }
      const query = { expiresInSeconds: seconds }
      const { token, url } = await daytona.client.call('getSignedPortPreviewUrl', { params, query })
      const link = { port, token, url, endsAtMs: Date.now() + seconds * 1000 }
      put((all) => [link, ...all])
      return link
    },
    async end({ port, token }) {
      await daytona.client
        .call('expireSignedPortPreviewUrl', { params: { sandboxIdOrName: id, port, token } })
        .catch((error: { statusCode?: number }) => {
          // It has ended already.
          if (error.statusCode !== 404) throw error
        })
      put((all) => all.filter((one) => one.token !== token))
    },
  }
}

/** The address, where a browser may be sent to it; the platform says only such ones. */
export function safeUrl(url: string): string | undefined {
  return /^https?:\/\//.test(url) ? url : undefined
}
