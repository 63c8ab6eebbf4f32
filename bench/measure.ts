// Timing that holds on a shared machine: contenders take turns in short rounds, and what is compared is the two times
// of one round, so that a neighbour's load falls on both.

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  return {
    median: quantile(sorted, 0.5),
    min: sorted[0] ?? Number.NaN,
    max: sorted[sorted.length - 1] ?? Number.NaN,
  }
}

/** @param sorted in ascending order */
export function quantile(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}

export interface Contender {
  readonly name: string
  /** Makes the input of one run, outside the time taken. */
  readonly prepare: () => unknown
  /** A promise is awaited within the time taken; anything else is not, since an await alone costs a microsecond. */
  readonly run: (input: never) => unknown
}

export interface ComparisonOptions {
  readonly rounds: number
  readonly warmUpRounds: number
  readonly runsPerRound: number
  /** The time of a run is divided by this. */
  readonly eventsPerRun: number
}

export interface Compared {
  readonly name: string
  /** Microseconds per event. */
  readonly time: Spread
  /** This one's time divided by the first contender's, round by round. */
  readonly ratio: Spread
}

/** Times contenders in turns; the first is what the others are compared with. */
export async function compare(
  contenders: readonly Contender[],
  options: ComparisonOptions,
): Promise<Compared[]> {
  const times = contenders.map((): number[] => [])
  for (let round = -options.warmUpRounds; round < options.rounds; round++) {
    // Whoever follows pays for the garbage of whoever went before: each takes each turn.
    for (let turn = 0; turn < contenders.length; turn++) {
      const place = (turn + round + options.warmUpRounds) % contenders.length
      const contender = contenders[place]
      if (!contender) continue
      const time = await timeRound(contender, options)
      if (round >= 0) times[place]?.push(time)
    }
  }
  return contenders.map(({ name }, place) => {
    const own = times[place] ?? []
    const first = times[0] ?? []
    const ratios = own.map((time, round) => time / (first[round] ?? Number.NaN))
    return { name, time: spreadOf(own), ratio: spreadOf(ratios) }
  })
}

async function timeRound(
  { prepare, run }: Contender,
  { runsPerRound, eventsPerRun }: ComparisonOptions,
): Promise<number> {
  let spentMs = 0
  for (let nth = 0; nth < runsPerRound; nth++) {
    const input = prepare() as never
    const started = performance.now()
    const result = run(input)
    if (isPromise(result)) await result
    spentMs += performance.now() - started
  }
  return (spentMs * 1000) / (runsPerRound * eventsPerRun)
}

// Not instanceof: a promise of a vm context has that context's Promise.
function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value
}
