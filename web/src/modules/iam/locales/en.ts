import admin from './admin.en'
import account from './account.en'
import profile from './profile.en'

export default {
  ...admin,
  ...account,
  ...profile,
  login: {
    title: 'Log in',
    lead: 'Welcome back.',
    username: 'User name',
    password: 'Password',
    remember: 'Keep me logged in on this device',
    submit: 'Log in',
    submitting: 'Logging in…',
    showPassword: 'Show the password',
    hidePassword: 'Hide the password',
    capsLock: 'Caps Lock is on.',
    usernameMissing: 'Enter your user name.',
    passwordMissing: 'Enter your password.',
    wait: 'Too many attempts. You can try again in {time}.',
    waitButton: 'Wait {time}',
    expired: 'Your session has ended. Log in to go on where you were.',
    promiseTitle: 'Proof, not hope.',
    promise: 'Every hop from your browser to the database is checked after every change.',
  },
  me: {
    title: 'Who am I',
    username: 'User name',
    role: 'Rights',
    administrator: 'Administrator, may do everything',
    permissions: 'No permission yet | {n} permission | {n} permissions',
  },
}
