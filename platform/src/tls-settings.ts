import { setting } from './setting.ts'
import * as read from './setting-types.ts'

/** Settings of certificates and the ports that need them. */
export const tlsSettings = {
  'tls-cert': setting({
    type: 'list of files',
    read: read.files,
    fallback: [],
    doc: 'PEM files of certificates, each with the chain behind it: `port` speaks TLS then. Each is used for the names in it, the first one for all others. New files are noticed. Plain HTTP is left to this machine and to `trusted-proxies`.',
  }),
  'tls-key': setting({
    type: 'list of files',
    read: read.files,
    fallback: [],
    doc: 'PEM files of the keys of these certificates, in the same order.',
  }),
  'acme-email': setting({
    type: 'email address',
    read: read.email,
    fallback: null,
    doc: 'Gets certificates by ACME, for the host of `public-url` and for active domains of users: `port` speaks TLS then. The authority writes to this address, and its terms are agreed to. It must reach `port` at 443, or `http-port` at 80.',
  }),
  'acme-directory': setting({
    type: 'URL',
    read: read.url,
    fallback: 'https://acme-v02.api.letsencrypt.org/directory',
    doc: 'Directory of the certificate authority.',
  }),
  'acme-previews': setting({
    type: 'true or false',
    read: read.truth,
    fallback: false,
    doc: 'The name of a preview under `preview-domain` gets a certificate of its own when it is first opened: at most 40 in a week, and each name is published in certificate logs. With many previews, give `tls-cert` a wildcard certificate.',
  }),
  'acme-key-id': setting({
    type: 'text',
    read: read.text,
    fallback: null,
    doc: 'Id of an account that the authority has made elsewhere, for those that ask for it (external account binding).',
  }),
  'acme-key': setting({
    type: 'text',
    read: read.text,
    fallback: null,
    secret: true,
    doc: 'Key of that account, base64url.',
  }),
  'http-port': setting({
    type: 'port or off',
    read: read.portOrOff,
    fallback: null,
    shown: 'off',
    doc: 'Port that answers the certificate authority by plain HTTP and sends everybody else to HTTPS: 80, where the authority must find it.',
  }),
} as const
