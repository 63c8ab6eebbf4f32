#!/usr/bin/env node
// The one composition root: the only room that makes clocks, chance, connections and processes.
import { Command } from 'commander'
import { buildCommand } from './build.ts'

const program = new Command('tracklayer')
  .description('Canonical, signed, deduplicated events behind Segment, with a ledger that balances')
  .showHelpAfterError()
program.addCommand(buildCommand())

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
