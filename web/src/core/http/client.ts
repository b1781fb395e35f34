import axios, { type AxiosRequestConfig } from 'axios'
import type { paths } from '@/core/api/schema'

declare module 'axios' {
  interface AxiosRequestConfig {
    /** Fills `{user_id}` and the like in the path, encoded. */
    path?: Record<string, string | number>
  }
}

export const http = axios.create({
  baseURL: import.meta.env.VITE_API_ORIGIN,
  timeout: 15_000,
  // The refresh cookie also has to travel when the API lives on another origin.
  withCredentials: true,
})

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
type Operation<P extends keyof paths, M extends Method> = Exclude<paths[P][M], undefined>
type PathWith<M extends Method> = { [P in keyof paths]: paths[P][M] extends object ? P : never }[keyof paths]
type Content<R> = R extends { content: { 'application/json': infer Body } } ? Body : undefined
type Success<R> = R extends { 200: infer A }
  ? Content<A>
  : R extends { 201: infer A }
    ? Content<A>
    : R extends { 202: infer A }
      ? Content<A>
      : undefined

/** What an operation answers when it succeeds, as the OpenAPI document says. */
export type Answer<P extends keyof paths, M extends Method> =
  Operation<P, M> extends { responses: infer R } ? Success<R> : never

/** `/users/{user_id}` with the values of `path`; a name that has none stays, and the server's 404 shows it. */
export function fillPath(template: string, values: Record<string, string | number> = {}): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    values[name] === undefined ? whole : encodeURIComponent(values[name]),
  )
}

/** Paths and answers come from the generated schema: a route that does not exist does not compile. */
export async function get<P extends PathWith<'get'>>(path: P, config?: AxiosRequestConfig): Promise<Answer<P, 'get'>> {
  return (await http.get<Answer<P, 'get'>>(fillPath(path, config?.path), config)).data
}

export async function post<P extends PathWith<'post'>>(
  path: P,
  body?: unknown,
  config?: AxiosRequestConfig,
): Promise<Answer<P, 'post'>> {
  return (await http.post<Answer<P, 'post'>>(fillPath(path, config?.path), body, config)).data
}

export async function put<P extends PathWith<'put'>>(
  path: P,
  body?: unknown,
  config?: AxiosRequestConfig,
): Promise<Answer<P, 'put'>> {
  return (await http.put<Answer<P, 'put'>>(fillPath(path, config?.path), body, config)).data
}

export async function patch<P extends PathWith<'patch'>>(
  path: P,
  body?: unknown,
  config?: AxiosRequestConfig,
): Promise<Answer<P, 'patch'>> {
  return (await http.patch<Answer<P, 'patch'>>(fillPath(path, config?.path), body, config)).data
}

export async function del<P extends PathWith<'delete'>>(
  path: P,
  config?: AxiosRequestConfig,
): Promise<Answer<P, 'delete'>> {
  return (await http.delete<Answer<P, 'delete'>>(fillPath(path, config?.path), config)).data
}
