/** Light, dark, or as the machine is. */
export type Theme = 'light' | 'dark' | 'system'

const themeKey = 'sandyard.theme'

/** The theme that was chosen in this browser. */
export function readTheme(): Theme {
  const stored = localStorage.getItem(themeKey)
  return stored === 'light' || stored === 'dark' ? stored : 'system'
}

/** Shows the page in a theme, and remembers it. */
export function applyTheme(theme: Theme): void {
  if (theme === 'system') {
    localStorage.removeItem(themeKey)
    delete document.documentElement.dataset.theme
  } else {
    localStorage.setItem(themeKey, theme)
    document.documentElement.dataset.theme = theme
  }
  dispatchEvent(new Event('sandyard-theme'))
}

/** Calls back when the page gets lighter or darker, for what is not drawn by CSS. */
export function onThemeChange(listener: () => void): () => void {
  const media = matchMedia('(prefers-color-scheme: dark)')
  media.addEventListener('change', listener)
  addEventListener('sandyard-theme', listener)
  return () => {
    media.removeEventListener('change', listener)
    removeEventListener('sandyard-theme', listener)
  }
}
