// 100,000 rows without growing slower: a few pages of them stand in the document, those far away are let go, and come
// again when one scrolls back. A space as high as they were keeps the place of what is read.
import { mark } from './log_peek'
import { part, rowsOf, table } from './log_rows'

interface Page {
  /** Where it comes from; "" for the first, which is kept as it was: newer messages would move it */
  url: string
  height: number
}

/** Pages in the document at most, but for what the window itself needs */
const MOST = 6
/** So far beyond the window rows are there already, in pixels */
const AHEAD = 1_500

export function startScroll(): void {
  const rows = table()
  const body = rows?.tBodies[0]
  if (!rows || !body) return
  const pages: Page[] = [{ url: '', height: 0 }]
  const shown: HTMLTableSectionElement[] = [body]
  let first = 0
  let kept: HTMLTableSectionElement | undefined = body
  let next = takeNext(body)
  let end: HTMLTableRowElement | undefined = endRow(body)
  const above = spacer()
  const below = spacer()
  body.before(above)
  body.after(below)
  const foot = rows.createTFoot()
  foot.className = 'foot'
  if (end) foot.append(end)
  let busy = false

  const last = () => first + shown.length - 1
  const space = (pages_: Page[]) => pages_.reduce((sum, page) => sum + page.height, 0)

  function settle(): void {
    rise(above, space(pages.slice(0, first)))
    rise(below, space(pages.slice(last() + 1)))
    rows!.dataset.pages = String(pages.length)
  }

  async function fetched(index: number): Promise<HTMLTableSectionElement | undefined> {
    const page = pages[index]
    if (!page.url && kept) return kept
    const answer = await part(page.url)
    if (!answer.ok) {
      foot.dataset.stale = ''
      return
    }
    const made = document.createElement('tbody')
    made.append(rowsOf(await answer.text()))
    const follows = takeNext(made)
    const row = endRow(made)
    if (pages[index + 1] && pages[index + 1].url !== follows) {
      // Messages came in between: what was known of the pages after this one holds no more.
      pages.length = index + 1
      while (last() > index && shown.length > 1) shown.pop()?.remove()
    }
    if (index === pages.length - 1) {
      next = follows
      if (row) {
        end = row
        foot.replaceChildren(row)
      }
    }
    return made
  }

  /** Let go of pages that are far from the window, on the side that one moves away from. */
  function trim(fromTop: boolean): void {
    while (shown.length > MOST) {
      const gone = fromTop ? shown[0] : shown[shown.length - 1]
      const box = gone.getBoundingClientRect()
      if (box.bottom > -AHEAD && box.top < innerHeight + AHEAD) break
      if (gone.contains(document.activeElement)) break
      pages[fromTop ? first : last()].height = box.height
      gone.remove()
      if (fromTop) {
        shown.shift()
        first += 1
      } else shown.pop()
    }
  }

  async function down(): Promise<boolean> {
    const index = last() + 1
    if (index === pages.length) {
      if (!next) return false
      pages.push({ url: next, height: 0 })
    }
    const made = await fetched(index)
    if (!made) {
      if (index === pages.length - 1 && !pages[index].height) pages.pop()
      return false
    }
    below.before(made)
    shown.push(made)
    trim(true)
    return true
  }

  async function up(): Promise<boolean> {
    const made = await fetched(first - 1)
    if (!made) return false
    above.after(made)
    shown.unshift(made)
    first -= 1
    trim(false)
    return true
  }

  /** Somebody leapt to where nothing stands now: begin anew with the page that was there. */
  async function leap(index: number): Promise<boolean> {
    const made = await fetched(index)
    if (!made) return false
    for (const each of shown.splice(0)) {
      pages[first].height = each.offsetHeight || pages[first].height
      each.remove()
      first += 1
    }
    first = index
    above.after(made)
    shown.push(made)
    return true
  }

  /** The page that stood at the top of the window; undefined where pages do stand. */
  function missing(): number | undefined {
    const top = shown[0].getBoundingClientRect().top
    const bottom = shown[shown.length - 1].getBoundingClientRect().bottom
    if (top < innerHeight && bottom > 0) return undefined
    if (top >= innerHeight) {
      let y = above.getBoundingClientRect().top
      for (let i = 0; i < first; i++) {
        y += pages[i].height
        if (y > 0) return i
      }
      return first > 0 ? first - 1 : undefined
    }
    let y = bottom
    for (let i = last() + 1; i < pages.length; i++) {
      y += pages[i].height
      if (y > 0) return i
    }
    return undefined
  }

  async function look(): Promise<void> {
    if (busy || !rows!.isConnected) return
    busy = true
    foot.dataset.loading = ''
    try {
      for (let moved = true; moved; ) {
        moved = false
        const lost = missing()
        if (lost !== undefined) moved = await leap(lost)
        else if (shown[shown.length - 1].getBoundingClientRect().bottom < innerHeight + AHEAD && (next || last() + 1 < pages.length)) {
          moved = await down()
        } else if (first > 0 && shown[0].getBoundingClientRect().top > -AHEAD) moved = await up()
        if (moved) {
          settle()
          mark()
        }
      }
    } catch {
      foot.dataset.stale = ''
    } finally {
      busy = false
      delete foot.dataset.loading
    }
  }

  settle()
  let asked = 0
  const soon = () => {
    cancelAnimationFrame(asked)
    asked = requestAnimationFrame(() => void look())
  }
  addEventListener('scroll', soon, { passive: true })
  addEventListener('resize', soon, { passive: true })
  soon()

  function takeNext(within: HTMLElement): string {
    return within.querySelector<HTMLElement>('tr.more')?.dataset.next ?? ''
  }
  function endRow(within: HTMLElement): HTMLTableRowElement | undefined {
    const row = within.querySelector<HTMLTableRowElement>('tr.more') ?? undefined
    row?.remove()
    return row
  }
}

function spacer(): HTMLTableSectionElement {
  const made = document.createElement('tbody')
  made.className = 'gap'
  made.setAttribute('aria-hidden', 'true')
  made.insertRow().insertCell()
  made.hidden = true
  return made
}

function rise(gap: HTMLTableSectionElement, height: number): void {
  gap.hidden = height <= 0
  const cell = gap.rows[0].cells[0]
  cell.style.height = `${height}px`
}
