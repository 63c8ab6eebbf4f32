// The destinations as the store's replays ask for them.
import type { DeliverySide } from '../store/delivery-side.ts'
import type { Destination } from './destination.ts'

export function createDeliverySide(destinations: readonly Destination[]): DeliverySide {
  const find = (environment: string, name: string) =>
    destinations.find(
      (destination) => destination.environment === environment && destination.name === name,
    )
  return {
    isOn: (environment, name) => find(environment, name) !== undefined,
    preview: async (environment, name, deliveries) =>
      (await find(environment, name)?.preview(deliveries)) ?? null,
    report: async (environment, name, externalId) =>
      (await find(environment, name)?.remote?.report?.(externalId)) ?? null,
    consent: (environment, name) => find(environment, name)?.consent ?? null,
    repeatRule: (environment, name) => find(environment, name)?.repeatRule ?? null,
  }
}
