// Small drawings in the colour of the text around them; each stands beside a word, so that none is read aloud.
import type { State } from '../api-types.ts'

const NAVIGATION = {
  overview: 'M2 13V8h3v5M6.5 13V3h3v10M11 13V6h3v7',
  events: 'M2 4h12M2 8h12M2 12h7',
  destinations: 'M2 8h5l5-4.5M7 8l5 4.5M7 8h6',
  'dead-letters': 'M2 4h12v9H2zM2 4l6 5 6-5',
  audiences:
    'M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM1.5 14c0-3 2-4.5 4.5-4.5s4.5 1.5 4.5 4.5M11 3a2.3 2.3 0 0 1 0 4.400M12 9.700c1.600.500 2.600 2 2.600 4.300',
  profiles:
    'M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.500 14.500c0-3.500 2.500-4.500 5.500-4.500s5.500 1 5.500 4.500',
  mappings: 'M2 4h3.500l5 8H14M2 12h3.500l1.500-2.400M9 6.400 10.500 4H14',
  consent:
    'M8 1.500 13.500 3.500v4c0 3.500-2.300 5.800-5.500 7-3.200-1.200-5.500-3.500-5.500-7v-4ZM5.500 8l1.800 1.800 3.200-3.600',
  settings: 'M2 4.500h6M12 4.500h2M2 11.500h2M8 11.500h6M10 2.800v3.400M6 9.800v3.400',
  docs: 'M5.500 4 1.500 8l4 4M10.500 4l4 4-4 4',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10ZM10.700 10.700 14 14',
  sun: 'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1',
  out: 'M6 2H3v12h3M7 8h7M11 5l3 3-3 3',
} as const
export type IconName = keyof typeof NAVIGATION

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={NAVIGATION[name]} />
    </svg>
  )
}

// Told apart by outline as well as by colour: full, empty, half, turning, broken.
const STATE_SHAPES: Readonly<Record<State, { readonly filled: string; readonly drawn: string }>> = {
  delivered: {
    filled: 'M8 1.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13Z',
    drawn: 'm5 8.200 2.100 2.100L11 6.200',
  },
  filtered: { filled: '', drawn: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM5 8h6' },
  held: { filled: 'M3.500 2.500h3v11h-3zM9.500 2.500h3v11h-3z', drawn: '' },
  pending: { filled: '', drawn: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2ZM8 5v3.200l2 1.300' },
  retrying: { filled: '', drawn: 'M13.500 8a5.500 5.500 0 1 1-1.700-4M13.800 1.500V5h-3.500' },
  dead: {
    filled: 'M5 1.500h6L14.500 5v6L11 14.500H5L1.500 11V5Z',
    drawn: 'm5.600 5.600 4.800 4.800M10.400 5.600l-4.800 4.800',
  },
  unknown: {
    filled: '',
    drawn:
      'M8 1.500 14.500 8 8 14.500 1.500 8ZM6.600 6.600c.200-1.800 3-1.600 2.800.100-.100 1-1.400 1-1.400 2M8 10.600v.200',
  },
}

export function StateShape({ state }: { readonly state: State }) {
  const { filled, drawn } = STATE_SHAPES[state]
  return (
    <svg
      class={`shape shape-${state}`}
      viewBox="0 0 16 16"
      width="14"
      height="14"
      aria-hidden="true"
    >
      {filled ? <path class="filled" d={filled} /> : null}
      {drawn ? <path class="drawn" d={drawn} /> : null}
    </svg>
  )
}
