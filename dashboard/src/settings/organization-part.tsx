import { Copy, Plus } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useLocation, useSearch } from 'wouter'
import { LeaveDialog } from '../account/leave-dialog.tsx'
import { Card, Cards } from '../design/cards.tsx'
import { Facts } from '../design/facts.tsx'
import { IconButton } from '../design/icon-button.tsx'
import { useKeys } from '../design/keys.ts'
import { Note } from '../design/notes.tsx'
import { moment } from '../design/times.ts'
import { useCopy } from '../design/use-copy.ts'
import { useNameOf } from '../members/people.ts'
import { useIsAdmin, useMay } from '../platform/permissions.ts'
import { usePlatform } from '../platform/platform.tsx'
import { CreateOrganizationDialog } from './create-organization-dialog.tsx'
import { DeleteOrganizationDialog } from './delete-organization-dialog.tsx'
import { usePreviewWarning } from './organization-actions.ts'
import { SettingsFrame } from './settings-frame.tsx'

/** The organization that is worked in. */
export function OrganizationPart(): ReactNode {
  const { organization } = usePlatform()
  const [, go] = useLocation()
  const isCreating = new URLSearchParams(useSearch()).has('create')
  const create = (): void => go('/settings?create')
  useKeys({ c: create })
  return (
    <SettingsFrame
      current="/settings"
      actions={
        <button type="button" className="button" onClick={create}>
          <Plus aria-hidden /> New organization
        </button>
      }
    >
      <Cards label="Settings of the organization">
        {organization.suspended && (
          <Note kind="bad">
            The organization is suspended: {organization.suspensionReason}.{' '}
            {organization.suspendedUntil === null
              ? 'An administrator of the platform can open it again.'
              : `It opens again on ${moment(organization.suspendedUntil)}.`}
          </Note>
        )}
        <GeneralCard />
        <PreviewCard />
        <EndCard />
      </Cards>
      {isCreating && <CreateOrganizationDialog onClose={() => go('/settings', { replace: true })} />}
    </SettingsFrame>
  )
}

function GeneralCard(): ReactNode {
  const { organization } = usePlatform()
  const copy = useCopy()
  const nameOf = useNameOf()
  const { id, name, personal, createdAt, createdBy, defaultRegionId } = organization
  return (
    <Card title="Organization">
      <Facts
        rows={[
          ['Name', name],
          [
            'Id',
            <span key="id" className="with-button">
              <code>{id}</code>
              <IconButton label="Copy the id" onClick={() => copy(id, 'The id')}>
                <Copy />
              </IconButton>
            </span>,
          ],
          ['Kind', personal ? 'personal: yours alone, nobody can be invited' : 'shared: members can be invited'],
          ['Created', `${moment(createdAt)}, by ${nameOf(createdBy)}`],
          ['Default region', String(defaultRegionId ?? 'none yet')],
        ]}
      />
    </Card>
  )
}

function PreviewCard(): ReactNode {
  const { organization } = usePlatform()
  const isAdmin = useIsAdmin()
  const choose = usePreviewWarning()
  const isOn = organization.previewWarningEnabled === true
  return (
    <Card
      title="Warning before previews"
      description="The first time, a browser is told that what follows was not made by this platform. It keeps people from being deceived by strangers' pages."
      actions={
        isAdmin && (
          <button type="button" className="button" onClick={() => void choose(organization, !isOn)}>
            {isOn ? 'Switch off' : 'Switch on'}
          </button>
        )
      }
    >
      <p>
        <span className="state" data-tone={isOn ? 'good' : 'rest'}>
          {isOn ? 'on' : 'off'}
        </span>{' '}
        {!isAdmin && <span className="quiet small">An administrator of the platform can change it.</span>}
      </p>
    </Card>
  )
}

/** Leaving and deleting. */
function EndCard(): ReactNode {
  const { organization } = usePlatform()
  const isOwner = useMay()('owner')
  const [open, setOpen] = useState<'leave' | 'delete' | null>(null)
  if (organization.personal) return null
  return (
    <Card
      title={isOwner ? 'Leave or delete' : 'Leave'}
      kind="danger"
      description={
        isOwner
          ? 'The last owner cannot leave. Only an empty organization can be deleted.'
          : 'You can come back by an invitation of an owner.'
      }
      actions={
        <>
          <button type="button" className="button" onClick={() => setOpen('leave')}>
            Leave…
          </button>
          {isOwner && (
            <button type="button" className="button" data-kind="danger" onClick={() => setOpen('delete')}>
              Delete…
            </button>
          )}
        </>
      }
    >
      {open === 'leave' && <LeaveDialog organization={organization} onClose={() => setOpen(null)} />}
      {open === 'delete' && <DeleteOrganizationDialog onClose={() => setOpen(null)} />}
    </Card>
  )
}
