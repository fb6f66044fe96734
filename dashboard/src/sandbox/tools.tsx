import type { Sandbox } from '@sandyard/sdk'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { Loaded } from '../design/page.tsx'
import { usePlatform } from '../platform/platform.tsx'

/** The inside of a started sandbox, for tabs. */
export interface Tools {
  readonly id: string
  /** what a person does: it counts as use of the sandbox */
  readonly act: Sandbox
  /** what the page looks at by itself: it keeps the sandbox from no rest */
  readonly watch: Sandbox
}

/** Finds the inside of a sandbox, and keeps to it: what is read anew does not disturb what runs with it. */
export function WithTools({ id, children }: { id: string; children: (tools: Tools) => ReactNode }): ReactNode {
  const { daytona, watcher, organization } = usePlatform()
  const query = useQuery({
    queryKey: ['tools', organization.id, id],
    queryFn: async (): Promise<Tools> => {
      const [act, watch] = await Promise.all([daytona.get(id), watcher.get(id)])
      return { id, act, watch }
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  return (
    <Loaded query={query} what="The sandbox could not be reached">
      {(tools) => <Kept tools={tools}>{children}</Kept>}
    </Loaded>
  )
}

function Kept({ tools, children }: { tools: Tools; children: (tools: Tools) => ReactNode }): ReactNode {
  const [kept] = useState(tools)
  return children(kept)
}
