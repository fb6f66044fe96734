import { type ComponentType, type FunctionComponent, type ReactNode, useEffect, useState } from 'react'

/** A part of the page whose file is loaded when it is first shown, or before. */
export interface Later<Props> extends FunctionComponent<Props> {
  /** Loads the file. What could not be loaded is asked for again the next time. */
  load(): Promise<void>
}

/**
 * Makes such a part; it throws what the file could not be loaded for. `React.lazy` would do, but what it shows comes
 * 0.3 s late: React keeps what stands in its place for so long, also when the file was there after ten milliseconds.
 */
export function later<Props extends object>(
  read: () => Promise<ComponentType<Props>>,
  whileLoading: ReactNode = null,
): Later<Props> {
  let Part: ComponentType<Props> | null = null
  let reading: Promise<void> | null = null
  const load = (): Promise<void> => {
    reading ??= read().then(
      (part) => {
        Part = part
      },
      (error: unknown) => {
        reading = null
        throw error
      },
    )
    return reading
  }
  // biome-ignore lint/correctness/noComponentHookFactories: files call this once, when they are loaded
  function Shown(props: Props): ReactNode {
    const [, setLoaded] = useState(Part !== null)
    const [fault, setFault] = useState<{ readonly error: unknown } | null>(null)
    useEffect(() => {
      let isShown = true
      load().then(
        () => isShown && setLoaded(true),
        (error: unknown) => isShown && setFault({ error }),
      )
      return () => {
        isShown = false
      }
    }, [])
    if (fault !== null) throw fault.error
    return Part === null ? whileLoading : <Part {...props} />
  }
  return Object.assign(Shown, { load })
}
