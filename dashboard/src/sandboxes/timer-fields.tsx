import type { ReactNode } from 'react'
import { SelectField } from '../design/fields.tsx'
import { IntervalField } from '../design/interval-field.tsx'
import type { SandboxItem } from './live.ts'

const hour = 60
const day = 24 * hour

/** The times of a sandbox as a form: `idle` and `idle-action`, `archive`, `delete`, `ttl`, `wake`. */
export function TimerFields({ sandbox }: { sandbox?: SandboxItem }): ReactNode {
  const isNew = sandbox === undefined
  const pauses = sandbox !== undefined && sandbox.autoPauseInterval > 0
  return (
    <>
      <div className="timer-pair">
        <SelectField
          label="When it is not used, it"
          name="idle-action"
          defaultValue={pauses ? 'pause' : 'stop'}
          hint="Paused, it keeps its memory and its programs; stopped, only its files."
        >
          <option value="stop">stops</option>
          <option value="pause">is paused</option>
        </SelectField>
        <IntervalField
          label="after"
          name="idle"
          {...(isNew
            ? { usual: '15 min, as usual' }
            : { value: pauses ? sandbox.autoPauseInterval : sandbox.autoStopInterval })}
          words={{ 0: 'never' }}
          choices={[0, 5, 15, 30, hour, 4 * hour, 12 * hour, day, 7 * day]}
        />
      </div>
      <IntervalField
        label="Once stopped, its disk is packed away (archived) after"
        name="archive"
        hint="Packed, it takes less room; its start takes longer. Counted from its last use."
        {...(isNew ? { usual: '7 d, as usual' } : { value: sandbox.autoArchiveInterval })}
        choices={[hour, day, 7 * day, 30 * day]}
      />
      <IntervalField
        label="Once stopped, it is deleted"
        name="delete"
        hint="With all files on its disk. Counted from its last use."
        {...(isNew ? { usual: 'never, as usual' } : { value: sandbox.autoDeleteInterval })}
        words={{ [-1]: 'never', 0: 'at once (ephemeral)' }}
        choices={isNew ? [0, hour, day, 7 * day, 30 * day] : [-1, 0, hour, day, 7 * day, 30 * day]}
      />
      <IntervalField
        label="Whatever happens, it is deleted"
        name="ttl"
        hint="Also while it is in use. Counted from now."
        {...(isNew
          ? { usual: 'never, as usual' }
          : sandbox.autoDestroyAt === undefined
            ? { usual: 'never' }
            : { usual: 'when it was to be', words: { 0: 'never' } })}
        choices={
          sandbox?.autoDestroyAt === undefined
            ? [hour, 4 * hour, day, 7 * day, 30 * day]
            : [0, hour, 4 * hour, day, 7 * day, 30 * day]
        }
      />
      <SelectField
        label="A visit to a preview starts it"
        name="wake"
        defaultValue={isNew || sandbox.autoWake === undefined ? '' : String(sandbox.autoWake)}
      >
        <option value="">when it rests because nobody used it</option>
        <option value="true">always</option>
        <option value="false">never</option>
      </SelectField>
    </>
  )
}
