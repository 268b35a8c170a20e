// What every page of the console does in the browser: htmx and its server-sent events, times in the reader's zone, the
// theme, menus, and charts where there are any.
import htmx from 'htmx.org'
import 'htmx-ext-sse'
import './notices'

import { offerCopies } from './copy'
import { localise } from './times'

// Nothing is evaluated, nothing inline is made, and no other host is asked: as the content security policy demands.
Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
  refreshOnHistoryMiss: true,
})

const root = document.documentElement

document.addEventListener('htmx:configRequest', (event) => {
  const csrf = document.querySelector<HTMLMetaElement>('meta[name=csrf]')?.content
  if (csrf) (event as CustomEvent).detail.headers['X-CSRF-Token'] = csrf
})

/** Draw the charts below *within*: their library is loaded by pages that have some, and only then. */
function draw(within: ParentNode): void {
  const wanted = '[data-chart]:not([data-drawn])'
  const found = [...within.querySelectorAll<HTMLElement>(wanted)]
  if (within instanceof HTMLElement && within.matches(wanted)) found.push(within)
  if (found.length) void import('./charts').then(({ drawChart }) => found.forEach(drawChart))
}

function setTheme(wanted: string): void {
  const dark = matchMedia('(prefers-color-scheme: dark)').matches
  root.dataset.theme = wanted
  root.setAttribute('data-bs-theme', wanted === 'system' ? (dark ? 'dark' : 'light') : wanted)
  document.cookie = `theme=${wanted}; path=/; max-age=31536000; samesite=lax${location.protocol === 'https:' ? '; secure' : ''}`
  showTheme()
}

function showTheme(): void {
  for (const button of document.querySelectorAll<HTMLElement>('[data-set-theme]')) {
    button.setAttribute('aria-pressed', String(button.dataset.setTheme === root.dataset.theme))
  }
}

document.addEventListener('click', (event) => {
  const target = event.target as Element
  const theme = target.closest<HTMLElement>('[data-set-theme]')?.dataset.setTheme
  if (theme) setTheme(theme)
  for (const menu of document.querySelectorAll<HTMLDetailsElement>('details.menu[open]')) {
    if (!menu.contains(target)) menu.open = false
  }
})

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return
  for (const menu of document.querySelectorAll<HTMLDetailsElement>('details.menu[open]')) {
    menu.open = false
    menu.querySelector('summary')?.focus()
  }
})

document.addEventListener('change', (event) => {
  const field = event.target as HTMLSelectElement
  if (field.matches('[data-tries]')) field.form?.requestSubmit()
  if (!field.matches('[data-goes]')) return
  // Another client has other numbers: the one that was chosen goes with it.
  const inner = field.form?.querySelector<HTMLSelectElement>(`[name="${field.dataset.resets}"]`)
  if (inner) inner.value = ''
  for (const each of field.form?.elements ?? []) {
    if (each instanceof HTMLSelectElement && !each.value) each.disabled = true
  }
  field.form?.requestSubmit()
})

// A page that is fetched again keeps who was being read: what is live never takes the focus.
const live = () => document.querySelector<HTMLElement>('[data-live]')
const say = (words: string, state: string) => {
  const sign = live()
  if (!sign) return
  sign.dataset.live = state
  const text = sign.querySelector('[data-live-words]')
  if (text) text.textContent = words
}
document.addEventListener('htmx:sseOpen', () => say('Live', 'on'))
document.addEventListener('htmx:sseError', () => say('Connecting', 'off'))

for (const named of ['htmx:responseError', 'htmx:sendError']) {
  document.addEventListener(named, (event) => {
    const { xhr, target } = (event as CustomEvent).detail as { xhr?: XMLHttpRequest; target?: HTMLElement }
    if (xhr?.status === 401) location.reload()
    target?.setAttribute('data-stale', '')
    say('Not updated', 'off')
  })
}

document.addEventListener('htmx:afterSwap', (event) => {
  const target = (event as CustomEvent).detail.target as HTMLElement
  target.removeAttribute('data-stale')
})
if (document.querySelector('[data-logs]')) void import('./logs')

htmx.onLoad((element) => {
  localise(element as HTMLElement)
  draw(element as HTMLElement)
  offerCopies(element as HTMLElement)
})
localise(document)
draw(document)
offerCopies(document)
showTheme()
