// One destination: how it is, what goes wrong, how well people are matched, how it is set up, and an event to try it with.
import type { DestinationDetail, Overview, TestAnswer } from '../../api-types.ts'
import { Health, Switch } from '../../parts/destination.tsx'
import { Frame } from '../../parts/layout.tsx'
import { TestResult } from '../../parts/test-result.tsx'
import type { Viewer } from '../../viewer.ts'
import { Day } from './day.tsx'
import { Errors } from './errors.tsx'
import { Matching } from './matching.tsx'
import { Now } from './now.tsx'
import { Setup } from './setup.tsx'
import { TestForm } from './test-form.tsx'
import { Troubles } from './troubles.tsx'

export interface DestinationProps {
  readonly viewer: Viewer
  readonly destination: DestinationDetail
  readonly overview: Overview
  /** What became of the test event that was just sent. */
  readonly tried: TestAnswer | null
}

export function DestinationPage({ viewer, destination, overview, tried }: DestinationProps) {
  const { name, is_paused, errors, identifiers, setup } = destination
  return (
    <Frame
      viewer={viewer}
      title={name}
      at="/destinations"
      actions={
        <>
          <Health destination={destination} />
          <Switch viewer={viewer} name={name} isPaused={is_paused} isOwnPage />
        </>
      }
    >
      {tried ? <TestResult tried={tried} /> : null}
      <Troubles viewer={viewer} destination={destination} />
      <Now viewer={viewer} destination={destination} overview={overview} />
      <Errors viewer={viewer} name={name} errors={errors} />
      <Day viewer={viewer} destination={destination} overview={overview} />
      <Matching destination={destination} identifiers={identifiers} />
      {setup ? <Setup setup={setup} /> : null}
      <TestForm viewer={viewer} name={name} setup={setup} />
    </Frame>
  )
}
