// Tracking plans: their rules, replaced as a whole or added to, and the sources they hold for.
import type { Clock, Random } from '../../core/clock.ts'
import { isJsonObject, type Json, type JsonObject } from '../../core/json.ts'
import { randomText } from '../twins/vendor-ids.ts'
import {
  type ApiRoute,
  badRequest,
  data,
  listField,
  notFound,
  page,
  SUCCESS,
  textField,
} from './api-answers.ts'

export interface TwinRule {
  readonly type: string
  readonly key?: string
  readonly version: number
  readonly jsonSchema: JsonObject
  readonly createdAt: string
  readonly updatedAt: string
  readonly deprecatedAt: string
}

export interface TwinTrackingPlan {
  readonly id: string
  readonly type: string
  name: string
  description: string
  rules: readonly TwinRule[]
  sourceIds: readonly string[]
  readonly createdAt: string
  updatedAt: string
}

const PLAN_TYPES = new Set(['ENGAGE', 'LIVE', 'PROPERTY_LIBRARY', 'RULE_LIBRARY', 'TEMPLATE'])
const RULE_TYPES = new Set(['COMMON', 'GROUP', 'IDENTIFY', 'PAGE', 'SCREEN', 'TRACK'])
/** Terraform refuses more. */
const MAX_RULES = 200
const NOT_DEPRECATED = '0001-01-01T00:00:00.000Z'

export function createTrackingPlans(
  clock: Clock,
  random: Random,
  isSource: (id: string) => boolean,
) {
  const plans = new Map<string, TwinTrackingPlan>()
  const now = () => new Date(clock.now()).toISOString()

  function take(id = ''): TwinTrackingPlan {
    const found = plans.get(id)
    if (found) return found
    throw notFound('Tracking plan', id)
  }

  function create(body: JsonObject): TwinTrackingPlan {
    const type = textField(body, 'type')
    if (!PLAN_TYPES.has(type)) throw badRequest('type is unknown.', 'type')
    const plan: TwinTrackingPlan = {
      id: `tp_${randomText(random, 22)}`,
      type,
      name: textField(body, 'name'),
      description: typeof body.description === 'string' ? body.description : '',
      rules: [],
      sourceIds: [],
      createdAt: now(),
      updatedAt: now(),
    }
    plans.set(plan.id, plan)
    return plan
  }

  function ruleOf(given: Json, index: number): TwinRule {
    const fault = isJsonObject(given) ? ruleFault(given) : 'must be an object'
    if (fault) throw badRequest(`rules[${index}]: ${fault}.`, 'rules')
    const rule = given as unknown as TwinRule
    return { ...rule, createdAt: now(), updatedAt: now(), deprecatedAt: NOT_DEPRECATED }
  }

  function setRules(plan: TwinTrackingPlan, rules: readonly TwinRule[]) {
    if (rules.length > MAX_RULES) throw badRequest(`At most ${MAX_RULES} rules.`, 'rules')
    plan.rules = rules
    plan.updatedAt = now()
    return data({ rules: rules.map(shownRule) })
  }

  const routes: readonly ApiRoute[] = [
    {
      method: 'POST',
      path: /^\/tracking-plans$/,
      version: 'v1',
      handle: ({ body }) => data({ trackingPlan: shownPlan(create(body)) }),
    },
    {
      method: 'GET',
      path: /^\/tracking-plans$/,
      version: 'v1',
      handle: ({ query }) => page('trackingPlans', [...plans.values()].map(shownPlan), query),
    },
    {
      method: 'GET',
      path: /^\/tracking-plans\/([^/]+)$/,
      version: 'v1',
      handle: (_, [id]) => data({ trackingPlan: shownPlan(take(id)) }),
    },
    {
      method: 'PATCH',
      path: /^\/tracking-plans\/([^/]+)$/,
      version: 'v1',
      handle({ body }, [id]) {
        const plan = take(id)
        if (typeof body.name === 'string') plan.name = body.name
        if (typeof body.description === 'string') plan.description = body.description
        return data(SUCCESS)
      },
    },
    {
      method: 'DELETE',
      path: /^\/tracking-plans\/([^/]+)$/,
      version: 'v1',
      handle(_, [id]) {
        plans.delete(take(id).id)
        return data(SUCCESS)
      },
    },
    {
      method: 'GET',
      path: /^\/tracking-plans\/([^/]+)\/rules$/,
      version: 'v1',
      handle: ({ query }, [id]) => page('rules', take(id).rules.map(shownRule), query),
    },
    {
      method: 'PUT',
      path: /^\/tracking-plans\/([^/]+)\/rules$/,
      version: 'v1',
      handle: ({ body }, [id]) => setRules(take(id), listField(body, 'rules').map(ruleOf)),
    },
    {
      method: 'PATCH',
      path: /^\/tracking-plans\/([^/]+)\/rules$/,
      version: 'v1',
      handle({ body }, [id]) {
        const plan = take(id)
        const given = listField(body, 'rules').map(ruleOf)
        const kept = plan.rules.filter((rule) => !given.some((each) => isSame(each, rule)))
        return setRules(plan, [...kept, ...given])
      },
    },
    {
      method: 'GET',
      path: /^\/tracking-plans\/([^/]+)\/sources$/,
      version: 'v1',
      handle: ({ query }, [id]) =>
        page(
          'sources',
          take(id).sourceIds.map((each) => ({ id: each })),
          query,
        ),
    },
    {
      method: 'POST',
      path: /^\/tracking-plans\/([^/]+)\/sources$/,
      version: 'v1',
      handle({ body }, [id]) {
        const plan = take(id)
        const sourceId = textField(body, 'sourceId')
        if (!isSource(sourceId)) throw notFound('Source', sourceId)
        plan.sourceIds = [...new Set([...plan.sourceIds, sourceId])]
        return data(SUCCESS)
      },
    },
    {
      method: 'DELETE',
      path: /^\/tracking-plans\/([^/]+)\/sources$/,
      version: 'v1',
      handle({ query }, [id]) {
        const plan = take(id)
        plan.sourceIds = plan.sourceIds.filter((each) => each !== query.get('sourceId'))
        return data(SUCCESS)
      },
    },
  ]
  return { routes, list: (): readonly TwinTrackingPlan[] => [...plans.values()] }
}

function shownPlan({ rules: _, sourceIds: __, ...plan }: TwinTrackingPlan): JsonObject {
  return plan
}

function shownRule(rule: TwinRule): JsonObject {
  return { ...rule }
}

function isSame(a: TwinRule, b: TwinRule): boolean {
  return a.type === b.type && a.key === b.key && a.version === b.version
}

function ruleFault(rule: JsonObject): string | null {
  if (!RULE_TYPES.has(String(rule.type))) return 'type is unknown'
  if (rule.type === 'TRACK' && typeof rule.key !== 'string') return 'key is required'
  if (!Number.isInteger(rule.version)) return 'version is required'
  return isJsonObject(rule.jsonSchema) ? null : 'jsonSchema is required'
}
