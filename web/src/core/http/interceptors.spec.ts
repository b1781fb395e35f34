import axios, { AxiosError, type AxiosInstance, type AxiosResponse, type InternalAxiosRequestConfig } from 'axios'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { installInterceptors, type HttpHooks } from './interceptors'
import { ApiError } from './problem'

type Reply = { status: number; data?: unknown; headers?: Record<string, string> }
type Server = (config: InternalAxiosRequestConfig) => Reply | Promise<Reply>

function httpWith(server: Server, hooks: HttpHooks): AxiosInstance {
  const http = axios.create({
    adapter: async (config) => {
      const reply = await server(config)
      const response = { data: undefined, headers: {}, statusText: '', config, ...reply } as AxiosResponse
      if (reply.status < 400) return response
      throw new AxiosError('refused', AxiosError.ERR_BAD_REQUEST, config, undefined, response)
    },
  })
  installInterceptors(http, hooks)
  return http
}

const problem = (status: number, code: string, rest = {}): Reply => ({ status, data: { code, status, ...rest } })

describe('interceptors', () => {
  let token: string | null
  let hooks: { [K in keyof HttpHooks]: ReturnType<typeof vi.fn<HttpHooks[K]>> }

  /** Accepts the token `new` only. */
  const guarded: Server = (config) =>
    config.headers.Authorization === 'Bearer new'
      ? { status: 200, data: config.data ?? config.url }
      : problem(401, 'token_invalid')

  beforeEach(() => {
    token = 'old'
    hooks = {
      accessToken: vi.fn(() => token),
      // Takes a while, as a server does: the other requests meet their 401 before the new token is there.
      refresh: vi.fn(async () => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        return (token = 'new')
      }),
      onDenied: vi.fn(),
      onSessionLost: vi.fn(),
      notify: vi.fn(),
      language: vi.fn(() => 'zh-CN'),
    }
  })

  it('refreshes once for all requests that meet a 401 together, and answers each', async () => {
    const http = httpWith(guarded, hooks)
    const answers = await Promise.all(['/a', '/b', '/c'].map((url) => http.get(url)))
    expect(answers.map((answer) => answer.data)).toEqual(['/a', '/b', '/c'])
    expect(hooks.refresh).toHaveBeenCalledTimes(1)
    expect(hooks.onSessionLost).not.toHaveBeenCalled()
  })

  it('sends the body again', async () => {
    const answer = await httpWith(guarded, hooks).post('/a', { name: 'x' })
    expect(answer.data).toEqual({ name: 'x' })
  })

  it('uses the token that another request fetched in the meantime instead of refreshing again', async () => {
    const http = httpWith((config) => {
      token = 'new'
      return guarded(config)
    }, hooks)
    await http.get('/slow')
    expect(hooks.refresh).not.toHaveBeenCalled()
  })

  it('refreshes again for a later 401', async () => {
    const http = httpWith(guarded, hooks)
    await http.get('/a')
    token = 'old'
    await http.get('/b')
    expect(hooks.refresh).toHaveBeenCalledTimes(2)
  })

  it('ends the session when there is nothing to refresh', async () => {
    hooks.refresh.mockImplementation(async () => (token = null))
    await expect(httpWith(guarded, hooks).get('/a')).rejects.toMatchObject({ code: 'token_invalid', status: 401 })
    expect(hooks.onSessionLost).toHaveBeenCalledTimes(1)
  })

  it('tries twice, never three times', async () => {
    // Gives in at last, so that an endless loop fails instead of hanging.
    let calls = 0
    const server = vi.fn<Server>(() => (++calls > 5 ? { status: 200 } : problem(401, 'session_revoked')))
    await expect(httpWith(server, hooks).get('/a')).rejects.toMatchObject({ code: 'session_revoked' })
    expect(server).toHaveBeenCalledTimes(2)
    expect(hooks.onSessionLost).toHaveBeenCalledTimes(1)
  })

  it('keeps the session when the server cannot be asked for a refresh', async () => {
    hooks.refresh.mockRejectedValue(new ApiError('service_unavailable', 503))
    await expect(httpWith(guarded, hooks).get('/a')).rejects.toMatchObject({ code: 'service_unavailable' })
    expect(hooks.onSessionLost).not.toHaveBeenCalled()
    expect(hooks.notify).toHaveBeenCalledTimes(1)
  })

  it('takes a 401 of the log-in itself at its word', async () => {
    const server = vi.fn<Server>(() => problem(401, 'invalid_credentials'))
    await expect(httpWith(server, hooks).post('/login', {}, { anonymous: true })).rejects.toMatchObject({
      code: 'invalid_credentials',
    })
    expect(hooks.refresh).not.toHaveBeenCalled()
    expect(server.mock.calls[0]?.[0].headers.Authorization).toBeUndefined()
  })

  it('says the language and that a script asks', async () => {
    const server = vi.fn<Server>(() => ({ status: 200 }))
    await httpWith(server, hooks).get('/a')
    const headers = server.mock.calls[0]?.[0].headers
    expect(headers).toMatchObject({ 'Accept-Language': 'zh-CN', 'X-Requested-With': 'XMLHttpRequest' })
  })

  it.each([
    ['a problem document', problem(500, 'internal_error'), 'internal_error'],
    ['the HTML of a gateway', { status: 502, data: '<h1>502</h1>' }, 'bad_gateway'],
    ['something else', { status: 500, data: 'oops' }, 'unexpected_answer'],
    ['a page where a file was asked for', { status: 502, data: new Blob(['<h1>502</h1>']) }, 'bad_gateway'],
  ])('names and reports an outage: %s', async (_, reply, code) => {
    await expect(httpWith(() => reply, hooks).get('/a')).rejects.toMatchObject({ code, status: reply.status })
    expect(hooks.notify).toHaveBeenCalledWith(expect.objectContaining({ code }))
  })

  it.each([
    [AxiosError.ERR_NETWORK, 'network_unreachable'],
    [AxiosError.ECONNABORTED, 'timeout'],
  ])('names a server that does not answer: %s', async (cause, code) => {
    const http = httpWith(() => Promise.reject(new AxiosError('gone', cause)), hooks)
    await expect(http.get('/a')).rejects.toMatchObject({ code, status: 0, isOutage: true })
    expect(hooks.notify).toHaveBeenCalledTimes(1)
  })

  it('is silent about an outage that the page shows itself, and about refusals', async () => {
    const http = httpWith(({ url }) => (url === '/a' ? problem(503, 'service_unavailable') : problem(403, 'permission_denied')), hooks)
    await expect(http.get('/a', { quiet: true })).rejects.toBeInstanceOf(ApiError)
    await expect(http.get('/b')).rejects.toMatchObject({ code: 'permission_denied' })
    expect(hooks.notify).not.toHaveBeenCalled()
  })

  it('knows whether anybody has said it already', async () => {
    const http = httpWith(() => problem(503, 'service_unavailable'), hooks)
    await expect(http.get('/a', { quiet: true })).rejects.toMatchObject({ isTold: false })
    await expect(http.get('/a')).rejects.toMatchObject({ isTold: true })
  })

  it('reads why a file was refused', async () => {
    const { data } = problem(403, 'permission_denied')
    const http = httpWith(() => ({ status: 403, data: new Blob([JSON.stringify(data)]) }), hooks)
    await expect(http.get('/a', { responseType: 'blob' })).rejects.toMatchObject({ code: 'permission_denied' })
  })

  it('says of what the web server does not let through that it is too large', async () => {
    const http = httpWith(() => ({ status: 413, data: '<h1>413</h1>' }), hooks)
    await expect(http.post('/a')).rejects.toMatchObject({ code: 'payload_too_large', isOutage: false })
  })

  it('carries what a page needs to explain itself', async () => {
    const errors = [{ loc: ['body', 'username'], message: 'Field required', code: 'missing' }]
    const reply = { ...problem(429, 'too_many_attempts', { errors, request_id: 'r1' }), headers: { 'retry-after': '42' } }
    await expect(httpWith(() => reply, hooks).get('/a')).rejects.toMatchObject({
      retryAfter: 42,
      requestId: 'r1',
      fields: errors,
    })
  })
})
