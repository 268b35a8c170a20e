// The live tail: what arrives is asked for once a second and put on top, in batches. Who reads further down, or stops,
// loses nothing: the server keeps the line, and here stands how far in it one has come.
import { isOpen, mark } from './log_peek'
import { part, rowsOf, table } from './log_rows'

/** Rows of the tail in the document at most */
const SHOWN = 500
/** So many that wait are all brought in when one goes on; of more the newest are, and a link leads to the others */
const CATCH_UP = 3_000
const BATCH = 500
/** Rows that are put in at once: the table is laid out anew each time, so neither few nor very many */
const CHUNK = 250
const EVERY_MS = 1_000
const HIDDEN_MS = 15_000
/** Rows whose status is asked for again with each answer */
const AGAIN = 40

const button = document.querySelector<HTMLButtonElement>('[data-tail]')
const bar = document.querySelector<HTMLElement>('[data-tail-bar]')
const spoken = document.querySelector<HTMLElement>('[data-tail-spoken]')
const name = Array.from(crypto.getRandomValues(new Uint8Array(12)), (n) => (n % 36).toString(36)).join('')

let state: 'off' | 'on' | 'paused' = 'off'
let body: HTMLTableSectionElement | undefined
let place = 0
let total = 0
/** All up to this message has been read: from here a line begins anew that the server has lost */
let caughtUp = 0
let seen = new Set<string>()
let count = 0
let leftOut = { n: 0, link: '' }
let timer = 0
let asking = false
let begun = new Date()
let trouble = ''

export function startTail(): void {
  if (!button || !bar) return
  button.hidden = false
  button.addEventListener('click', pressTail)
  bar.addEventListener('click', (event) => {
    if ((event.target as Element).closest('[data-go-on]')) goOn()
  })
  document.addEventListener('visibilitychange', () => state !== 'off' && !document.hidden && soon(0))
  if (new URLSearchParams(location.search).get('live')) pressTail()
}

/** Begin, pause, or go on. */
export function pressTail(): void {
  if (!button) return
  if (state === 'off') begin()
  else if (state === 'on' && !isHeld()) {
    state = 'paused'
    say()
  } else goOn()
}

function begin(): void {
  if (!button || state !== 'off') return
  const rows = table()
  if (!rows) {
    // There is no table where nothing was found: the page is fetched again as soon as there is something.
    void waitForFirst()
  } else {
    body = document.createElement('tbody')
    body.className = 'tail'
    rows.tHead?.after(body)
  }
  state = 'on'
  begun = new Date()
  caughtUp = Number(button.dataset.newest)
  const url = new URL(location.href)
  url.searchParams.set('live', '1')
  history.replaceState(history.state, '', url)
  say()
  soon(0)
}

function goOn(): void {
  state = 'on'
  soon(0)
  if (body) scrollTo({ top: Math.max(0, body.getBoundingClientRect().top + scrollY - 160) })
  say()
}

/** Whether rows wait because somebody reads further down, or has a message open. */
const isHeld = () => isOpen() || (body !== undefined && body.getBoundingClientRect().top < -80)

function soon(ms: number): void {
  clearTimeout(timer)
  timer = window.setTimeout(() => void ask(), ms)
}

async function ask(): Promise<void> {
  if (asking || !button || state === 'off') return
  asking = true
  let more = false
  try {
    const url = new URL(button.dataset.tail ?? '', location.href)
    const takes = state === 'on' && !isHeld()
    const leaps = takes && total - place > CATCH_UP
    const from = leaps ? total - SHOWN : place
    for (const [key, value] of Object.entries({ tail: name, place: from, after: caughtUp, limit: takes ? BATCH : 0 })) {
      url.searchParams.set(key, String(value))
    }
    if (leaps) url.searchParams.set('skipped', String(place))
    const again = onScreen()
    if (again.length) url.searchParams.set('again', again.join('.'))
    const answer = await part(url.href)
    if (!answer.ok) throw new Error(String(answer.status))
    const told = (what: string) => answer.headers.get(`x-tail-${what}`) ?? ''
    if (told('lost')) leftOut = { n: leftOut.n + Number(told('lost')), link: told('link') }
    else if (leaps && told('new') === '0') leftOut = { n: leftOut.n + from - place, link: told('link') || leftOut.link }
    total = Number(told('total'))
    place = Number(told('next'))
    if (place === total) caughtUp = Number(told('newest'))
    const made = rowsOf(await answer.text())
    freshen(made.querySelector('[data-again]'))
    await put(made.querySelector('[data-new]'))
    more = takes && place < total
    trouble = ''
  } catch {
    trouble = 'The tail could not be asked for; it is tried again, and nothing is lost.'
  } finally {
    asking = false
  }
  say()
  soon(more ? 0 : document.hidden ? HIDDEN_MS : EVERY_MS)
}

