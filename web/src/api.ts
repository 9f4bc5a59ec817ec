// Requests to the server this page came from. Failures are Problems: what happened, and what to do.

export class Problem extends Error {
  constructor(
    readonly status: number, // 0: the server did not answer
    readonly code: string,
    detail: string,
    readonly remedy: string,
  ) {
    super(detail)
  }
}

let csrf = ''
let onSignedOut: () => void = () => {}

export const setCsrf = (token: string): void => {
  csrf = token
}
export const whenSignedOut = (act: () => void): void => {
  onSignedOut = act
}

const PATIENCE_MS = 150_000
export const POLL_PATIENCE_MS = 15_000 // what is asked again and again has to be quick

async function problemOf(response: Response): Promise<Problem> {
  try {
    const body = (await response.json()) as Record<string, unknown>
    return new Problem(response.status, String(body.code ?? ''), String(body.detail ?? ''), String(body.remedy ?? ''))
  } catch {
    return new Problem(response.status, '', `the server answered with status ${response.status}`, '')
  }
}

async function request<T>(method: string, path: string, body?: unknown, signal?: AbortSignal, patience = PATIENCE_MS): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET') headers['X-CSRF-Token'] = csrf
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  const limits = [AbortSignal.timeout(patience), ...(signal ? [signal] : [])]
  let response: Response
  try {
    response = await fetch('/api/v1' + path, {
      method,
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.any(limits),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new Problem(0, 'unreachable', 'The server does not answer.', 'This page goes on by itself when it is back.')
  }
  if (response.ok) return (await response.json()) as T
  const problem = await problemOf(response)
  if (problem.status === 401 && path !== '/session') onSignedOut()
  throw problem
}

export const get = <T>(path: string, signal?: AbortSignal, patience?: number): Promise<T> =>
  request<T>('GET', path, undefined, signal, patience)
export const post = <T>(path: string, body: unknown = {}): Promise<T> => request<T>('POST', path, body)
export const patch = <T>(path: string, body: unknown): Promise<T> => request<T>('PATCH', path, body)
export const put = <T>(path: string, body: unknown): Promise<T> => request<T>('PUT', path, body)
export const remove = <T>(path: string): Promise<T> => request<T>('DELETE', path)

export const asProblem = (error: unknown): Problem =>
  error instanceof Problem ? error : new Problem(0, 'failed', String(error), '')

export const databasePath = (name: string, rest = ''): string => `/databases/${encodeURIComponent(name)}${rest}`
