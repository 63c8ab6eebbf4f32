// The presets of the Action Destination, from the folder that `tracklayer build` made: what is deployed as mappings is what
// was handed to Segment's repository.
import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Preset } from '@segment/actions-core'
import { buildSync } from 'esbuild'
import { TrackLayerError } from '../../core/errors.ts'

export type MappingPreset = Extract<Preset, { type: 'automatic' }>

/** Those that take part every day; the others belong to an audience or a journey and are made with it. */
export function readPresets(dist: string): readonly MappingPreset[] {
  const file = path.join(dist, 'destinations', 'tracklayer', 'presets.ts')
  if (!existsSync(file)) {
    throw new TrackLayerError('SETTINGS_INVALID', `${file} is missing; run: npm run build`)
  }
  const { outputFiles } = buildSync({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    packages: 'external',
    logLevel: 'silent',
  })
  const built: { exports: { presets?: readonly Preset[] } } = { exports: {} }
  new Function('module', 'exports', 'require', outputFiles[0]?.text ?? '')(
    built,
    built.exports,
    require,
  )
  return (built.exports.presets ?? []).filter((preset) => preset.type === 'automatic')
}
