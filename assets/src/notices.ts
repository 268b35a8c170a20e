// News of alerts in every open window: a note for what began, ended or was done, the number of those that nobody has read
// in the title and the navigation, and notices on the desktop where somebody has asked for them.
import htmx from 'htmx.org'

const SHOWN_MS = 12_000 // so long a note stays that is not urgent
const MOST = 4 // so many of these stand at a time
const KEPT = 'alert-news-kept' // the urgent ones, of this tab: they outlive a change of page
const WANTED = 'desktop-notices' // of this browser

const news = () => document.getElementById('news')
const urgent = () => document.getElementById('toasts-urgent')
const passing = () => document.getElementById('toasts')

// ------------------------------------------------------------ what is shown

const kept = (): string[] => (sessionStorage.getItem(KEPT) ?? '').split(',').filter(Boolean)

/** The urgent notes that stand here are those of *numbers*: they are asked for again with each look. */
function keep(): void {
  const numbers = [...(urgent()?.querySelectorAll<HTMLElement>('[data-toast]') ?? [])]
    .flatMap((note) => (note.dataset.numbers ?? '').split(',')).filter(Boolean)
  sessionStorage.setItem(KEPT, numbers.join(','))
}

function show(came: HTMLElement): void {
  const boxes = [urgent(), passing()]
  if (!boxes[0] || !boxes[1]) return
  const notes = [...came.querySelectorAll<HTMLElement>('[data-toast]')]
  const wanted = notes.filter((note) => note.dataset.urgent !== undefined)
  const before = new Map([...boxes[0].querySelectorAll<HTMLElement>('[data-toast]')].map((note) => [note.dataset.numbers, note]))
  const shown = new Set(kept())
  // What stands already is left alone, or it would be read out again.
  for (const note of wanted) {
    const numbers = note.dataset.numbers
    if (before.delete(numbers)) continue
    boxes[0].append(note)
    if ((numbers ?? '').split(',').some((number) => !shown.has(number))) tellDesktop(note)
  }
  for (const gone of before.values()) gone.remove()
  keep()
  for (const note of notes) {
    if (note.dataset.urgent !== undefined) continue
    boxes[1].querySelector(`[data-toast="${CSS.escape(note.dataset.toast ?? '')}"]`)?.remove()
    boxes[1].append(note)
    passAway(note)
    if (note.dataset.begun) tellDesktop(note)
  }
  while (boxes[1].children.length > MOST) boxes[1].firstElementChild?.remove()
}

/** It goes after a while, but not while somebody reads it. */
function passAway(note: HTMLElement): void {
  setTimeout(() => {
    if (note.matches(':hover, :focus-within')) passAway(note)
    else note.remove()
  }, SHOWN_MS)
}

function count(n: number): void {
  const said = n < 100 ? String(n) : '99+'
  for (const sign of document.querySelectorAll<HTMLElement>('[data-unread-sign]')) {
    sign.hidden = n === 0
    const number = sign.querySelector('[data-unread-n]')
    if (number) number.textContent = said
  }
  document.title = (n ? `(${said}) ` : '') + document.title.replace(/^\(\d+\+?\) /, '')
}

/** Who has the list before them has read it; the other windows are told by the server. */
function read(): void {
  if (location.pathname !== '/alerts' || document.visibilityState !== 'visible') return
  const csrf = document.querySelector<HTMLMetaElement>('meta[name=csrf]')?.content ?? ''
  void fetch('/parts/alert-news/seen', { method: 'POST', headers: { 'X-CSRF-Token': csrf } }).catch(() => undefined)
}

// ------------------------------------------------------------ notices on the desktop

const possible = () => 'Notification' in window && isSecureContext
const desktop = () => possible() && Notification.permission === 'granted' && localStorage.getItem(WANTED) === 'on'

function tellDesktop(note: HTMLElement): void {
  if (!desktop() || document.hasFocus()) return
  try {
    // Of several windows with the same tag the browser shows one.
    const notice = new Notification(note.dataset.begun ?? '', {
      body: note.querySelector('.small')?.textContent?.trim() ?? '',
      tag: note.dataset.numbers,
      icon: document.querySelector<HTMLLinkElement>('link[rel=icon]')?.href,
      requireInteraction: note.dataset.urgent !== undefined,
    })
    const to = note.querySelector('a')?.href
    notice.onclick = () => {
      focus()
      if (to) location.assign(to)
    }
  } catch {
    // Some phones have the name and not the thing: the notes in the page remain.
  }
}

function showDesktop(): void {
  const [words, label] = !possible()
    ? ['not possible here: the browser offers them for addresses with https alone', '']
    : Notification.permission === 'denied'
      ? ['refused: allow notifications for this address in the settings of the browser', '']
      : desktop() ? ['on in this browser', 'Turn them off'] : ['off in this browser', 'Turn them on']
  for (const box of document.querySelectorAll<HTMLElement>('[data-desktop]')) {
    box.hidden = false
    const text = box.querySelector('[data-desktop-words]')
    if (text) text.textContent = words
    const button = box.querySelector<HTMLButtonElement>('[data-desktop-switch]')
    if (button) Object.assign(button, { hidden: !label, textContent: label })
  }
}

async function switchDesktop(): Promise<void> {
  if (desktop()) localStorage.setItem(WANTED, 'off')
  else if (possible() && (await Notification.requestPermission()) === 'granted') localStorage.setItem(WANTED, 'on')
  showDesktop()
}

/** Whether somebody writes in a form of *part*. */
function isInUse(part: HTMLElement): boolean {
  const fields = [...part.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input:not([type=hidden]), textarea')]
  return part.contains(document.activeElement) || fields.some((field) => field.value !== field.defaultValue)
}

// ------------------------------------------------------------ when

document.addEventListener('click', (event) => {
  const target = event.target as Element
  if (target.closest('[data-desktop-switch]')) void switchDesktop()
  if (!target.closest('[data-dismiss]')) return
  target.closest('[data-toast]')?.remove()
  keep()
})
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return
  const note = document.activeElement?.closest('[data-toast]')
  if (!note) return
  note.remove()
  keep()
})
document.addEventListener('htmx:configRequest', (event) => {
  const { elt, parameters } = (event as CustomEvent).detail as { elt: HTMLElement; parameters: Record<string, string> }
  if (elt.id === 'news') parameters.keep = kept().join(',')
})
document.addEventListener('htmx:afterSwap', (event) => {
  const target = (event as CustomEvent).detail.target as HTMLElement
  if (target.id !== 'news') return
  const unread = Number(target.querySelector<HTMLElement>('[data-unread]')?.dataset.unread ?? 0)
  show(target)
  count(unread)
  if (unread) read()
})
// What came between the making of the page and its first event, and what other pages of this tab still showed.
document.addEventListener('htmx:sseOpen', () => { const box = news(); if (box) htmx.trigger(box, 'look') })
// What is fetched again never takes away what somebody is writing, or where they are.
document.addEventListener('htmx:oobBeforeSwap', (event) => {
  const detail = (event as CustomEvent).detail as { target: HTMLElement; shouldSwap: boolean }
  if (detail.target.id.startsWith('part-') && isInUse(detail.target)) detail.shouldSwap = false
})
document.addEventListener('visibilitychange', read)
showDesktop()
