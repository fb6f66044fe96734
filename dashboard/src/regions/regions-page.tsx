import type { AnswerOf, ApiOperations } from '@sandyard/sdk'
import { useQuery } from '@tanstack/react-query'
import { Copy } from 'lucide-react'
import type { ReactNode } from 'react'
import { type Column, DataTable } from '../design/data-table.tsx'
import { IconButton } from '../design/icon-button.tsx'
import { Note } from '../design/notes.tsx'
import { Loaded, Page } from '../design/page.tsx'
import { moment } from '../design/times.ts'
import { useCopy } from '../design/use-copy.ts'
import { usePlatform } from '../platform/platform.tsx'

type Region = AnswerOf<ApiOperations['listAvailableRegions']>[number]

const kinds: Readonly<Record<Region['regionType'], string>> = {
  shared: 'for everybody on this platform',
  dedicated: 'for this organization',
  custom: 'of this organization',
}

/** Where sandboxes can be. */
export function RegionsPage(): ReactNode {
  const { daytona, organization } = usePlatform()
  const copy = useCopy()
  const query = useQuery({
    queryKey: ['regions', organization.id],
    queryFn: ({ signal }) => daytona.client.call('listAvailableRegions', {}, { signal }),
  })
  const columns: Column<Region>[] = [
    {
      name: 'Name',
      sortBy: ({ name }) => name,
      cell: ({ id, name }) => (
        <span>
          <strong>{name}</strong> {id === organization.defaultRegionId && <span className="tag">default</span>}
        </span>
      ),
    },
    { name: 'Id', cell: ({ id }) => <code>{id}</code> },
    { name: 'Kind', cell: ({ regionType }) => kinds[regionType] },
    { name: 'Since', isExtra: true, cell: ({ createdAt }) => moment(createdAt) },
  ]
  return (
    <Page title="Regions">
      <Note>
        A platform is one region, on one machine: its own. Programs name it by <code>target</code>, or leave that out.
        More regions need more platforms.
      </Note>
      <Loaded query={query} what="The regions could not be read">
        {(regions) => (
          <DataTable
            label="Regions"
            rows={regions}
            columns={columns}
            keyOf={({ id }) => id}
            menu={({ id, name }) => (
              <IconButton label={`Copy the id of ${name}`} onClick={() => copy(id, 'The id')}>
                <Copy />
              </IconButton>
            )}
          />
        )}
      </Loaded>
    </Page>
  )
}
