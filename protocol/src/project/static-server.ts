import { shellWords } from './shell.ts'

/**
 * Serves files of the first folder that is there, for the start command of pages without a server of their own. Hidden
 * files, and those that a link leads out to, answer 404: a repository has more in it than what it wants to show.
 */
const program = `
const load = require
const { createReadStream, existsSync } = load("node:fs")
const { realpath, stat } = load("node:fs/promises")
const { extname, join, sep } = load("node:path")
const [port, fallback, ...folders] = process.argv.slice(1)
const folder = folders.find((name) => existsSync(join(name, "index.html"))) || folders.find((name) => existsSync(name))
if (folder === undefined) { console.error("There is no folder " + folders.join(", ")); process.exit(1) }
const types = { html: "text/html; charset=utf-8", css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8", json: "application/json", map: "application/json", txt: "text/plain; charset=utf-8",
  xml: "application/xml", svg: "image/svg+xml", png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif",
  webp: "image/webp", avif: "image/avif", ico: "image/x-icon", woff: "font/woff", woff2: "font/woff2", ttf: "font/ttf",
  wasm: "application/wasm", pdf: "application/pdf", mp4: "video/mp4", webm: "video/webm", mp3: "audio/mpeg",
  webmanifest: "application/manifest+json" }
async function find(path) {
  try {
    const root = await realpath(folder)
    const real = await realpath(join(root, path))
    if (real !== root && !real.startsWith(root + sep)) return null
    const about = await stat(real)
    return { real, about }
  } catch { return null }
}
async function choose(path) {
  if (path.includes("\\0") || path.split("/").some((name) => name.startsWith(".") && name !== ".well-known")) return null
  const found = await find(path)
  if (found && found.about.isFile()) return found
  const page = await find(path + (found && found.about.isDirectory() ? "/index.html" : ".html"))
  if (page && page.about.isFile()) return Object.assign(page, { bare: found && found.about.isDirectory() && !path.endsWith("/") })
  return null
}
load("node:http").createServer(async (request, response) => {
  if (request.method !== "GET" && request.method !== "HEAD") return response.writeHead(405, { allow: "GET, HEAD" }).end()
  let path = ""
  const [before, query] = request.url.split("?", 2)
  try { path = decodeURIComponent(before) } catch { return response.writeHead(400).end() }
  let found = await choose(path)
  if (found && found.bare) {
    const to = "/" + before.replace(/^\\/+/, "") + "/" + (query === undefined ? "" : "?" + query)
    return response.writeHead(301, { location: to }).end()
  }
  let status = 200
  if (!found && fallback === "app" && extname(path) === "") found = await choose("/index.html")
  if (!found) { status = 404; found = await choose("/404.html") }
  if (!found) return response.writeHead(404, { "content-type": "text/plain" }).end("Not found\\n")
  const tag = "W/\\"" + found.about.size.toString(36) + "-" + Math.round(found.about.mtimeMs).toString(36) + "\\""
  const headers = { etag: tag, "cache-control": "no-cache", "content-type": types[extname(found.real).slice(1).toLowerCase()] || "application/octet-stream" }
  if (status === 200 && request.headers["if-none-match"] === tag) return response.writeHead(304, headers).end()
  response.writeHead(status, Object.assign(headers, { "content-length": found.about.size }))
  if (request.method === "HEAD") return response.end()
  const bytes = createReadStream(found.real, { end: Math.max(found.about.size - 1, 0) })
  bytes.on("error", () => response.destroy())
  response.on("close", () => bytes.destroy())
  if (found.about.size === 0) response.end()
  else bytes.pipe(response)
}).listen(Number(port), "0.0.0.0", () => console.log("Serving " + folder + " on port " + port))
`

/** Folders to serve, and how. */
export interface StaticFolders {
  /** the first of these that has an `index.html` */
  readonly folders: readonly string[]
  /** every path without a file is answered by `index.html`, as single-page applications need it */
  readonly isApp: boolean
  readonly port: number
}

/** A command that serves a folder: by Node, or by Python where there is none, without the fallback then. */
export function serveFolders({ folders, isApp, port }: StaticFolders): string {
  const node = shellWords(['node', '-e', program, String(port), isApp ? 'app' : 'files', ...folders])
  const python = shellWords(['python3', '-m', 'http.server', String(port), '--directory', folders[0] ?? '.'])
  return `if command -v node >/dev/null 2>&1; then exec ${node}; else exec ${python}; fi`
}
