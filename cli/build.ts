// `tracklayer build`: the files that are deployed to Segment, and the mapping table the store reads.
import path from 'node:path'
import { Command } from 'commander'
import { buildDestination } from '../build/destination.ts'
import { buildFunctions } from '../build/functions.ts'
import { type CommandHelp, withHelp } from './command-help.ts'
import { padStart } from './display-width.ts'
import { EXIT } from './exit-codes.ts'
import { checkMappings } from './load-mappings.ts'
import { print, printJson } from './output.ts'
import { DIST, MAPPINGS, ROOT } from './paths.ts'

interface BuildFlags {
  readonly mappings: string
  readonly out: string
  readonly json?: boolean
  readonly quiet?: boolean
}

const HELP: CommandHelp = {
  json: '{ files: [{ file, bytes }] }',
  exits: { [EXIT.found]: 'a mapping has a fault; the message names file, line, row and fix' },
  examples: ['tracklayer build', 'tracklayer build --mappings ./mappings --out ./dist --json'],
}

export function buildCommand(): Command {
  return withHelp(new Command('build'), HELP)
    .description('compile the mappings and bundle the functions that run inside Segment')
    .option('--mappings <folder>', 'folder with events.yaml', MAPPINGS)
    .option('--out <folder>', 'where the output goes', DIST)
    .option('--quiet', 'print nothing but errors')
    .action(runBuild)
}

async function runBuild({ mappings, out, json, quiet }: BuildFlags): Promise<void> {
  const outDir = path.resolve(out)
  checkMappings(path.resolve(mappings))
  const options = { root: ROOT, mappingsDir: path.resolve(mappings), outDir }
  const files = [...(await buildFunctions(options)), ...(await buildDestination(options))]
  if (json) return printJson({ files })
  if (quiet) return
  for (const { file, bytes } of files) {
    const place = path.relative(process.cwd(), path.join(outDir, file))
    print(`${padStart((bytes / 1024).toFixed(1), 7)} KB  ${place}`)
  }
}
