// `tracklayer build`: the files that are deployed to Segment, and the mapping table the store reads.
import path from 'node:path'
import { Command } from 'commander'
import { buildDestination } from '../build/destination.ts'
import { buildFunctions } from '../build/functions.ts'
import { checkMappings } from './load-mappings.ts'
import { DIST, MAPPINGS, ROOT } from './paths.ts'

interface BuildFlags {
  readonly mappings: string
  readonly out: string
  readonly json?: boolean
  readonly quiet?: boolean
}

export function buildCommand(): Command {
  return new Command('build')
    .description('compile the mappings and bundle the functions that run inside Segment')
    .option('--mappings <folder>', 'folder with events.yaml', MAPPINGS)
    .option('--out <folder>', 'where the output goes', DIST)
    .option('--json', 'print one JSON object: { files: [{ file, bytes }] }')
    .option('--quiet', 'print nothing but errors')
    .addHelpText(
      'after',
      '\nExamples:\n  tracklayer build\n  tracklayer build --mappings ./mappings --out ./dist --json',
    )
    .action(runBuild)
}

async function runBuild({ mappings, out, json, quiet }: BuildFlags): Promise<void> {
  const outDir = path.resolve(out)
  checkMappings(path.resolve(mappings))
  const options = { root: ROOT, mappingsDir: path.resolve(mappings), outDir }
  const files = [...(await buildFunctions(options)), ...(await buildDestination(options))]
  if (json) process.stdout.write(`${JSON.stringify({ files })}\n`)
  else if (!quiet) {
    for (const { file, bytes } of files) {
      const place = path.relative(process.cwd(), path.join(outDir, file))
      process.stdout.write(`${(bytes / 1024).toFixed(1).padStart(7)} KB  ${place}\n`)
    }
  }
}
