// generated-types.ts as the command line of the action-destinations repository writes it (generate:types), which is not
// published: an interface from the fields of a definition.
import type { ActionDefinition, DestinationDefinition, InputField } from '@segment/actions-core'

type Fields = Readonly<Record<string, InputField>>

/** A definition, with or without audiences. */
// biome-ignore lint/suspicious/noExplicitAny: any definition, whatever its settings
export type AnyDefinition = DestinationDefinition<any> & { readonly audienceFields?: object }

/** Text by file, relative to the definition's folder: its own settings, and the payload of each action. */
export function definitionTypes(definition: AnyDefinition): Readonly<Record<string, string>> {
  const settings = (definition.authentication?.fields ?? {}) as unknown as Fields
  const audience = (definition.audienceFields ?? {}) as Fields
  const own = renderTypes('Settings', settings)
  const ofAudiences =
    Object.keys(audience).length > 0 ? renderTypes('AudienceSettings', audience) : ''
  return {
    'generated-types.ts': own + ofAudiences,
    ...Object.fromEntries(
      Object.entries(definition.actions).map(([slug, action]) => [
        `${slug}/generated-types.ts`,
        renderTypes('Payload', (action as ActionDefinition<unknown>).fields as Fields),
      ]),
    ),
  }
}

/** One interface, with the header that marks the file. */
export function renderTypes(name: string, fields: Fields): string {
  return `// Generated file. DO NOT MODIFY IT BY HAND.\n\nexport interface ${name} ${renderObject(fields, '')}\n`
}

function renderObject(fields: Fields, indent: string): string {
  const inner = `${indent}  `
  const lines = Object.entries(fields).map(([name, field]) =>
    [
      `${inner}/**`,
      `${inner} * ${field.description}`,
      `${inner} */`,
      `${inner}${name}${field.required === true ? '' : '?'}: ${renderType(field, inner)}`,
    ].join('\n'),
  )
  return ['{', ...lines, `${indent}}`].join('\n')
}

function renderType(field: InputField, indent: string): string {
  const one = field.type === 'object' ? renderObjectType(field, indent) : SCALARS[field.type]
  const type = `${one ?? 'unknown'}${field.allowNull ? ' | null' : ''}`
  if (!field.multiple) return type
  return field.allowNull ? `(${type})[]` : `${type}[]`
}

function renderObjectType(field: InputField, indent: string): string {
  return field.properties
    ? renderObject(field.properties as Fields, indent)
    : `{\n${indent}  [k: string]: unknown\n${indent}}`
}

const SCALARS: Readonly<Record<string, string>> = {
  string: 'string',
  text: 'string',
  password: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  datetime: 'string | number',
}
