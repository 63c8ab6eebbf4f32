// The consent categories as the rules use them: what each is for, and under which other names an answer may come.
import type { ConsentPolicy, ConsentSubject } from './consent.ts'

export type CategoryPurpose = 'advertising' | 'analytics' | 'functional' | 'messaging'

export interface ConsentCatalogue {
  readonly categories: readonly { readonly id: string; readonly purpose: CategoryPurpose }[]
  readonly purposes: Readonly<
    Record<
      CategoryPurpose,
      { readonly unknown: ConsentPolicy['unknown'] /** Milliseconds. */; readonly hold: number }
    >
  >
  /** Id or alias → id. */
  readonly idOf: ReadonlyMap<string, string>
}

/** The ids of the categories that stand for a purpose. */
export function categoriesOf({ categories }: ConsentCatalogue, purpose: CategoryPurpose): string[] {
  return categories.filter((category) => category.purpose === purpose).map(({ id }) => id)
}

// The strictest first: a destination of two purposes waits or refuses as the stricter one would.
const STRICTEST = ['deny', 'hold', 'allow'] as const

/** What an open question about these categories means; `hold` in milliseconds, the shortest of those that hold. */
export function unknownOf(
  { categories, purposes }: ConsentCatalogue,
  ids: readonly string[],
): { readonly unknown: ConsentPolicy['unknown']; readonly hold: number } | null {
  const rules = categories
    .filter(({ id }) => ids.includes(id))
    .map((each) => purposes[each.purpose])
  const unknown = STRICTEST.find((each) => rules.some((rule) => rule.unknown === each))
  if (!unknown) return null
  return { unknown, hold: Math.min(...rules.map(({ hold }) => hold)) }
}

/** The same answers under the catalogue's ids. Where several names answer one question, a refusal stands. */
export function underIds({ idOf }: ConsentCatalogue, subject: ConsentSubject): ConsentSubject {
  const { snapshot, statements } = subject
  const isAlias = (name: string) => (idOf.get(name) ?? name) !== name
  const hasAliases =
    (snapshot !== null && Object.keys(snapshot).some(isAlias)) ||
    statements.some(({ category }) => isAlias(category))
  if (!hasAliases) return subject
  return {
    ...subject,
    snapshot: snapshot && joined(snapshot, idOf),
    // Latest first, and of one instant the refusal: the first that is found answers.
    statements: statements
      .map((each) => ({ ...each, category: idOf.get(each.category) ?? each.category }))
      .sort(
        (a, b) => b.statedAt.localeCompare(a.statedAt) || Number(a.granted) - Number(b.granted),
      ),
  }
}

function joined(
  snapshot: Readonly<Record<string, boolean>>,
  idOf: ReadonlyMap<string, string>,
): Record<string, boolean> {
  const answers = new Map<string, boolean>()
  for (const [name, granted] of Object.entries(snapshot)) {
    const id = idOf.get(name) ?? name
    answers.set(id, granted && (answers.get(id) ?? true))
  }
  return Object.fromEntries(answers)
}
