// One message beside the list: which one stands in the address, and closing it gives the focus back to its row.
import htmx from 'htmx.org'

import { links } from './log_rows'

const grid = document.querySelector<HTMLElement>('[data-logs]')
const peek = document.getElementById('peek')
const narrow = matchMedia('(max-width: 56rem)')
let opened = ''

export const isOpen = () => opened !== ''

export function startPeek(): void {
  if (!grid || !peek) return
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const target = event.target as Element
    const link = target.closest<HTMLAnchorElement>('.log-list a[data-open]') ?? rowLink(target)
    if (link) {
      event.preventDefault()
      open(link.dataset.open ?? '', true)
    } else if (target.closest('#peek [data-close]')) {
      event.preventDefault()
      close()
    }
  })
  addEventListener('popstate', () => {
    const wanted = new URLSearchParams(location.search).get('open') ?? ''
    if (wanted) void show(wanted, false)
    else hide()
  })
  if (grid.dataset.opened) void show(grid.dataset.opened, false)
}

/** The link of the row that was clicked, unless something in it was chosen or is a link itself. */
function rowLink(target: Element): HTMLAnchorElement | null {
  if (target.closest('a, button, input') || getSelection()?.toString()) return null
  return target.closest('.log-list tbody tr')?.querySelector<HTMLAnchorElement>('a[data-open]') ?? null
}

/** Show message *id*. *goes*: one goes there, so the focus does, too, and the way back leads to before. */
export function open(id: string, goes: boolean): void {
  if (!id) return
  const url = new URL(location.href)
  url.searchParams.set('open', id)
  if (goes && !isOpen()) history.pushState(null, '', url)
  else history.replaceState(null, '', url)
  void show(id, goes)
}

export function close(): void {
  const url = new URL(location.href)
  url.searchParams.delete('open')
  history.replaceState(null, '', url)
  const last = opened
  hide()
  links().find((link) => link.dataset.open === last)?.focus()
}

async function show(id: string, takesFocus: boolean): Promise<void> {
  if (!grid || !peek) return
  opened = id
  peek.hidden = false
  grid.classList.add('with-peek')
  peek.setAttribute('aria-busy', 'true')
  mark()
  cover(true)
  await htmx.ajax('get', (grid.dataset.part ?? '').replace('ID', id), { target: peek, swap: 'innerHTML' })
  if (opened !== id) return
  peek.removeAttribute('aria-busy')
  peek.scrollTop = 0
  if (takesFocus) (document.getElementById('peek-title') ?? peek).focus({ preventScroll: true })
}

function hide(): void {
  opened = ''
  if (!grid || !peek) return
  peek.hidden = true
  peek.replaceChildren()
  grid.classList.remove('with-peek')
  cover(false)
  mark()
}

/** Where the message covers the page, nothing under it can be reached. */
function cover(is: boolean): void {
  for (const each of document.querySelectorAll<HTMLElement>('main > :not(.log-grid, dialog), .log-grid > :not(#peek)')) {
    each.inert = is && narrow.matches
  }
}

/** The row of the message that is open says so. */
export function mark(): void {
  for (const link of links()) {
    const is = link.dataset.open === opened
    link.closest('tr')?.classList.toggle('opened', is)
    if (is) link.setAttribute('aria-current', 'true')
    else link.removeAttribute('aria-current')
  }
}
