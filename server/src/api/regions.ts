import { PlatformError, type RouteOutput, type regionRoutes } from '@sandyard/protocol'
import { notFound } from '../not-found.ts'
import type { ServerConfig } from '../options.ts'
import { wireDate } from '../wire-date.ts'
import type { Answers } from './call.ts'

type WireRegion = RouteOutput<(typeof regionRoutes)['getRegionById']>

/** What the calls on regions need. */
interface Parts {
  readonly config: Pick<ServerConfig, 'region'>
  /** when the platform was first started, epoch ms */
  readonly madeAtMs: number
}

/** Answers of the calls on regions. */
export function regionAnswers({ config, madeAtMs }: Parts): Answers<typeof regionRoutes> {
  const madeAt = wireDate(madeAtMs)
  const region: WireRegion = {
    ...config.region,
    organizationId: null,
    regionType: 'shared',
    createdAt: madeAt,
    updatedAt: madeAt,
    proxyUrl: null,
    sshGatewayUrl: null,
    snapshotManagerUrl: null,
    otelEndpoint: null,
  }
  const switchedOff = async (): Promise<never> => {
    throw new PlatformError('NOT_FOUND', 'Regions of organizations are not enabled')
  }
  return {
    listSharedRegions: async () => [region],
    listAvailableRegions: async () => [region],
    async getRegionById({ params }) {
      if (params.id !== region.id) throw notFound('Region', params.id)
      return region
    },
    createRegion: switchedOff,
    updateRegion: switchedOff,
    deleteRegion: switchedOff,
    regenerateProxyApiKey: switchedOff,
    regenerateSshGatewayApiKey: switchedOff,
    regenerateSnapshotManagerCredentials: switchedOff,
  }
}
