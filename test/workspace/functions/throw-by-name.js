// biome-ignore-all lint/correctness/noUnusedVariables: the host finds handlers by their name
// Does what the event's name says: every way in which a single handler can end.
class PatientError extends RetryError {}

async function onTrack(event) {
  const { error, message } = event.properties ?? {}
  switch (event.event) {
    case 'Return':
      return 'ignored'
    case 'Throw class':
      throw new globalThis[error](message)
    case 'Throw subclass':
      throw new PatientError(message)
    case 'Throw by name':
      throw Object.assign(new Error(message), { name: error })
    case 'Throw text':
      throw message
    case 'Type error':
      return event.missing.field
    case 'Fetch nothing':
      return fetch('http://127.0.0.1:1/')
    case 'Loop for ever':
      while (true) {}
    case 'Never answer':
      return new Promise(() => {})
    case 'Reject elsewhere':
      void Promise.reject(new Error('nobody awaits me'))
      return new Promise(() => {})
  }
}
