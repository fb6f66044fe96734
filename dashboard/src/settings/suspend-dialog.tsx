import type { ReactNode } from 'react'
import { TextField } from '../design/fields.tsx'
import { FormDialog, numberOf, textOf } from '../design/form-dialog.tsx'
import { useTell } from '../design/toasts.tsx'
import type { Organization } from '../platform/organizations.ts'
import { usePlatform } from '../platform/platform.tsx'
import { useReadOrganizations, useUnsuspend } from './organization-actions.ts'

/** Asks why an organization is suspended, and for how long. */
export function SuspendDialog({
  organization,
  onClose,
}: {
  organization: Organization
  onClose: () => void
}): ReactNode {
  const { daytona } = usePlatform()
  const readOrganizations = useReadOrganizations()
  const unsuspend = useUnsuspend()
  const tell = useTell()
  const { id, name } = organization

  async function suspend(form: FormData): Promise<void> {
    const until = textOf(form, 'until')
    const body = {
      reason: textOf(form, 'reason') ?? '',
      suspensionCleanupGracePeriodHours: numberOf(form, 'grace') ?? 24,
      ...(until === undefined ? {} : { until: new Date(until).toISOString() }),
    }
    await daytona.client.call('suspendOrganization', { params: { organizationId: id }, body })
    tell.done(`${name} is suspended`, () => void unsuspend(organization))
    await readOrganizations()
  }

  return (
    <FormDialog title={`Suspend ${name}?`} verb="Suspend" isDanger onSubmit={suspend} onClose={onClose}>
      <p>
        Its members, keys, previews and SSH are refused at once, with the reason. Its sandboxes are stopped after the
        time of grace; what they hold stays, and everything is back when it is opened again.
      </p>
      <TextField label="Reason, which its members read" name="reason" maxLength={500} required />
      <TextField label="Hours until its sandboxes are stopped" name="grace" type="number" min={0} defaultValue={24} />
      <TextField label="Until" name="until" type="datetime-local" hint="Left empty: until an administrator opens it." />
    </FormDialog>
  )
}