/** Put rows on top, a few in each frame; those at the bottom go. */
async function put(fresh: Element | null): Promise<void> {
  if (!body || !fresh) return
  const rows = [...fresh.querySelectorAll('tr')]
  while (rows.length) {
    const chunk = rows.splice(-CHUNK).filter((row) => {
      const id = row.querySelector<HTMLElement>('[data-open]')?.dataset.open ?? ''
      if (seen.has(id)) return false
      seen.add(id)
      return true
    })
    count += chunk.length
    body.prepend(...chunk)
    while (body.rows.length > SHOWN && !body.rows[body.rows.length - 1].contains(document.activeElement)) {
      body.rows[body.rows.length - 1].remove()
    }
    body.dataset.seen = String(count)
    if (rows.length) await new Promise(requestAnimationFrame)
  }
  if (seen.size > 200_000) seen = new Set([...seen].slice(-50_000))
  if (isOpen()) mark()
}

/** Rows of the tail that are in the window: what becomes of them is shown. */
function onScreen(): string[] {
  if (!body) return []
  const found: string[] = []
  for (const row of body.rows) {
    const box = row.getBoundingClientRect()
    if (box.top > innerHeight || found.length >= AGAIN) break
    const id = box.bottom > 0 && row.querySelector<HTMLElement>('[data-open]')?.dataset.open
    if (id) found.push(id)
  }
  return found
}

/** What was shown is replaced where it is not as it was; who has the focus keeps it. */
function freshen(now: Element | null): void {
  if (!body || !now) return
  const old = new Map([...body.rows].map((row) => [row.querySelector<HTMLElement>('[data-open]')?.dataset.open, row]))
  for (const row of now.querySelectorAll('tr')) {
    const before = old.get(row.querySelector<HTMLElement>('[data-open]')?.dataset.open)
    if (!before || before.textContent === row.textContent) continue
    // The first cell holds the link, and so the focus.
    const cells = [...row.cells].slice(1)
    cells.forEach((cell, i) => before.cells[i + 1]?.replaceWith(cell))
  }
}

function say(): void {
  if (!button || !bar) return
  const waiting = Math.max(0, total - place)
  const isWaiting = state === 'paused' || isHeld()
  button.setAttribute('aria-pressed', String(state === 'on'))
  button.textContent = state === 'off' ? 'Live tail' : state === 'on' ? 'Pause the tail' : 'Go on'
  bar.hidden = state === 'off'
  // Numbers that run are not for who listens: only what changes in kind is spoken.
  const kind = trouble || { off: '', on: isWaiting ? 'Live tail: held while you read.' : 'Live tail runs.', paused: 'Live tail: paused.' }[state]
  if (spoken && spoken.textContent !== kind) spoken.textContent = kind
  const since = begun.toLocaleTimeString()
  const words = [
    trouble || (state === 'paused' ? 'Paused.' : isWaiting ? 'Held while you read.' : `Live since ${since}: ${count.toLocaleString()} came.`),
  ]
  if (isWaiting && waiting) words.push(`${waiting.toLocaleString()} new.`)
  const said = words.join(' ')
  if (bar.dataset.said !== said + leftOut.n + leftOut.link) {
    bar.dataset.said = said + leftOut.n + leftOut.link
    bar.replaceChildren(document.createTextNode(`${said} `))
    if (isWaiting) {
      const on = bar.appendChild(document.createElement('button'))
      Object.assign(on, { type: 'button', className: 'btn btn-sm', textContent: waiting ? 'Show them' : 'Go on' })
      on.dataset.goOn = ''
    }
    if (leftOut.n) {
      const link = document.createElement(leftOut.link ? 'a' : 'span')
      if (leftOut.link) link.setAttribute('href', leftOut.link)
      link.textContent = `${leftOut.n.toLocaleString()} older ones did not fit: see them in the search`
      bar.append(' ', link)
    }
  }
}

/** Where the page shows no table yet: come back when something is there. */
async function waitForFirst(): Promise<void> {
  while (state !== 'off') {
    await new Promise((done) => setTimeout(done, EVERY_MS))
    if (total > 0) return location.reload()
  }
}
