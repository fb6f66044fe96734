import { type RefObject, useCallback, useEffect, useRef, useState } from 'react'

/** A box that stays at the end of what grows in it, unless somebody has scrolled away from there. */
export interface AtEnd<Box extends HTMLElement> {
  /** for what scrolls */
  readonly box: RefObject<Box | null>
  /** for the one child of it that grows */
  readonly content: RefObject<HTMLDivElement | null>
  /** true when somebody has scrolled away */
  readonly isAway: boolean
  toEnd(): void
}

/** nearer than this it is the end, px */
const nearPx = 24

/** Keeps a box at its end. */
export function useAtEnd<Box extends HTMLElement = HTMLDivElement>(): AtEnd<Box> {
  const box = useRef<Box>(null)
  const content = useRef<HTMLDivElement>(null)
  const isFollowing = useRef(true)
  const [isAway, setAway] = useState(false)
  const toEnd = useCallback(() => {
    isFollowing.current = true
    setAway(false)
    box.current?.scrollTo({ top: box.current.scrollHeight })
  }, [])
  useEffect(() => {
    const { current: place } = box
    if (place === null || content.current === null) return
    let lastTop = place.scrollTop
    const onScroll = (): void => {
      const { scrollTop, scrollHeight, clientHeight } = place
      const isAtEnd = scrollHeight - scrollTop - clientHeight < nearPx
      // What grows leaves the end behind as well; only a person goes up.
      if (isAtEnd) isFollowing.current = true
      else if (scrollTop < lastTop) isFollowing.current = false
      lastTop = scrollTop
      setAway(!isFollowing.current)
    }
    const growing = new ResizeObserver(() => {
      if (isFollowing.current) place.scrollTo({ top: place.scrollHeight })
    })
    growing.observe(content.current)
    growing.observe(place)
    place.addEventListener('scroll', onScroll)
    return () => {
      growing.disconnect()
      place.removeEventListener('scroll', onScroll)
    }
  }, [])
  return { box, content, isAway, toEnd }
}
