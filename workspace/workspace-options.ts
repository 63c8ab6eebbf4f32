// What a workspace is told and what it offers: the types of the one door into this room.
import type { Hono } from 'hono'
import type { Clock, Random } from '../core/clock.ts'
import type { JsonObject } from '../core/json.ts'
import type { BatchOptions } from './deliver/batch-former.ts'
import type { Delivery, DeliveryCounts } from './deliver/delivery-log.ts'
import type { Faults } from './deliver/faults.ts'
import type { RequestRecord } from './deliver/source-function.ts'
import type { HostSwitches } from './host-switches.ts'
import type { LogLevel } from './realm/realm-protocol.ts'
import type { DestinationRetryOptions, SourceRetryOptions } from './runtime/retry-schedule.ts'
import type { SettingDefinition } from './runtime/settings-check.ts'
import type { Acceptance, IntakeCounts, Rejection } from './tracking/intake.ts'

export interface WorkspaceOptions {
  readonly clock: Clock
  readonly random: Random
  /** `dist/workspace/realm-worker.js`. */
  readonly realmWorkerFile: string
  /** Appended to a function's name, as `My Function (Local)`, to make its key in `integrations`. Default 'Local'. */
  readonly name?: string
  /** `dist/umd/standalone.js` of @segment/analytics-next, to serve analytics.js. */
  readonly analyticsJsFile?: string
  /** Default false: an unknown write key is answered 200 and dropped. */
  readonly strictWriteKeys?: boolean
  /** Default false: see IntakeOptions. */
  readonly dedup?: boolean
  /** Default 24 h. */
  readonly dedupWindowMs?: number
  /** Points that the host's documentation leaves open; the defaults are the safer readings. */
  readonly switches?: Partial<HostSwitches>
  /** Node binary to run functions with, each container in a process of its own; else threads of this Node. */
  readonly nodeFile?: string
  readonly destinationRetry?: DestinationRetryOptions
  readonly sourceRetry?: SourceRetryOptions
  /** Of source insert functions, which the host tries "a set number of times". */
  readonly sourceInsertRetry?: SourceRetryOptions
  /** Records of each kind kept for listing; default 10,000. Counts are exact whatever is kept. */
  readonly keepRecords?: number
  /** Called for every accepted message with the name of its source. */
  readonly onMessage?: (message: JsonObject, source: string) => void
  /** Called on every change of a delivery. */
  readonly onDelivery?: (delivery: Delivery) => void
  /** Called after every attempt of a source function. */
  readonly onRequest?: (record: RequestRecord) => void
  readonly onRejected?: (rejection: Rejection) => void
  /** Called for every line a function writes to its console. */
  readonly onLog?: (line: LogLine) => void
}

export interface LogLine {
  readonly functionName: string
  readonly level: LogLevel
  readonly text: string
}

export interface FunctionOptions {
  readonly name: string
  /** A file in the form in which it is pasted into the Functions editor. */
  readonly file: string
  readonly settings?: Readonly<JsonObject>
  /** Settings that the function declares; with them, values that do not fit are Invalid Settings. */
  readonly settingDefinitions?: readonly SettingDefinition[]
  /** Default 5000. */
  readonly timeoutMs?: number
  /** Default 2. */
  readonly maxContainers?: number
  /** MiB of heap for each container. Default 256. */
  readonly memoryMb?: number
}

export interface DestinationOptions extends FunctionOptions {
  /** Names of the sources, those of source functions included. */
  readonly sources: readonly string[]
  /** Used when the function defines `onBatch`. */
  readonly batch?: BatchOptions
  /** An insert function in front of it. */
  readonly insert?: InsertOptions
}

/** An insert function: sees each message before the destination function does. */
export type InsertOptions = Omit<FunctionOptions, 'name'> & {
  /** Used when the function defines `onBatch`. */
  readonly batch?: BatchOptions
}

/** A source insert function: sees each message of its source before anything downstream does. */
export interface SourceInsertOptions extends FunctionOptions {
  /** Name of the source. */
  readonly source: string
}

export interface SourceFunctionSetup extends FunctionOptions {
  /** Write key of the source that its messages come from. Default `wk_<name>`. */
  readonly writeKey?: string
  /** As in the editor's tester: keys keep their order, `cache` stays empty. Default false. */
  readonly tester?: boolean
}

/** What one may do with a function once it is there. */
export interface FunctionHandle {
  readonly name: string
  readonly handlers: readonly string[]
  readonly containerCount: number
  /** Drops its containers, and with them all module state. */
  coldStart(): Promise<void>
  /** Reads the file again and starts cold; throws when it cannot be loaded. */
  deploy(): Promise<void>
}

export interface WorkspaceCounts extends IntakeCounts {
  /** By destination. */
  readonly deliveries: Readonly<Record<string, DeliveryCounts>>
  /** Messages of `Segment.set`: for warehouses only, so they end here. */
  readonly objects: number
}

export interface Workspace {
  /** Tracking API, analytics.js and `/functions/:name`. */
  readonly app: Hono
  readonly faults: Faults
  addSource(source: { readonly name: string; readonly writeKey: string }): void
  /** Throws when the file cannot be loaded as the host loads it. */
  addDestinationFunction(options: DestinationOptions): Promise<FunctionHandle>
  addSourceFunction(options: SourceFunctionSetup): Promise<FunctionHandle>
  /** What it makes of each message is among the deliveries, under the function's name. */
  addSourceInsertFunction(options: SourceInsertOptions): Promise<FunctionHandle>
  /** Hands in one message as the Tracking API would, without HTTP. */
  inject(writeKey: string, message: JsonObject): Acceptance
  /** Asks for the deletion of a user, as Segment's privacy tools do: every function of the source hears of it. */
  deleteUser(source: string, userId: string): void
  /** Starts a server; port 0 takes a free one. */
  listen(at: { readonly port: number; readonly host?: string }): Promise<Listening>
  deliveries(): readonly Delivery[]
  requests(): readonly RequestRecord[]
  /** Messages that were refused, with the reason. */
  rejections(): readonly Rejection[]
  /** Answers of functions that the host does not document. */
  warnings(): readonly string[]
  counts(): WorkspaceCounts
  /** Resolves when no invocation is under way: what a virtual clock waits for. */
  settled(): Promise<void>
  /** Sends what is forming, then resolves when no retry waits any more. Retries take their time on the clock. */
  drain(): Promise<void>
  /** Ends every server, timer and container. */
  close(): Promise<void>
}

export interface Listening {
  readonly url: string
  close(): Promise<void>
}
