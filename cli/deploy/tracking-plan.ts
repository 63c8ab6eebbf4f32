// The rules of mappings/tracking-plan.yaml in Segment's Protocols. PUT replaces all of them, so what is there is compared as
// a whole; a plan that people edit in the app is therefore not to be named in deploy.yaml.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { readPlan } from '../../build/mappings.ts'
import { TrackLayerError } from '../../core/errors.ts'
import type { JsonObject } from '../../core/json.ts'
import { exportPlan } from '../../core/tracking-plan/protocols.ts'
import { ordinary, type Resource, type Run, type Standing } from './resource.ts'

/** Terraform refuses more; the API's own limit is not documented. */
const MAX_RULES = 200

/** Null without a mappings/tracking-plan.yaml. @throws TrackLayerError MAPPING_INVALID */
export function loadPlanRules(mappingsDir: string): readonly JsonObject[] | null {
  if (!existsSync(path.join(mappingsDir, 'tracking-plan.yaml'))) return null
  const rules = exportPlan(readPlan(mappingsDir)) as unknown as JsonObject[]
  if (rules.length <= MAX_RULES) return rules
  throw new TrackLayerError(
    'MAPPING_INVALID',
    `The tracking plan has ${rules.length} rules, Segment takes ${MAX_RULES}; divide it`,
  )
}

export function planResources(
  name: string,
  rules: readonly JsonObject[],
  sourceIds: readonly string[],
): Resource[] {
  const plan = ordinary({
    key: 'plan',
    kind: 'plan',
    title: `tracking plan "${name}"`,
    place: () => ({ path: '/tracking-plans' }),
    matches: (item) => item.name === name,
    fixed: () => ({ type: 'LIVE' }),
    body: () => ({ name }),
  })
  return [plan, rulesResource(rules), ...sourceIds.map((id) => connection(id))]
}

function rulesResource(rules: readonly JsonObject[]): Resource {
  return {
    key: 'rules',
    kind: 'rules',
    title: `${rules.length} rules of the tracking plan`,
    needs: ['plan'],
    secrets: {},
    async look(run) {
      const at = pathOf(run, 'rules')
      if (at === null) return null
      const shown = (await run.api.list(at, 'rules')).map(plainRule)
      return { id: at, path: at, fields: byKey(shown), before: { rules: shown }, shown: {} }
    },
    wanted: () => byKey(rules),
    // There are always rules, if none: a new plan's are updated.
    create: async (run) => pathOf(run, 'rules') ?? '',
    update: async ({ api }, { path: at }) => void (await api.send('PUT', at, { rules })),
  }
}

// One field a rule, so that a difference names the events; a rule that is there and not wanted is a difference too.
function byKey(rules: readonly JsonObject[]): JsonObject {
  const entries = rules.map((rule) => [`${rule.key ?? rule.type} v${rule.version}`, rule])
  const count = rules.length
  return { ...Object.fromEntries(entries), count }
}

function plainRule({ type, key, version, jsonSchema }: JsonObject): JsonObject {
  const rule = { type, version, jsonSchema }
  return key === undefined || key === null ? rule : { ...rule, key }
}

function connection(sourceId: string): Resource {
  const fields = { connected: true }
  const look = async (run: Run): Promise<Standing | null> => {
    const at = pathOf(run, 'sources')
    if (at === null) return null
    const listed = await run.api.list(at, 'sources')
    const isThere = listed.some(({ id }) => id === sourceId)
    return isThere ? { id: sourceId, path: at, fields, before: {}, shown: {} } : null
  }
  return {
    key: `plan-source:${sourceId}`,
    kind: 'plan-source',
    title: `source ${sourceId} under the tracking plan`,
    needs: ['plan'],
    secrets: {},
    look,
    wanted: () => fields,
    async create(run) {
      const at = pathOf(run, 'sources') ?? ''
      await run.api.send('POST', at, { sourceId })
      return `${at}?sourceId=${sourceId}`
    },
    update: async () => {},
  }
}

function pathOf({ standings }: Run, part: string): string | null {
  const plan = standings.get('plan')
  return plan ? `${plan.path}/${part}` : null
}
