import type { ReactNode } from 'react'
import { CheckField } from '../design/fields.tsx'
import { Loaded } from '../design/page.tsx'
import { type Access, useRoles } from './people.ts'
import { inLines } from './rights.ts'

/** Owner, or member with these roles. */
export function AccessFields({ value, onChange }: { value: Access; onChange: (value: Access) => void }): ReactNode {
  const query = useRoles()
  const toggle = (id: string, isOn: boolean): void => {
    const others = value.assignedRoleIds.filter((one) => one !== id)
    onChange({ ...value, assignedRoleIds: isOn ? [...others, id] : others })
  }
  return (
    <>
      <div className="choices" role="radiogroup" aria-label="Access">
        <CheckField
          type="radio"
          name="role"
          label="Member"
          hint="Sees and uses sandboxes; may besides what the roles below give"
          checked={value.role === 'member'}
          onChange={() => onChange({ ...value, role: 'member' })}
        />
        <CheckField
          type="radio"
          name="role"
          label="Owner"
          hint="May do everything in the organization, also with members and their keys"
          checked={value.role === 'owner'}
          onChange={() => onChange({ ...value, role: 'owner' })}
        />
      </div>
      {value.role === 'member' && (
        <Loaded query={query} what="The roles could not be read">
          {(roles) => (
            <fieldset className="role-list">
              <legend>Roles</legend>
              {roles.map(({ id, name, description, permissions }) => (
                <CheckField
                  key={id}
                  label={name}
                  hint={<span title={inLines(permissions)}>{description}</span>}
                  checked={value.assignedRoleIds.includes(id)}
                  onChange={(event) => toggle(id, event.target.checked)}
                />
              ))}
            </fieldset>
          )}
        </Loaded>
      )}
    </>
  )
}
