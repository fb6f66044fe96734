import type { ServerResponse } from 'node:http'
import type { Dashboard } from './dashboard/dashboard.ts'

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Sandyard</title>
<style>
  :root { color-scheme: light dark; font: 1rem/1.6 system-ui, sans-serif }
  body { max-width: 34rem; margin: 18vh auto; padding: 0 1rem }
  code { font-size: 0.95em }
</style>
<h1>Sandyard is running</h1>
<p>Clients reach its API at <code>/api</code>, with the key that <code>npm start</code> printed:
set <code>DAYTONA_API_URL</code> to this address with <code>/api</code> behind it, and <code>DAYTONA_API_KEY</code> to the key.</p>
<p><a href="/api">What the API takes and answers</a> (<a href="/api-json">as OpenAPI</a>).
The <a href="/dashboard">dashboard</a> is not built yet.</p>
</html>
`

/** Answers a person who opens the platform's address in a browser: the dashboard, where it is built. */
export async function answerFrontPage(response: ServerResponse, dashboard: Pick<Dashboard, 'isBuilt'>): Promise<void> {
  if (await dashboard.isBuilt()) {
    // A token in the fragment, with which a sign-in by OIDC ends here, goes along.
    response.writeHead(302, { location: '/dashboard/', 'cache-control': 'no-store' }).end()
    return
  }
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  })
  response.end(page)
}
