import { useEffect, useState } from 'react'

/** False when the page has been hidden for `graceMs`. */
export function useIsLookedAt(graceMs: number): boolean {
  const [isLookedAt, setLookedAt] = useState(true)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = (): void => {
      clearTimeout(timer)
      if (document.hidden) timer = setTimeout(() => setLookedAt(false), graceMs)
      else setLookedAt(true)
    }
    look()
    document.addEventListener('visibilitychange', look)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', look)
    }
  }, [graceMs])
  return isLookedAt
}
