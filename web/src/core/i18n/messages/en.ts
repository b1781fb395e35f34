import type { Problem } from '@/core/http/problem'
import iam from '@/modules/iam/locales/en'
import system from '@/modules/system/locales/en'

// Every code that the back end can send: one that is missing here does not compile.
const codes = {
  not_found: 'It is not there, or no longer.',
  method_not_allowed: 'The server does not do that here. Please report it.',
  validation_failed: 'Some values are not accepted. Please check them.',
  internal_error: 'The server made a mistake. It is logged; try again, or report it.',
  not_authenticated: 'Please log in.',
  token_invalid: 'Your log-in is no longer valid. Please log in again.',
  session_revoked: 'Your session was ended. Please log in again.',
  invalid_credentials: 'User name or password is wrong.',
  too_many_attempts: 'Too many attempts. Please wait a little.',
  permission_denied: 'Your account may not do this.',
  conflict: 'Somebody changed this in the meantime. Load it again.',
  service_unavailable: 'The server is busy or being updated. Try again in a moment.',
  link_check_not_run: 'The link check has not run yet.',
  payload_too_large: 'That is too large for the server.',
} satisfies Record<Problem['code'], string>

const messages = {
  app: {
    skipToContent: 'Skip to content',
    loading: 'Loading…',
    retry: 'Try again',
    refresh: 'Refresh',
    copy: 'Copy',
    copied: 'Copied',
    copyFailed: 'The browser refused. Select the text and copy it by hand.',
    unknown: 'unknown',
  },
  layout: {
    menu: 'Main menu',
    openMenu: 'Open the menu',
    closeMenu: 'Close the menu',
    collapse: 'Collapse the menu',
    expand: 'Expand the menu',
    language: 'Language',
    theme: 'Theme',
    userMenu: 'Account',
    logOut: 'Log out',
  },
  theme: { auto: 'As the system', light: 'Light', dark: 'Dark' },
  notFound: {
    title: 'This page does not exist',
    text: 'Nothing answers at {path}. The address may be mistyped, or the page has moved.',
    home: 'Go to the dashboard',
    logIn: 'Log in and try again',
    hint: 'Some pages appear only after you log in.',
  },
  forbidden: {
    title: 'You may not see this page',
    text: 'Your account {name} lacks the permission this page needs. Ask an administrator to grant it:',
    home: 'Go to the dashboard',
  },
  unreachable: {
    title: 'The server does not answer',
    text: 'You may still be logged in; nobody could be asked. Check your connection, then try again.',
    operator: 'If you run this server, its own diagnosis names the broken hop:',
  },
  errors: {
    ...codes,
    network_unreachable: 'The server cannot be reached. Check your connection.',
    timeout: 'The server took too long to answer. Try again.',
    bad_gateway: 'The web server is up, but the app behind it does not answer. Try again in a moment.',
    unexpected_answer: 'The server gave an answer nobody understands. Please report it.',
    unknown: 'Something went wrong ({code}).',
    requestId: 'Request {id}',
  },
  fieldErrors: {
    missing: 'This is needed.',
    string_too_short: 'This is too short.',
    string_too_long: 'This is too long.',
    string_pattern_mismatch: 'This has the wrong form.',
    int_parsing: 'This must be a whole number.',
    value_error: 'This is not accepted.',
  },
  iam,
  system,
}

export type Messages = typeof messages
export default messages
