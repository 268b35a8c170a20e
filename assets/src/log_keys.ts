// The keys of the log page: j and k, Enter, /, Esc and ?. They can be switched off, for who speaks to the browser.
import { close, isOpen, open } from './log_peek'
import { links } from './log_rows'
import { pressTail } from './log_tail'

const OFF = 'wabawatch.keys.off'
const sheet = document.getElementById('keys') as HTMLDialogElement | null

export function startKeys(): void {
  const toggle = sheet?.querySelector<HTMLInputElement>('[data-keys-on]')
  if (toggle) {
    toggle.checked = !localStorage.getItem(OFF)
    toggle.addEventListener('change', () => (toggle.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, '1')))
  }
  for (const button of document.querySelectorAll<HTMLElement>('[data-keys]')) {
    button.hidden = false
    button.addEventListener('click', () => sheet?.showModal())
  }
  document.addEventListener('keydown', pressed)
}

function pressed(event: KeyboardEvent): void {
  const target = event.target as HTMLElement
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || sheet?.open) return
  const field = document.querySelector<HTMLInputElement>('form.searching input[name=q]')
  if (event.key === 'Escape') {
    if (document.querySelector('details.menu[open]')) return
    if (target === field) links()[0]?.focus()
    else if (isOpen()) close()
    return
  }
  if (target.closest('input, select, textarea, [contenteditable]') || localStorage.getItem(OFF)) return
  switch (event.key) {
    case 'j':
      step(1)
      break
    case 'k':
      step(-1)
      break
    case '/':
      field?.focus()
      field?.select()
      break
    case 'l':
      pressTail()
      break
    case '?':
      sheet?.showModal()
      break
    default:
      return
  }
  event.preventDefault()
}

/** To the row *by* further down. What is open beside the list goes along. */
function step(by: number): void {
  const all = links()
  const here = document.activeElement?.closest('tr')?.querySelector<HTMLAnchorElement>('a[data-open]')
  const from = all.findIndex((link) => (here ? link === here : link.getAttribute('aria-current') === 'true'))
  const to = all[from < 0 ? 0 : Math.min(Math.max(from + by, 0), all.length - 1)]
  if (!to) return
  to.focus({ preventScroll: true })
  to.closest('tr')?.scrollIntoView({ block: 'nearest' })
  if (isOpen()) open(to.dataset.open ?? '', false)
}
