/// <reference types="vite/client" />

interface ImportMetaEnv {
  /** Where the API lives; empty for the page's own origin. */
  readonly VITE_API_ORIGIN: string
  readonly VITE_APP_TITLE: string
}

interface ImportMeta {
  readonly env: ImportMetaEnv
}
