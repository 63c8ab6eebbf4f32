#!/usr/bin/env node
// The one composition root: the only room that makes clocks, chance, connections and processes.
import { CommanderError } from 'commander'
import { messageOf, TrackLayerError } from '../core/errors.ts'
import { exitCodeOf } from './exit-codes.ts'
import { endQuietlyOnClosedOutput, paintError, print, printError } from './output.ts'
import { createProgram } from './program.ts'
import { wayIn } from './way-in.ts'

const { version } = require('../package.json')

endQuietlyOnClosedOutput()
if (process.argv.length === 2) for (const line of wayIn(version)) print(line)
else createProgram(version).parseAsync().catch(end)

function end(error: unknown): void {
  process.exitCode = exitCodeOf(error)
  // Commander has said its own already.
  if (error instanceof CommanderError) return
  // Our own errors say what to do; of anything else the whole stack is wanted.
  const isOurs = error instanceof TrackLayerError || !(error instanceof Error)
  printError(isOurs ? paintError.red(messageOf(error)) : (error.stack ?? messageOf(error)))
}
