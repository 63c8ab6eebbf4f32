// Plots drawn on the server as SVG: no script, no layout jump, and there before the style sheet's last byte. Each has its
// numbers as text too.
import { whole } from './words.tsx'

export interface Layer {
  readonly name: string
  /** Class of its colour. */
  readonly tone: string
  readonly values: readonly number[]
}

export interface BarsProps {
  readonly label: string
  /** From the baseline up. */
  readonly layers: readonly Layer[]
  /** What a bar stands for, e.g. `22 Nov 09:30:00`. */
  readonly names: readonly string[]
  /** The name as the axis has room for it. */
  readonly tick: (name: string) => string
}

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [960, 190, 52, 24, 14]

/** Stacked bars with an axis. */
export function Bars({ label, layers, names, tick }: BarsProps) {
  const count = names.length
  const sums = names.map((_, at) => layers.reduce((sum, { values }) => sum + (values[at] ?? 0), 0))
  const most = niceCeiling(Math.max(1, ...sums))
  const [plotWidth, plotHeight] = [WIDTH - LEFT, HEIGHT - BOTTOM - TOP]
  const step = plotWidth / count
  const y = (value: number) => TOP + plotHeight * (1 - value / most)
  return (
    <svg class="bars" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {[0, 0.5, 1].map((share) => (
        <g class="grid">
          <line x1={LEFT} x2={WIDTH} y1={y(most * share)} y2={y(most * share)} />
          <text x={LEFT - 8} y={y(most * share) + 4} text-anchor="end">
            {whole(most * share)}
          </text>
        </g>
      ))}
      {names.map((name, at) => {
        let below = 0
        return (
          <g class="bar">
            <title>{`${name}: ${layers.map((layer) => `${whole(layer.values[at] ?? 0)} ${layer.name}`).join(', ')}`}</title>
            <rect
              class="hit"
              x={round(LEFT + at * step)}
              y={TOP}
              width={round(step)}
              height={plotHeight}
            />
            {layers.map(({ tone, values }) => {
              const value = values[at] ?? 0
              const top = y(below + value)
              const height = y(below) - top
              below += value
              return value === 0 ? null : (
                <rect
                  class={`tone-${tone}`}
                  x={round(LEFT + at * step + step * 0.12)}
                  y={round(top)}
                  width={round(step * 0.76)}
                  height={round(Math.max(height, 1.5))}
                />
              )
            })}
          </g>
        )
      })}
      {[0, Math.floor(count / 4), Math.floor(count / 2), Math.floor((3 * count) / 4)].map((at) => (
        <text class="tick" x={round(LEFT + at * step)} y={HEIGHT - 5}>
          {tick(names[at] ?? '')}
        </text>
      ))}
    </svg>
  )
}

export function Legend({ layers }: { readonly layers: readonly Layer[] }) {
  return (
    <ul class="legend">
      {layers.map(({ name, tone, values }) => (
        <li>
          <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
            <rect class={`tone-${tone}`} width="10" height="10" rx="2" />
          </svg>
          {name} <b>{whole(values.reduce((sum, value) => sum + value, 0))}</b>
        </li>
      ))}
    </ul>
  )
}

/** A small shape of a series beside its number. */
export function Spark({
  layers,
  label,
}: {
  readonly layers: readonly Pick<Layer, 'tone' | 'values'>[]
  readonly label: string
}) {
  const length = layers[0]?.values.length ?? 0
  const [width, height] = [120, 26]
  const sums = Array.from({ length }, (_, at) =>
    layers.reduce((sum, { values }) => sum + (values[at] ?? 0), 0),
  )
  const most = Math.max(1, ...sums)
  const step = width / Math.max(1, length)
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={label}
    >
      <line class="base" x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
      {sums.map((_, at) => {
        let below = 0
        return layers.map(({ tone, values }) => {
          const value = values[at] ?? 0
          if (value === 0) return null
          const size = Math.max(1.5, (value / most) * (height - 2))
          below += size
          return (
            <rect
              class={`tone-${tone}`}
              x={round(at * step)}
              y={round(height - below)}
              width={round(Math.max(1, step * 0.8))}
              height={round(size)}
            />
          )
        })
      })}
    </svg>
  )
}

export interface Share {
  readonly name: string
  readonly tone: string
  readonly count: number
}

/** One whole in its parts. */
export function Parts({
  shares,
  label,
}: {
  readonly shares: readonly Share[]
  readonly label: string
}) {
  const total = shares.reduce((sum, { count }) => sum + count, 0)
  let x = 0
  return (
    <svg class="parts" viewBox="0 0 200 8" preserveAspectRatio="none" role="img" aria-label={label}>
      <rect class="nothing" width="200" height="8" />
      {shares.map(({ name, tone, count }) => {
        const width = total === 0 ? 0 : (200 * count) / total
        const at = x
        x += width
        return count === 0 ? null : (
          <rect class={`tone-${tone}`} x={round(at)} width={round(Math.max(width, 1))} height="8">
            <title>{`${whole(count)} ${name}`}</title>
          </rect>
        )
      })}
    </svg>
  )
}

// 1, 2 or 5 times a power of ten, even above one so that the half is whole.
function niceCeiling(value: number): number {
  if (value <= 2) return 2
  const power = 10 ** Math.floor(Math.log10(value))
  const factor = [1, 2, 4, 6, 8, 10].find((each) => each * power >= value) ?? 10
  return factor * power
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10)
}
