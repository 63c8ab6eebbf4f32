// How settings refer to variables: `${NAME}`, or `${NAME:-text}` for what stands when the variable is not set.
export const REFERENCE = /\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}/g
