import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Card, Cards } from '../design/cards.tsx'
import { Code } from '../design/code.tsx'
import { Facts } from '../design/facts.tsx'
import { Loaded } from '../design/page.tsx'
import { State } from '../design/state.tsx'
import { apiUrl } from '../platform/organizations.ts'
import { usePlatform } from '../platform/platform.tsx'
import { SettingsFrame } from './settings-frame.tsx'

/** when the health is asked for again, ms */
const healthMs = 30_000

/** Facts of the platform, for everybody. */
export function PlatformPart(): ReactNode {
  const { daytona, organization } = usePlatform()
  const query = useQuery({
    queryKey: ['platform-facts'],
    queryFn: ({ signal }) => daytona.client.call('getConfig', {}, { signal }),
  })
  const classes = useQuery({
    queryKey: ['sandbox-classes', organization.id],
    queryFn: ({ signal }) =>
      daytona.client.call('listAvailableSandboxClasses', { params: { organizationId: organization.id } }, { signal }),
  }).data
  return (
    <SettingsFrame current="/settings/platform">
      <Loaded query={query} what="The facts of the platform could not be read">
        {(config) => {
          const { issuer } = (config.oidc ?? {}) as { issuer?: string }
          const fingerprints = texts(config.sshGatewayHostKeyFingerprints)
          return (
            <Cards label="Facts of the platform">
              <Card title="Platform">
                <Facts
                  rows={[
                    ['Version', config.version],
                    ['Health', <Health key="health" />],
                    ['Address', <code key="address">{location.origin}</code>],
                    [
                      'Isolation',
                      classes === undefined
                        ? undefined
                        : [...new Set(classes.map(({ sandboxClass }) => sandboxClass))].join(', '),
                    ],
                    ['Default snapshot', text(config.defaultSnapshot)],
                    ['Sign-in', issuer ? `by password, or at ${issuer}` : 'by password'],
                  ]}
                />
              </Card>
              <Card title="For programs" description="SDKs, the command line and Daytona's clients read these.">
                <Code
                  label="The address for programs"
                  text={`export DAYTONA_API_URL=${apiUrl}\nexport DAYTONA_API_KEY=…   # one of yours, under API keys`}
                />
                <Facts
                  rows={[
                    ['Previews', <code key="previews">{readable(config.proxyTemplateUrl)}</code>],
                    ['Toolbox', <code key="toolbox">{config.proxyToolboxUrl}</code>],
                  ]}
                />
              </Card>
              {text(config.sshGatewayCommand) !== undefined && (
                <Card title="SSH" description="Its token is made in a sandbox, under Access.">
                  <Code label="The command" text={readable(text(config.sshGatewayCommand) ?? '')} />
                  <Facts
                    rows={[
                      [
                        'Known by',
                        fingerprints.length === 0 ? undefined : fingerprints.map((one) => <code key={one}>{one}</code>),
                      ],
                    ]}
                  />
                </Card>
              )}
            </Cards>
          )
        }}
      </Loaded>
    </SettingsFrame>
  )
}

function Health(): ReactNode {
  const { daytona } = usePlatform()
  const { data, error } = useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => daytona.client.call('getHealth', {}, { signal }),
    refetchInterval: healthMs,
    staleTime: 0,
  })
  if (error !== null) return <State tone="bad" word="not ready" reason={error.message} />
  return data === undefined ? <span className="quiet">is being asked for</span> : <State tone="good" word="ready" />
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : []
}

/** A template with what is to be put in between angle brackets. */
function readable(template: string): string {
  return template.replaceAll(
    /\{\{(\w+)\}\}/g,
    (_, name: string) => `<${name === 'sandboxId' ? 'sandbox id' : name.toLowerCase()}>`,
  )
}
