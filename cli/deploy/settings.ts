// mappings/deploy.yaml: what `tracklayer deploy` makes in a Segment workspace, for each environment of the store.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { TrackLayerError } from '../../core/errors.ts'
import { parseYamlFile } from '../../core/yaml-file.ts'

const target = z.strictObject({
  /** Region of the workspace. */
  region: z.enum(['us', 'eu']).default('us'),
  store_url: z.string().regex(/^https:\/\/[^/\s]+/, 'want an https:// address'),
  account: z.string().regex(/^[A-Za-z0-9_-]+$/, 'use letters, digits, - and _ only'),
  /** Slugs of the sources whose messages go to TrackLayer. */
  sources: z.array(z.string().min(1)).min(1),
  /** Track events that may leave Segment; empty lets every one through. */
  allowlist: z.array(z.string().regex(/^[^"\\]+$/, 'must not contain " or \\')).default([]),
  /** By the destination function, or by the Action Destination with this id in Segment's catalogue. */
  action_destination: z.strictObject({ metadata_id: z.string().min(1) }).optional(),
  /** Name of the functions and destinations in the workspace. */
  name: z.string().min(1).default('TrackLayer'),
  /** Slug of the source that gets confirmed conversions back; null for no way back. */
  returns: z.string().min(1).nullable().default('tracklayer-returns'),
  /** Other destinations, by id, that the insert function stands before, and its settings there. */
  insert_before: z
    .array(
      z.strictObject({
        id: z.string().min(1),
        settings: z.record(z.string(), z.string()).default({}),
      }),
    )
    .default([]),
  /** Name of the tracking plan; null leaves Protocols alone. */
  tracking_plan: z.string().min(1).nullable().default(null),
})

const schema = z.strictObject({ environments: z.record(z.string(), target) })

export type DeployTarget = z.output<typeof target>

/** @throws TrackLayerError MAPPING_INVALID or SETTINGS_INVALID */
export function loadDeployTarget(mappingsDir: string, environment: string): DeployTarget {
  const file = path.join(mappingsDir, 'deploy.yaml')
  if (!existsSync(file)) throw invalid(`There is no ${shown(file)}; docs/deploy.md shows one`)
  const { data } = parseYamlFile(readFileSync(file, 'utf8'), shown(file), schema, (at) =>
    at.join('.'),
  )
  const found = data.environments[environment]
  if (found) return found
  const names = Object.keys(data.environments).join(', ') || 'none'
  throw invalid(`${shown(file)} has no environment "${environment}"; it has: ${names}`)
}

function shown(file: string): string {
  return path.relative(process.cwd(), file)
}

function invalid(message: string): TrackLayerError {
  return new TrackLayerError('SETTINGS_INVALID', message)
}
