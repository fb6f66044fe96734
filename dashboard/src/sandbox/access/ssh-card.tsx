import type { AnswerOf, ApiOperations } from '@sandyard/sdk'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Card } from '../../design/cards.tsx'
import { CodeChoice } from '../../design/code.tsx'
import { CopyField } from '../../design/copy-field.tsx'
import { SelectField } from '../../design/fields.tsx'
import { FormDialog, numberOf } from '../../design/form-dialog.tsx'
import { Done, Modal } from '../../design/modal.tsx'
import { Note } from '../../design/notes.tsx'
import { minutesText, moment, span } from '../../design/times.ts'
import { useTell } from '../../design/toasts.tsx'
import { useNow } from '../../design/use-now.ts'
import { useMay, useMembers } from '../../platform/permissions.ts'
import { usePlatform } from '../../platform/platform.tsx'
import type { SandboxDetail } from '../../sandboxes/live.ts'

type SshAccess = AnswerOf<ApiOperations['createSshAccess']>

/** lifetimes to choose from, minutes */
const lifetimes = [15, 60, 8 * 60, 24 * 60, 7 * 24 * 60, 30 * 24 * 60] as const
const refetchMs = 20_000

/** Tokens for SSH of a sandbox: made, listed and ended. */
export function SshCard({ sandbox }: { sandbox: SandboxDetail }): ReactNode {
  const { daytona, organization } = usePlatform()
  const may = useMay()('write:sandboxes')
  const queries = useQueryClient()
  const tell = useTell()
  const [open, setOpen] = useState<'create' | 'revoke' | SshAccess | null>(null)
  const params = { sandboxIdOrName: sandbox.id }
  const queryKey = ['ssh-accesses', organization.id, sandbox.id]
  const { data, error } = useQuery({
    queryKey,
    queryFn: ({ signal }) => daytona.client.call('listSshAccesses', { params }, { signal }),
    refetchInterval: refetchMs,
  })
  const read = (): Promise<void> => queries.invalidateQueries({ queryKey })

  async function create(form: FormData): Promise<void> {
    const expiresInMinutes = numberOf(form, 'minutes') ?? 60
    const access = await daytona.client.call('createSshAccess', { params, query: { expiresInMinutes } })
    void read()
    setOpen(access)
  }

  async function revoke(id?: string): Promise<void> {
    await daytona.client.call('revokeSshAccess', { params, query: id === undefined ? {} : { id } })
    await read()
    tell.done(id === undefined ? 'All SSH access has ended' : 'That SSH access has ended')
  }

  return (
    <Card
      title="SSH"
      description="For your terminal and your editor, for a while. No key, no password: the token is the user name."
      actions={
        may && (
          <>
            {(data?.length ?? 0) > 1 && (
              <button type="button" className="button" onClick={() => setOpen('revoke')}>
                End all…
              </button>
            )}
            <button type="button" className="button" data-kind="primary" onClick={() => setOpen('create')}>
              <KeyRound aria-hidden /> Create access
            </button>
          </>
        )
      }
    >
      {error !== null && data === undefined && <Note kind="bad">What is open could not be read: {error.message}</Note>}
      {data?.length === 0 && <p className="quiet">Nobody has access by SSH now.</p>}
      {data !== undefined && data.length > 0 && (
        <AccessList
          accesses={data}
          onEnd={may ? (id) => void revoke(id).catch((failure) => tell.failed('Could not end it', failure)) : undefined}
        />
      )}
      {open === 'create' && (
        <FormDialog
          title="Create SSH access"
          description={
            sandbox.state === 'started' ? undefined : 'The sandbox must run when somebody connects; now it does not.'
          }
          verb="Create"
          isOpenAfter
          onSubmit={create}
          onClose={() => setOpen(null)}
        >
          <SelectField label="Good for" name="minutes" defaultValue="60">
            {lifetimes.map((minutes) => (
              <option key={minutes} value={minutes}>
                {minutesText(minutes)}
              </option>
            ))}
          </SelectField>
        </FormDialog>
      )}
      {open === 'revoke' && (
        <FormDialog
          title="End all SSH access?"
          verb="End all"
          isDanger
          onSubmit={() => revoke()}
          onClose={() => setOpen(null)}
        >
          <p>All tokens of this sandbox end, and the connections that are open by them break off.</p>
        </FormDialog>
      )}
      {open !== null && typeof open === 'object' && (
        <Ready access={open} name={sandbox.name} onClose={() => setOpen(null)} />
      )}
    </Card>
  )
}

function AccessList({
  accesses,
  onEnd,
}: {
  accesses: AnswerOf<ApiOperations['listSshAccesses']>
  onEnd: ((id: string) => void) | undefined
}): ReactNode {
  const now = useNow(10_000)
  const members = useMembers().data
  const nameOf = (userId: string | null): string => members?.find((one) => one.userId === userId)?.name || 'somebody'
  return (
    <ul className="access-list">
      {accesses.map(({ id, expiresAt, createdAt, userId }) => (
        <li key={id}>
          <div className="stack">
            <span>Created by {nameOf(userId)}</span>
            <span className="quiet small">{moment(createdAt)}</span>
          </div>
          <span className="quiet numbers nowrap" title={moment(expiresAt)}>
            ends in {span(Date.parse(expiresAt) - now)}
          </span>
          {onEnd !== undefined && (
            <button type="button" className="button" onClick={() => onEnd(id)}>
              End
            </button>
          )}
        </li>
      ))}
    </ul>
  )
}

/** The command, and what editors want to know; the token is shown this once. */
function Ready({ access, name, onClose }: { access: SshAccess; name: string; onClose: () => void }): ReactNode {
  const { sshCommand, token, expiresAt } = access
  const [, port = '22', host = ''] = /^ssh (?:-p (\d+) )?\S+@(\S+)$/.exec(sshCommand) ?? []
  const alias = name.replaceAll(/[^A-Za-z0-9._-]/g, '-')
  const samples = [
    {
      name: 'VS Code, Cursor',
      text: `# add to ~/.ssh/config,\n# then Remote-SSH: Connect to Host… ${alias}\nHost ${alias}\n  HostName ${host}\n  Port ${port}\n  User ${token}`,
    },
    {
      name: 'JetBrains',
      text: `# Gateway: New connection (SSH)\nUsername: ${token}\nHost:     ${host}\nPort:     ${port}\n# Authentication: none is asked for`,
    },
    { name: 'Files', text: `scp -P ${port} -r ./folder ${token}@${host}:` },
  ]
  return (
    <Modal
      title="SSH access is there"
      description={`Good until ${moment(expiresAt)}. It is shown this once: whoever has it comes in.`}
      isKept
      onClose={onClose}
    >
      <CopyField label="The command" value={sshCommand} />
      <CodeChoice label="Other programs" samples={samples} />
      <Done onClose={onClose} />
    </Modal>
  )
}
