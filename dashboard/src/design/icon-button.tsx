import { Button } from '@base-ui/react/button'
import type { ComponentProps, ReactNode } from 'react'

/** A button that shows an icon; its name is told to screen readers and as a hint. */
export function IconButton({
  label,
  children,
  ...rest
}: Omit<ComponentProps<typeof Button>, 'children'> & { label: string; children: ReactNode }): ReactNode {
  return (
    <Button className="icon-button" aria-label={label} title={label} {...rest}>
      {children}
    </Button>
  )
}
