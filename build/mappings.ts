// Compiled mappings for whoever bundles: `import table from '…/mappings/events.yaml'` becomes plain JavaScript.
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Plugin } from 'esbuild'
import { TrackLayerError } from '../core/errors.ts'
import { compileMappingTable } from '../core/mapping-compiler.ts'
import { parseMappingSource } from '../core/mapping-schema.ts'

export interface MappingsOptions {
  /** Folder with core/, as an absolute path. */
  readonly root: string
  /** Folder with events.yaml, as an absolute path. */
  readonly mappingsDir: string
}

/** The compiled text of the mapping table, an ES module. Throws MAPPING_INVALID. */
export function compileEvents({ root, mappingsDir }: MappingsOptions): string {
  const file = path.join(mappingsDir, 'events.yaml')
  if (!existsSync(file)) {
    throw new TrackLayerError(
      'SETTINGS_INVALID',
      `No events.yaml in ${mappingsDir}; name its folder with --mappings`,
    )
  }
  const name = path.relative(process.cwd(), file)
  const source = parseMappingSource(readFileSync(file, 'utf8'), name.startsWith('..') ? file : name)
  return compileMappingTable(source, { coreFrom: path.join(root, 'core') })
}

/** Resolves every import of `mappings/events.yaml` to the given table, compiled. */
export function mappingsPlugin(events: string, root: string): Plugin {
  return {
    name: 'mappings',
    setup(build) {
      build.onResolve({ filter: /mappings\/events\.yaml$/ }, () => ({
        path: 'events.yaml',
        namespace: 'mappings',
      }))
      build.onLoad({ filter: /.*/, namespace: 'mappings' }, () => ({
        contents: events,
        loader: 'js',
        resolveDir: root,
      }))
    },
  }
}
