import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import * as newest from '@daytonaio/sdk'
import * as of0190 from 'daytona-sdk-0190'
import type { TestPlatform } from '../../fixtures/platform.ts'

/** A published TypeScript client, as its users import it. */
export interface PublishedClient {
  /** package and version, for the names of tests */
  readonly name: string
  /** The exports. Types are those of the newest; what an older one lacks is asked of `isNewest` first. */
  readonly sdk: typeof newest
  readonly isNewest: boolean
}

/** The client at its newest version and at the last one of the open server. */
export const clients: readonly PublishedClient[] = [
  { name: `@daytonaio/sdk ${versionOf('@daytonaio/sdk')}`, sdk: newest, isNewest: true },
  {
    name: `@daytonaio/sdk ${versionOf('daytona-sdk-0190')}`,
    sdk: of0190 as unknown as typeof newest,
    isNewest: false,
  },
]

/** A client of the platform; dispose of it, its event socket keeps the process alive. */
export function connect({ sdk }: PublishedClient, platform: TestPlatform): newest.Daytona {
  return new sdk.Daytona({ apiUrl: platform.apiUrl, apiKey: platform.apiKey })
}

function versionOf(name: string): string {
  const entry = createRequire(import.meta.url).resolve(`${name}/package.json`)
  return (JSON.parse(readFileSync(join(dirname(entry), 'package.json'), 'utf8')) as { version: string }).version
}
