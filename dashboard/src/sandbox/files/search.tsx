import type { Sandbox } from '@sandyard/sdk'
import { useQuery } from '@tanstack/react-query'
import { File, TextSearch } from 'lucide-react'
import { type KeyboardEvent, type ReactNode, useEffect, useState } from 'react'
import { Failure } from '../../design/notes.tsx'
import { shownName } from './paths.ts'
import type { FileActions } from './use-file-actions.tsx'

/** ms without a key after which the search begins */
const restMs = 300
/** of each kind that are shown */
const mostShown = 300
/** letters of a line that are shown around what was found */
const around = 160

/** What a text is found in, below a folder: names of files, and lines in them. */
export function SearchResults({
  sandbox,
  root,
  text,
  actions,
}: {
  sandbox: Sandbox
  root: string
  text: string
  actions: FileActions
}): ReactNode {
  const wanted = useRested(text)
  const names = useQuery({
    queryKey: ['files-named', sandbox.id, root, wanted],
    queryFn: async ({ signal }) => {
      const query = { path: root, pattern: globOf(wanted) }
      const { files } = await sandbox.toolbox.call('searchFiles', { query }, { signal, timeoutMs: 0 })
      return files
    },
    ...once,
  })
  const lines = useQuery({
    queryKey: ['files-with', sandbox.id, root, wanted],
    queryFn: ({ signal }) =>
      sandbox.toolbox.call('findInFiles', { query: { path: root, pattern: wanted } }, { signal, timeoutMs: 0 }),
    ...once,
  })
  const below = (path: string): string => shownName(path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path)

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the buttons in it are what takes the keys
    <div className="found" onKeyDown={moveByArrows}>
      <Part title="Names" query={names}>
        {(path) => (
          <button type="button" key={path} title={shownName(path)} onClick={() => actions.open(path)}>
            <File aria-hidden /> <span className="path">{below(path)}</span>
          </button>
        )}
      </Part>
      <Part title="Lines" query={lines}>
        {({ file, line, content }, index) => (
          <button type="button" key={index} title={shownName(file)} onClick={() => actions.open(file, line)}>
            <TextSearch aria-hidden />
            <span>
              <span className="path">
                {below(file)}:{line}
              </span>
              <Excerpt line={content} wanted={wanted} />
            </span>
          </button>
        )}
      </Part>
    </div>
  )
}

const once = { staleTime: 10_000, gcTime: 0, retry: false, refetchOnWindowFocus: false } as const

function Part<One>({
  title,
  query: { data, error, refetch },
  children,
}: {
  title: string
  query: {
    readonly data: readonly One[] | undefined
    readonly error: Error | null
    readonly refetch: () => Promise<unknown>
  }
  children: (one: One, index: number) => ReactNode
}): ReactNode {
  if (error !== null) return <Failure what="The search failed" error={error} onRetry={() => void refetch()} />
  const more = (data?.length ?? 0) - mostShown
  return (
    <section aria-label={title}>
      <h2>
        {title}{' '}
        <span className="quiet numbers" role="status">
          {data === undefined ? 'searching…' : data.length.toLocaleString()}
        </span>
      </h2>
      {data?.slice(0, mostShown).map(children)}
      {more > 0 && <p className="quiet small">{more.toLocaleString()} more: search for a longer text.</p>}
    </section>
  )
}

function Excerpt({ line, wanted }: { line: string; wanted: string }): ReactNode {
  const at = Math.max(0, line.indexOf(wanted))
  const from = at < around / 2 ? 0 : at - around / 4
  const text = (start: number, end: number): string => shownName(line.slice(start, end))
  return (
    <code>
      {from > 0 && '…'}
      {text(from, at).trimStart()}
      <mark>{text(at, at + wanted.length)}</mark>
      {text(at + wanted.length, from + around)}
    </code>
  )
}

/** Names with the text in them, letters in both sizes. */
function globOf(text: string): string {
  const places = [...text].map((char) => {
    const [lower, upper] = [char.toLowerCase(), char.toUpperCase()]
    if (lower !== upper && [...lower].length === 1 && [...upper].length === 1) return `[${lower}${upper}]`
    return /[\w.]/.test(char) ? char : `\\${char}`
  })
  return `*${places.join('')}*`
}

function useRested(text: string): string {
  const [rested, setRested] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), restMs)
    return () => clearTimeout(timer)
  }, [text])
  return rested
}

function moveByArrows(event: KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
  if (step === undefined) return
  const buttons = [...event.currentTarget.querySelectorAll<HTMLElement>('section > button')]
  buttons[buttons.indexOf(document.activeElement as HTMLElement) + step]?.focus()
  event.preventDefault()
}
