// The frame of the pages about mappings: one tab for each, with what needs somebody counted on it.
import type { PropsWithChildren } from 'hono/jsx'
import type { UnmappedName, Violation } from '../api-types.ts'
import type { Viewer } from '../viewer.ts'
import { Frame } from './layout.tsx'

export interface MappingsProps {
  readonly viewer: Viewer
  /** Names without a row that came lately. */
  readonly names: readonly UnmappedName[]
  readonly violations: readonly Violation[]
}

const TABS = [
  { href: '/mappings', name: 'Table' },
  { href: '/mappings/destinations', name: 'Destinations' },
  { href: '/mappings/versions', name: 'Versions' },
  { href: '/mappings/names', name: 'Names without a row' },
  { href: '/mappings/violations', name: 'Plan violations' },
] as const
export type MappingsTab = (typeof TABS)[number]['href']

export function MappingsFrame(props: PropsWithChildren<MappingsProps & { at: MappingsTab }>) {
  const { viewer, names, violations, at, children } = props
  const counts: Readonly<Partial<Record<MappingsTab, number>>> = {
    '/mappings/names': names.length,
    '/mappings/violations': violations.length,
  }
  return (
    <Frame viewer={viewer} title="Mappings" at="/mappings">
      <nav class="tabs" aria-label="About mappings">
        {TABS.map(({ href, name }) => (
          <a href={href} aria-current={href === at ? 'page' : undefined}>
            {name}
            {counts[href] ? <span class="tag tag-paused">{counts[href]}</span> : null}
          </a>
        ))}
      </nav>
      {children}
    </Frame>
  )
}

/** Where a row of the table is: names of two rows differ by more than case and spacing, so these differ too. */
export function rowAnchor(event: string): string {
  return event.toLowerCase().replace(/[\s_-]+/g, '-')
}

export function RowLink({ event }: { readonly event: string }) {
  return <a href={`/mappings#${encodeURIComponent(rowAnchor(event))}`}>{event}</a>
}
