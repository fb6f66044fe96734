import type { ServerResponse } from 'node:http'

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
<p><a href="/api">What the API takes and answers</a> (<a href="/api-json">as OpenAPI</a>). There is no dashboard yet.</p>
</html>
`

/** Answers a person who opens the platform's address in a browser. */
export function answerFrontPage(response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  })
  response.end(page)
}
