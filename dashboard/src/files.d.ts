/** Files that Vite makes part of the build. */
declare module '*.svg' {
  const url: string
  // biome-ignore lint/style/noDefaultExport: Vite gives the address so
  export default url
}
declare module '*.css'
