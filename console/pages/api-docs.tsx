// What the store's API takes and answers: a list by noun, and a page for each operation.
import {
  type ApiDocument,
  accessOf,
  curlOf,
  errorsOf,
  type Field,
  fieldsOf,
  operationsOf,
  type Placed,
  typeOf,
} from '../api-document.ts'
import { DocsFrame, type DocsProps } from '../parts/docs-frame.tsx'
import { Id, JsonView } from '../parts/words.tsx'

export type ApiDocsProps = DocsProps & { readonly document: ApiDocument }

export function ApiPage({ document, ...frame }: ApiDocsProps) {
  const placed = operationsOf(document)
  return (
    <DocsFrame {...frame} title="API" at="/docs/api">
      <section class="panel pad-all" aria-labelledby="begin">
        <h2 id="begin">How to ask</h2>
        <p>{document.info.description}</p>
        <Shell
          label="A first request"
          text={
            'STORE=https://store.example KEY=…\ncurl -H "Authorization: Bearer $KEY" "$STORE/v1/session"'
          }
        />
        <p class="hint">
          For programs: <a href="/openapi.json">openapi.json</a>, OpenAPI 3.1, made of the schemas
          that check requests. Errors are <a href="/docs/errors">explained one by one</a>.
        </p>
      </section>
      {document.tags.map(({ name, description }) => (
        <section class="panel" aria-labelledby={slug(name)}>
          <header class="panel-head">
            <h2 id={slug(name)}>{name}</h2>
            <p class="hint">{description}</p>
          </header>
          <ul class="operations">
            {placed
              .filter(({ operation }) => operation.tags.includes(name))
              .map((each) => (
                <OperationRow {...each} />
              ))}
          </ul>
        </section>
      ))}
    </DocsFrame>
  )
}

export function OperationRow({ method, path, operation }: Placed) {
  return (
    <li>
      <a href={`/docs/api/${operation.operationId}`}>
        <Method name={method} /> <Id>{path}</Id>
        <span class="operation-summary">{operation.summary}</span>
        <span class="tag">{accessOf(operation)}</span>
      </a>
    </li>
  )
}

function Method({ name }: { readonly name: string }) {
  return <b class={`method method-${name.toLowerCase()}`}>{name}</b>
}

export function OperationPage({
  document,
  placed,
  ...frame
}: ApiDocsProps & { readonly placed: Placed }) {
  const { method, path, operation } = placed
  const { summary, description, parameters, requestBody, responses } = operation
  const access = accessOf(operation)
  const body = requestBody?.content['application/json']
  return (
    <DocsFrame {...frame} title={summary} at={`/docs/api/${operation.operationId}`}>
      <section class="panel pad-all" aria-label="Where and how">
        <p class="operation-address">
          <Method name={method} /> <Id>{path}</Id>
        </p>
        {description ? (
          <p>
            <Words text={description} />
          </p>
        ) : null}
        <p class="hint">{ACCESS[access] ?? `Takes the role ${access}, or one above it.`}</p>
        <Shell label="The call" text={curlOf(placed)} />
      </section>
      {parameters.length === 0 ? null : (
        <FieldPanel
          id="parameters"
          title="Parameters"
          fields={parameters.map((each) => ({
            name: each.name,
            type: typeOf(each.schema, document),
            isRequired: each.required ?? false,
            description: parameterWords(each),
          }))}
        />
      )}
      {body ? (
        <FieldPanel id="body" title="Body" fields={fieldsOf(body.schema, document)}>
          <JsonView value={body.example} label="A body" />
        </FieldPanel>
      ) : null}
      {Object.entries(responses)
        .filter(([status]) => status < '300')
        .map(([status, { content, description: words }]) => {
          const json = content?.['application/json']
          const fields = json ? fieldsOf(json.schema, document) : []
          return (
            <FieldPanel
              id={`answer-${status}`}
              title={`Answer ${status}`}
              hint={words}
              fields={fields}
            >
              {json ? <JsonView value={json.example} label={`An answer ${status}`} /> : null}
            </FieldPanel>
          )
        })}
      <section class="panel" aria-labelledby="errors">
        <header class="panel-head">
          <h2 id="errors">Errors</h2>
        </header>
        <ul class="operations">
          {errorsOf(operation).map(({ code, status }) => (
            <li>
              <a href={`/docs/errors/${code}`}>
                <b class="method">{status}</b> <Id>{code}</Id>
                <span class="operation-summary">{meaningOf(document, code)}</span>
              </a>
            </li>
          ))}
        </ul>
      </section>
    </DocsFrame>
  )
}

const ACCESS: Readonly<Record<string, string>> = {
  open: 'Open: no key is needed.',
  signed:
    'Signed: a live secret of the environment makes the signature over the bytes as they are sent.',
  viewer: 'Takes the role viewer: every key of the environment may ask.',
}

function parameterWords({
  in: place,
  description,
  schema,
}: Placed['operation']['parameters'][number]) {
  const more = [
    description ?? '',
    schema.default === undefined ? '' : `Without it: ${schema.default}.`,
    schema.maximum === undefined ? '' : `At most ${schema.maximum}.`,
    place === 'query' ? '' : `In the ${place}.`,
  ]
  return more.filter(Boolean).join(' ')
}

export function meaningOf(document: ApiDocument, code: string): string {
  return (
    document['x-codes'].find(({ codes }) => Object.hasOwn(codes, code))?.codes[code]?.means ?? ''
  )
}

interface FieldPanelProps {
  readonly id: string
  readonly title: string
  readonly hint?: string
  readonly fields: readonly Field[]
  readonly children?: unknown
}

function FieldPanel({ id, title, hint, fields, children }: FieldPanelProps) {
  return (
    <section class="panel" aria-labelledby={id}>
      <header class="panel-head">
        <h2 id={id}>{title}</h2>
        {hint ? <p class="hint">{hint}</p> : null}
      </header>
      {children}
      {fields.length > FOLDED_FROM ? (
        <details class="folded">
          <summary>{fields.length} fields</summary>
          <Fields fields={fields} />
        </details>
      ) : (
        <Fields fields={fields} />
      )}
    </section>
  )
}

/** More than these hide what comes after them. */
const FOLDED_FROM = 16

function Fields({ fields }: { readonly fields: readonly Field[] }) {
  if (fields.length === 0) return null
  return (
    <ul class="fields">
      {fields.map(({ name, type, isRequired, description }) => (
        <li>
          <Id>{name}</Id>
          <span>{isRequired ? type : `${type}, optional`}</span>
          {description ? (
            <p class="hint">
              <Words text={description} />
            </p>
          ) : null}
        </li>
      ))}
    </ul>
  )
}

/** Text with `code` in it. */
function Words({ text }: { readonly text: string }) {
  return <>{text.split('`').map((part, at) => (at % 2 === 1 ? <code>{part}</code> : part))}</>
}

// It scrolls, so the keyboard reaches it (WCAG 2.1.1).
function Shell({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <section class="shell" tabindex={0} aria-label={label}>
      <pre>
        <code>{text}</code>
      </pre>
    </section>
  )
}

function slug(name: string): string {
  return name.toLowerCase().replaceAll(' ', '-')
}
