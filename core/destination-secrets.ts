// Secrets stand in a destination's file as `${NAME}` and never as themselves (design 3.10): the files are in a
// repository. Found by the definition's own password fields and by what a setting is called.
import { REFERENCE } from './setting-references.ts'
import type { Problem } from './yaml-file.ts'

interface Settings {
  readonly settings: Readonly<Record<string, string>>
  readonly oauth?: Readonly<Record<string, string>> | undefined
}

/**
 * Secrets that are written out, and placeholders that would be sent as text.
 * @param passwordFields the definition's settings of type `password`
 */
export function settingProblems(
  { settings, oauth = {} }: Settings,
  passwordFields: ReadonlySet<string>,
): Problem[] {
  const places = [
    ...Object.entries(settings).map(([name, value]) => ({ group: 'settings', name, value })),
    ...Object.entries(oauth).map(([name, value]) => ({ group: 'oauth', name, value })),
  ]
  return places.flatMap(({ group, name, value }) => {
    const message =
      placeholderFault(value) ??
      (passwordFields.has(name) || isSecretName(name)
        ? secretFault(name, value)
        : addressFault(value))
    return message === null ? [] : [{ path: [group, name], message }]
  })
}

const SECRET_WORDS = /^(?:tokens?|secrets?|passwords?|passphrase|credentials?|keys?)$/

/** By its last word: `access_token` and `apiKey` hold secrets, `token_url` and `keyId` do not. */
export function isSecretName(name: string): boolean {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()
  return SECRET_WORDS.test(words.split(/[^a-z0-9]+/).at(-1) ?? '')
}

// The value itself is in no message: it may be the secret.
function placeholderFault(value: string): string | null {
  const rest = value.replace(REFERENCE, (_, _name, otherwise?: string) =>
    otherwise?.includes('${') ? '${' : '',
  )
  return rest.includes('${')
    ? `holds a placeholder that is none; want \${NAME} or \${NAME:-text}: capital letters, digits and _, beginning with a letter, no placeholder inside`
    : null
}

// Several secrets may stand side by side while one is changed for another.
function secretFault(name: string, value: string): string | null {
  const rest = value.replace(REFERENCE, (_, _name, otherwise?: string) => otherwise ?? '')
  if (/^[\s,]*$/.test(rest)) return null
  return `is a secret and stands in the file; write \${${variableOf(name)}} and set the variable for each environment`
}

// Only what is written out counts: `https://user:${PASSWORD}@host` keeps its secret.
function addressFault(value: string): string | null {
  return /:\/\/[^/@\s]*:[^/@\s]+@/.test(value.replace(REFERENCE, ''))
    ? `holds the password of an address; write it as \${NAME} and set the variable for each environment`
    : null
}

const variableOf = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toUpperCase()
