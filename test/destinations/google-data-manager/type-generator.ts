// The form in which actions-cli writes generated-types.ts: what a definition's fields say, as an interface.
import type { ActionDefinition, GlobalSetting } from '@segment/actions-core'

type Field = Pick<
  ActionDefinition<unknown>['fields'][string],
  'type' | 'description' | 'required' | 'multiple' | 'properties' | 'additionalProperties'
>

export const HEADER = '// Generated file. DO NOT MODIFY IT BY HAND.\n'

export function interfaceOf(
  name: string,
  fields: Readonly<Record<string, Field | GlobalSetting>>,
): string {
  return `\nexport interface ${name} {\n${members(fields as Record<string, Field>, '  ')}}\n`
}

function members(fields: Readonly<Record<string, Field>>, indent: string): string {
  return Object.entries(fields)
    .map(([key, field]) => {
      const comment = `${indent}/**\n${indent} * ${field.description}\n${indent} */\n`
      return `${comment}${indent}${key}${field.required === true ? '' : '?'}: ${typeOf(field, indent)}\n`
    })
    .join('')
}

function typeOf(field: Field, indent: string): string {
  const one = oneOf(field, indent)
  return field.multiple ? `${one}[]` : one
}

function oneOf({ type, properties, additionalProperties }: Field, indent: string): string {
  if (type === 'number' || type === 'integer') return 'number'
  if (type === 'boolean') return 'boolean'
  if (type === 'datetime') return 'string | number'
  if (type !== 'object') return 'string'
  const known = properties ? members(properties as Record<string, Field>, `${indent}  `) : ''
  const others = !properties || additionalProperties ? `${indent}  [k: string]: unknown\n` : ''
  return `{\n${known}${others}${indent}}`
}
