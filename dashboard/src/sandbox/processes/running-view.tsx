import { useQuery, useQueryClient } from '@tanstack/react-query'
import { OctagonX, Square } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { ActionMenu } from '../../design/action-menu.tsx'
import { type Column, DataTable } from '../../design/data-table.tsx'
import { FormDialog } from '../../design/form-dialog.tsx'
import { Loaded } from '../../design/page.tsx'
import { hasWords, SearchField } from '../../design/search-field.tsx'
import { size } from '../../design/sizes.ts'
import { span } from '../../design/times.ts'
import { useTell } from '../../design/toasts.tsx'
import { usePlatform } from '../../platform/platform.tsx'
import type { Tools } from '../tools.tsx'
import { endProcess, type ProcessSample, type Reading, readProcesses } from './read-processes.ts'

const everyMs = 4000
/** The second look comes sooner: use of CPU is known from two. */
const firstMs = 1200

/** A process with what it has used since the last look. */
interface Row extends ProcessSample {
  /** of one CPU, percent; null while there was one look only */
  readonly cpu: number | null
}

interface Known {
  readonly reading: Reading
  readonly rows: readonly Row[]
}

/** What runs in the sandbox now. */
export function RunningView({ tools }: { tools: Tools }): ReactNode {
  const { organization } = usePlatform()
  const queries = useQueryClient()
  const queryKey = ['processes', organization.id, tools.id]
  const query = useQuery({
    queryKey,
    queryFn: async ({ signal }): Promise<Known> => {
      const before = queries.getQueryData<Known>(queryKey)?.reading
      const reading = await readProcesses(tools.watch, signal)
      return { reading, rows: reading.processes.map((one) => ({ ...one, cpu: cpuOf(one, reading, before) })) }
    },
    refetchInterval: ({ state: { data } }) =>
      data?.rows.every(({ cpu }) => cpu === null) === true ? firstMs : everyMs,
    staleTime: 0,
    gcTime: 10_000,
  })
  const [wanted, setWanted] = useState('')
  const [ending, setEnding] = useState<{ row: Row; kind: 'TERM' | 'KILL' } | null>(null)

  return (
    <>
      <div className="view-head">
        <h2>Running now</h2>
        <SearchField label="Search processes" value={wanted} onChange={setWanted} />
      </div>
      <Loaded query={query} what="The processes could not be read">
        {({ rows }) => {
          const shown = rows.filter(({ pid, name, command, user }) =>
            hasWords(`${pid} ${name} ${command} ${user}`, wanted),
          )
          if (shown.length === 0) return <p className="quiet">No process has these words.</p>
          return (
            <DataTable
              label="Processes"
              rows={shown}
              columns={columns}
              keyOf={({ pid, start }) => `${pid} ${start}`}
              menu={(row) =>
                isOurs(row) ? null : (
                  <ActionMenu
                    of={`${row.name}, ${row.pid}`}
                    actions={[
                      {
                        name: 'Ask to end…',
                        icon: Square,
                        run: () => setEnding({ row, kind: 'TERM' }),
                        isDanger: true,
                      },
                      {
                        name: 'End at once…',
                        icon: OctagonX,
                        run: () => setEnding({ row, kind: 'KILL' }),
                        isDanger: true,
                      },
                    ]}
                  />
                )
              }
            />
          )
        }}
      </Loaded>
      {ending !== null && (
        <EndDialog
          {...ending}
          tools={tools}
          onClose={() => {
            setEnding(null)
            void queries.invalidateQueries({ queryKey })
          }}
        />
      )}
    </>
  )
}

const columns: readonly Column<Row>[] = [
  {
    name: 'Command',
    cell: (row) =>
      isOurs(row) ? (
        <span className="process-name">
          {row.pid === 1 ? 'init' : 'agent'} <span className="quiet">part of the platform</span>
        </span>
      ) : (
        <span className="process-name" title={row.command}>
          {row.name} <span className="quiet mono">{row.command}</span>
        </span>
      ),
    sortBy: ({ name }) => name,
  },
  { name: 'PID', cell: ({ pid }) => pid, sortBy: ({ pid }) => pid, isNumber: true },
  { name: 'User', cell: ({ user }) => user, sortBy: ({ user }) => user, isExtra: true },
  { name: 'CPU', cell: ({ cpu }) => percent(cpu), sortBy: ({ cpu }) => cpu ?? 0, isNumber: true },
  { name: 'Memory', cell: ({ memory }) => size(memory), sortBy: ({ memory }) => memory, isNumber: true },
  { name: 'Runs for', cell: ({ ageMs }) => span(ageMs), sortBy: ({ ageMs }) => ageMs, isNumber: true, isExtra: true },
]

function EndDialog({
  row,
  kind,
  tools,
  onClose,
}: {
  row: Row
  kind: 'TERM' | 'KILL'
  tools: Tools
  onClose: () => void
}): ReactNode {
  const tell = useTell()
  return (
    <FormDialog
      title={kind === 'TERM' ? `Ask ${row.name} to end?` : `End ${row.name} at once?`}
      verb={kind === 'TERM' ? 'Ask to end' : 'End at once'}
      isDanger
      onClose={onClose}
      onSubmit={async () => {
        await endProcess(tools.act, row, kind)
        tell.done(kind === 'TERM' ? `${row.name} was asked to end` : `${row.name} was ended`)
      }}
    >
      <p>
        {kind === 'TERM'
          ? 'It gets SIGTERM: most programs put away what they have and end. Some go on.'
          : 'It gets SIGKILL: it has no time to put anything away. What it has not written to its files is lost.'}
      </p>
      <p className="quiet mono process-asked">
        {row.pid} · {row.command || row.name}
      </p>
    </FormDialog>
  )
}

/** The platform's own part of a sandbox; without it nothing here would work. */
function isOurs({ pid, parent, command }: ProcessSample): boolean {
  return pid === 1 || (parent === 1 && command.startsWith('/opt/sandyard/'))
}

function cpuOf({ pid, start, cpuMs }: ProcessSample, { atMs }: Reading, before: Reading | undefined): number | null {
  const past = before?.processes.find((one) => one.pid === pid && one.start === start)
  if (before === undefined || past === undefined || atMs <= before.atMs) return null
  return Math.max(0, ((cpuMs - past.cpuMs) / (atMs - before.atMs)) * 100)
}

function percent(cpu: number | null): string {
  return cpu === null ? '–' : `${cpu.toFixed(cpu < 9.95 ? 1 : 0)} %`
}
