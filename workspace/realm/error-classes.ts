// The error classes a function may throw. The host tells them apart by `name`, and so does `classify`: a user's subclass
// keeps the name of its parent, and a class of the user's own with the same name counts as well.

function errorClass(name: string) {
  const named = {
    [name]: class extends Error {
      constructor(message?: string) {
        super(message)
        this.name = name
      }
    },
  }
  return named[name]
}

/** Fresh classes for one realm. They extend the outer realm's Error, so `instanceof Error` is false inside, as in the host. */
export function createErrorClasses() {
  return {
    ValidationError: errorClass('ValidationError'),
    EventNotSupported: errorClass('EventNotSupported'),
    InvalidEventPayload: errorClass('InvalidEventPayload'),
    RetryError: errorClass('RetryError'),
    DropEvent: errorClass('DropEvent'),
  }
}
