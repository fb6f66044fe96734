import { DaytonaNotFoundError } from '@sandyard/sdk'
import { ChevronLeft, ExternalLink, Link2, RotateCw, Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { ActionMenu } from '../design/action-menu.tsx'
import { Card, Cards } from '../design/cards.tsx'
import { Facts } from '../design/facts.tsx'
import { Gone, Note } from '../design/notes.tsx'
import { Loaded } from '../design/page.tsx'
import { ago, moment } from '../design/times.ts'
import { useTell } from '../design/toasts.tsx'
import { useCopy } from '../design/use-copy.ts'
import { useNow } from '../design/use-now.ts'
import { useMay } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'
import { isBusy, type Preview, useHealth, usePreview, usePreviewCalls } from './calls.ts'
import { OutLink, PreviewState, PullRequest } from './parts.tsx'
import { DeletePreview } from './preview-dialogs.tsx'
import { Steps } from './steps.tsx'
import { previewName, webLink } from './words.ts'

/** how long a link to a private preview is good, s */
const linkSeconds = 3600

/** One preview: where it is seen, and the steps of its last run. */
export function PreviewPage({ id }: { id: string }): ReactNode {
  const query = usePreview(id)
  if (query.error instanceof DaytonaNotFoundError) return <Gone what="preview" all="/previews" />
  return (
    <div className="page">
      <Loaded query={query} what="The preview could not be read">
        {(preview) => <Shown preview={preview} />}
      </Loaded>
    </div>
  )
}

function Shown({ preview }: { preview: Preview }): ReactNode {
  const { error, status, notes, url } = preview
  return (
    <>
      <title>{`${previewName(preview)} · Sandyard`}</title>
      <Head preview={preview} />
      <Cards label="Preview">
        {status === 'failed' && (
          <Note kind="bad">
            {error}
            {url !== null && ' What served before may still serve.'}
          </Note>
        )}
        {notes.map((note) => (
          <Note key={note}>{note}</Note>
        ))}
        <Card title={isBusy(preview) ? 'The run that goes on' : 'The last run'}>
          <Steps preview={preview} />
        </Card>
        <About preview={preview} />
      </Cards>
    </>
  )
}

function Head({ preview }: { preview: Preview }): ReactNode {
  const may = useMay()
  const calls = usePreviewCalls()
  const tell = useTell()
  const [, go] = useLocation()
  const [isDeleting, setDeleting] = useState(false)
  const copyLink = useCopyLink(preview)
  const href = webLink(preview.url)
  const restart = (): void =>
    void calls.restart(preview.id).then(
      () => tell.done('It is built anew'),
      (error: unknown) => tell.failed('It could not be built anew', error),
    )
  return (
    <div className="page-head">
      <Link className="icon-button" href="/previews" aria-label="Back to all previews">
        <ChevronLeft />
      </Link>
      <h1 className="cut preview-title" title={previewName(preview)}>
        {previewName(preview)}
      </h1>
      <PreviewState preview={preview} />
      <div className="actions">
        {may('write:sandboxes') && (
          <button
            type="button"
            className="button"
            disabled={preview.status === 'deleting'}
            title="In a fresh sandbox; the old one serves until then"
            onClick={restart}
          >
            <RotateCw aria-hidden /> Build anew
          </button>
        )}
        {href !== undefined && preview.status !== 'deleting' && (
          <a
            className="button"
            data-kind={preview.status === 'ready' ? 'primary' : undefined}
            href={href}
            target="_blank"
            rel="noreferrer"
          >
            <ExternalLink aria-hidden /> Open
          </a>
        )}
        <ActionMenu
          of={previewName(preview)}
          actions={[
            { name: 'Copy a link for an hour', icon: Link2, isOff: preview.sandboxId === null, run: copyLink },
            ...(may('delete:sandboxes')
              ? [{ name: 'Delete…', icon: Trash2, isDanger: true, run: () => setDeleting(true) }]
              : []),
          ]}
        />
      </div>
      {isDeleting && (
        <DeletePreview preview={preview} onDeleted={() => go('/previews')} onClose={() => setDeleting(false)} />
      )}
    </div>
  )
}

/** A link that opens a private preview without a sign-in, for a while. */
function useCopyLink({ sandboxId, port }: Preview): () => void {
  const { daytona } = usePlatform()
  const copy = useCopy()
  const tell = useTell()
  return () => {
    if (sandboxId === null || port === null) return tell.failed('There is no link yet', 'Nothing serves')
    void daytona
      .get(sandboxId)
      .then((sandbox) => sandbox.getSignedPreviewUrl(port, linkSeconds))
      .then(
        ({ url }) => copy(url, 'A link that is good for an hour'),
        (error: unknown) => tell.failed('No link could be made', error),
      )
  }
}

function About({ preview }: { preview: Preview }): ReactNode {
  const { repository, pullRequest, commit, framework, packageManager, sandboxId, port, url, createdAt, updatedAt } =
    preview
  const now = useNow(15_000)
  const { data: health } = useHealth(preview)
  const made = [framework, packageManager].filter((one) => one !== null).join(', ')
  return (
    <Card title="About it">
      <Facts
        rows={[
          [
            'URL',
            url === null ? (
              'none yet'
            ) : (
              <OutLink key="url" url={url}>
                {url}
              </OutLink>
            ),
          ],
          ['Alive', health === undefined ? undefined : healthText(health)],
          [
            'Repository',
            <OutLink key="repository" url={repository}>
              {repository}
            </OutLink>,
          ],
          ['Pull request', pullRequest === null ? undefined : <PullRequest key="pull" of={pullRequest} />],
          ['Of a fork', pullRequest?.isFork === true ? 'yes: without secrets and token' : undefined],
          ['Commit', commit === null ? 'not known yet' : <code key="commit">{commit}</code>],
          ['Made with', made === '' ? undefined : made],
          [
            'Sandbox',
            sandboxId === null ? undefined : (
              <Link key="sandbox" href={`/sandboxes/${sandboxId}`}>
                {sandboxId}
              </Link>
            ),
          ],
          ['Port', port ?? undefined],
          [
            'Created',
            <span key="created" title={moment(createdAt)}>
              {ago(createdAt, now)}
            </span>,
          ],
          [
            'Changed',
            <span key="updated" title={moment(updatedAt)}>
              {ago(updatedAt, now)}
            </span>,
          ],
        ]}
      />
    </Card>
  )
}

function healthText({ isAlive, sandboxState }: { isAlive: boolean; sandboxState: string | null }): string {
  if (!isAlive) return sandboxState === null ? 'no: its sandbox is gone' : `no: nothing answers (${sandboxState})`
  return sandboxState === 'started' ? 'yes' : `yes: it rests (${sandboxState ?? ''}), and the next request wakes it`
}
