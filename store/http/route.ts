// A route as data. The same declaration registers the route, says who may ask, reads the query and the body, and is what
// /openapi.json tells, so that the document cannot say anything else than what is done.
import type { Context } from 'hono'
import type { z } from 'zod'
import type { Role } from '../../core/role.ts'
import type { StoreApp, StoreEnv } from './app.ts'
import type { ApiErrorCode } from './errors.ts'
import { jsonBody, parseRequest } from './parse-request.ts'

/** Anybody; whoever signs the body with a live secret; or a role of the environment and those above it. */
export type RouteAccess = 'open' | 'signed' | Role

export const TAGS = {
  Events: 'What came in, and the story of each message.',
  Destinations: 'Where events go, and how each place is doing.',
  'Dead letters': 'What was given up, and sending it again.',
  Deliveries: 'What waits: deciding it again, taking it back, or saying that it arrived.',
  Audiences: 'Who is in which audience, and what each destination has of it.',
  Profiles: 'What is known of one person.',
  Mappings: 'What the mapping table and the tracking plan make of messages.',
  Consent: 'What people allowed, and what was held or withdrawn because of it.',
  Ledger: 'Sums that must balance.',
  Access: 'Sessions, keys, secrets, who did what, and how long that is kept.',
  Segment: 'The signed door: what comes in from Segment.',
  Operation: 'For load balancers and for programs that read this document.',
} as const
export type Tag = keyof typeof TAGS

export interface Route<
  Path extends string = string,
  Query extends z.ZodType = z.ZodType,
  Body extends z.ZodType = z.ZodType,
  Answer extends z.ZodType | null = z.ZodType | null,
> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  /** As Hono writes it: `/v1/messages/:id`. */
  readonly path: Path
  /** What a generated client calls it, e.g. `getMessage`: stable and unique. */
  readonly id: string
  readonly tag: Tag
  readonly summary: string
  readonly details?: string
  readonly access: RouteAccess
  /** What each parameter of the path is. */
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Query
  /** Headers that matter beyond those of access: what each is for. */
  readonly headers?: Readonly<Record<string, string>>
  /** Of a signed route it documents only: there the bytes are verified before anything is read from them. */
  readonly body?: Body
  /** Without it: 200. */
  readonly status?: 200 | 201 | 202 | 204
  /** Null: the answer has no body. */
  readonly answer: Answer
  /** Answers of other statuses, which the handler makes itself as a Response. */
  readonly otherAnswers?: Readonly<Partial<Record<200 | 201 | 202, z.ZodType>>>
  readonly answerType?: 'application/json' | 'text/event-stream'
  /** Beyond those that follow from what is declared (openapi.ts). */
  readonly errors?: readonly ApiErrorCode[]
}

/** As handlers give it: what they were given to read only may be in it. */
export type Answered<Schema> = Schema extends z.ZodType ? Immutable<z.output<Schema>> : null

type Immutable<T> = T extends object ? { readonly [Key in keyof T]: Immutable<T[Key]> } : T

export interface Asked<Query extends z.ZodType, Body extends z.ZodType> {
  readonly query: z.output<Query>
  readonly body: z.output<Body>
}

/** Keeps the types of a declaration. */
export function route<
  const Path extends string,
  Query extends z.ZodType = z.ZodUndefined,
  Body extends z.ZodType = z.ZodUndefined,
  Answer extends z.ZodType | null = null,
>(declaration: Route<Path, Query, Body, Answer>): Route<Path, Query, Body, Answer> {
  return declaration
}

/** The handler gives what the answer says, checked by its type, or a Response of its own: an error, a stream. */
export function addRoute<
  Path extends string,
  Query extends z.ZodType,
  Body extends z.ZodType,
  Answer extends z.ZodType | null,
>(
  app: StoreApp,
  declaration: Route<Path, Query, Body, Answer>,
  handle: (
    context: Context<StoreEnv, Path>,
    asked: Asked<Query, Body>,
  ) => MaybePromise<Answered<Answer> | Response>,
): void {
  const { method, path, status = 200 } = declaration
  const handler = async (context: Context<StoreEnv, Path>) => {
    const asked = await read(context, declaration)
    if (asked instanceof Response) return asked
    const answer = await handle(context, asked as Asked<Query, Body>)
    if (answer instanceof Response) return answer
    return status === 204 ? context.body(null, 204) : context.json(answer as object, status)
  }
  app.on(method.toUpperCase(), path, Object.assign(handler, { [DECLARATION]: declaration }))
}

type MaybePromise<T> = T | Promise<T>

// On the handler itself: the routes that an application has registered are the ones it describes.
const DECLARATION = Symbol('declaration')

/** Null for a route that was registered without one. */
export function declarationOf(handler: unknown): Route | null {
  return (handler as { readonly [DECLARATION]?: Route })[DECLARATION] ?? null
}

async function read(
  context: Context,
  { query, body, access }: Route,
): Promise<{ query: unknown; body: unknown } | Response> {
  const inQuery = query && parseRequest(context, query, context.req.query())
  if (inQuery instanceof Response) return inQuery
  if (!body || access === 'signed') return { query: inQuery, body: undefined }
  const json = await jsonBody(context)
  if (json instanceof Response) return json
  const inBody = parseRequest(context, body, json)
  return inBody instanceof Response ? inBody : { query: inQuery, body: inBody }
}
