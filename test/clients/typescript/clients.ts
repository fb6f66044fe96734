import { createRequire } from 'node:module'
import type * as newestToolbox from '@daytona/toolbox-api-client'
import * as newest from '@daytonaio/sdk'
import * as of0190 from 'daytona-sdk-0190'
import type { TestPlatform } from '../../fixtures/platform.ts'
import { recordCalls, versionOf } from '../recording.ts'

/** A published TypeScript client, as its users import it. */
export interface PublishedClient {
  /** package and version, for the names of tests */
  readonly name: string
  /** The exports. Types are those of the newest; what an older one lacks is asked of `isNewest` first. */
  readonly sdk: typeof newest
  /** The package of plain calls that the client is built on, for operations that its own classes never call. */
  readonly toolbox: typeof newestToolbox
  readonly version: string
  readonly isNewest: boolean
}

/** The client at its newest version and at the last one of the open server. */
export const clients: readonly PublishedClient[] = [
  publishedClient('@daytonaio/sdk', newest),
  publishedClient('daytona-sdk-0190', of0190 as unknown as typeof newest),
]

let platformOfFile: TestPlatform | null = null
const recordedUrl = await recordCalls(() => {
  if (platformOfFile === null) throw new Error('no client was connected yet')
  return platformOfFile
})

/**
 * A client of the platform, of which a test file has one; what it calls is recorded. Dispose of it, its event socket
 * keeps the process alive.
 */
export function connect({ sdk }: PublishedClient, platform: TestPlatform): newest.Daytona {
  if (platformOfFile !== null && platformOfFile !== platform) throw new Error('clients of one file share a platform')
  platformOfFile = platform
  return new sdk.Daytona({ apiUrl: `${recordedUrl}/api`, apiKey: platform.apiKey })
}

/** How the client's package of plain calls reaches a sandbox: with the headers that its own classes send. */
export function plainCalls(
  { toolbox, version }: PublishedClient,
  sandbox: newest.Sandbox,
  platform: TestPlatform,
): newestToolbox.Configuration {
  const headers = {
    Authorization: `Bearer ${platform.apiKey}`,
    'X-Daytona-Source': 'sdk-typescript-legacy',
    'X-Daytona-SDK-Version': version,
  }
  return new toolbox.Configuration({
    basePath: `${sandbox.toolboxProxyUrl}/${sandbox.id}`,
    baseOptions: { headers },
  })
}

function publishedClient(name: string, sdk: typeof newest): PublishedClient {
  const load = createRequire(createRequire(import.meta.url).resolve(`${name}/package.json`))
  const toolbox = load('@daytona/toolbox-api-client') as typeof newestToolbox
  const version = versionOf(name)
  return { name: `@daytonaio/sdk ${version}`, sdk, toolbox, version, isNewest: sdk === newest }
}
