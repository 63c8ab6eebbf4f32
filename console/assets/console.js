// Small comforts on pages that work without them: the viewer's time zone, the live stream, keys, the theme.
const YEAR_SECONDS = 31_536_000
const root = document.documentElement

function keep(name, value) {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser yet
  document.cookie = `${name}=${value}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Lax`
}

// Times: the server writes the zone it was told of; this tells it, and rewrites what was written before it knew.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
const format = (options) => new Intl.DateTimeFormat('en-GB', { timeZone: zone, ...options })
const day = format({ day: '2-digit', month: 'short' })
const time = format({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })

function writeTimes(within) {
  if (root.dataset.zone === zone) return
  for (const element of within.querySelectorAll('time[datetime]')) {
    const at = new Date(element.dateTime)
    const precise = 'precise' in element.dataset ? `.${element.dateTime.slice(20, 23)}` : ''
    element.textContent = `${day.format(at)} ${time.format(at)}${precise}`
  }
}
if (zone) {
  keep('tracklayer_zone', encodeURI(zone))
  writeTimes(document)
}

// Theme: the button goes from what is shown to the other one.
const toggle = document.querySelector('[data-theme-toggle]')
if (toggle) {
  toggle.hidden = false
  toggle.addEventListener('click', () => {
    const isDark = root.dataset.theme
      ? root.dataset.theme === 'dark'
      : matchMedia('(prefers-color-scheme: dark)').matches
    root.dataset.theme = isDark ? 'light' : 'dark'
    keep('tracklayer_theme', root.dataset.theme)
  })
}

// A sign-in link is used by sending its form: programs that only look at the page leave it unused.
document.querySelector('form[data-submit-at-once]')?.requestSubmit()

for (const form of document.querySelectorAll('form[data-submit-on-change]')) {
  form.addEventListener('change', ({ target }) => {
    if (target instanceof HTMLSelectElement) form.requestSubmit()
  })
  // Empty fields stay out of the address.
  form.addEventListener('formdata', ({ formData }) => {
    for (const [name, value] of [...formData]) if (value === '') formData.delete(name)
  })
}

// Keys: / searches, g and a letter goes somewhere.
const PLACES = {
  o: '/',
  e: '/events',
  d: '/destinations',
  l: '/dead-letters',
  a: '/audiences',
  p: '/profiles',
  m: '/mappings',
  c: '/consent',
  s: '/settings',
}
let isGoing = false
document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.target.closest?.('input, textarea, select, [contenteditable]')) return
  if (event.key === '/') {
    event.preventDefault()
    document.querySelector('[data-search]')?.focus()
  } else if (isGoing && PLACES[event.key]) location.assign(PLACES[event.key])
  isGoing = event.key === 'g'
})

// The live stream puts new rows on top, and keeps no more than a page of them.
const MOST_ROWS = 100
const body = document.querySelector('tbody[data-live]')
const switchLive = document.querySelector('[data-live-toggle]')
let stream = null

function follow() {
  stream = new EventSource(body.dataset.live)
  stream.addEventListener('message', ({ data }) => {
    const template = document.createElement('template')
    template.innerHTML = data
    const row = template.content.firstElementChild
    writeTimes(template.content)
    row.classList.add('fresh')
    body.querySelector(`tr[data-message="${CSS.escape(row.dataset.message)}"]`)?.remove()
    body.prepend(row)
    while (body.rows.length > MOST_ROWS) body.lastElementChild.remove()
  })
}
if (body && switchLive) {
  switchLive.hidden = false
  switchLive.addEventListener('click', () => {
    const isOn = switchLive.getAttribute('aria-pressed') === 'true'
    switchLive.setAttribute('aria-pressed', String(!isOn))
    if (isOn) stream.close()
    else follow()
  })
  follow()
}

// Numbers that take the database a while come after the page, one after the other, from the page that shows them.
async function fillLater() {
  for (const place of document.querySelectorAll('[data-later]')) {
    place.setAttribute('aria-busy', 'true')
    const answer = await fetch(place.dataset.later).catch(() => null)
    place.removeAttribute('aria-busy')
    if (!answer?.ok || answer.redirected) continue
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
    const part = page.getElementById(place.dataset.part)
    if (part) place.replaceChildren(...part.childNodes)
  }
}
void fillLater()

// Pages about now read themselves again, unless somebody is at work in them or looks elsewhere.
let main = document.querySelector('main[data-refresh]')

async function refresh() {
  const isBusy = main.contains(document.activeElement) && document.activeElement !== main
  if (document.hidden || isBusy || !getSelection().isCollapsed) return
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => null)
  if (!answer?.ok || answer.redirected) return
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  const fresh = page.querySelector('main')
  if (!fresh) return
  writeTimes(fresh)
  main.replaceWith(fresh)
  main = fresh
}

function refreshLater() {
  if (!main.dataset.refresh) return
  setTimeout(() => refresh().then(refreshLater), Number(main.dataset.refresh) * 1000)
}
if (main) refreshLater()

// A secret that is shown once goes where it belongs by one press; browsers allow that over TLS and on this machine.
for (const button of document.querySelectorAll('[data-copy]')) {
  if (!navigator.clipboard) break
  button.hidden = false
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent)
    button.textContent = 'Copied'
  })
}

// How long the server took for this page, as it says itself.
const answered = document.querySelector('[data-answered]')
const [timing] = performance.getEntriesByType('navigation')[0]?.serverTiming ?? []
if (answered && timing) answered.textContent = `answered in ${Math.round(timing.duration)} ms`
