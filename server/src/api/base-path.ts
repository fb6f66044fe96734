/** Where all calls live. */
export const basePath = '/api'
