import type { ReactNode } from 'react'
import { idlePermissions, type Permission, type PermissionGroup, permissionGroups } from './rights.ts'
import './members.css'

/** Permissions to be ticked, by what they are about; those that `may` refuses cannot be. */
export function PermissionsField({
  value,
  onChange,
  may = () => true,
}: {
  value: readonly Permission[]
  onChange: (value: readonly Permission[]) => void
  may?: (permission: Permission) => boolean
}): ReactNode {
  const toggle = (permission: Permission, isOn: boolean): void =>
    onChange(isOn ? [...value, permission] : value.filter((one) => one !== permission))
  const groups: readonly PermissionGroup[] = permissionGroups
  return (
    <div className="permissions">
      {groups.map(({ name, permissions }) => (
        <fieldset key={name}>
          <legend>{name}</legend>
          {permissions.map((one) => (
            <label key={one.value} title={may(one.value) ? one.value : `${one.value}: you do not have it yourself`}>
              <input
                type="checkbox"
                className="check"
                checked={value.includes(one.value)}
                disabled={!may(one.value)}
                onChange={(event) => toggle(one.value, event.target.checked)}
              />
              <span>{one.words}</span>
            </label>
          ))}
        </fieldset>
      ))}
      <details>
        <summary>Without use here</summary>
        <p className="quiet small">
          Daytona's clients know these. Nothing on this platform asks for them, but only with them all a key can do what
          needs an owner.
        </p>
        {idlePermissions.map((one) => (
          <label key={one}>
            <input
              type="checkbox"
              className="check"
              checked={value.includes(one)}
              disabled={!may(one)}
              onChange={(event) => toggle(one, event.target.checked)}
            />
            <code>{one}</code>
          </label>
        ))}
      </details>
    </div>
  )
}
