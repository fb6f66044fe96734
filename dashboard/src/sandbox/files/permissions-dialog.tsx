import { type ReactNode, useState } from 'react'
import { TextField } from '../../design/fields.tsx'
import { FormDialog, textOf } from '../../design/form-dialog.tsx'
import { Note } from '../../design/notes.tsx'
import type { Entry } from './folders.ts'
import { shownName } from './paths.ts'
import type { FileActions } from './use-file-actions.tsx'

const who = ['Owner', 'Group', 'Others'] as const
const rights = ['read', 'write', 'run'] as const

/** Who may read, write and run a file, and whose it is. */
export function PermissionsDialog({
  entry,
  actions,
  onClose,
}: {
  entry: Entry
  actions: FileActions
  onClose: () => void
}): ReactNode {
  const [mode, setMode] = useState(entry.permissions)
  const bits = Number.parseInt(mode, 8) || 0
  const isSpecial = /^[a-zA-Z-]*[ugt]/.test(entry.mode.slice(0, -9))
  return (
    <FormDialog
      title={`Permissions of ${shownName(entry.name)}`}
      verb="Save"
      onClose={onClose}
      onSubmit={(form) =>
        actions.setPermissions(entry.path, {
          mode,
          owner: textOf(form, 'owner') ?? entry.owner,
          group: textOf(form, 'group') ?? entry.group,
        })
      }
    >
      <table className="rights">
        <thead>
          <tr>
            <td />
            {rights.map((right) => (
              <th key={right} scope="col">
                {right === 'run' && entry.isDir ? 'enter' : right}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {who.map((one, row) => (
            <tr key={one}>
              <th scope="row">{one}</th>
              {rights.map((right, column) => {
                const bit = 0o400 >> (row * 3 + column)
                return (
                  <td key={right}>
                    <input
                      type="checkbox"
                      className="check"
                      aria-label={`${one} may ${right}`}
                      checked={(bits & bit) !== 0}
                      onChange={() => setMode((bits ^ bit).toString(8).padStart(4, '0'))}
                    />
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <div className="three-fields">
        <TextField
          label="Mode"
          value={mode}
          onChange={(event) => setMode(event.target.value)}
          pattern="[0-7]{1,5}"
          required
          title="Octal, such as 0644"
          className="input mono"
        />
        <TextField label="Owner" name="owner" defaultValue={entry.owner} className="input mono" />
        <TextField label="Group" name="group" defaultValue={entry.group} className="input mono" />
      </div>
      {isSpecial && <Note>It has a special bit ({entry.mode}), which goes when a mode without it is saved.</Note>}
      {entry.linkTarget !== null && (
        <p className="quiet small">A link has none of its own: these are of what it leads to.</p>
      )}
      {entry.isDir && <p className="quiet small">What is in the folder keeps its own.</p>}
    </FormDialog>
  )
}
