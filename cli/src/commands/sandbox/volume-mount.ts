import { usageError } from '../../exit-codes.ts'

/** A volume of `ID:PATH[:FOLDER]`, the id being an id or a name. */
export function parseVolume(text: string): { volumeId: string; mountPath: string; subpath?: string } {
  const [, volumeId, mountPath, subpath] = /^([^:]+):(\/[^:]*)(?::(.+))?$/.exec(text) ?? []
  if (volumeId === undefined || mountPath === undefined)
    throw usageError(`--volume is written ID:PATH or ID:PATH:FOLDER with a PATH from /, not ${text}`)
  return { volumeId, mountPath, ...(subpath === undefined ? {} : { subpath }) }
}
