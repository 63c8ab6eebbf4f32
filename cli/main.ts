#!/usr/bin/env node
// The one composition root: the only room that makes clocks, chance, connections and processes.
import { Command } from 'commander'
import { messageOf, TrackLayerError } from '../core/errors.ts'
import { audienceCommand } from './audience.ts'
import { buildCommand } from './build.ts'
import { deadLetterCommand } from './dead-letter.ts'
import { destinationCommand } from './destination.ts'
import { devCommand } from './dev/command.ts'
import { functionCommand } from './function/command.ts'
import { mappingsCommand } from './mappings.ts'
import { messageCommand } from './message.ts'
import { endQuietlyOnClosedOutput } from './output.ts'
import { planCommand } from './plan.ts'
import { reconcileCommand } from './reconcile.ts'
import { replayCommand } from './replay.ts'
import { deliveryCommand, storeCommand } from './store.ts'

const program = new Command('tracklayer')
  .description('Canonical, signed, deduplicated events behind Segment, with a ledger that balances')
  .version(require('../package.json').version)
  .showHelpAfterError('(--help shows how)')
for (const command of [
  devCommand(),
  storeCommand(),
  deliveryCommand(),
  messageCommand(),
  destinationCommand(),
  audienceCommand(),
  deadLetterCommand(),
  replayCommand(),
  reconcileCommand(),
  planCommand(),
  mappingsCommand(),
  functionCommand(),
  buildCommand(),
]) {
  program.addCommand(command)
}

endQuietlyOnClosedOutput()
program.parseAsync().catch((error: unknown) => {
  // Our own errors say what to do; of anything else the whole stack is wanted.
  const text =
    error instanceof TrackLayerError || !(error instanceof Error) ? messageOf(error) : error.stack
  process.stderr.write(`${text}\n`)
  process.exitCode = 1
})
