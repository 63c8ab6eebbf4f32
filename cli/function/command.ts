// `tracklayer function run|test|lint`: any Segment function, ours or not, from its source text.
import { Command, Option } from 'commander'
import { KIND_NAMES } from '../../workspace/function-run/infer-kind.ts'
import { type CommandHelp, withHelp } from '../command-help.ts'
import { EXIT } from '../exit-codes.ts'
import { lintFile } from './lint.ts'
import { runFile } from './run.ts'
import { testFile } from './test.ts'

const RUN: CommandHelp = {
  json: '{ handler, outcomes, messages, requests, logs, warnings, durationMs }',
  jsonNote: '{ error } when the file does not load',
  notes: `
The event is a JSON file: an event, a list of events (for onBatch), or a webhook's body for a source function
({ "headers", "query", "body" } states the whole request). Requests go out for real, unless --offline.`,
  exits: {
    [EXIT.done]: 'every event went well',
    [EXIT.found]: 'one was discarded or is to be retried',
    [EXIT.usage]: 'the file does not load',
  },
  examples: [
    'tracklayer function run ./my-function.js --event order.json --settings settings.json',
    'tracklayer function run ./my-function.js --event order.json --kind insert --node 22 --json',
    'tracklayer function run ./hook.js --event body.json --watch',
  ],
}

const TEST: CommandHelp = {
  json: '{ passed, failed, cases: [{ name, faults, handler, outcomes, messages, requests, logs, warnings, durationMs }] }',
  jsonNote: '{ error } when the file does not load',
  notes: `
Each *.json file of the folder is an event, a list of events, or a case:
  { "event" | "events" | "request": …, "settings": {…},
    "answers": [{ "method", "url", "status", "headers", "body" }],
    "expect":  { "status": "ok" | "discarded" | "retry", "reason", "requests", "messages", "returned" } }
A request without a recorded answer meets a reset connection. Without "expect" every event must go well.`,
  exits: {
    [EXIT.done]: 'all are as expected',
    [EXIT.found]: 'one is not',
    [EXIT.usage]: 'the file does not load',
  },
  examples: [
    'tracklayer function test ./my-function.js --payloads ./payloads',
    'tracklayer function test ./my-function.js --payloads ./payloads --node 22 --watch',
  ],
}

const LINT: CommandHelp = {
  json: '{ findings: [{ rule, level, line, column, message, fix }] }',
  exits: { [EXIT.done]: 'no error; there may be warnings', [EXIT.found]: 'there is an error' },
  examples: [
    'tracklayer function lint ./my-function.js',
    'tracklayer function lint ./my-function.js --kind insert --json',
  ],
}

export function functionCommand(): Command {
  return new Command('function')
    .description('run, test and check Segment functions, from any folder')
    .addCommand(runCommand())
    .addCommand(testCommand())
    .addCommand(lintCommand())
}

function runCommand(): Command {
  return withHelp(withRuntime(new Command('run')), RUN)
    .description('run a function once, as the host would')
    .requiredOption('--event <file>', 'JSON file with the event, the events or the request')
    .option('--offline', 'no request leaves this machine: each meets a reset connection')
    .action(runFile)
}

function testCommand(): Command {
  return withHelp(withRuntime(new Command('test')), TEST)
    .description('run a function on recorded payloads, against recorded answers')
    .requiredOption('--payloads <folder>', 'folder of JSON files')
    .action(testFile)
}

function lintCommand(): Command {
  return withHelp(withKind(new Command('lint')), LINT)
    .description('report what does not load or does not work on the host, with a fix')
    .option('--max-bytes <bytes>', 'warn above this size', Number)
    .action(lintFile)
}

function withKind(command: Command): Command {
  const kind = new Option('--kind <kind>', 'else source with an onRequest, destination without')
  return command
    .argument('<file>', 'the code as it is pasted into the editor')
    .addOption(kind.choices([...KIND_NAMES]))
}

function withRuntime(command: Command): Command {
  return withKind(command)
    .option('--settings <file>', 'JSON file with the values of the settings')
    .option('--settings-schema <file>', 'JSON file with the settings the function declares')
    .option('--node <major>', 'Node to run it with; fetched from npm when it is not this one')
    .option('--timeout <ms>', "instead of the host's 5000", Number)
    .option(
      '--switch <name=value...>',
      'a point the host leaves open; see docs/functions-runtime.md',
    )
    .option('--tester', "as in the editor's tester: keys unsorted, cache empty")
    .option('--watch', 'run again whenever a file changes')
}
