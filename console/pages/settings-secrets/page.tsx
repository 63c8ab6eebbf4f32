// Signing secrets: where a rotation stands, which secrets are accepted, and which were retired.
import type { SecretList } from '../../api-types.ts'
import { Fault, SettingsFrame } from '../../parts/settings-frame.tsx'
import type { Viewer } from '../../viewer.ts'
import { Accepted } from './accepted.tsx'
import { Retired } from './retired.tsx'
import { Rotation } from './rotation.tsx'

export interface SecretsProps {
  readonly viewer: Viewer
  readonly list: SecretList
  /** What the store refused just now. */
  readonly fault: string | null
}

export function SecretsPage({ viewer, list, fault }: SecretsProps) {
  const { secrets, retired } = list
  return (
    <SettingsFrame viewer={viewer} at="/settings/secrets" refreshSeconds={10}>
      <Fault message={fault} />
      <Rotation viewer={viewer} list={list} />
      <Accepted viewer={viewer} secrets={secrets} />
      <Retired viewer={viewer} retired={retired} />
    </SettingsFrame>
  )
}
