import type { components } from '@/core/api/schema'
import { get, post } from '@/core/http/client'
import { ApiError } from '@/core/http/problem'
import type { Locale } from '@/core/i18n/i18n'
import { encodeSolution, findNumber } from '../captcha/solve'

export type AuthOptions = components['schemas']['OptionsAnswer']
export type DemoAccount = components['schemas']['DemoAccount']
export type MailSent = components['schemas']['MailAnswer']
type Registration = components['schemas']['RegistrationConfirm']
type MailBody = components['schemas']['MailBody']

const stranger = { anonymous: true, quiet: true }

export function options(): Promise<AuthOptions> {
  return get('/api/v1/auth/options', stranger)
}

/** A solved captcha: asked for, worked on in this page, good for one request. */
async function captcha(): Promise<string> {
  const challenge = await post('/api/v1/auth/captcha', undefined, stranger)
  const number = await findNumber(challenge)
  if (number === null) throw new ApiError('unexpected_answer', 200)
  return encodeSolution(challenge, number)
}

export async function register(email: string, locale: Locale): Promise<MailSent> {
  const body: MailBody = { email, locale, captcha: await captcha() }
  return post('/api/v1/auth/registrations', body, stranger)
}

export async function confirmRegistration(registration: Registration): Promise<void> {
  await post('/api/v1/auth/registrations/confirm', registration, stranger)
}

export async function requestReset(email: string, locale: Locale): Promise<MailSent> {
  const body: MailBody = { email, locale, captcha: await captcha() }
  return post('/api/v1/auth/password-resets', body, stranger)
}

export async function confirmReset(token: string, password: string): Promise<void> {
  await post('/api/v1/auth/password-resets/confirm', { token, password }, stranger)
}
